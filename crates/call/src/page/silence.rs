//! Whether a microphone that is on brings nothing at all: unplugged at its other end, or turned down in the system. A room is never as
//! quiet as that.

use std::time::Duration;

use crate::Level;

/// Quieter than the last bit of 16.
const NOTHING: Level = Level(1.0 / 32_768.0);

/// For so long nothing comes before it is said. A device that wakes up takes a moment.
const SILENT_FOR: Duration = Duration::from_secs(6);

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct Silence {
    since: Option<Duration>,
    /// Something was heard of it, or it was said that nothing is.
    is_settled: bool,
}

impl Silence {
    /// Another microphone is in use.
    pub(super) fn begin(&mut self) {
        *self = Self::default();
    }

    /// So loud it is. True when it is to be said now that it is silent: once for each microphone.
    pub(super) fn hear(&mut self, now: Duration, level: Level) -> bool {
        if level > NOTHING {
            *self = Self { since: None, is_settled: true };
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let is_due = !self.is_settled && now >= since + SILENT_FOR;
        self.is_settled |= is_due;
        is_due
    }

    /// For how long nothing has come. Of a device that is gone some browsers say nothing until they are asked what is there.
    pub(super) fn lasts(&self, now: Duration) -> Option<Duration> {
        self.since.map(|since| now.saturating_sub(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(levels: impl Iterator<Item = f32>) -> Vec<usize> {
        let mut silence = Silence::default();
        let mut all = Vec::new();
        for (tick, level) in levels.enumerate() {
            if silence.hear(Duration::from_millis(125) * tick as u32, Level(level)) {
                all.push(tick);
            }
        }
        all
    }

    #[test]
    fn nothing_at_all_is_said_once_after_six_seconds() {
        assert_eq!(said(std::iter::repeat_n(0.0, 200)), [48]);
    }

    #[test]
    fn a_quiet_room_and_somebody_who_pauses_are_not_silent() {
        assert!(said(std::iter::repeat_n(0.0005, 200)).is_empty());
        assert!(said((0..200).map(|tick| if tick == 3 { 0.1 } else { 0.0 })).is_empty());
    }
}
