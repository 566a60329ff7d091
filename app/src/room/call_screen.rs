//! In the call: the people, what needs an answer, one panel, and the toolbar.

use leptos::prelude::*;
use protocol::MediaVia;
use view::Signalling;

use super::{
    AskedFor, ChatPanel, ConnectionPanel, DeviceFaults, DevicesPanel, InvitePanel, KeyBanner, Knocking,
    MorePanel, OpenPanel, OwnTile, Panel, PeoplePanel, ReactionLayer, RoomPanel, SafetyPanel, Tile, Toolbar,
};
use crate::components::focus_when_shown;
use crate::state::{CallCommand, CallViewStoreFields, ParticipantViewStoreFields, use_call_handle};
use crate::text::call;

/// The call screen.
#[component]
pub(crate) fn CallScreen() -> impl IntoView {
    let view = use_call_handle().view;
    let via = Memo::new(move |_| view.topology().get().via);
    let is_lost = Memo::new(move |_| view.signalling().get() == Signalling::Lost);
    let name = move || view.room_name().get().unwrap_or_else(|| call::untitled().to_owned());
    let open: OpenPanel = RwSignal::new(None);
    let title = NodeRef::new();
    focus_when_shown(title);
    let count = move || view.participants().with(|others| others.len() + 1);
    let page = RwSignal::new(0_usize);
    let pages = Memo::new(move |_| view.participants().with(|others| others.len().div_ceil(PAGE).max(1)));
    let shown_page = Memo::new(move |_| page.get().min(pages.get() - 1));
    let on_page = move || {
        let first = shown_page.get() * PAGE;
        view.participants().into_iter().skip(first).take(PAGE)
    };
    let tiles = move || {
        let first = shown_page.get() * PAGE;
        (count() - 1).saturating_sub(first).min(PAGE) + 1
    };
    view! {
        <main class="call" data-topology=move || topology(via.get())>
            <h1 class="visually-hidden" node_ref=title tabindex="-1">{name}</h1>
            <Show when=move || is_lost.get()>
                <p class="banner" role="alert">{move || call::reconnecting(via.get())}</p>
            </Show>
            <KeyBanner/>
            <DeviceFaults open/>
            <AskedFor/>
            <Show when=move || open.get() != Some(Panel::People)><Knocking/></Show>
            <div class="stage">
                <div class="grid-area">
                    <div class="grid" data-count=tiles>
                        <For each=on_page key=|participant| participant.id().get_untracked() let:participant>
                            <Tile participant/>
                        </For>
                        <OwnTile/>
                    </div>
                    <Show when=move || { pages.get() > 1 }><Pages page shown=shown_page pages/></Show>
                    <Show when=move || count() == 1><Alone/></Show>
                    <ReactionLayer/>
                </div>
                {move || open.get().map(|panel| view! { <OpenedPanel panel open/> })}
            </div>
            <Toolbar open/>
        </main>
    }
}

fn topology(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Mesh => "mesh",
        MediaVia::Sfu(_) => "sfu",
    }
}

/// How many of the others are seen at once: what is not seen is not received.
const PAGE: usize = 9;

#[component]
fn Pages(page: RwSignal<usize>, shown: Memo<usize>, pages: Memo<usize>) -> impl IntoView {
    view! {
        <nav class="pages" aria-label=call::pages()>
            <button type="button" class="plain-button" disabled=move || shown.get() == 0
                on:click=move |_| page.set(shown.get_untracked().saturating_sub(1))>{call::previous()}</button>
            <span>{move || call::page_of(shown.get() + 1, pages.get())}</span>
            <button type="button" class="plain-button" disabled=move || shown.get() + 1 == pages.get()
                on:click=move |_| page.set(shown.get_untracked() + 1)>{call::next()}</button>
        </nav>
    }
}

#[component]
fn OpenedPanel(panel: Panel, open: OpenPanel) -> impl IntoView {
    match panel {
        Panel::Chat => view! { <ChatPanel open/> }.into_any(),
        Panel::People => view! { <PeoplePanel open/> }.into_any(),
        Panel::More => view! { <MorePanel open/> }.into_any(),
        Panel::Invite => view! { <InvitePanel open/> }.into_any(),
        Panel::Room => view! { <RoomPanel open/> }.into_any(),
        Panel::Connection => view! { <ConnectionPanel open/> }.into_any(),
        Panel::Safety => view! { <SafetyPanel open/> }.into_any(),
        Panel::Devices => view! { <DevicesPanel open/> }.into_any(),
    }
}

#[component]
fn Alone() -> impl IntoView {
    let handle = use_call_handle();
    view! {
        <div class="alone">
            <p>{call::only_you()}</p>
            <button type="button" class="button" on:click=move |_| handle.send(CallCommand::CopyLink)>{call::copy_link()}</button>
        </div>
    }
}
