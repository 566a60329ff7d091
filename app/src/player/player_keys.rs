//! Keys: space plays, arrows go five seconds and `J` and `L` ten, Home and End go to both ends, `F` takes the whole screen, `C` is for captions.

use leptos::ev::{KeyboardEvent, keydown};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::Element;

use super::timeline::is_right_to_left;
use crate::full_screen;
use crate::state::{PlayerCommand, PlayerHandle};

/// How far an arrow goes, in milliseconds.
const STEP: i32 = 5_000;

/// How far `J` and `L` go.
const LARGE_STEP: i32 = 10_000;

/// Listens as long as the owner lives.
pub(super) fn listen(handle: &PlayerHandle, lasts: u32, captions: RwSignal<bool>) {
    let handle = handle.clone();
    let listener = window_event_listener(keydown, move |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_for_other(&event) {
            return;
        }
        let forward = if is_right_to_left() { -STEP } else { STEP };
        let command = match event.key().as_str() {
            " " | "k" | "K" => PlayerCommand::PlayOrPause,
            "ArrowRight" => PlayerCommand::Skip(forward),
            "ArrowLeft" => PlayerCommand::Skip(-forward),
            "j" | "J" => PlayerCommand::Skip(-LARGE_STEP),
            "l" | "L" => PlayerCommand::Skip(LARGE_STEP),
            "Home" => PlayerCommand::Seek(0),
            "End" => PlayerCommand::Seek(lasts),
            "f" | "F" => return full_screen::toggle(),
            "c" | "C" => return captions.update(|shown| *shown = !*shown),
            _ => return,
        };
        event.prevent_default();
        handle.send(command);
    });
    on_cleanup(move || listener.remove());
}

/// Whether a key is meant for what has the focus: fields take letters, lists their own arrows, buttons the space bar. The slider takes what the player takes.
fn is_for_other(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let is = |selector: &str| target.closest(selector).is_ok_and(|found| found.is_some());
    let key = event.key();
    is("input:not([type=range]), select, textarea")
        || (key == " " && is("button, a, summary"))
        || (matches!(key.as_str(), "Home" | "End") && is(".lines"))
}
