//! How people make sure of each other: words to compare, and a mark for whoever came without the room's key.

use leptos::prelude::*;
use reactive_stores::Field;
use view::Encryption;

use super::SidePanel;
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};
use crate::text::{joining, key};

/// The safety phrase. It takes a moment to compute, and only while it is looked at.
#[component]
pub(crate) fn SafetyPanel() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    call.send(CallCommand::LookAtPhrase { open: true });
    on_cleanup(move || call.send(CallCommand::LookAtPhrase { open: false }));
    let phrase = move || view.secrecy().with(|secrecy| secrecy.phrase.clone()).unwrap_or_default();
    view! {
        <SidePanel title=key::SAFETY_PHRASE>
            // Words that are the same would promise what is not so.
            <Show when=move || view.encryption().get() == Encryption::EndToEnd
                fallback=|| view! { <p class="panel-hint">{joining::NOT_ENCRYPTED}</p> }>
                <p class="safety-phrase" aria-live="polite" data-testid="safety-phrase">{phrase}</p>
                <p class="panel-hint">{key::READ_ALOUD}</p>
                <Show when=move || view.secrecy().with(|secrecy| secrecy.warnings.was_granted)>
                    <p class="panel-hint">{key::WAS_GRANTED}</p>
                </Show>
            </Show>
        </SidePanel>
    }
}

/// Marks somebody as the person they say they are, for this browser.
#[component]
pub(crate) fn Verify(#[prop(into)] participant: Field<ParticipantView>) -> impl IntoView {
    let call = use_call_handle();
    let id = participant.id().get_untracked();
    let name = participant.name().get_untracked();
    view! {
        <p class="unverified">
            <span class="tag caution">{key::NOT_VERIFIED}</span>
            <Show when=move || participant.key_changed().get()><span>{key::KEY_HAS_CHANGED}</span></Show>
            <button type="button" class="button small" aria-label=move || key::mark_person_as_verified(&name)
                on:click=move |_| call.send(CallCommand::Verify { participant: id })>
                {key::MARK_AS_VERIFIED}
            </button>
        </p>
    }
}

/// Somebody inside who has not the room's key, and how they get it.
#[component]
pub(crate) fn NoKey(#[prop(into)] participant: Field<ParticipantView>) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let id = participant.id().get_untracked();
    let name = participant.name().get_untracked();
    let may_share = move || !view.secrecy().with(|secrecy| secrecy.warnings.room_has_another);
    view! {
        <p class="unverified">
            <span class="tag caution">{key::NO_KEY}</span>
            <Show when=may_share>
                <button type="button" class="button small" aria-label={ let name = name.clone(); move || key::share_key_with(&name) }
                    on:click={
                        let call = call.clone();
                        move |_| call.send(CallCommand::ShareKey { participant: id })
                    }>
                    {key::SHARE_KEY}
                </button>
            </Show>
        </p>
    }
}
