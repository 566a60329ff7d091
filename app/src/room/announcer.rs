//! Says aloud, for people who do not see the screen, who comes and goes; and shows the same for a few seconds.

use leptos::prelude::*;

use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text;

/// A polite live region with the last notices.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let notices = use_call_handle().view.notices();
    view! {
        <div class="announcer" role="status" aria-live="polite">
            <For each=move || notices.get() key=|notice| notice.number let:notice>
                <p class="notice">{move || text::notice::said(&notice.what)}</p>
            </For>
        </div>
    }
}
