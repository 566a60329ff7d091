//! When a sender is asked for a keyframe.

use crate::state::Passage;

/// How long after asking for a keyframe it is not asked for again, in milliseconds.
const KEYFRAME_EVERY: f64 = 300.0;

/// After a frame that was dropped, a decoder can only go on from a keyframe, and does not know that it has to ask for one.
#[derive(Default)]
pub(crate) struct Keyframes {
    has_gap: bool,
    asked: f64,
}

impl Keyframes {
    pub(crate) fn are_needed(&mut self, passage: Passage, frame: &[u8], now: f64) -> bool {
        match passage {
            Passage::Passes => {}
            Passage::Repeated => return false,
            Passage::Refused => {
                self.has_gap = true;
                return false;
            }
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
