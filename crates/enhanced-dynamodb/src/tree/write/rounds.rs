//! How often a write of a tree is begun again, and the waits between.

use std::time::Duration;

use super::site::Site;
use crate::error::{Error, ErrorKind};

/// How often a write is begun again. Writers of one parent contend on it: each TransactWriteItems has the parent in it, if
/// only to check that it exists, and an item of a transaction that is also part of another one under way is a conflict
/// (developer guide, "Transaction conflict handling in DynamoDB"; a ConditionCheck is an item like any other there). With
/// the waits below, the eighth round spreads the writers that are still left over two seconds.
const MOST_ROUNDS: u32 = 12;

/// The wait after round n is evenly spread below 25 ms × 2^n, and below this.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
const FIRST_WAIT: Duration = Duration::from_millis(25);

/// Counts the rounds of one write.
pub(in crate::tree) struct Rounds {
    made: u32,
    most: u32,
}

impl Default for Rounds {
    fn default() -> Self {
        Rounds::of(MOST_ROUNDS)
    }
}

impl Rounds {
    pub(in crate::tree) fn of(most: u32) -> Self {
        Rounds { made: 0, most }
    }

    pub(in crate::tree) fn made(&self) -> u32 {
        self.made
    }

    /// Waits before another round.
    ///
    /// # Errors
    /// The one that this round ended with, if it was the last, or if no time is left.
    pub(in crate::tree) async fn another(&mut self, site: &Site, error: Error) -> Result<(), Error> {
        self.made += 1;
        let longest = FIRST_WAIT.saturating_mul(1 << self.made.min(16)).min(LONGEST_WAIT);
        let wait = longest.mul_f64(site.core.config.random.unit().clamp(0.0, 1.0));
        if self.made >= self.most || site.core.within_deadline(site.time_left()) <= wait {
            return Err(error);
        }
        site.core.time().sleep(wait).await;
        Ok(())
    }
}

/// Whether a transaction was cancelled by nothing but conflicts, which pass by themselves.
pub(in crate::tree) fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::TransactionCanceled
        && error.cancellation_reasons().iter().any(|reason| reason.is_cause())
        && error.cancellation_reasons().iter().all(|reason| !reason.is_cause() || reason.code == "TransactionConflict")
}

/// The actions whose conditions did not hold.
pub(in crate::tree) fn failed_conditions(error: &Error) -> Vec<usize> {
    let reasons = error.cancellation_reasons().iter();
    reasons.filter(|reason| reason.code == "ConditionalCheckFailed").map(|reason| reason.index).collect()
}
