//! `/connection-test`: what gets through to this server, and what does not.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::SiteHeader;
use crate::connection_test::LazyConnectionTest;

/// The page of the connection test.
#[component]
pub fn ConnectionTestPage() -> impl IntoView {
    view! {
        <Title text="Connection test · Veranda"/>
        <SiteHeader/>
        <main class="connection-test">
            <div class="card">
                <h1>"Connection test"</h1>
                <p class="lead">
                    "What gets through between this browser and the server: messages, and sound and pictures in every way they can \
                     travel. It takes a few seconds and uses neither camera nor microphone."
                </p>
                <noscript><p class="problem">"The test needs JavaScript, as calls do."</p></noscript>
                <LazyConnectionTest/>
            </div>
        </main>
    }
}
