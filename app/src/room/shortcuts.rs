//! Keys that do what buttons do. They are silent where something is written and in dialogs, and a person can do without them.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use protocol::{MediaKey, ParticipantId, Source};
use stage::{Mode, StageInput};
use strum::EnumCount;
use view::{Preference, Publication};
use web_sys::Element;

use super::requests::REQUESTS;
use super::{Opened, Panel, can_switch_share};
use crate::components::{Step, focus_among};
use crate::full_screen;
use crate::state::{CallCommand, CallHandle, CallViewStoreFields, publication_of, use_call_handle};

/// Something that a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub(crate) enum Shortcut {
    Microphone,
    Camera,
    Share,
    PushToTalk,
    Chat,
    People,
    Hand,
    Layout,
    FullScreen,
    Pin(u8),
    Requests,
    Help,
}

/// One of the keys that do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// With this on it.
    Sign(&'static str),
    /// With this on it, and Ctrl or ⌘ held.
    Control(&'static str),
    Space,
}

impl Shortcut {
    /// Each of them, in the order of the help.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Microphone,
        Self::Camera,
        Self::Share,
        Self::PushToTalk,
        Self::Chat,
        Self::People,
        Self::Hand,
        Self::Layout,
        Self::FullScreen,
        Self::Pin(1),
        Self::Requests,
        Self::Help,
    ];

    /// The keys that do it.
    pub(crate) fn keys(self) -> &'static [Key] {
        match self {
            Self::Microphone => &[Key::Sign("M"), Key::Control("D")],
            Self::Camera => &[Key::Sign("V"), Key::Control("E")],
            Self::Share => &[Key::Sign("D")],
            Self::PushToTalk => &[Key::Space],
            Self::Chat => &[Key::Sign("C")],
            Self::People => &[Key::Sign("P")],
            Self::Hand => &[Key::Sign("R")],
            Self::Layout => &[Key::Sign("W")],
            Self::FullScreen => &[Key::Sign("F")],
            Self::Pin(_) => &[Key::Sign("1"), Key::Sign("…"), Key::Sign("9")],
            Self::Requests => &[Key::Sign("F6")],
            Self::Help => &[Key::Sign("?")],
        }
    }

    /// What a key alone means. A keyboard of another script has the same places.
    fn of_key(key: &str, code: &str) -> Option<Self> {
        match key {
            "?" => return Some(Self::Help),
            " " => return Some(Self::PushToTalk),
            // The first half of a letter with an accent.
            "Dead" => return None,
            _ => {}
        }
        if let Some(number) = key.parse::<u8>().ok().filter(|number| (1..=9).contains(number)) {
            return Some(Self::Pin(number));
        }
        let letter = match key.to_ascii_lowercase() {
            letter if letter.len() == 1 && letter.is_ascii() => letter,
            _ => code.strip_prefix("Key")?.to_ascii_lowercase(),
        };
        match letter.as_str() {
            "m" => Some(Self::Microphone),
            "v" => Some(Self::Camera),
            "d" => Some(Self::Share),
            "c" => Some(Self::Chat),
            "p" => Some(Self::People),
            "r" => Some(Self::Hand),
            "w" => Some(Self::Layout),
            "f" => Some(Self::FullScreen),
            _ => None,
        }
    }

    /// What it means together with Ctrl, or ⌘.
    fn of_chord(key: &str) -> Option<Self> {
        match key {
            "d" | "D" => Some(Self::Microphone),
            "e" | "E" => Some(Self::Camera),
            _ => None,
        }
    }
}

/// Where something is written.
const WRITTEN_IN: &str =
    "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]";
/// Where keys have a meaning of their own.
const OTHERS: &str = "dialog, [role=menu], [role=dialog]";
/// What the space bar presses, or scrolls.
const PRESSED_BY_SPACE: &str = "button, a, input, summary, [tabindex='0'], [role^=menuitem]";

