//! How busy this node is, for its cluster: the processor time that the process has used, as a share of what it may use. Whoever places a room goes by
//! it, and a busy node gives rooms away. Nothing where the system is not Linux: all nodes are alike then.

use std::time::Duration;

use cluster::{Input, Load};
use tokio::sync::mpsc;

use super::lead::Event;
use crate::clock::Clock;

/// Over how long it is looked at.
const EACH: Duration = Duration::from_secs(5);

/// Tells the driver for as long as there is one.
pub(super) async fn tell(clock: Clock, events: mpsc::UnboundedSender<Event>) {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (mut then, mut before) = (clock.now(), used());
    loop {
        tokio::time::sleep(EACH).await;
        let (now, after) = (clock.now(), used());
        if let (Some(before), Some(after)) = (before, after) {
            let load = share(after.saturating_sub(before), now.saturating_sub(then), processors);
            if events.send(Event::Input(Input::LoadChanged(load))).is_err() {
                return;
            }
        }
        (then, before) = (now, after);
    }
}

/// In thousandths.
fn share(used: Duration, passed: Duration, processors: usize) -> Load {
    let most = passed.as_millis().max(1) * processors as u128;
    Load(u16::try_from(used.as_millis() * 1_000 / most).unwrap_or(u16::MAX).min(1_000))
}

/// The processor time of this process so far.
#[cfg(target_os = "linux")]
fn used() -> Option<Duration> {
    let stat = procfs::process::Process::myself().ok()?.stat().ok()?;
    Some(Duration::from_millis((stat.utime + stat.stime) * 1_000 / procfs::ticks_per_second()))
}

#[cfg(not(target_os = "linux"))]
fn used() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_of_all_processors_and_never_more_than_everything() {
        let seconds = Duration::from_secs;
        assert_eq!(share(seconds(5), seconds(5), 2), Load(500));
        assert_eq!(share(seconds(0), seconds(5), 2), Load(0));
        assert_eq!(share(seconds(30), seconds(5), 2), Load(1_000));
        assert_eq!(share(seconds(1), seconds(0), 1), Load(1_000));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_this_process_has_used_grows() {
        let before = used().unwrap();
        let mut sum = 0_u64;
        while used().unwrap() == before {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(used().unwrap() > before);
    }
}
