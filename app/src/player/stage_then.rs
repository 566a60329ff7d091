//! The stage as it was: tiles where the layout has them.

use leptos::prelude::*;
use protocol::{MediaKey, Source};
use view::PersonPlayed;

use crate::components::{Avatar, Icon, Symbol};
use crate::room::{Lengths, role_name};
use crate::state::{PlayerCommand, use_player};
use crate::text::{call, player};

/// The element whose size is the layout's.
const STAGE: &str = "stage";

/// Everybody who is shown.
#[component]
pub(super) fn StageThen() -> impl IntoView {
    let handle = use_player();
    let view = handle.view;
    let pages = handle.clone();
    Effect::new(move |_| handle.send(PlayerCommand::ShowStage { element: STAGE.to_owned() }));
    let shown =
        move || view.layout.with(|layout| layout.tiles.iter().map(|tile| tile.key).collect::<Vec<_>>());
    let page = Memo::new(move |_| view.layout.with(|layout| (layout.page, layout.pages)));
    view! {
        <div class="screenings">
            <div class="tiles" id=STAGE>
                <For each=shown key=|key| *key let:key><TileThen key/></For>
            </div>
            <Show when=move || { page.get().1 > 1 }>
                {
                    let (back, on) = (pages.clone(), pages.clone());
                    view! {
                        <nav class="pages" aria-label=call::PAGES>
                            <button type="button" class="icon-button page-button" disabled=move || page.get().0 == 0
                                on:click=move |_| back.send(PlayerCommand::Turn(page.get_untracked().0.saturating_sub(1)))>{call::PREVIOUS}</button>
                            <span>{move || call::page_of(&(page.get().0 + 1), &page.get().1)}</span>
                            <button type="button" class="icon-button page-button" disabled=move || page.get().0 + 1 == page.get().1
                                on:click=move |_| on.send(PlayerCommand::Turn(page.get_untracked().0 + 1))>{call::NEXT}</button>
                        </nav>
                    }
                }
            </Show>
        </div>
    }
}

/// The id of the element in which the pictures of a publication are drawn, which the engine knows too.
fn picture_id(key: MediaKey) -> String {
    format!("picture-{}-{}", source_name(key.source), key.participant)
}

fn source_name(source: Source) -> &'static str {
    if source.is_shared() { "screen" } else { "camera" }
}

/// Somebody's camera or screen.
#[component]
fn TileThen(key: MediaKey) -> impl IntoView {
    let view = use_player().view;
    let place = Memo::new(move |_| view.layout.with(|layout| layout.tile(key).copied()));
    let at = Lengths::of(move || place.get().map(|tile| tile.rect));
    let picture = Lengths::of(move || place.get().map(|tile| tile.picture));
    let person =
        Memo::new(move |_| view.people.with(|all| all.iter().find(|one| one.id == key.participant).cloned()));
    let of = move |what: fn(&PersonPlayed) -> bool| person.with(|one| one.as_ref().is_some_and(what));
    let name = Signal::derive(move || {
        person.with(|one| one.as_ref().map(|one| one.name.clone()).unwrap_or_default())
    });
    let is_screen = key.source.is_shared();
    let title = Signal::derive(move || if is_screen { call::screen_of(&name.get()) } else { name.get() });
    let has_picture =
        Memo::new(move |_| person.with(|one| one.as_ref().is_some_and(|one| one.pictures.contains(&key))));
    view! {
        <article class="tile" aria-label=title data-participant=key.participant.to_string() data-source=source_name(key.source)
            style:inset-inline-start=at.start style:inset-block-start=at.top style:inline-size=at.width style:block-size=at.height
            data-role=move || role_name(place.get().map(|tile| tile.role))
            data-speaking=move || (!is_screen && of(|one| one.speaks)).then_some("")
            data-camera=move || if has_picture.get() { "on" } else { "off" }>
            <canvas id=picture_id(key) aria-hidden="true" width="16" height="9" class:invisible=move || !has_picture.get()
                style:inset-inline-start=picture.start style:inset-block-start=picture.top
                style:inline-size=picture.width style:block-size=picture.height></canvas>
            <Show when=move || !has_picture.get()><Avatar name/></Show>
            <p class="name-plate">
                <Show when=move || !is_screen && of(|one| one.has_hand)>
                    <span class="hand-sign" role="img" aria-label=call::HAND_RAISED><Icon symbol=Symbol::Hand/></span>
                </Show>
                <Show when=move || !is_screen && of(|one| one.is_muted)>
                    <span class="muted-sign" role="img" aria-label=call::MICROPHONE_OFF><Icon symbol=Symbol::MicrophoneOff/></span>
                </Show>
                <span class="name" dir="auto">{title}</span>
                <Show when=move || of(|one| one.is_unrecorded)><span class="tag caution">{player::NOT_RECORDED}</span></Show>
            </p>
            <PinThen key name=title/>
        </article>
    }
}

#[component]
fn PinThen(key: MediaKey, name: Signal<String>) -> impl IntoView {
    let handle = use_player();
    let pins = handle.view.pins;
    let is_pinned = Memo::new(move |_| pins.with(|pins| pins.contains(&key)));
    let is_full = Memo::new(move |_| pins.with(|pins| pins.len() >= stage::MAX_PINS));
    let label = move || call::pin(&name.get(), is_pinned.get());
    view! {
        <button type="button" class="tile-button" aria-label=label title=label data-pinned=move || is_pinned.get().then_some("")
            disabled=move || is_full.get() && !is_pinned.get() on:click=move |_| handle.send(PlayerCommand::Pin(key))>
            <Icon symbol=Symbol::Pin/>
        </button>
    }
}
