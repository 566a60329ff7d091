//! How others get in: the link, its QR code, an invitation to copy, a calendar entry, and a link for another host.

use leptos::prelude::*;
use protocol::Role;
use view::Copied;

use super::SidePanel;
use crate::components::QrCode;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::{host, invite};

/// Invitations.
#[component]
pub(crate) fn InvitePanel() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let link = Memo::new(move |_| view.link().get());
    let text = move || invite::invitation(view.room_name().get().as_deref(), &link.get());
    let (copy_link, copy_text, save) = (call.clone(), call.clone(), call);
    view! {
        <SidePanel title=invite::HEADING>
            <p class="panel-hint">{invite::ANYONE_WITH_LINK}</p>
            <input class="invite-link" type="text" readonly aria-label=invite::LINK prop:value=link/>
            <div class="panel-actions">
                <button type="button" class="button small" on:click=move |_| copy_link.send(CallCommand::CopyLink)>{invite::COPY_LINK}</button>
                <button type="button" class="button small"
                    on:click=move |_| copy_text.send(CallCommand::CopyText { text: text(), what: Copied::Invitation })>
                    {invite::COPY_INVITATION}
                </button>
                <button type="button" class="button small" on:click=move |_| save.send(CallCommand::SaveCalendar)>{invite::ADD_TO_CALENDAR}</button>
            </div>
            {move || view! { <QrCode text=link.get() label=invite::QR_CODE/> }}
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
        <section aria-label=host::HOST_LINK>
            <h3>{host::HOST_LINK}</h3>
            <p class="panel-hint">{host::ANYONE_BECOMES_HOST}</p>
            <button type="button" class="button small" on:click=move |_| make.send(CallCommand::MakeHostLink)>{host::CREATE_HOST_LINK}</button>
            {move || link.get().map(|link| {
                let text = link.clone();
                view! {
                    <input class="invite-link" type="text" readonly aria-label=host::HOST_LINK prop:value=link/>
                    <button type="button" class="button small"
                        on:click=move |_| copy.get_value().send(CallCommand::CopyText { text: text.clone(), what: Copied::HostLink })>
                        {host::COPY_HOST_LINK}
                    </button>
                }
            })}
        </section>
    }
}
