//! Whether somebody is speaking, from how loud they are: quick to begin, slow to end, so that a ring does not flicker.

use std::time::Duration;

use crate::Level;

/// Louder than this begins to count as speech; a quiet room with gain control stays below.
const BEGINS_AT: Level = Level(0.02);

/// How long it must be quiet before somebody counts as silent: longer than the pause between two words.
const LINGERS: Duration = Duration::from_millis(700);

/// One person's speech.
#[derive(Debug, Default)]
pub(crate) struct Speaking {
    last_loud: Option<Duration>,
}

impl Speaking {
    pub(crate) fn hear(&mut self, now: Duration, level: Level) {
        if level >= BEGINS_AT {
            self.last_loud = Some(now);
        } else if self.last_loud.is_some_and(|loud| now >= loud + LINGERS) {
            self.last_loud = None;
        }
    }

    pub(crate) fn is_speaking(&self) -> bool {
        self.last_loud.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_begins_at_once_and_a_pause_between_words_does_not_end_it() {
        let mut speaking = Speaking::default();
        speaking.hear(Duration::ZERO, Level(0.3));
        assert!(speaking.is_speaking());
        speaking.hear(Duration::from_millis(400), Level(0.0));
        assert!(speaking.is_speaking());
        speaking.hear(Duration::from_millis(700), Level(0.0));
        assert!(!speaking.is_speaking());
    }

    #[test]
    fn the_noise_of_a_quiet_room_is_not_speech() {
        let mut speaking = Speaking::default();
        speaking.hear(Duration::ZERO, Level(0.01));
        assert!(!speaking.is_speaking());
    }
}
