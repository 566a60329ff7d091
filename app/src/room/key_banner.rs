//! What a person has to know of the room's key while they talk: that it may be known to others than they think.

use leptos::prelude::*;

use crate::state::{CallViewStoreFields, KeyWarnings, use_call_handle};

/// One sentence a warning, until there is no reason for it.
#[component]
pub(crate) fn KeyBanner() -> impl IntoView {
    let view = use_call_handle().view;
    let warnings = Memo::new(move |_| view.secrecy().with(|secrecy| secrecy.warnings));
    view! {
        {move || alerts(warnings.get()).map(|text| view! { <p class="banner" role="alert" data-testid="key-alert">{text}</p> }).collect_view()}
        {move || hints(warnings.get()).map(|text| view! { <p class="banner" role="status" data-testid="key-hint">{text}</p> }).collect_view()}
    }
}

/// Something is wrong.
fn alerts(warnings: KeyWarnings) -> impl Iterator<Item = &'static str> {
    let refused = warnings.refused_another.then_some(
        "Someone tried to replace this room's encryption key. Your page refused. The server may be lying, or somebody has another link: compare your links.",
    );
    let other = match (warnings.room_has_another, warnings.takes_another) {
        (false, _) => None,
        (true, true) => Some(
            "You don't have this room's encryption key. Someone in the call can share it with you in People.",
        ),
        (true, false) => Some(
            "The server says that this room has another encryption key than your link. Ask the host for the full link.",
        ),
    };
    refused.into_iter().chain(other)
}

/// Something is to be done.
fn hints(warnings: KeyWarnings) -> impl Iterator<Item = &'static str> {
    let granted = warnings.was_granted.then_some(
        "You got this room's encryption key through the server. Compare the safety phrase before you say anything private.",
    );
    let passed_on = warnings.was_passed_on.then_some(
        "This room's encryption key was passed on to someone who is not verified. Compare the safety phrase.",
    );
    granted.into_iter().chain(passed_on)
}
