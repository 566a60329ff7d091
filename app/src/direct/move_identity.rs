//! The identity as a file for another browser, one from another browser, and another ID.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use crate::components::Confirm;
use crate::state::{DirectCommand, IDENTITY_FILE_FIELD, use_direct_handle};
use crate::text::identity;

/// What is rarely wanted, behind a word.
#[component]
pub(crate) fn MoveIdentity() -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let notice =
        Memo::new(move |_| view.with(|view| view.identity_notice.filter(|notice| notice.is_of_moving())));
    let replaces = RwSignal::new(false);
    let replace = handle;
    view! {
        <details class="more-of-id">
            <summary>{identity::MORE}</summary>
            <div class="stack">
                <Save/>
                <Use/>
                <div class="row-of-buttons">
                    <button type="button" class="button small" on:click=move |_| replaces.set(true)>{identity::NEW_ID}</button>
                </div>
                <p class="hint said" role="status">{move || notice.get().map(identity::said)}</p>
            </div>
        </details>
        <Confirm asked=replaces question=Signal::derive(|| identity::NEW_ID_QUESTION().to_owned()) hint=identity::NEW_ID_HINT
            action=identity::NEW_ID on_confirm=move || replace.send(DirectCommand::ReplaceCallId)/>
    }
}

#[component]
fn Save() -> impl IntoView {
    let handle = use_direct_handle();
    let passphrase = NodeRef::<html::Input>::new();
    let save = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = passphrase.get() {
            handle.send(DirectCommand::SaveIdentity { passphrase: field.value() });
            field.set_value("");
        }
    };
    view! {
        <form class="stack" on:submit=save>
            <h3>{identity::SAVE_TITLE}</h3>
            <p class="hint">{identity::SAVE_HINT}</p>
            <div class="field">
                <label for="save-passphrase">{identity::NEW_PASSPHRASE}</label>
                <input id="save-passphrase" node_ref=passphrase type="password" autocomplete="new-password" required/>
            </div>
            <div class="row-of-buttons"><button type="submit" class="button small">{identity::SAVE}</button></div>
        </form>
    }
}

#[component]
fn Use() -> impl IntoView {
    let handle = use_direct_handle();
    let passphrase = NodeRef::<html::Input>::new();
    let take = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = passphrase.get() {
            handle.send(DirectCommand::UseIdentity { passphrase: field.value() });
            field.set_value("");
        }
    };
    view! {
        <form class="stack" on:submit=take>
            <h3>{identity::USE_TITLE}</h3>
            <p class="hint">{identity::USE_HINT}</p>
            <div class="field">
                <label for=IDENTITY_FILE_FIELD>{identity::FILE}</label>
                <input id=IDENTITY_FILE_FIELD type="file" accept=".json,application/json" required/>
            </div>
            <div class="field">
                <label for="use-passphrase">{identity::PASSPHRASE}</label>
                <input id="use-passphrase" node_ref=passphrase type="password" autocomplete="off" required/>
            </div>
            <div class="row-of-buttons"><button type="submit" class="button small">{identity::USE}</button></div>
        </form>
    }
}
