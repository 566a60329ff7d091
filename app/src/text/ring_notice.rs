//! What a notification says of a ring.

use super::words::direct as words;
use crate::state::RingLine;

/// Of one that waits: its title, and the two things that can be pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingNotice {
    /// Who calls.
    pub title: String,
    /// Takes it.
    pub answer: &'static str,
    /// Does not take it.
    pub decline: &'static str,
}

/// Somebody calls.
pub fn ring_notice(line: &RingLine) -> RingNotice {
    let title = words::is_calling(&line.called());
    RingNotice { title, answer: words::ANSWER(), decline: words::DECLINE() }
}

/// They have called in vain.
pub fn missed_notice(line: &RingLine) -> String {
    words::missed(&line.called())
}
