//! How many retries a client may have under way: when everything fails, retrying everything makes it worse.
//!
//! 500 tokens; a transient retry takes 14, a throttled one 5; a success after retries gives back what its last retry
//! took, a success at the first try gives 1. Source: AWS, "Updated default retry behavior", 2026.

use std::sync::atomic::{AtomicU32, Ordering};

pub(super) const CAPACITY: u32 = 500;
pub(super) const TRANSIENT_COST: u32 = 14;
pub(super) const THROTTLED_COST: u32 = 5;
const FIRST_TRY_GAIN: u32 = 1;

#[derive(Debug)]
pub(super) struct Quota(AtomicU32);

impl Default for Quota {
    fn default() -> Self {
        Quota(AtomicU32::new(CAPACITY))
    }
}

impl Quota {
    /// Takes `cost` tokens; false if there are not so many.
    pub(super) fn acquire(&self, cost: u32) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(cost)).is_ok()
    }

    /// Gives back after a success; `last_cost` is what its last retry took, 0 if there was none.
    pub(super) fn succeeded(&self, last_cost: u32) {
        // The usual case costs one load: full, and nothing to give back.
        if self.tokens() >= CAPACITY {
            return;
        }
        let gain = if last_cost == 0 { FIRST_TRY_GAIN } else { last_cost };
        let give = |tokens: u32| Some((tokens + gain).min(CAPACITY));
        // The closure never declines, so there is always a previous value.
        let _previous = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, give);
    }

    pub(super) fn tokens(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, Quota, THROTTLED_COST, TRANSIENT_COST};

    #[test]
    fn retries_take_tokens_until_none_are_left() {
        let quota = Quota::default();
        let taken = (0..100).take_while(|_| quota.acquire(TRANSIENT_COST)).count();
        assert_eq!(taken, 35);
        assert_eq!(quota.tokens(), CAPACITY - 35 * TRANSIENT_COST);
        assert!(quota.acquire(THROTTLED_COST), "10 tokens pay for two throttled retries");
        assert!(quota.acquire(THROTTLED_COST));
        assert!(!quota.acquire(THROTTLED_COST));
        assert_eq!(quota.tokens(), 0);
    }

    #[test]
    fn a_success_gives_back_what_its_last_retry_took_and_never_more_than_there_were() {
        let quota = Quota::default();
        assert!(quota.acquire(TRANSIENT_COST) && quota.acquire(TRANSIENT_COST));
        quota.succeeded(TRANSIENT_COST);
        assert_eq!(quota.tokens(), CAPACITY - TRANSIENT_COST);
        quota.succeeded(0);
        assert_eq!(quota.tokens(), CAPACITY - TRANSIENT_COST + 1);
        quota.succeeded(TRANSIENT_COST);
        assert_eq!(quota.tokens(), CAPACITY);
    }
}
