//! A tick with each picture of the screen, and a few a second where the browser shows none.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::player_event::{PlayerEvent, PlayerEvents};
use crate::web;

/// Where nothing is seen, in milliseconds. A browser makes a second of it, which the sound that was handed out outlasts.
const UNSEEN: u32 = 250;

/// Ticks, until it is dropped.
pub(super) struct Ticks {
    seen: Closure<dyn FnMut()>,
    /// One is asked for at a time.
    is_asked: Rc<Cell<bool>>,
    _unseen: Interval,
}

impl Ticks {
    pub(super) fn start(events: &PlayerEvents) -> Self {
        let is_asked = Rc::new(Cell::new(false));
        let (of_screen, of_timer, asked) = (events.clone(), events.clone(), Rc::clone(&is_asked));
        let seen = Closure::<dyn FnMut()>::new(move || {
            asked.set(false);
            _ = of_screen.unbounded_send(PlayerEvent::Tick);
        });
        let unseen = Interval::new(UNSEEN, move || _ = of_timer.unbounded_send(PlayerEvent::Tick));
        Self { seen, is_asked, _unseen: unseen }
    }

    /// The last one was handled.
    pub(super) fn next(&self) {
        if self.is_asked.replace(true) {
            return;
        }
        if let Some(window) = web::window() {
            _ = window.request_animation_frame(self.seen.as_ref().unchecked_ref());
        }
    }
}
