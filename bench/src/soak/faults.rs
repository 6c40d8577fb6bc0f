//! What stands between half of the workers and the engine: a proxy that fails as networks do, and behind it a responder that
//! fails as the service does.

use super::{TABLE, random::scatter};
use crate::error::Result;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use testkit::{Action, Close, Fault, FaultProxy, Point, Responder, Rule};

#[derive(Debug)]
pub(super) struct Faults {
    proxy: FaultProxy,
    responder: Responder,
    struck: Arc<AtomicU64>,
}

impl Faults {
    /// Starts both in front of an engine.
    pub(super) async fn start(engine: &str, seed: u64) -> Result<Self> {
        let responder = Responder::in_front_of_endpoint(engine).await?;
        responder.rule(Rule::any().every(89).then(Action::throttle(TABLE)));
        responder.rule(Rule::any().every(97).then(Action::internal_error()));
        responder.rule(Rule::any().every(101).then(Action::internal_error().applied()));
        responder.rule(Rule::any().every(103).then(Action::html_unavailable().applied()));
        responder.rule(Rule::any().every(211).then(Action::pass().wrong_crc()));
        let proxy = FaultProxy::start(&responder.endpoint()).await?;
        let struck = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&struck);
        proxy.choose(move |at| {
            let fault = fault(scatter(seed ^ scatter(at.request)));
            if fault != Fault::None {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            fault
        });
        Ok(Self { proxy, responder, struck })
    }

    pub(super) fn endpoint(&self) -> String {
        self.proxy.endpoint()
    }

    /// Forgets what was recorded of the requests: the memory that is measured shall be the client's.
    pub(super) fn forget(&self) {
        self.responder.forget_requests();
    }

    /// How many faults the proxy chose, for how many requests.
    pub(super) fn struck(&self) -> (u64, u64) {
        (self.struck.load(Ordering::Relaxed), self.proxy.counters().requests)
    }
}

/// About one request in twelve is struck: more would empty the client's retry quota, and then nothing would be retried.
fn fault(chance: u64) -> Fault {
    let (which, amount) = (chance % 240, chance / 240);
    let cut = |at, how| Fault::Cut { at, how };
    let short = Duration::from_millis(1 + amount % 30);
    match which {
        0 => cut(Point::RequestBytes(1 + (amount % 300) as usize), Close::Reset),
        1 => cut(Point::Received, Close::Reset),
        2 => cut(Point::Received, Close::Fin),
        3 | 4 => cut(Point::Applied, Close::Reset),
        5 => cut(Point::Applied, Close::Fin),
        6 => cut(Point::AnswerBytes((amount % 200) as usize), Close::Reset),
        7 => cut(Point::BodyBytes(1), Close::Fin),
        8 => cut(Point::Answered, Close::Reset),
        9 => cut(Point::Answered, Close::Fin),
        10 => Fault::Hang { at: Point::Applied },
        11..=14 => Fault::Delay { at: Point::Received, by: short },
        15..=18 => Fault::Delay { at: Point::Applied, by: short },
        19 => Fault::Drip { bytes: 16, every: Duration::from_millis(1) },
        20 => Fault::ContentLength(amount % 100),
        _ => Fault::None,
    }
}