/// Listens for as long as the call is on the screen.
pub(crate) fn listen(opened: Opened) {
    let call = use_call_handle();
    let (talks, held) = (StoredValue::new(false), StoredValue::new(None::<String>));
    let pressing = call.clone();
    let pressed = window_event_listener(leptos::ev::keydown, move |event| {
        // A key that has acted says nothing more while it is held, wherever the focus went with it.
        if event.repeat() {
            if held.with_value(|held| held.as_ref() == Some(&event.code())) {
                event.prevent_default();
            }
            return;
        }
        if let Some(shortcut) = meant(&event, &pressing, opened) {
            event.prevent_default();
            held.set_value(Some(event.code()));
            talks.update_value(|talks| *talks |= shortcut == Shortcut::PushToTalk);
            act(shortcut, &pressing, opened);
        }
    });
    let stop = move |call: &CallHandle| {
        if talks.try_get_value() == Some(true) {
            _ = talks.try_set_value(false);
            call.send(CallCommand::Talk { on: false });
        }
    };
    let releasing = call.clone();
    let released = window_event_listener(leptos::ev::keyup, move |event| {
        held.set_value(None);
        if event.key() == " " {
            stop(&releasing);
        }
    });
    // Whoever goes elsewhere with the key pressed lets go of it there.
    let leaving = call.clone();
    let left = window_event_listener(leptos::ev::blur, move |_| stop(&leaving));
    on_cleanup(move || {
        stop(&call);
        pressed.remove();
        released.remove();
        left.remove();
    });
}

/// What is meant by a key, if anything.
fn meant(event: &KeyboardEvent, call: &CallHandle, opened: Opened) -> Option<Shortcut> {
    let target: Option<Element> = event.target().and_then(|target| target.dyn_into().ok());
    let is_in = |selector: &str| {
        target.as_ref().is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
    };
    let is_composed = event.is_composing() || event.alt_key() || event.get_modifier_state("AltGraph");
    if event.default_prevented() || is_composed || is_in(OTHERS) || is_dialog_open() {
        return None;
    }
    match event.key().as_str() {
        "Escape" => {
            if !opened.close() {
                let newest =
                    call.view.notices().with_untracked(|notices| notices.last().map(|notice| notice.number));
                opened.closed_notice.set(newest);
            }
            return None;
        }
        // What wants an answer is reached from everywhere, also by those who want no shortcuts.
        "F6" => return has_requests().then_some(Shortcut::Requests),
        _ => {}
    }
    let view = call.view;
    if is_in(WRITTEN_IN) || !view.preferences().get_untracked().has(Preference::Shortcuts) {
        return None;
    }
    if event.ctrl_key() || event.meta_key() {
        return Shortcut::of_chord(&event.key()).filter(|_| !event.shift_key());
    }
    let shortcut = Shortcut::of_key(&event.key(), &event.code())?;
    let is_off = || untrack(|| publication_of(view, Source::Microphone)) == Publication::Off;
    let means = shortcut != Shortcut::PushToTalk || (is_off() && !is_in(PRESSED_BY_SPACE));
    means.then_some(shortcut)
}

/// Whoever presses beside what a dialog has in it takes the focus from it, and it is before the page all the same.
fn is_dialog_open() -> bool {
    document().query_selector("dialog:modal").is_ok_and(|found| found.is_some())
}

fn has_requests() -> bool {
    let requests = document().get_element_by_id(REQUESTS);
    requests.is_some_and(|requests| requests.query_selector("button").is_ok_and(|found| found.is_some()))
}

fn act(shortcut: Shortcut, call: &CallHandle, opened: Opened) {
    let view = call.view;
    let switch = |source| {
        let now = untrack(|| publication_of(view, source));
        call.send(CallCommand::Switch { source, on: !now.is_wanted() });
    };
    match shortcut {
        Shortcut::Microphone => switch(Source::Microphone),
        Shortcut::Camera => switch(Source::Camera),
        Shortcut::Share if untrack(|| can_switch_share(view)) => switch(Source::Screen),
        Shortcut::Share => {}
        Shortcut::PushToTalk => call.send(CallCommand::Talk { on: true }),
        Shortcut::Chat => opened.toggle(Panel::Chat),
        Shortcut::People => opened.toggle(Panel::People),
        Shortcut::Hand => {
            let up = view.hand().with_untracked(Option::is_none);
            call.send(CallCommand::SetHand { up });
        }
        Shortcut::Layout => {
            let now = view.stage().with_untracked(|stage| stage.mode);
            let other = if now == Mode::Grid { Mode::Speaker } else { Mode::Grid };
            call.send(CallCommand::Arrange(StageInput::Choose(other)));
        }
        Shortcut::FullScreen => full_screen::toggle(),
        Shortcut::Pin(number) => {
            let me = view.me().get_untracked();
            let (pins, shown) = view.stage().with_untracked(|stage| {
                let shown: Vec<_> = stage.layout.tiles.iter().map(|tile| tile.key).collect();
                (stage.pins.clone(), shown)
            });
            if let Some(key) = nth_other(&shown, me, number) {
                let input = if pins.contains(&key) { StageInput::Unpin(key) } else { StageInput::Pin(key) };
                call.send(CallCommand::Arrange(input));
            }
        }
        Shortcut::Requests => {
            if let Some(requests) = document().get_element_by_id(REQUESTS) {
                focus_among(&requests, "button", Step::Next);
            }
        }
        Shortcut::Help => opened.toggle(Panel::Shortcuts),
    }
}

