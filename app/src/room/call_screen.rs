//! In the call: the people, what needs an answer, one panel, and the toolbar.

use leptos::prelude::*;
use protocol::MediaVia;
use view::Signalling;

use super::{
    AskedFor, ChatPanel, ConnectionPanel, DeviceFaults, DevicesPanel, InvitePanel, KeyBanner, Knocking,
    MorePanel, OpenPanel, Panel, PeoplePanel, ReactionLayer, RoomPanel, SafetyPanel, Stage, Toolbar,
};
use crate::components::focus_when_shown;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::call;

/// The call screen.
#[component]
pub(crate) fn CallScreen() -> impl IntoView {
    let view = use_call_handle().view;
    let via = Memo::new(move |_| view.topology().get().via);
    let is_lost = Memo::new(move |_| view.signalling().get() == Signalling::Lost);
    let name = move || view.room_name().get().unwrap_or_else(|| call::UNTITLED().to_owned());
    let open: OpenPanel = RwSignal::new(None);
    let title = NodeRef::new();
    focus_when_shown(title);
    let is_alone = move || view.participants().with(Vec::is_empty);
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
                <div class="stage-area">
                    <Stage/>
                    <Show when=is_alone><Alone/></Show>
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
            <p>{call::ONLY_YOU}</p>
            <button type="button" class="button" on:click=move |_| handle.send(CallCommand::CopyLink)>{call::COPY_LINK}</button>
        </div>
    }
}
