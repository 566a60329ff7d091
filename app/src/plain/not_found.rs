//! A path that leads nowhere.

use leptos::prelude::*;

use crate::pages::MessagePage;
use crate::text;
use crate::text::plain;

/// Any path without a page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <MessagePage heading=plain::NOT_FOUND() text=plain::NOT_FOUND_TEXT()>
            <a class="button primary" href="/">{text::HOME()}</a>
        </MessagePage>
    }
}
