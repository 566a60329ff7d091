//! How fast a connection is read, whatever comes over it: frames of WebSocket that carry nothing cost as much as others to take
//! apart, and no limit on messages ever sees them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

/// Bytes that are read at once.
const BURST: u32 = 2 << 20;

/// Bytes that are read each second after that: several times what a socket may say.
const PER_SECOND: u32 = 256 * 1024;

/// A bucket of bytes for one connection.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the bucket would be full if nothing more came.
    full_at: Option<Instant>,
    /// Until there is something in it again, while it is empty.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Ready when there is something in the bucket.
    pub(super) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }

    /// Takes what was read out of the bucket.
    pub(super) fn count(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        if let Some(until) = self.pause_after(Instant::now(), bytes) {
            self.pause = Some(Box::pin(tokio::time::sleep_until(until)));
        }
    }

    /// Until when nothing is read after so many bytes, if they were too many.
    fn pause_after(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let took = Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / PER_SECOND;
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + took;
        self.full_at = Some(full_at);
        let whole = Duration::from_secs(u64::from(BURST / PER_SECOND));
        (full_at > now + whole).then(|| full_at - whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_read_no_faster_than_its_pace() {
        let began = Instant::now();
        let (mut pace, mut now, mut read) = (Pace::default(), began, 0);
        while now < began + Duration::from_secs(60) {
            now = pace.pause_after(now, 4096).unwrap_or(now);
            read += 4096;
        }
        let allowed = BURST + 60 * PER_SECOND;
        assert!((allowed - 8192..=allowed + 8192).contains(&read), "{read} of {allowed}");
    }

    #[test]
    fn what_was_not_used_is_there_again_but_no_more_than_that() {
        let (mut pace, mut now) = (Pace::default(), Instant::now());
        for _ in 0..2 {
            assert_eq!(pace.pause_after(now, BURST as usize), None);
            assert!(pace.pause_after(now, 1).is_some());
            now += Duration::from_secs(3600);
        }
    }
}
