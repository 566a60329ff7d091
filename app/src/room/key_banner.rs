//! What a person has to know of the room's key while they talk: that it may be known to others than they think.

use leptos::prelude::*;

use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text::key;

/// One sentence a warning, until there is no reason for it.
#[component]
pub(crate) fn KeyBanner() -> impl IntoView {
    let view = use_call_handle().view;
    let warnings =
        Memo::new(move |_| view.secrecy().with(|secrecy| (secrecy.warnings, secrecy.takes_another)));
    let alerts = move || {
        let (warnings, takes_another) = warnings.get();
        key::alerts(warnings, takes_another)
    };
    let hints = move || key::hints(warnings.get().0);
    view! {
        {move || alerts().map(|text| view! { <p class="ask" role="alert" data-testid="key-alert">{text}</p> }).collect_view()}
        {move || hints().map(|text| view! { <p class="ask" role="status" data-testid="key-hint">{text}</p> }).collect_view()}
    }
}
