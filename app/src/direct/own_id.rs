//! One's own call ID, to be passed on.

use leptos::prelude::*;

use crate::components::{Icon, Symbol};
use crate::state::{DirectCommand, use_direct_handle};
use crate::text::direct;

/// The ID, and what puts it or the link on the clipboard.
#[component]
pub(crate) fn OwnId() -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let id = Memo::new(move |_| view.with(|view| view.call_id));
    let link = handle.clone();
    let is_missing = move || id.get().is_none();
    view! {
        <section class="card" aria-labelledby="mine-title">
            <h2 id="mine-title">{direct::YOUR_CALL_ID}</h2>
            <output class="my-id" aria-label=direct::YOUR_CALL_ID>{move || id.get().map(|id| id.to_string())}</output>
            <Show when=is_missing><p class="hint" role="status">{direct::GETTING_ID}</p></Show>
            <div class="row-of-buttons">
                <button type="button" class="button" disabled=is_missing on:click=move |_| handle.send(DirectCommand::CopyId)>
                    <Icon symbol=Symbol::Copy/>{direct::COPY_ID}
                </button>
                <button type="button" class="button" disabled=is_missing on:click=move |_| link.send(DirectCommand::CopyLink)>
                    <Icon symbol=Symbol::Link/>{direct::COPY_CALL_LINK}
                </button>
            </div>
            <p class="hint">{direct::SHARE_ID}" "{direct::LINK_NOTE}</p>
        </section>
    }
}
