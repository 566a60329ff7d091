//! A page that says one thing and offers one next step.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::SiteHeader;

/// A heading, a sentence, and whatever helps from here.
#[component]
pub(crate) fn MessagePage(
    /// The heading, and the title of the document.
    #[prop(into)]
    heading: String,
    /// What it means.
    #[prop(into)]
    text: String,
    /// The next step.
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=format!("{heading} · Veranda")/>
        <SiteHeader/>
        <main class="message-page">
            <div class="card">
                <h1>{heading}</h1>
                <p>{text}</p>
                <div class="actions">{children()}</div>
            </div>
        </main>
    }
}
