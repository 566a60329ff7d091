//! The machine: its clock, and what it lets a program have.

use std::process::Command;

use super::Finding;

const CLOCK: &str = "clock";
const OPEN_FILES: &str = "open files";
const BUFFERS: &str = "UDP buffers";

/// Each connection and each relayed port is an open file; a thousand people in a few large rooms need some thousands.
const ENOUGH_FILES: u64 = 65_536;
const TOO_FEW_FILES: u64 = 4_096;

/// A tenth of a second at 300 Mbit/s.
const ENOUGH_BUFFER: u64 = 4 * 1024 * 1024;

/// Credentials of the relay open for minutes, and certificates from one moment to another.
pub(super) fn clock() -> Finding {
    let asked = Command::new("timedatectl").args(["show", "--property=NTPSynchronized", "--value"]).output();
    let answer =
        asked.ok().filter(|asked| asked.status.success()).map(|asked| asked.stdout).unwrap_or_default();
    match std::str::from_utf8(&answer).map(str::trim) {
        Ok("yes") => Finding::well(CLOCK, "synchronised"),
        Ok("no") => Finding::doubtful(
            CLOCK,
            "not synchronised",
            "install chrony or systemd-timesyncd. Credentials of coturn and tokens of other programs are refused when clocks \
             differ by minutes",
        ),
        Ok(_) | Err(_) => Finding::doubtful(CLOCK, "unknown", "in a container it is the host's; look there"),
    }
}

/// What the system lets the server have.
pub(super) fn limits() -> Vec<Finding> {
    let mut findings = Vec::new();
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        findings.push(open_files(getrlimit(Resource::Nofile).maximum));
    }
    let buffer = std::fs::read_to_string("/proc/sys/net/core/rmem_max");
    findings.extend(buffer.ok().and_then(|text| text.trim().parse().ok()).map(buffers));
    findings
}

/// `None` is no limit.
fn open_files(most: Option<u64>) -> Finding {
    let advice =
        "raise the limit: LimitNOFILE=1048576 in the unit of systemd, --ulimit nofile=1048576 with Docker";
    match most {
        None => Finding::well(OPEN_FILES, "unlimited"),
        Some(most) if most < TOO_FEW_FILES => {
            Finding::ill(OPEN_FILES, format!("limit {most}: too low for a full room"), advice)
        }
        Some(most) if most < ENOUGH_FILES => {
            Finding::doubtful(OPEN_FILES, format!("limit {most}: enough for some rooms"), advice)
        }
        Some(most) => Finding::well(OPEN_FILES, format!("limit {most}")),
    }
}

fn buffers(most: u64) -> Finding {
    let detail = format!("{} KiB at the most", most / 1024);
    if most >= ENOUGH_BUFFER {
        Finding::well(BUFFERS, detail)
    } else {
        let advice = "sysctl -w net.core.rmem_max=4194304 net.core.wmem_max=4194304, and in /etc/sysctl.d for ever. With less, \
                      large rooms lose packets while the machine is busy";
        Finding::doubtful(BUFFERS, detail, advice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn few_open_files_are_told_from_enough() {
        for (most, health) in [
            (Some(1_024), Health::Ill),
            (Some(4_096), Health::Doubtful),
            (Some(65_536), Health::Well),
            (None, Health::Well),
        ] {
            let finding = open_files(most);
            assert_eq!(finding.health, health, "{most:?}");
            assert_eq!(finding.advice.is_some(), health != Health::Well);
        }
    }

    #[test]
    fn small_buffers_are_told_from_large_ones() {
        assert_eq!(buffers(212_992).health, Health::Doubtful);
        assert_eq!(buffers(4 << 20).health, Health::Well);
    }
}
