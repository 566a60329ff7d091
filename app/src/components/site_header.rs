//! The line at the top of every page outside a call.

use leptos::prelude::*;

use super::Logo;
use crate::text;

/// The logo, which leads home.
#[component]
pub fn SiteHeader() -> impl IntoView {
    view! {
        <header class="site-header">
            <a href="/" rel="external" aria-label=text::logo_leads_home()><Logo/></a>
        </header>
    }
}
