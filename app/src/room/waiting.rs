//! At the door: somebody has knocked, and a host decides.

use leptos::prelude::*;
use protocol::RoomEncryption;

use super::Preview;
use crate::components::{SiteHeader, focus_when_shown};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::joining;

/// *Waiting to be let in*. The picture is the person's own; nobody else sees it yet.
#[component]
pub(crate) fn Waiting(
    /// As the page found the room.
    found: RoomEncryption,
) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let is_transport = move || view.lobby_encryption().get().unwrap_or(found) == RoomEncryption::Transport;
    let title = NodeRef::new();
    focus_when_shown(title);
    view! {
        <SiteHeader/>
        <main class="prejoin">
            <Preview name=Signal::derive(move || view.name().get())/>
            <section class="prejoin-side">
                <h1 node_ref=title tabindex="-1">{joining::WAITING}</h1>
                <p role="status">
                    {move || joining::waits(view.secrecy().with(|secrecy| secrecy.host_inside))}
                </p>
                <Show when=move || view.secrecy().with(|secrecy| secrecy.lacks_secret)>
                    <p>{joining::LACKS_KEY}</p>
                </Show>
                <Show when=is_transport>
                    <p data-testid="not-encrypted">{joining::NOT_ENCRYPTED}</p>
                </Show>
                <button type="button" class="button" on:click=move |_| call.send(CallCommand::Leave)>{joining::STOP_WAITING}</button>
            </section>
        </main>
    }
}
