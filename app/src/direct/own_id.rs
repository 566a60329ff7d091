//! One's own call ID, to be passed on.

use leptos::prelude::*;

use super::MoveIdentity;
use crate::components::{Icon, QrCode, Symbol};
use crate::state::{DirectCommand, use_direct_handle};
use crate::text::{direct, identity};

/// The ID, and what puts it or the link on the clipboard, on another's screen or in another program.
#[component]
pub(crate) fn OwnId() -> impl IntoView {
    let handle = StoredValue::new(use_direct_handle());
    let view = use_direct_handle().view;
    let id = Memo::new(move |_| view.with(|view| view.call_id));
    let link = Memo::new(move |_| view.with(|view| view.link.clone()));
    let can_share = Memo::new(move |_| view.with(|view| view.can_share));
    let notice = Memo::new(move |_| view.with(|view| view.identity_notice));
    let is_missing = move || id.get().is_none();
    let send = move |command: DirectCommand| handle.with_value(|handle| handle.send(command));
    view! {
        <section class="card" aria-labelledby="mine-title">
            <h2 id="mine-title">{direct::YOUR_CALL_ID}</h2>
            <output class="my-id" aria-label=direct::YOUR_CALL_ID>{move || id.get().map(|id| id.to_string())}</output>
            <Show when=is_missing><p class="hint" role="status">{direct::GETTING_ID}</p></Show>
            <div class="row-of-buttons">
                <button type="button" class="button" disabled=is_missing on:click=move |_| send(DirectCommand::CopyId)>
                    <Icon symbol=Symbol::Copy/>{direct::COPY_ID}
                </button>
                <button type="button" class="button" disabled=is_missing on:click=move |_| send(DirectCommand::CopyLink)>
                    <Icon symbol=Symbol::Link/>{direct::COPY_CALL_LINK}
                </button>
                <Show when=move || can_share.get()>
                    <button type="button" class="button" disabled=is_missing on:click=move |_| send(DirectCommand::ShareLink)>
                        <Icon symbol=Symbol::Send/>{identity::SHARE}
                    </button>
                </Show>
            </div>
            <p class="hint said" role="status">{move || notice.get().filter(|notice| notice.is_of_copying()).map(identity::said)}</p>
            <p class="hint">{direct::SHARE_ID}" "{direct::LINK_NOTE}</p>
            <details class="more-of-id">
                <summary>{identity::SHOW_QR_CODE}</summary>
                {move || link.get().map(|text| view! { <QrCode text label=identity::QR_CODE/> })}
            </details>
            <MoveIdentity/>
        </section>
    }
}
