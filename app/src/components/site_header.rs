//! The line at the top of every page outside a call.

use leptos::prelude::*;

use super::Logo;

/// The logo, which leads home.
#[component]
pub fn SiteHeader() -> impl IntoView {
    view! {
        <header class="site-header">
            <a href="/" rel="external" aria-label="Veranda, home"><Logo/></a>
        </header>
    }
}
