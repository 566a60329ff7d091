//! A path that leads nowhere.

use leptos::prelude::*;

use crate::pages::MessagePage;
use crate::text;
use crate::text::plain;

/// Any path without a page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <MessagePage heading=plain::not_found() text=plain::not_found_text()>
            <a class="button primary" href="/">{text::home()}</a>
        </MessagePage>
    }
}
