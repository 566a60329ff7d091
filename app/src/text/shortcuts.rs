//! What keys do.

use super::Text;
use super::words::shortcuts as words;
pub(crate) use super::words::shortcuts::{HEADING, HINT};
use crate::room::{Key, Shortcut};

/// What is written on a key.
pub(crate) fn key(key: Key) -> String {
    match key {
        Key::Sign(sign) => sign.to_owned(),
        Key::Control(sign) => words::control_key(&sign),
        Key::Space => words::SPACE_BAR().to_owned(),
    }
}

/// What a key does.
pub(crate) fn name(shortcut: Shortcut) -> Text {
    match shortcut {
        Shortcut::Microphone => words::MICROPHONE,
        Shortcut::Camera => words::CAMERA,
        Shortcut::Share => words::SHARE,
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
