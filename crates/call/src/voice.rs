//! The voice of the person at this browser: whether they speak, and when their raised hand has served.

use std::time::Duration;

use crate::Level;
use crate::speaking::Speaking;

/// How long somebody has to speak before their raised hand is lowered: they have been given the word.
const HAND_IS_LOWERED_AFTER: Duration = Duration::from_secs(4);

/// The voice.
#[derive(Debug, Default)]
pub(crate) struct Voice {
    speaking: Speaking,
    /// Since when the person speaks with a raised hand.
    since: Option<Duration>,
}

impl Voice {
    /// Hears the microphone. True when a raised hand is to be lowered.
    pub(crate) fn hear(&mut self, now: Duration, level: Level, has_raised_hand: bool, is_on: bool) -> bool {
        self.speaking.hear(now, level);
        if !has_raised_hand || !is_on || !self.is_speaking() {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let has_spoken = now >= since + HAND_IS_LOWERED_AFTER;
        if has_spoken {
            self.since = None;
        }
        has_spoken
    }

    pub(crate) fn is_speaking(&self) -> bool {
        self.speaking.is_speaking()
    }
}
