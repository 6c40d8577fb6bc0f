//! What the process holds: a soak that ends with more than it began with has found a leak.

use crate::error::Result;
use enhanced_dynamodb::Client;
use std::fmt;

/// Sockets of the clients, file descriptors and resident memory of the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gauges {
    sockets: usize,
    descriptors: usize,
    resident_kib: u64,
}

impl Gauges {
    pub(super) fn read(clients: &[Client]) -> Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        Ok(Self {
            sockets: clients.iter().map(|client| client.stats().pool.open).sum(),
            descriptors: std::fs::read_dir("/proc/self/fd")?.count(),
            resident_kib: resident.ok_or("/proc/self/status has no VmRSS")?.trim().parse()?,
        })
    }
}

impl fmt::Display for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sockets, descriptors, resident_kib } = self;
        write!(f, "sockets {sockets}, file descriptors {descriptors}, resident memory {resident_kib} KiB")
    }
}
