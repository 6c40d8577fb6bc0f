//! Chance that a seed decides, so that a run can be had again (as far as threads and sockets allow).

use std::time::{SystemTime, UNIX_EPOCH};

/// A seed for a run to which none was given.
pub(super) fn seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos().into())
}

/// The number that belongs to another: the same in every run, without any pattern (SplitMix64, Steele et al. 2014).
pub(super) fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Numbers one after the other.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        Self(scatter(seed ^ scatter(stream + 1)))
    }

    /// A number in `0..end`; 0 if there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(1);
        scatter(self.0).checked_rem(end).unwrap_or(0)
    }
}
