//! What a notification says of a ring.

use super::language;
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

/// What the worker says of rings that come while no page is open. Who calls stands there as `CALLER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushWords {
    /// The language's tag.
    pub language: &'static str,
    /// Its direction, `ltr` or `rtl`.
    pub direction: &'static str,
    /// Somebody calls.
    pub ringing: String,
    /// They have called in vain.
    pub missed: String,
    /// It was answered on another device.
    pub elsewhere: &'static str,
    /// Takes it.
    pub answer: &'static str,
    /// Does not take it.
    pub decline: &'static str,
}

/// In place of whoever calls.
const CALLER: &str = "{caller}";

/// In the language that is spoken.
pub fn push_words() -> PushWords {
    leptos::prelude::untrack(|| {
        let language = language::spoken();
        PushWords {
            language: language.tag(),
            direction: language.direction(),
            ringing: words::is_calling(&CALLER),
            missed: words::missed(&CALLER),
            elsewhere: words::ANSWERED_ELSEWHERE(),
            answer: words::ANSWER(),
            decline: words::DECLINE(),
        }
    })
}
