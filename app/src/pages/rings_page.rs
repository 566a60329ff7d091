//! What a page without script of its own has one for, in a browser with a call identity: rings are shown over it.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::direct::RingsOver;

/// Mounted beside the page, of which it changes nothing but the title while somebody calls.
#[component]
pub fn RingsPage(
    /// The title that the page has otherwise.
    title: String,
) -> impl IntoView {
    view! {
        <Title text=title/>
        <RingsOver/>
    }
}
