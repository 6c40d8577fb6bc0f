//! One caller: it reads and writes as an application does, and writes down what it was told.

use super::{CALL_LIMIT, TABLE, ledger::Ledger, random::Random};
use enhanced_dynamodb::{Client, Error, ErrorKind, attr};
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// A call that has not ended this long after its limit never will.
const NEVER: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    id: String,
    n: u64,
    text: String,
}

#[derive(Debug)]
pub(super) struct Worker {
    client: Client,
    random: Random,
    ledger: Ledger,
}

impl Worker {
    pub(super) fn new(number: usize, client: Client, seed: u64) -> Self {
        Self { client, random: Random::new(seed, number as u64), ledger: Ledger::new(number) }
    }

    /// Works until it is told to stop.
    pub(super) async fn run(mut self, stop: Arc<AtomicBool>) -> Ledger {
        while !stop.load(Ordering::Relaxed) {
            match self.random.below(10) {
                0..=2 => self.put(false).await,
                3..=4 => self.put(true).await,
                5..=7 => self.count().await,
                _ => self.read().await,
            }
        }
        self.ledger
    }

    /// A new item, if asked on the condition that it is new.
    async fn put(&mut self, conditional: bool) {
        let n = self.ledger.next_put();
        let text = "x".repeat(self.random.below(2_000) as usize);
        let entry = Entry { id: self.ledger.put_id(n), n, text };
        let mut put = self.client.put(TABLE, &entry).timeout(CALL_LIMIT);
        if conditional {
            put = put.condition(attr("id").not_exists());
        }
        match self.call(put.send()).await {
            Some(Ok(_)) => self.ledger.put_acknowledged(n),
            // Nobody else writes this item: an earlier attempt of the same call has.
            Some(Err(error)) if error.kind() == ErrorKind::ConditionalCheckFailed => {
                self.ledger.condition_failed(n, error.replayed());
            }
            Some(Err(_)) | None => {}
        }
    }

    /// One more on this worker's counter.
    async fn count(&mut self) {
        let update = self.client.update(TABLE).key("id", self.ledger.counter_id()).add("n", 1).timeout(CALL_LIMIT);
        match self.call(update.send()).await {
            Some(Ok(_)) => self.ledger.counter.acknowledged += 1,
            Some(Err(error)) if error.kind() == ErrorKind::OutcomeUnknown => self.ledger.counter.unknown += 1,
            // Any other error says that nothing was applied.
            Some(Err(_)) => {}
            None => self.ledger.counter.unknown += 1,
        }
    }

    /// One of this worker's acknowledged puts.
    async fn read(&mut self) {
        let Some(n) = self.ledger.any_acknowledged(self.random.below(u64::MAX)) else { return };
        let get = self.client.get(TABLE).key("id", self.ledger.put_id(n)).consistent_read(true).timeout(CALL_LIMIT);
        if let Some(Ok(found)) = self.call(get.item::<Entry>()).await
            && found.is_none_or(|entry| entry.n != n)
        {
            self.ledger.not_found(n);
        }
    }

    /// Makes a call, and writes down how long it took and how it ended.
    async fn call<T>(&mut self, call: impl Future<Output = Result<T, Error>>) -> Option<Result<T, Error>> {
        let begun = Instant::now();
        let ended = tokio::time::timeout(CALL_LIMIT + NEVER, call).await.ok();
        let error = match &ended {
            Some(Ok(_)) => None,
            Some(Err(error)) => Some(error.code()),
            None => Some("never ended"),
        };
        self.ledger.call_ended(begun.elapsed(), error);
        ended
    }
}
