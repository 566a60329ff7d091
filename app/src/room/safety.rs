//! How people make sure of each other: words to compare, and a mark for whoever came without the room's key.

use leptos::html;
use leptos::prelude::*;
use reactive_stores::Field;

use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};

/// The safety phrase. It takes a moment to compute, and only while it is looked at.
#[component]
pub(crate) fn SafetyPhrase() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let details = NodeRef::<html::Details>::new();
    let closing = call.clone();
    let toggled = move |_| {
        let open = details.get_untracked().is_some_and(|details| details.open());
        call.send(CallCommand::LookAtPhrase { open });
    };
    on_cleanup(move || closing.send(CallCommand::LookAtPhrase { open: false }));
    let phrase = move || view.secrecy().with(|secrecy| secrecy.phrase.clone()).unwrap_or_default();
    view! {
        <details class="safety" node_ref=details on:toggle=toggled>
            <summary>"Safety phrase"</summary>
            <p class="safety-phrase" aria-live="polite" data-testid="safety-phrase">{phrase}</p>
            <p class="panel-hint">
                "Read these words to each other. When all have the same, nobody sits in between, the server included. They change when somebody comes or goes."
            </p>
            <Show when=move || view.secrecy().with(|secrecy| secrecy.warnings.was_granted)>
                <p class="panel-hint">"You were given the room's key through the server. Compare the words before you say anything private."</p>
            </Show>
        </details>
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
            <span class="tag caution">"Not verified"</span>
            <Show when=move || participant.key_changed().get()><span>"Their key has changed."</span></Show>
            <button type="button" class="button small" aria-label=format!("Mark as verified: {name}")
                on:click=move |_| call.send(CallCommand::Verify { participant: id })>
                "Mark as verified"
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
            <span class="tag caution">"No key"</span>
            <Show when=may_share>
                <button type="button" class="button small" aria-label=format!("Share the room's key with {name}")
                    on:click={
                        let call = call.clone();
                        move |_| call.send(CallCommand::ShareKey { participant: id })
                    }>
                    "Share key"
                </button>
            </Show>
        </p>
    }
}
