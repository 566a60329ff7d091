//! Whether somebody talks whom nobody hears, because they are muted. It is said once, until they have done something about it.

use std::time::Duration;

use crate::Level;
use crate::speaking::Speaking;

/// For how long somebody speaks before it is no cough.
const SPEAKS_FOR: Duration = Duration::from_millis(800);

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct MutedTalk {
    speaking: Speaking,
    since: Option<Duration>,
    is_noticed: bool,
    /// They know, and want to stay muted.
    is_settled: bool,
}

impl MutedTalk {
    /// So loud is a microphone of which nothing is sent.
    pub(super) fn hear(&mut self, now: Duration, level: Level) {
        self.speaking.hear(now, level);
        if !self.speaking.is_speaking() {
            self.since = None;
            return;
        }
        let since = *self.since.get_or_insert(now);
        self.is_noticed |= !self.is_settled && now >= since + SPEAKS_FOR;
    }

    /// They stay muted until they say otherwise.
    pub(super) fn settle(&mut self) {
        *self = Self { is_settled: true, ..Self::default() };
    }

    /// There is no reason to listen any more, and none to say what was heard.
    pub(super) fn stop(&mut self) {
        *self = Self { is_settled: self.is_settled, ..Self::default() };
    }

    /// The microphone was turned on: the next time is another one.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// Whether nothing is to be noticed any more until the microphone was on.
    pub(super) fn is_settled(&self) -> bool {
        self.is_settled
    }

    pub(super) fn is_noticed(&self) -> bool {
        self.is_noticed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(talk: &mut MutedTalk, from: u64, to: u64, level: f32) {
        for millis in (from..to).step_by(125) {
            talk.hear(Duration::from_millis(millis), Level(level));
        }
    }

    #[test]
    fn a_cough_is_not_noticed_and_a_sentence_is_until_somebody_acts() {
        let mut talk = MutedTalk::default();
        hear(&mut talk, 0, 100, 0.3);
        hear(&mut talk, 1_000, 5_000, 0.0);
        assert!(!talk.is_noticed());
        hear(&mut talk, 5_000, 7_000, 0.3);
        hear(&mut talk, 7_000, 60_000, 0.0);
        assert!(talk.is_noticed(), "it is said until they have seen it");
        talk.reset();
        assert!(!talk.is_noticed());
    }

    #[test]
    fn what_was_heard_is_not_said_once_there_is_no_reason_to_listen() {
        let mut talk = MutedTalk::default();
        hear(&mut talk, 0, 2_000, 0.3);
        talk.stop();
        assert!(!talk.is_noticed() && !talk.is_settled());
        talk.settle();
        talk.stop();
        assert!(talk.is_settled());
    }

    #[test]
    fn who_wants_to_stay_muted_is_not_told_again_before_they_were_on() {
        let mut talk = MutedTalk::default();
        hear(&mut talk, 0, 2_000, 0.3);
        talk.settle();
        hear(&mut talk, 2_000, 9_000, 0.3);
        assert!(!talk.is_noticed());
        talk.reset();
        hear(&mut talk, 9_000, 12_000, 0.3);
        assert!(talk.is_noticed());
    }
}
