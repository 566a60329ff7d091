//! How people make sure of each other: words to compare, and a mark for whoever came without the room's key.

use leptos::prelude::*;
use reactive_stores::Field;

use super::{OpenPanel, SidePanel};
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};
use crate::text::key;

/// The safety phrase. It takes a moment to compute, and only while it is looked at.
#[component]
pub(crate) fn SafetyPanel(open: OpenPanel) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    call.send(CallCommand::LookAtPhrase { open: true });
    on_cleanup(move || call.send(CallCommand::LookAtPhrase { open: false }));
    let phrase = move || view.secrecy().with(|secrecy| secrecy.phrase.clone()).unwrap_or_default();
    view! {
        <SidePanel title=key::safety_phrase() open>
            <p class="safety-phrase" aria-live="polite" data-testid="safety-phrase">{phrase}</p>
            <p class="panel-hint">{key::read_aloud()}</p>
            <Show when=move || view.secrecy().with(|secrecy| secrecy.warnings.was_granted)>
                <p class="panel-hint">{key::was_granted()}</p>
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
            <span class="tag caution">{key::not_verified()}</span>
            <Show when=move || participant.key_changed().get()><span>{key::key_has_changed()}</span></Show>
            <button type="button" class="button small" aria-label=key::mark_person_as_verified(&name)
                on:click=move |_| call.send(CallCommand::Verify { participant: id })>
                {key::mark_as_verified()}
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
            <span class="tag caution">{key::no_key()}</span>
            <Show when=may_share>
                <button type="button" class="button small" aria-label=key::share_key_with(&name)
                    on:click={
                        let call = call.clone();
                        move |_| call.send(CallCommand::ShareKey { participant: id })
                    }>
                    {key::share_key()}
                </button>
            </Show>
        </p>
    }
}
