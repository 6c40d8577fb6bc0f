//! A scan that keeps to a rate: what each page consumes is paid for by waiting before the next one.

use std::time::{Duration, Instant};

/// A wait longer than this is cut: no table's page is worth a day, but a tiny rate asks for it.
const LONGEST_WAIT: f64 = 86_400.0;

/// When the next page may be asked for.
#[derive(Debug)]
pub(super) struct Pace {
    /// Read units a second.
    rate: f64,
    /// When all that was consumed, or is about to be, will have been paid for. Measured from `begun`, in seconds.
    paid_at: f64,
    begun: Instant,
    /// What the last page consumed.
    last: Option<f64>,
    under_way: usize,
}

#[derive(Debug, PartialEq)]
pub(super) enum Start {
    /// Now, and it is expected to consume so many units.
    Now(f64),
    After(Duration),
    /// Nobody knows yet what a page consumes.
    AfterAnAnswer,
}

impl Pace {
    pub(super) fn new(rate: f64, now: Instant) -> Self {
        Pace { rate, paid_at: 0.0, begun: now, last: None, under_way: 0 }
    }

    /// Whether a page may be asked for; it counts as asked for then.
    pub(super) fn start(&mut self, now: Instant) -> Start {
        let elapsed = now.saturating_duration_since(self.begun).as_secs_f64();
        if self.last.is_none() && self.under_way > 0 {
            return Start::AfterAnAnswer;
        }
        let wait = self.paid_at - elapsed;
        // Below a microsecond the sum of floats is not exact.
        if wait > 1e-6 {
            return Start::After(Duration::from_secs_f64(wait.min(LONGEST_WAIT)));
        }
        let expected = self.last.unwrap_or(0.0);
        // Time that passed unused is not saved up: it would come out as a burst.
        self.paid_at = self.paid_at.max(elapsed) + expected / self.rate;
        self.under_way += 1;
        Start::Now(expected)
    }

    /// A page that was expected to consume so much came, and consumed so much, if that is known.
    pub(super) fn answered(&mut self, expected: f64, consumed: Option<f64>) {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(consumed) = consumed {
            self.paid_at += (consumed - expected) / self.rate;
            self.last = Some(consumed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pace, Start};
    use std::time::{Duration, Instant};

    #[test]
    fn pages_follow_each_other_no_faster_than_they_are_paid_for() {
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let mut pace = Pace::new(10.0, begun);
        assert_eq!(pace.start(at(0)), Start::Now(0.0));
        assert_eq!(pace.start(at(0)), Start::AfterAnAnswer);
        pace.answered(0.0, Some(50.0));
        assert_eq!(pace.start(at(1)), Start::After(Duration::from_secs(4)));
        assert_eq!(pace.start(at(5)), Start::Now(50.0));
        assert_eq!(pace.start(at(5)), Start::After(Duration::from_secs(5)));
        pace.answered(50.0, Some(20.0));
        assert_eq!(pace.start(at(6)), Start::After(Duration::from_secs(1)));
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let begun = Instant::now();
        let mut pace = Pace::new(10.0, begun);
        pace.start(begun);
        pace.answered(0.0, Some(10.0));
        let later = begun + Duration::from_secs(3600);
        assert_eq!(pace.start(later), Start::Now(10.0));
        assert_eq!(pace.start(later), Start::After(Duration::from_secs(1)));
    }

    #[test]
    fn a_page_that_failed_leaves_the_next_one_to_find_out() {
        let begun = Instant::now();
        let mut pace = Pace::new(10.0, begun);
        assert_eq!(pace.start(begun), Start::Now(0.0));
        pace.answered(0.0, None);
        assert_eq!(pace.start(begun), Start::Now(0.0));
    }

    #[test]
    fn a_tiny_rate_is_no_overflow() {
        let begun = Instant::now();
        let mut pace = Pace::new(f64::MIN_POSITIVE, begun);
        pace.start(begun);
        pace.answered(0.0, Some(1e9));
        assert_eq!(pace.start(begun), Start::After(Duration::from_secs(86_400)));
    }
}
