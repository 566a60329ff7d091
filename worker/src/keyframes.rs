//! When a sender is asked for a keyframe.

use crate::state::Passage;

/// How long after asking for a keyframe it is not asked for again, in milliseconds.
const KEYFRAME_EVERY: f64 = 300.0;

/// After so long without a frame, in milliseconds, frames are missing: what is sent on purpose comes once a second at the least.
const SILENT_FOR: f64 = 1_500.0;

/// After a frame that was dropped, a decoder can only go on from a keyframe, and does not know that it has to ask for one. After
/// those that were lost while there was no way to here it does, but asks every three seconds, and what it has asked for in
/// between is lost too (measured with Chromium).
#[derive(Default)]
pub(crate) struct Keyframes {
    has_gap: bool,
    /// When a frame came last.
    came: Option<f64>,
    asked: f64,
}

impl Keyframes {
    /// Whether to ask, now that this has become of a frame; `now` is in milliseconds since 1970.
    pub(crate) fn are_needed(&mut self, passage: Passage, frame: &[u8], now: f64) -> bool {
        if passage == Passage::Repeated {
            return false;
        }
        let was_silent = self.came.replace(now).is_some_and(|before| now - before >= SILENT_FOR);
        self.has_gap |= was_silent || passage == Passage::Refused;
        if passage == Passage::Refused {
            return false;
        }
        // The lowest bit of the first byte is clear in keyframes (RFC 6386 §9.1).
        if frame.first().is_some_and(|first| first & 1 == 0) {
            self.has_gap = false;
        }
        if !self.has_gap || now - self.asked < KEYFRAME_EVERY {
            return false;
        }
        self.asked = now;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[0x10];
    const OTHER: &[u8] = &[0x11];
    const NOW: f64 = 1_800_000_000_000.0;

    #[test]
    fn while_frames_come_nobody_is_asked() {
        let mut keyframes = Keyframes::default();
        for (after, frame) in [(0.0, OTHER), (40.0, KEY), (80.0, OTHER), (1_080.0, OTHER)] {
            assert!(!keyframes.are_needed(Passage::Passes, frame, NOW + after), "{after}");
        }
    }

    #[test]
    fn after_a_dropped_frame_it_is_asked_until_a_keyframe_comes() {
        let mut keyframes = Keyframes::default();
        assert!(!keyframes.are_needed(Passage::Refused, OTHER, NOW), "the key may be on the way");
        assert!(keyframes.are_needed(Passage::Passes, OTHER, NOW + 40.0));
        assert!(!keyframes.are_needed(Passage::Passes, OTHER, NOW + 80.0), "it takes a moment");
        assert!(keyframes.are_needed(Passage::Passes, OTHER, NOW + 340.0));
        assert!(!keyframes.are_needed(Passage::Passes, KEY, NOW + 700.0));
        assert!(!keyframes.are_needed(Passage::Passes, OTHER, NOW + 1_100.0));
    }

    #[test]
    fn after_a_silence_it_is_asked_unless_a_keyframe_ends_it() {
        let mut keyframes = Keyframes::default();
        assert!(!keyframes.are_needed(Passage::Passes, OTHER, NOW));
        assert!(!keyframes.are_needed(Passage::Passes, KEY, NOW + 2_000.0));
        assert!(
            !keyframes.are_needed(Passage::Repeated, OTHER, NOW + 3_000.0),
            "nothing is missing without it"
        );
        assert!(keyframes.are_needed(Passage::Passes, OTHER, NOW + 3_500.0));
        assert!(
            keyframes.are_needed(Passage::Passes, OTHER, NOW + 3_900.0),
            "the first may have gone the way that is no more"
        );
        assert!(!keyframes.are_needed(Passage::Passes, KEY, NOW + 4_000.0));
    }
}
