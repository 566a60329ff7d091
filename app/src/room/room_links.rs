//! The way to the page where a host takes links back.

use leptos::prelude::*;

use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text::host;

/// Opens beside the call, which goes on.
#[component]
pub(crate) fn RoomLinks() -> impl IntoView {
    let view = use_call_handle().view;
    let page = Memo::new(move |_| view.link().with(|link| page_of(link)));
    view! {
        <section aria-label=host::LINKS>
            <h3>{host::LINKS}</h3>
            <p class="panel-hint">{host::LINKS_HINT}</p>
            <a class="button small" href=page target="_blank" rel="noopener">{host::SHOW_LINKS}</a>
        </section>
    }
}

/// The address of the room, without its secret, and the page below it.
fn page_of(link: &str) -> String {
    let address = link.split(['#', '?']).next().unwrap_or_default();
    format!("{}/links", address.trim_end_matches('/'))
}
