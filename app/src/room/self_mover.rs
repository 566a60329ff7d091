//! Moves oneself from corner to corner: with a pointer, which it follows until it is let go of, or with the arrow keys.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use stage::{Corner, StageInput};
use web_sys::HtmlElement;

use crate::state::{CallCommand, CallHandle, CallViewStoreFields};

/// Where the pointer took hold of the tile.
#[derive(Clone)]
pub(crate) struct SelfMover {
    handle: CallHandle,
    held_at: RwSignal<Option<(i32, i32)>>,
}

impl SelfMover {
    pub(crate) fn new(handle: CallHandle) -> Self {
        Self { handle, held_at: RwSignal::new(None) }
    }

    pub(crate) fn press(&self, event: &PointerEvent) {
        let Some(tile) = tile(event).filter(|_| event.button() == 0) else { return };
        _ = tile.set_pointer_capture(event.pointer_id());
        self.held_at.set(Some((event.client_x(), event.client_y())));
    }

    pub(crate) fn carry(&self, event: &PointerEvent) {
        let (Some((x, y)), Some(tile)) = (self.held_at.get_untracked(), tile(event)) else { return };
        let by = format!("{}px {}px", event.client_x() - x, event.client_y() - y);
        _ = tile.style().set_property("translate", &by);
    }

    /// Lets go: it goes to the corner that is next.
    pub(crate) fn release(&self, event: &PointerEvent) {
        let (Some(_), Some(tile)) = (self.held_at.get_untracked(), tile(event)) else { return };
        self.cancel(event);
        let Some(stage) = tile.parent_element().map(|stage| stage.get_bounding_client_rect()) else { return };
        let is_right = f64::from(event.client_x()) > stage.left() + stage.width() / 2.0;
        let is_below = f64::from(event.client_y()) > stage.top() + stage.height() / 2.0;
        self.put(corner(is_right != is_right_to_left(&tile), is_below));
    }

    /// Goes back to where it was: the system has taken the pointer away, or the browser the capture.
    pub(crate) fn cancel(&self, event: &PointerEvent) {
        self.held_at.set(None);
        if let Some(tile) = tile(event) {
            _ = tile.style().remove_property("translate");
        }
    }

    pub(crate) fn key(&self, event: &KeyboardEvent) {
        let now = self.handle.view.stage().with_untracked(|stage| stage.corner);
        let (mut at_end, mut is_below) = (now.is_end(), now.is_bottom());
        let turns = event
            .current_target()
            .and_then(|tile| tile.dyn_into::<HtmlElement>().ok())
            .is_some_and(|tile| is_right_to_left(&tile));
        match event.key().as_str() {
            "ArrowLeft" => at_end = turns,
            "ArrowRight" => at_end = !turns,
            "ArrowUp" => is_below = false,
            "ArrowDown" => is_below = true,
            _ => return,
        }
        event.prevent_default();
        self.put(corner(at_end, is_below));
    }

    fn put(&self, corner: Corner) {
        self.handle.send(CallCommand::Arrange(StageInput::MoveSelf(corner)));
    }
}

fn tile(event: &PointerEvent) -> Option<HtmlElement> {
    event.current_target()?.dyn_into().ok()
}

fn is_right_to_left(element: &HtmlElement) -> bool {
    element.closest("[dir=rtl]").is_ok_and(|found| found.is_some())
}

fn corner(at_end: bool, is_below: bool) -> Corner {
    match (at_end, is_below) {
        (true, true) => Corner::BottomEnd,
        (true, false) => Corner::TopEnd,
        (false, true) => Corner::BottomStart,
        (false, false) => Corner::TopStart,
    }
}
