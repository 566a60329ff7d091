//! Shows somebody large, and keeps them so.

use leptos::prelude::*;
use protocol::MediaKey;
use stage::{MAX_PINS, StageInput};

use crate::components::{Icon, Symbol};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::call;

/// A button that says what it will do. With as many pinned as there can be, others cannot be.
#[component]
pub(crate) fn PinButton(key: MediaKey, name: Signal<String>) -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let is_pinned = Memo::new(move |_| view.stage().with(|stage| stage.pins.contains(&key)));
    let is_full = Memo::new(move |_| view.stage().with(|stage| stage.pins.len() >= MAX_PINS));
    let label = move || call::pin(&name.get(), is_pinned.get());
    let toggle = move |_| {
        let input = if is_pinned.get_untracked() { StageInput::Unpin(key) } else { StageInput::Pin(key) };
        handle.send(CallCommand::Arrange(input));
    };
    view! {
        <button type="button" class="tile-button" aria-label=label title=label data-pinned=move || is_pinned.get().then_some("")
            disabled=move || is_full.get() && !is_pinned.get() on:click=toggle>
            <Icon symbol=Symbol::Pin/>
        </button>
    }
}
