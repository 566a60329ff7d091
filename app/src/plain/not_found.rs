//! A path that leads nowhere.

use leptos::prelude::*;

use crate::pages::MessagePage;

/// Any path without a page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <MessagePage heading="There is no such page" text="The address may be misspelt, or the page has moved.">
            <a class="button primary" href="/">"Home"</a>
        </MessagePage>
    }
}
