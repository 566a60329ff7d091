//! What a person has to know of the room's key while they talk: that it may be known to others than they think.

use leptos::prelude::*;

use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text::{devices, key};

/// One sentence a warning, until there is no reason for it or somebody has read it.
#[component]
pub(crate) fn KeyBanner() -> impl IntoView {
    let view = use_call_handle().view;
    let warnings =
        Memo::new(move |_| view.secrecy().with(|secrecy| (secrecy.warnings, secrecy.takes_another)));
    let read = RwSignal::new(Vec::<&'static str>::new());
    // What there is a reason for again has not been read.
    Effect::new(move || {
        let (warnings, takes_another) = warnings.get();
        let now: Vec<_> = key::alerts(warnings, takes_another).chain(key::hints(warnings)).collect();
        read.update(|read| read.retain(|text| now.contains(text)));
    });
    let is_unread = move |text: &&'static str| !read.with(|read| read.contains(text));
    let alerts = move || {
        let (warnings, takes_another) = warnings.get();
        key::alerts(warnings, takes_another).filter(is_unread)
    };
    let hints = move || key::hints(warnings.get().0).filter(is_unread);
    let card = move |text: &'static str, role: &'static str, kind: &'static str| {
        view! {
            <div class="ask" role=role>
                <p data-testid=kind>{text}</p>
                <span class="answers">
                    <button type="button" class="button small" on:click=move |_| read.update(|read| read.push(text))>{devices::DISMISS}</button>
                </span>
            </div>
        }
    };
    view! {
        {move || alerts().map(|text| card(text, "alert", "key-alert")).collect_view()}
        {move || hints().map(|text| card(text, "status", "key-hint")).collect_view()}
    }
}
