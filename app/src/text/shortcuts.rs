//! What keys do.

use super::Text;
use super::words::shortcuts as words;
pub(crate) use super::words::shortcuts::{HEADING, HINT};
use crate::room::Shortcut;

/// What a key does.
pub(crate) fn name(shortcut: Shortcut) -> Text {
    match shortcut {
        Shortcut::Microphone => words::MICROPHONE,
        Shortcut::Camera => words::CAMERA,
        Shortcut::PushToTalk => words::PUSH_TO_TALK,
        Shortcut::Chat => words::CHAT,
        Shortcut::People => words::PEOPLE,
        Shortcut::Hand => words::HAND,
        Shortcut::Layout => words::LAYOUT,
        Shortcut::FullScreen => words::FULL_SCREEN,
        Shortcut::Pin(_) => words::PIN,
        Shortcut::Requests => words::REQUESTS,
        Shortcut::Help => words::HELP,
    }
}