/// The so-manieth of the others who are shown, from one.
fn nth_other(shown: &[MediaKey], me: Option<ParticipantId>, number: u8) -> Option<MediaKey> {
    let mut others = shown.iter().filter(|key| Some(key.participant) != me);
    others.nth(usize::from(number).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use std::mem::discriminant;

    use super::*;

    #[test]
    fn keys_mean_the_same_on_keyboards_of_other_scripts() {
        assert_eq!(Shortcut::of_key("m", "KeyM"), Some(Shortcut::Microphone));
        assert_eq!(Shortcut::of_key("M", "KeyM"), Some(Shortcut::Microphone));
        assert_eq!(Shortcut::of_key("ة", "KeyM"), Some(Shortcut::Microphone));
        assert_eq!(Shortcut::of_key("7", "Digit7"), Some(Shortcut::Pin(7)));
        assert_eq!(Shortcut::of_key("0", "Digit0"), None);
        assert_eq!(Shortcut::of_key("?", "Minus"), Some(Shortcut::Help));
        assert_eq!(Shortcut::of_key("Enter", "Enter"), None);
        assert_eq!(Shortcut::of_key("x", "KeyX"), None);
    }

    #[test]
    fn every_key_of_the_help_does_what_the_help_says() {
        for shortcut in Shortcut::ALL {
            for key in shortcut.keys() {
                let meant = match key {
                    // Between the first and the last; and what is meant by F6 also without shortcuts is asked for before.
                    Key::Sign("…" | "F6") => continue,
                    Key::Sign(sign) => Shortcut::of_key(sign, ""),
                    Key::Control(sign) => Shortcut::of_chord(sign),
                    Key::Space => Shortcut::of_key(" ", "Space"),
                };
                assert_eq!(meant.map(|meant| discriminant(&meant)), Some(discriminant(&shortcut)), "{key:?}");
            }
        }
    }

    #[test]
    fn all_shortcuts_are_in_the_help_in_their_order() {
        // A new one does not compile here until it has a place.
        let index = |shortcut: Shortcut| match shortcut {
            Shortcut::Microphone => 0,
            Shortcut::Camera => 1,
            Shortcut::Share => 2,
            Shortcut::PushToTalk => 3,
            Shortcut::Chat => 4,
            Shortcut::People => 5,
            Shortcut::Hand => 6,
            Shortcut::Layout => 7,
            Shortcut::FullScreen => 8,
            Shortcut::Pin(_) => 9,
            Shortcut::Requests => 10,
            Shortcut::Help => 11,
        };
        assert_eq!(Shortcut::ALL.map(index), std::array::from_fn(|at| at));
    }

    #[test]
    fn where_letters_stand_elsewhere_the_letter_counts() {
        // On a French keyboard the letter m is not where an American one has it.
        assert_eq!(Shortcut::of_key("m", "Semicolon"), Some(Shortcut::Microphone));
        assert_eq!(Shortcut::of_key(",", "KeyM"), None);
    }

    #[test]
    fn a_number_means_one_of_the_others() {
        let key =
            |number: u128| ParticipantId::new(uuid::Uuid::from_u128(number)).publication(Source::Camera);
        let shown = [key(1), key(2), key(3)];
        let me = Some(ParticipantId::new(uuid::Uuid::from_u128(2)));
        assert_eq!(nth_other(&shown, me, 2), Some(key(3)));
        assert_eq!(nth_other(&shown, me, 3), None);
    }
}
