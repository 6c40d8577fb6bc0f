//! A processor's share as a function of 128 MB has it: 1/14. (A function has one whole processor at 1,769 MB: AWS Lambda
//! developer guide, "Configure Lambda function memory".)

use crate::error::Result;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// In each so many microseconds …
const PERIOD: u64 = 20_000;
/// … a process runs for so many.
const QUOTA: u64 = PERIOD / 14;

/// What gives a process its share.
pub(super) enum Throttle {
    /// A control group of the kernel.
    Group(Group),
    /// Stopping and continuing the process: where no group can be made.
    DutyCycle,
}

pub(super) struct Group {
    folder: PathBuf,
}

impl Throttle {
    /// A control group if one can be made, else a duty cycle.
    pub(super) fn new() -> Self {
        let quota: [(&str, &[(&str, String)]); 2] = [
            (
                "/sys/fs/cgroup/cpu",
                &[("cpu.cfs_period_us", PERIOD.to_string()), ("cpu.cfs_quota_us", QUOTA.to_string())],
            ),
            ("/sys/fs/cgroup", &[("cpu.max", format!("{QUOTA} {PERIOD}"))]),
        ];
        for (root, files) in quota {
            let folder = Path::new(root).join(format!("cold-{}", std::process::id()));
            if std::fs::create_dir(&folder).is_err() {
                continue;
            }
            let group = Group { folder };
            if files.iter().all(|(name, value)| std::fs::write(group.folder.join(name), value).is_ok()) {
                return Self::Group(group);
            }
        }
        Self::DutyCycle
    }

    pub(super) fn describe(&self) -> String {
        match self {
            Self::Group(_) => format!("a control group with {QUOTA} of {PERIOD} us"),
            Self::DutyCycle => format!("a duty cycle: stopped for all but {QUOTA} of {PERIOD} us"),
        }
    }

    /// Gives the process its share until what comes back is dropped.
    pub(super) fn hold(&self, process: u32) -> Result<Held> {
        match self {
            Self::Group(group) => {
                std::fs::write(group.folder.join("cgroup.procs"), process.to_string())?;
                Ok(Held { cycle: None })
            }
            Self::DutyCycle => {
                let ended = Arc::new(AtomicBool::new(false));
                let (pid, over) = (Pid::from_raw(i32::try_from(process)?), Arc::clone(&ended));
                let thread = std::thread::spawn(move || cycle(pid, &over));
                Ok(Held { cycle: Some((ended, thread)) })
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // It is empty when the last process has ended; a group that stays does no harm.
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// A process that has its share.
pub(super) struct Held {
    cycle: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((ended, thread)) = self.cycle.take() {
            ended.store(true, Ordering::Relaxed);
            // A cycle that panicked has nothing to tell.
            let _ = thread.join();
        }
    }
}

fn cycle(pid: Pid, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        if kill(pid, Signal::SIGSTOP).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_micros(PERIOD - QUOTA));
        if kill(pid, Signal::SIGCONT).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_micros(QUOTA));
    }
}
