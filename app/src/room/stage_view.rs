//! The stage: tiles where the layout has them. It measures nothing and decides nothing.

use std::collections::BTreeSet;

use leptos::prelude::*;
use protocol::{MediaKey, MediaVia, ParticipantId, Source};
use stage::StageInput;

use super::{OwnTile, Tile};
use crate::state::{CallCommand, CallViewStoreFields, ParticipantViewStoreFields, use_call_handle};
use crate::text::call;

/// The element whose size is the layout's.
const STAGE: &str = "stage";

/// Everybody who is shown, and the pages of the others.
#[component]
pub(crate) fn Stage() -> impl IntoView {
    let handle = use_call_handle();
    Effect::new(move || handle.send(CallCommand::ShowStage { element: STAGE.to_owned() }));
    view! {
        <div class="tiles" id=STAGE>
            <For each=shown key=|key| *key let:key>{tile(key)}</For>
        </div>
        <Pages/>
    }
}

/// Made anew for each tile, and belongs to it: what is made of a field lives as long as whoever made it.
fn tile(key: MediaKey) -> AnyView {
    let view = use_call_handle().view;
    let is_theirs = |one: &ParticipantId| *one == key.participant;
    let participant =
        untrack(|| view.participants().into_iter().find(|one| is_theirs(&one.id().get_untracked())));
    match participant {
        Some(participant) => view! { <Tile participant source=key.source/> }.into_any(),
        None => view! { <OwnTile id=key.participant/> }.into_any(),
    }
}

/// What has a tile: whatever the layout shows, in its order. In a direct call that is everybody, because the element of a tile plays
/// what is heard too.
fn shown() -> Vec<MediaKey> {
    let view = use_call_handle().view;
    let people: BTreeSet<ParticipantId> =
        view.participants().into_iter().map(|participant| participant.id().get_untracked()).collect();
    let is_mesh = view.topology().with(|topology| topology.via == MediaVia::Mesh);
    let me = view.me().get();
    let shown: Vec<_> = view.stage().with(|stage| stage.layout.tiles.iter().map(|tile| tile.key).collect());
    let cameras = people.iter().filter(|_| is_mesh).map(|id| id.publication(Source::Camera));
    let hidden: Vec<_> = cameras.filter(|key| !shown.contains(key)).collect();
    let is_known = |key: &MediaKey| Some(key.participant) == me || people.contains(&key.participant);
    shown.into_iter().chain(hidden).filter(is_known).collect()
}

#[component]
fn Pages() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let page = Memo::new(move |_| view.stage().with(|stage| stage.layout.page));
    let pages = Memo::new(move |_| view.stage().with(|stage| stage.layout.pages));
    let (back, on) = (handle.clone(), handle);
    let turn = |to: usize| CallCommand::Arrange(StageInput::Turn(to));
    view! {
        <Show when=move || { pages.get() > 1 }>
            {
                let (back, on) = (back.clone(), on.clone());
                view! {
                    <nav class="pages" aria-label=call::PAGES>
                        <button type="button" class="icon-button page-button" disabled=move || page.get() == 0
                            on:click=move |_| back.send(turn(page.get_untracked().saturating_sub(1)))>{call::PREVIOUS}</button>
                        <span>{move || call::page_of(&(page.get() + 1), &pages.get())}</span>
                        <button type="button" class="icon-button page-button" disabled=move || page.get() + 1 == pages.get()
                            on:click=move |_| on.send(turn(page.get_untracked() + 1))>{call::NEXT}</button>
                    </nav>
                }
            }
        </Show>
    }
}
