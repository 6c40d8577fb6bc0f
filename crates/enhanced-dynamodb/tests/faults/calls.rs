//! The calls that the faults strike, and how they end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use enhanced_dynamodb::{Client, Error, ErrorKind, Item, Metadata, Options, attr, item};
use serde_json::json;
use testkit::{Engine, Fault, FaultProxy, Responder};

use crate::support::{TestClock, options};

pub(crate) const TABLE: &str = "Messages";

/// All waits of a call that is retried three times after passing failures: half of 25, 50 and 100 ms.
pub(crate) const TRANSIENT_WAITS: Duration = Duration::from_micros(87_500);

/// The same after throttles: half of 1, 2 and 4 s.
pub(crate) const THROTTLE_WAITS: Duration = Duration::from_millis(3_500);

/// One call of each replay class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Put,
    Count,
}

pub(crate) const CALLS: [Call; 3] = [Call::Read, Call::Put, Call::Count];

impl Call {
    async fn make(self, client: &Client) -> Result<Metadata, Error> {
        match self {
            Call::Read => client.get(TABLE).key("id", "m1").send::<Item>().await.map(|output| output.metadata),
            Call::Put => client.put(TABLE, &item! { "id": "m2", "n": 1 }).send().await.map(|output| output.metadata),
            Call::Count => {
                let update = client.update(TABLE).key("id", "m1").set("n", attr("n") + 1);
                update.send().await.map(|output| output.metadata)
            }
        }
    }

    pub(crate) fn operation(self) -> &'static str {
        match self {
            Call::Read => "GetItem",
            Call::Put => "PutItem",
            Call::Count => "UpdateItem",
        }
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) struct End {
    /// The error; `None` for a success.
    pub(crate) error: Option<Error>,
    pub(crate) attempts: u32,
    /// By the client's clock: under a [`TestClock`] the waits between attempts, exactly.
    pub(crate) elapsed: Duration,
    pub(crate) replayed: bool,
    /// By the machine's clock.
    pub(crate) took: Duration,
}

impl End {
    pub(crate) fn kind(&self) -> Option<ErrorKind> {
        self.error.as_ref().map(Error::kind)
    }

    /// The error's text.
    pub(crate) fn text(&self) -> String {
        self.error.as_ref().map_or_else(|| "success".to_owned(), Error::to_string)
    }

    #[track_caller]
    pub(crate) fn failed(&self, kind: ErrorKind, attempts: u32, elapsed: Duration) {
        assert_eq!((self.kind(), self.attempts, self.elapsed), (Some(kind), attempts, elapsed), "{}", self.text());
        self.was_quick();
    }

    #[track_caller]
    pub(crate) fn succeeded(&self, attempts: u32, elapsed: Duration) {
        assert_eq!((self.kind(), self.attempts, self.elapsed), (None, attempts, elapsed), "{}", self.text());
        self.was_quick();
    }

    /// The call is a counter that ended after its first attempt, because nobody knows whether it was applied.
    #[track_caller]
    pub(crate) fn is_unknown(&self) {
        self.failed(ErrorKind::OutcomeUnknown, 1, Duration::ZERO);
        assert!(!self.replayed);
        assert!(self.text().contains("may or may not have been written"), "{}", self.text());
    }

    /// No wait was slept through: only the work itself took time, and a machine under load is slow.
    #[track_caller]
    fn was_quick(&self) {
        assert!(self.took < Duration::from_secs(10), "{:?}: {}", self.took, self.text());
    }
}

pub(crate) async fn end_of(call: Call, client: &Client) -> End {
    let begun = Instant::now();
    let result = call.make(client).await;
    let took = begun.elapsed();
    match result {
        Ok(metadata) => {
            let Metadata { attempts, elapsed, replayed, .. } = metadata;
            End { error: None, attempts, elapsed, replayed, took }
        }
        Err(error) => {
            let (attempts, elapsed, replayed) = (error.attempts(), error.elapsed(), error.replayed());
            assert_eq!((error.operation(), error.table()), (Some(call.operation()), Some(TABLE)));
            End { error: Some(error), attempts, elapsed, replayed, took }
        }
    }
}

/// An engine with the item `m1` (`n` is 1) behind a proxy.
pub(crate) struct Wire {
    pub(crate) engine: Engine,
    pub(crate) proxy: FaultProxy,
}

impl Wire {
    pub(crate) async fn new() -> Wire {
        let engine = Engine::dynoxide().await.unwrap();
        engine.create_table(TABLE).await.unwrap();
        let item = json!({ "id": { "S": "m1" }, "n": { "N": "1" } });
        engine.call("PutItem", json!({ "TableName": TABLE, "Item": item })).await.unwrap();
        let proxy = FaultProxy::start(&engine.endpoint()).await.unwrap();
        Wire { engine, proxy }
    }

    pub(crate) fn options(&self) -> Options {
        options(&self.proxy.endpoint(), &TestClock::new())
    }

    /// A client whose waits end at once and whose attempts have no limit that matters.
    pub(crate) async fn client(&self) -> Client {
        self.options().build().await.unwrap()
    }

    /// How often the counter was applied.
    pub(crate) async fn counted(&self) -> u64 {
        let key = json!({ "TableName": TABLE, "Key": { "id": { "S": "m1" } } });
        let item = self.engine.call("GetItem", key).await.unwrap();
        item["Item"]["n"]["N"].as_str().unwrap().parse::<u64>().unwrap() - 1
    }

    /// What a fault that strikes every request does to a call.
    pub(crate) async fn lasting(&self, fault: Fault, call: Call) -> End {
        self.proxy.set(fault);
        let end = end_of(call, &self.client().await).await;
        self.proxy.heal();
        end
    }

    /// What a fault that strikes one request does to a call.
    pub(crate) async fn passing(&self, fault: Fault, call: Call) -> End {
        self.proxy.queue([fault]);
        let end = end_of(call, &self.client().await).await;
        self.proxy.heal();
        end
    }
}

/// A client of a responder, whose waits end at once.
pub(crate) async fn client_of(responder: &Responder) -> (Client, Arc<TestClock>) {
    let clock = TestClock::new();
    (options(&responder.endpoint(), &clock).build().await.unwrap(), clock)
}
