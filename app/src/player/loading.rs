//! As long as there is nothing to be shown.

use leptos::prelude::*;

use crate::text::player;

/// That the recording comes.
#[component]
pub(super) fn Loading() -> impl IntoView {
    view! {
        <div class="card recording-fault">
            <h1>{player::PAGE}</h1>
            <p class="hint" role="status">{player::LOADING}</p>
        </div>
    }
}
