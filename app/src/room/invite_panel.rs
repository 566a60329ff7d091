//! How others get in: the link, its QR code, an invitation to copy, a calendar entry, and a link for another host.

use leptos::prelude::*;
use protocol::Role;

use super::{OpenPanel, SidePanel};
use crate::components::QrCode;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};

/// Invitations.
#[component]
pub(crate) fn InvitePanel(open: OpenPanel) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let link = Memo::new(move |_| view.link().get());
    let name = move || view.room_name().get().unwrap_or_else(|| "a call".to_owned());
    let text = move || format!("Join {} in your browser: {}", name(), link.get());
    let (copy_link, copy_text, save) = (call.clone(), call.clone(), call);
    view! {
        <SidePanel title="Invite people" open>
            <p class="panel-hint">"Whoever has the link can come in as a guest. The part after the # is the key to what is said and written here: it never reaches the server."</p>
            <input class="invite-link" type="text" readonly aria-label="Link to this room" prop:value=link/>
            <div class="panel-actions">
                <button type="button" class="button small" on:click=move |_| copy_link.send(CallCommand::CopyLink)>"Copy link"</button>
                <button type="button" class="button small"
                    on:click=move |_| copy_text.send(CallCommand::CopyText { text: text(), done: "Invitation copied" })>
                    "Copy invitation"
                </button>
                <button type="button" class="button small" on:click=move |_| save.send(CallCommand::SaveCalendar)>"Calendar file"</button>
            </div>
            {move || view! { <QrCode text=link.get() label="QR code of the link"/> }}
            <Show when=move || view.role().get() == Role::Host>
                <HostLink/>
            </Show>
        </SidePanel>
    }
}

/// A link with a key. It is made when asked for, because the server keeps only digests of keys.
#[component]
fn HostLink() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let link = Memo::new(move |_| view.host_link().get());
    let (make, copy) = (call.clone(), StoredValue::new(call));
    view! {
        <section aria-label="Host link">
            <h3>"Host link"</h3>
            <p class="panel-hint">"Makes whoever opens it a host, on any device. Keep it to yourself, or give it to somebody you trust."</p>
            <button type="button" class="button small" on:click=move |_| make.send(CallCommand::MakeHostLink)>"Make a host link"</button>
            {move || link.get().map(|link| {
                let text = link.clone();
                view! {
                    <input class="invite-link" type="text" readonly aria-label="Host link" prop:value=link/>
                    <button type="button" class="button small"
                        on:click=move |_| copy.get_value().send(CallCommand::CopyText { text: text.clone(), done: "Host link copied" })>
                        "Copy host link"
                    </button>
                }
            })}
        </section>
    }
}
