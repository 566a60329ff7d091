//! `/recordings/{id}`: a recording, played as the meeting was.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::SiteHeader;
use crate::player::LazyPlayer;
use crate::text;
use crate::text::player;

/// The page of a recording. What is on it the browser fetches and opens itself.
#[component]
pub fn PlayerPage() -> impl IntoView {
    view! {
        <Title text=move || text::title(&player::PAGE())/>
        <SiteHeader/>
        <main class="playback">
            <noscript><p class="problem">{player::NEEDS_SCRIPT}</p></noscript>
            <LazyPlayer/>
        </main>
    }
}
