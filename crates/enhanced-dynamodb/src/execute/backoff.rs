//! How long to wait before a retry.
//!
//! Full jitter: `random(0, 1) × min(base × 2^n, 20 s)`, with a base of 25 ms after a transient failure and of 1 s
//! after a throttle. Source: AWS, "Updated default retry behavior", 2026.

use std::time::Duration;

/// The longest wait that the service's answer can add to the computed one.
const RETRY_AFTER_LEEWAY: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(20);

/// What the wait grows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    Transient,
    Throttled,
}

impl Base {
    const fn duration(self) -> Duration {
        match self {
            Base::Transient => Duration::from_millis(25),
            Base::Throttled => Duration::from_secs(1),
        }
    }
}

/// The wait before retry number `retry` (0 is the first), for a `chance` in `0.0..1.0`. `retry_after` is the wait
/// that the service asks for; it is honoured between the computed wait and 5 s more.
pub(crate) fn delay(base: Base, retry: u32, chance: f64, retry_after: Option<Duration>) -> Duration {
    let ceiling = base.duration().saturating_mul(1u32.checked_shl(retry).unwrap_or(u32::MAX)).min(LONGEST);
    let computed = ceiling.mul_f64(chance.clamp(0.0, 1.0));
    match retry_after {
        Some(asked) => asked.clamp(computed, computed + RETRY_AFTER_LEEWAY),
        None => computed,
    }
}

#[cfg(test)]
mod tests {
    use super::{Base, delay};
    use std::time::Duration;

    #[test]
    fn waits_double_from_their_base_up_to_twenty_seconds() {
        let ceilings = |base| (0..12).map(|retry| delay(base, retry, 1.0, None).as_millis()).collect::<Vec<_>>();
        assert_eq!(ceilings(Base::Transient), [25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000]);
        assert_eq!(
            ceilings(Base::Throttled),
            [1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000, 20000, 20000, 20000, 20000]
        );
        assert_eq!(delay(Base::Throttled, 4_000, 1.0, None), Duration::from_secs(20));
    }

    #[test]
    fn chance_scales_the_whole_wait() {
        assert_eq!(delay(Base::Transient, 2, 0.5, None), Duration::from_millis(50));
        assert_eq!(delay(Base::Transient, 2, 0.0, None), Duration::ZERO);
    }

    #[test]
    fn the_services_wish_is_kept_between_the_computed_wait_and_five_seconds_more() {
        let wait = |asked| delay(Base::Throttled, 0, 0.5, Some(Duration::from_millis(asked))).as_millis();
        assert_eq!(wait(10), 500);
        assert_eq!(wait(3_000), 3_000);
        assert_eq!(wait(60_000), 5_500);
    }
}
