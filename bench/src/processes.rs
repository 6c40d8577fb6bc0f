//! Processes: which processor they run on and how much of its time they took.

use crate::{args::Args, error::Result};
use nix::{
    errno::Errno,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::{
        resource::{UsageWho, getrusage},
        time::TimeValLike,
    },
    unistd::Pid,
};
use std::{
    fs::File,
    os::unix::fs::FileExt,
    process::Command,
    time::{Duration, Instant},
};

/// The processors of a run: one for whoever is measured, one for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cores {
    pub(crate) client: usize,
    pub(crate) server: usize,
}

impl Cores {
    /// As `--cores 1|2` says, else one.
    pub(crate) fn chosen(args: &mut Args) -> Result<Self> {
        match args.count("cores", 1)? {
            1 => Self::one(),
            2 => Self::two(),
            other => Err(format!("--cores {other}: one for client and server, or 2, one for each").into()),
        }
    }

    /// One for both: the last that this process may use.
    pub(crate) fn one() -> Result<Self> {
        let usable = usable_cores()?;
        let core = *usable.last().ok_or("this process may use no processor")?;
        Ok(Self { client: core, server: core })
    }

    /// The last for the client and the first for the server.
    ///
    /// # Errors
    ///
    /// There is only one.
    pub(crate) fn two() -> Result<Self> {
        match usable_cores()?.as_slice() {
            [server, .., client] => Ok(Self { client: *client, server: *server }),
            _ => Err("two processors are needed, and this process may use only one".into()),
        }
    }
}

fn usable_cores() -> Result<Vec<usize>> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    Ok((0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false)).collect())
}

/// Keeps this thread, and every process that it starts from now on, on one processor.
pub(crate) fn stay_on(core: usize) -> Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core)?;
    sched_setaffinity(Pid::from_raw(0), &cores)
        .map_err(|error| format!("cannot stay on processor {core}: {error}").into())
}

/// Time on the processor, user and system, that this process took so far with all its threads: `getrusage`.
pub(crate) fn cpu_time_of_this_process() -> Result<Duration> {
    cpu_time(UsageWho::RUSAGE_SELF)
}

/// The same of all processes that this one started and waited for, with theirs.
pub(crate) fn cpu_time_of_ended_children() -> Result<Duration> {
    cpu_time(UsageWho::RUSAGE_CHILDREN)
}

fn cpu_time(who: UsageWho) -> Result<Duration> {
    let usage = getrusage(who)?;
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(microseconds)?))
}

/// A command that starts this very program.
pub(crate) fn this_program() -> Result<Command> {
    Ok(Command::new(std::env::current_exe()?))
}

/// Works for a tenth of a second: a processor that has slept is slow at first, whoever it works for.
pub(crate) fn warm_up() {
    let until = Instant::now() + Duration::from_millis(100);
    while Instant::now() < until {
        std::hint::black_box((0..1000).sum::<u64>());
    }
}

/// Brings all pages of this program and its libraries into its resident memory.
///
/// The kernel maps code by sixteen pages at a time, so that what a client's code adds would depend on what lies beside it
/// in this program, which has more than one client.
pub(crate) fn load_this_program() -> Result<()> {
    let memory = File::open("/proc/self/mem")?;
    let mut buffer = vec![0; 64 * 1024];
    for line in std::fs::read_to_string("/proc/self/maps")?.lines() {
        let mut words = line.split_whitespace();
        let (Some(range), Some(access), Some(path)) = (words.next(), words.next(), words.nth(3)) else { continue };
        if !path.starts_with('/') || !access.starts_with('r') {
            continue;
        }
        let (start, end) = range.split_once('-').ok_or_else(|| format!("`{line}` in /proc/self/maps has no range"))?;
        let (mut at, end) = (u64::from_str_radix(start, 16)?, u64::from_str_radix(end, 16)?);
        while at < end {
            let length = (end - at).min(buffer.len() as u64) as usize;
            match memory.read_at(&mut buffer[..length], at) {
                Ok(read) if read > 0 => at += read as u64,
                Ok(_) => break,
                // Behind the end of a file there is nothing to load.
                Err(error) if error.raw_os_error() == Some(Errno::EIO as i32) => break,
                Err(error) => return Err(format!("{path}: {error}").into()),
            }
        }
    }
    Ok(())
}

/// Resident memory of this process at its highest, in bytes.
pub(crate) fn peak_memory_of_this_process() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes * 1024)
}

/// The processor's name, as the operating system tells it.
pub(crate) fn processor() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1));
    name.map_or_else(|| format!("unnamed {} processor", std::env::consts::ARCH), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn work_on_this_thread_shows_in_the_processes_time() {
        let before = cpu_time_of_this_process().unwrap();
        while cpu_time_of_this_process().unwrap() < before + Duration::from_millis(20) {
            std::hint::black_box((0..1000).sum::<u64>());
        }
    }

    #[test]
    fn a_child_that_ended_shows_in_the_childrens_time() {
        let before = cpu_time_of_ended_children().unwrap();
        let status = Command::new("sh").args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"]).status();
        assert!(status.unwrap().success());
        assert!(cpu_time_of_ended_children().unwrap() > before);
    }

    #[test]
    fn memory_that_was_used_shows_in_the_peak() {
        let before = peak_memory_of_this_process().unwrap();
        drop(std::hint::black_box(vec![1_u8; 64 << 20]));
        assert!(peak_memory_of_this_process().unwrap() > before.max(60 << 20) - (1 << 20));
    }

    #[test]
    fn a_program_that_is_loaded_is_resident() {
        let size = std::fs::metadata(std::env::current_exe().unwrap()).unwrap().len();
        load_this_program().unwrap();
        // Without what stands in the file for debuggers.
        assert!(peak_memory_of_this_process().unwrap() > size / 20);
    }

    #[test]
    fn a_thread_stays_where_it_was_told_to() {
        let core = Cores::one().unwrap().client;
        stay_on(core).unwrap();
        assert_eq!(usable_cores().unwrap(), [core]);
        assert!(Cores::two().is_err());
    }
}
