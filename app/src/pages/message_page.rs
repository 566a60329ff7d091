//! A page that says one thing and offers one next step.

use leptos::prelude::*;
use leptos::text_prop::TextProp;
use leptos_meta::Title;

use crate::components::{SiteHeader, focus_when_shown};
use crate::text::title;

/// A heading, a sentence, and whatever helps from here.
#[component]
pub(crate) fn MessagePage(
    /// The heading, and the title of the document.
    #[prop(into)]
    heading: TextProp,
    /// What it means.
    #[prop(into)]
    text: TextProp,
    /// Whether it took the place of something that had the focus.
    #[prop(optional)]
    takes_focus: bool,
    /// The next step.
    children: Children,
) -> impl IntoView {
    let head = NodeRef::new();
    if takes_focus {
        focus_when_shown(head);
    }
    view! {
        <Title text={ let heading = heading.clone(); move || title(&heading.get()) }/>
        <SiteHeader/>
        <main class="message-page">
            <div class="card">
                <h1 node_ref=head tabindex=takes_focus.then_some("-1")>{move || heading.get()}</h1>
                <p>{move || text.get()}</p>
                <div class="actions">{children()}</div>
            </div>
        </main>
    }
}
