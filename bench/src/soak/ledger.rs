//! What the client said of each write, and what the table says of it.

use super::CALL_LIMIT;
use crate::error::Result;
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// A call that took longer than its limit by this much has hung.
const GRACE: Duration = Duration::from_secs(1);

/// How often a counter was told to go up.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counter {
    /// Told to be applied.
    pub(super) acknowledged: u64,
    /// Told that nobody knows.
    pub(super) unknown: u64,
}

/// What one worker was told.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    worker: usize,
    /// Whether the put with this number was acknowledged.
    puts: Vec<bool>,
    pub(super) counter: Counter,
    /// Calls that succeeded.
    pub(super) acknowledged: u64,
    /// Calls that failed, by the error's code.
    pub(super) errors: BTreeMap<String, u64>,
    pub(super) slowest: Duration,
    hung: u64,
    /// Acknowledged puts that a read did not find as they were written.
    not_found: Vec<u64>,
    /// Puts on the condition that the item is new which failed without having been sent twice.
    refused: Vec<u64>,
}

impl Ledger {
    pub(super) fn new(worker: usize) -> Self {
        Self { worker, ..Self::default() }
    }

    pub(super) fn put_id(&self, n: u64) -> String {
        format!("put-{}-{n}", self.worker)
    }

    pub(super) fn counter_id(&self) -> String {
        format!("counter-{}", self.worker)
    }

    /// The number of the next put.
    pub(super) fn next_put(&mut self) -> u64 {
        self.puts.push(false);
        self.puts.len() as u64 - 1
    }

    pub(super) fn put_acknowledged(&mut self, n: u64) {
        if let Some(acknowledged) = self.puts.get_mut(n as usize) {
            *acknowledged = true;
        }
    }

    /// The item of put `n` existed already, though only this call writes it: it was written by an attempt before.
    pub(super) fn condition_failed(&mut self, n: u64, replayed: bool) {
        if replayed {
            self.put_acknowledged(n);
        } else {
            self.refused.push(n);
        }
    }

    pub(super) fn not_found(&mut self, n: u64) {
        self.not_found.push(n);
    }

    /// An acknowledged put, as `chance` says.
    pub(super) fn any_acknowledged(&self, chance: u64) -> Option<u64> {
        let n = chance.checked_rem(self.puts.len() as u64)?;
        self.puts.get(n as usize).is_some_and(|acknowledged| *acknowledged).then_some(n)
    }

    pub(super) fn call_ended(&mut self, took: Duration, error: Option<&str>) {
        self.slowest = self.slowest.max(took);
        self.hung += u64::from(took > CALL_LIMIT + GRACE);
        match error {
            None => self.acknowledged += 1,
            Some(code) => *self.errors.entry(code.to_owned()).or_default() += 1,
        }
    }
}

/// The comparison.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// Acknowledged puts that are not there, and acknowledged increments that are not in their counter.
    pub(super) lost: u64,
    /// Increments beyond those that were acknowledged or unknown, and puts that met themselves without knowing.
    pub(super) doubled: u64,
    /// Calls that took longer than their limit and a second.
    pub(super) hung: u64,
    details: Vec<String>,
}

impl Verdict {
    /// Compares what a worker was told with the table.
    pub(super) fn judge(&mut self, ledger: &Ledger, table: &HashMap<String, u64>) {
        let acknowledged = (0..).zip(&ledger.puts).filter(|(_, acknowledged)| **acknowledged).map(|(n, _)| n);
        for n in acknowledged {
            let id = ledger.put_id(n);
            if table.get(&id) != Some(&n) {
                self.lost += 1;
                self.details.push(format!("{id} was acknowledged and is not in the table"));
            }
        }
        for n in &ledger.not_found {
            self.lost += 1;
            self.details.push(format!("{} was acknowledged and a read did not find it", ledger.put_id(*n)));
        }
        for n in &ledger.refused {
            self.doubled += 1;
            self.details.push(format!("{} was written twice and the call says that it was not", ledger.put_id(*n)));
        }
        let Counter { acknowledged, unknown } = ledger.counter;
        let counted = table.get(&ledger.counter_id()).copied().unwrap_or(0);
        let lost = acknowledged.saturating_sub(counted);
        let doubled = counted.saturating_sub(acknowledged + unknown);
        if lost + doubled > 0 {
            let id = ledger.counter_id();
            self.details.push(format!("{id} is {counted}: {acknowledged} acknowledged, {unknown} unknown"));
        }
        self.lost += lost;
        self.doubled += doubled;
        self.hung += ledger.hung;
    }

    /// What was found, a line each.
    pub(super) fn details(&self) -> &[String] {
        &self.details
    }

    /// # Errors
    ///
    /// Something was found.
    pub(super) fn outcome(&self) -> Result<()> {
        match (self.lost, self.doubled, self.hung) {
            (0, 0, 0) => Ok(()),
            (lost, doubled, hung) => Err(format!("{lost} lost, {doubled} doubled, {hung} hung").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: &[(&str, u64)]) -> HashMap<String, u64> {
        entries.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect()
    }

    fn judged(ledger: &Ledger, entries: &[(&str, u64)]) -> (u64, u64, u64) {
        let mut verdict = Verdict::default();
        verdict.judge(ledger, &table(entries));
        (verdict.lost, verdict.doubled, verdict.hung)
    }

    fn two_puts() -> Ledger {
        let mut ledger = Ledger::new(7);
        assert_eq!((ledger.next_put(), ledger.next_put()), (0, 1));
        ledger.put_acknowledged(1);
        ledger
    }

    #[test]
    fn an_acknowledged_put_that_is_missing_or_another_is_lost() {
        let ledger = two_puts();
        assert_eq!(judged(&ledger, &[("put-7-1", 1)]), (0, 0, 0));
        assert_eq!(judged(&ledger, &[("put-7-0", 0)]), (1, 0, 0));
        assert_eq!(judged(&ledger, &[("put-7-1", 0)]), (1, 0, 0));
    }

    #[test]
    fn a_counter_lies_between_what_is_known_and_what_may_be() {
        let mut ledger = Ledger::new(7);
        ledger.counter = Counter { acknowledged: 5, unknown: 2 };
        for (counted, expected) in [(3, (2, 0, 0)), (5, (0, 0, 0)), (7, (0, 0, 0)), (8, (0, 1, 0))] {
            assert_eq!(judged(&ledger, &[("counter-7", counted)]), expected, "{counted}");
        }
        assert_eq!(judged(&ledger, &[]), (5, 0, 0));
    }

    #[test]
    fn a_put_that_met_itself_is_acknowledged_if_the_call_says_so_and_doubled_if_not() {
        let mut ledger = two_puts();
        ledger.condition_failed(0, true);
        assert_eq!(judged(&ledger, &[("put-7-0", 0), ("put-7-1", 1)]), (0, 0, 0));
        ledger.condition_failed(1, false);
        assert_eq!(judged(&ledger, &[("put-7-0", 0), ("put-7-1", 1)]), (0, 1, 0));
    }

    #[test]
    fn a_call_hangs_a_second_after_its_limit() {
        let mut ledger = Ledger::new(7);
        ledger.call_ended(CALL_LIMIT + GRACE, None);
        assert_eq!(judged(&ledger, &[]), (0, 0, 0));
        ledger.call_ended(CALL_LIMIT + GRACE + Duration::from_millis(1), Some("TimeoutError"));
        assert_eq!(judged(&ledger, &[]), (0, 0, 1));
        let mut verdict = Verdict::default();
        verdict.judge(&ledger, &HashMap::new());
        assert!(verdict.outcome().is_err());
    }
}
