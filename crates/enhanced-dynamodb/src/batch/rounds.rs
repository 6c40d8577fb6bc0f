//! The rounds of a batch: how long to wait before what the service left over is sent again, and when to give up.

use std::time::Duration;

use crate::execute::{BackoffBase, backoff};

/// How many rounds in a row may bring nothing at all. The waits between them are of 1, 2, 4, 8, 16 and four times 20 s
/// at most: 111 s, and half of it on average.
pub(crate) const MOST_FRUITLESS_ROUNDS: u32 = 10;

/// Where a batch stands whose leftovers are sent again and again.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    /// Rounds in a row that left something over, of the same kind as the last one.
    alike: u32,
    fruitless: u32,
    progressed: bool,
}

impl Rounds {
    /// A round ended with leftovers: the wait before the next one, or nothing if it is time to give up.
    ///
    /// Full jitter, `chance × min(base × 2^n, 20 s)`: the base is 25 ms while a round brings anything, and 1 s if it
    /// brings nothing; `n` counts the rounds of the same kind.
    pub(crate) fn wait(&mut self, progressed: bool, chance: f64) -> Option<Duration> {
        if progressed != self.progressed {
            self.alike = 0;
        }
        self.progressed = progressed;
        self.fruitless = if progressed { 0 } else { self.fruitless + 1 };
        if self.fruitless >= MOST_FRUITLESS_ROUNDS {
            return None;
        }
        let base = if progressed { BackoffBase::Transient } else { BackoffBase::Throttled };
        let wait = backoff(base, self.alike, chance, None);
        self.alike = self.alike.saturating_add(1);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_FRUITLESS_ROUNDS, Rounds};

    #[test]
    fn waits_grow_from_25_ms_while_rounds_bring_something_and_from_1_s_while_they_do_not() {
        let mut rounds = Rounds::default();
        let mut wait = |progressed| rounds.wait(progressed, 1.0).map(|wait| wait.as_millis());
        assert_eq!([wait(true), wait(true), wait(true)], [Some(25), Some(50), Some(100)]);
        assert_eq!([wait(false), wait(false)], [Some(1000), Some(2000)]);
        assert_eq!([wait(true), wait(true)], [Some(25), Some(50)]);
        for _ in 0..20 {
            wait(true);
        }
        assert_eq!(wait(true), Some(20_000));
    }

    #[test]
    fn chance_scales_the_whole_wait() {
        assert_eq!(Rounds::default().wait(false, 0.25).map(|wait| wait.as_millis()), Some(250));
        assert_eq!(Rounds::default().wait(false, 0.0).map(|wait| wait.as_millis()), Some(0));
    }

    #[test]
    fn ten_rounds_in_a_row_without_anything_are_the_end() {
        let mut rounds = Rounds::default();
        let waits: Vec<bool> = (0..MOST_FRUITLESS_ROUNDS).map(|_| rounds.wait(false, 0.5).is_some()).collect();
        assert_eq!(waits, [true, true, true, true, true, true, true, true, true, false]);
        assert!(rounds.wait(true, 0.5).is_some() && rounds.wait(false, 0.5).is_some(), "progress begins anew");
    }
}
