//! Says aloud, for people who do not see the screen, who comes and goes; and shows the same for a few seconds.

use leptos::prelude::*;

use crate::state::{CallViewStoreFields, use_call_handle};

/// A polite live region with the last notice.
#[component]
pub(crate) fn Announcer() -> impl IntoView {
    let notice = use_call_handle().view.notice();
    view! {
        <div class="announcer" role="status" aria-live="polite">
            <For each=move || Some(notice.get()).filter(|notice| !notice.text.is_empty()) key=|notice| notice.number let:notice>
                <p class="notice">{notice.text}</p>
            </For>
        </div>
    }
}
