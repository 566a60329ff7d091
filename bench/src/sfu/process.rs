//! What the system says about processes and about itself.

use std::time::Duration;

use anyhow::Context;

/// Time on the processors of a process, all its threads, in user and in kernel mode.
pub(crate) fn processor_time(id: u32) -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    let (_, fields) = text.rsplit_once(") ").context("no stat")?;
    let fields: Vec<_> = fields.split(' ').collect();
    // utime and stime (proc(5)), in ticks of 10 ms.
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// Time on the processors of the threads that a process has, to the nanosecond; of those that have ended, nothing.
pub(crate) fn time_of_threads(id: u32) -> anyhow::Result<Duration> {
    let mut nanos = 0;
    for thread in std::fs::read_dir(format!("/proc/{id}/task"))? {
        let text = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        nanos += text.split(' ').next().context("no schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// Time on the processors of the thread that asks.
pub(crate) fn own_thread_time() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split(' ').next().context("no schedstat")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

/// Resident memory of a process, in bytes.
pub(crate) fn resident(id: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// Datagrams that the system dropped since its start because a socket's buffer was full, of every process.
pub(crate) fn datagrams_dropped() -> anyhow::Result<u64> {
    let text = std::fs::read_to_string("/proc/net/snmp")?;
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("Udp: "));
    let (names, values) = (lines.next().context("no Udp")?, lines.next().context("no Udp")?);
    let column = names.split(' ').position(|name| name == "RcvbufErrors").context("no RcvbufErrors")?;
    Ok(values.split(' ').nth(column).context("no value")?.parse()?)
}
