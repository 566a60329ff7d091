//! The controls of a call.

use leptos::prelude::*;

use super::MediaButton;
use crate::components::{Icon, Symbol, focus};
use crate::state::{CallCommand, CallViewStoreFields, SourceView, use_call_handle};

/// Microphone, camera, link, people, and *Leave* last.
#[component]
pub(crate) fn Toolbar(people_open: RwSignal<bool>) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let count = move || view.participants().with(|others| others.len() + 1);
    let people_button = NodeRef::new();
    // The focus goes back to where the panel was opened.
    Effect::new(move |was_open: Option<bool>| {
        let open = people_open.get();
        if was_open == Some(true) && !open {
            focus(people_button);
        }
        open
    });
    view! {
        <div class="toolbar" role="toolbar" aria-label="Call controls">
            <MediaButton source=SourceView::Microphone/>
            <MediaButton source=SourceView::Camera/>
            <CopyLink/>
            <button type="button" class="round-button" node_ref=people_button aria-label="People" title="People" data-badge=count
                aria-expanded=move || people_open.get().to_string()
                on:click=move |_| people_open.update(|open| *open = !*open)>
                <Icon symbol=Symbol::People/>
            </button>
            <button type="button" class="round-button leave" aria-label="Leave" title="Leave"
                on:click=move |_| call.send(CallCommand::Leave)>
                <Icon symbol=Symbol::Leave/>
                <span class="round-button-text">"Leave"</span>
            </button>
        </div>
    }
}

#[component]
fn CopyLink() -> impl IntoView {
    let call = use_call_handle();
    view! {
        <button type="button" class="round-button" aria-label="Copy link" title="Copy link" on:click=move |_| call.send(CallCommand::CopyLink)>
            <Icon symbol=Symbol::Link/>
        </button>
    }
}
