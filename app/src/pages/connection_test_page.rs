//! `/connection-test`: what gets through to this server, and what does not.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::SiteHeader;
use crate::connection_test::LazyConnectionTest;
use crate::text;
use crate::text::connection;

/// The page of the connection test.
#[component]
pub fn ConnectionTestPage() -> impl IntoView {
    view! {
        <Title text=move || text::title(&text::CONNECTION_TEST())/>
        <SiteHeader/>
        <main class="connection-test">
            <div class="card">
                <h1>{text::CONNECTION_TEST}</h1>
                <p class="lead">{connection::LEAD}</p>
                <noscript><p class="problem">{connection::NEEDS_SCRIPT}</p></noscript>
                <LazyConnectionTest/>
            </div>
        </main>
    }
}
