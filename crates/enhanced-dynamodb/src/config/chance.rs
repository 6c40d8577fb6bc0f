//! The chance in use: the process's own, or an injected one.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Random;

/// Where the spread of waits comes from.
#[derive(Clone, Debug, Default)]
pub(crate) enum Chance {
    #[default]
    System,
    Injected(Arc<dyn Random>),
}

impl Chance {
    /// A number in `0.0..1.0`.
    pub(crate) fn unit(&self) -> f64 {
        match self {
            Chance::System => {
                // The keys of a `RandomState` come from the operating system once a thread; the time of day tells
                // two processes apart that were restored from the same snapshot.
                let mut hasher = RandomState::new().build_hasher();
                hasher.write_u128(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos()));
                (hasher.finish() >> 11) as f64 / (1u64 << 53) as f64
            }
            Chance::Injected(random) => random.unit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn chance_stays_below_one_and_does_not_repeat() {
        let numbers: Vec<f64> = (0..1000).map(|_| Chance::System.unit()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.windows(2).any(|pair| pair[0] != pair[1]));
        let mean = numbers.iter().sum::<f64>() / 1000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
