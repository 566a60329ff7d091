//! In the call: the people, and the toolbar.

use leptos::prelude::*;

use super::{OwnTile, PeoplePanel, Tile, Toolbar};
use crate::components::focus_when_shown;
use crate::state::{CallViewStoreFields, ParticipantViewStoreFields, use_call_handle};

/// The call screen. Mesh is the only topology so far.
#[component]
pub(crate) fn CallScreen() -> impl IntoView {
    let view = use_call_handle().view;
    let people_open = RwSignal::new(false);
    let title = NodeRef::new();
    focus_when_shown(title);
    let count = move || view.participants().with(|others| others.len() + 1);
    view! {
        <main class="call" data-topology="mesh">
            <h1 class="visually-hidden" node_ref=title tabindex="-1">{move || view.room_name().get().unwrap_or_else(|| "Call".to_owned())}</h1>
            <Show when=move || view.signalling_lost().get()>
                <p class="banner" role="alert">
                    "The server is out of reach. People who are connected stay connected, but nobody new can come."
                </p>
            </Show>
            <div class="stage">
                <div class="grid-area">
                    <div class="grid" data-count=count>
                        <For each=move || view.participants() key=|participant| participant.id().get_untracked() let:participant>
                            <Tile participant/>
                        </For>
                        <OwnTile/>
                    </div>
                    <Show when=move || count() == 1>
                        <p class="alone">"Nobody else is here. Copy the link and send it to somebody."</p>
                    </Show>
                </div>
                <Show when=move || people_open.get()><PeoplePanel open=people_open/></Show>
            </div>
            <Toolbar people_open/>
        </main>
    }
}
