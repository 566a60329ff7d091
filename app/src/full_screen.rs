//! The whole screen for the call, where the browser has it to give.

use leptos::prelude::document;

/// Takes the whole screen, or gives it back.
pub(crate) fn toggle() {
    let document = document();
    if document.fullscreen_element().is_some() {
        document.exit_fullscreen();
    } else if let Some(page) = document.document_element() {
        // A phone may say no; then everything stays as it is.
        _ = page.request_fullscreen();
    }
}
