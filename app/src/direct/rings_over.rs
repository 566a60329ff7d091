//! Somebody calls while the page is about something else.

use leptos::context::Provider;
use leptos::prelude::*;
use leptos_meta::Title;

use super::IncomingRings;
use crate::state::{RingLine, use_rings_over};
use crate::text;
use crate::text::direct;

/// The ring that waits for an answer, over the page, and in place of its title.
#[component]
pub(crate) fn RingsOver() -> impl IntoView {
    let handle = use_rings_over();
    let view = handle.view;
    let caller = Memo::new(move |_| view.with(|view| view.incoming().map(RingLine::called)));
    let said = move || text::title(&direct::is_calling(&caller.get().unwrap_or_default()));
    view! {
        // The title of the page is under it, and is there again when it goes.
        <Show when=move || caller.with(Option::is_some)><Title text=said/></Show>
        <Provider value=handle><IncomingRings/></Provider>
    }
}
