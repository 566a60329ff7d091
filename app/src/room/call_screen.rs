//! In the call: the header, the people, what needs an answer, one panel, and the bar.

use leptos::html;
use leptos::prelude::*;
use protocol::MediaVia;
use stage::{Kind, Mode};
use view::Encryption;

use super::call_header::CALL_TITLE;
use super::recording::RecordQuestion;
use super::{
    CallHeader, ChatPanel, ConnectionPanel, DevicesPanel, InvitePanel, Panel, PeoplePanel, ReactionLayer,
    Requests, RoomPanel, SafetyPanel, SettingsPanel, ShortcutsPanel, Stage, Toolbar, listen, use_opened,
};
use crate::components::{Confirm, focus_when_shown};
use crate::state::{CallCommand, CallViewStoreFields, StageView, use_call_handle, use_direct_call};
use crate::text::{call, direct};

/// The call screen.
#[component]
pub(crate) fn CallScreen() -> impl IntoView {
    let view = use_call_handle().view;
    let via = Memo::new(move |_| view.topology().get().via);
    let layout = Memo::new(move |_| view.stage().with(layout_name));
    let opened = use_opened();
    opened.reset();
    let is_alone = move || view.participants().with(Vec::is_empty);
    let ring = use_direct_call();
    let line =
        Memo::new(move |_| ring.as_ref().and_then(|ring| ring.view.with(|view| view.current().cloned())));
    let said_alone =
        move || line.get().map_or_else(|| call::ONLY_YOU().to_owned(), |line| direct::state(&line));
    // Whoever comes in hears where they are, and goes on with the controls.
    let people = NodeRef::<html::Div>::new();
    focus_when_shown(people);
    listen(opened);
    view! {
        <main class="call" data-topology=move || topology_name(via.get()) data-layout=layout data-encryption=move || encryption_name(view.encryption().get())
            data-ring=move || line.get().map(|line| line.phase.name())
            data-recording=move || view.recording().with(Option::is_some).then_some("")
            data-panel=move || opened.panel.get().map(|_| "")>
            <CallHeader/>
            <div class="stage" role="group" aria-labelledby=CALL_TITLE tabindex="-1" node_ref=people>
                <Stage/>
                <Show when=is_alone><p class="alone" dir="auto">{said_alone}</p></Show>
                <ReactionLayer/>
            </div>
            <Requests/>
            {move || opened.panel.get().map(|panel| view! { <OpenedPanel panel/> })}
            <Toolbar/>
            <EndQuestion/>
            <RecordQuestion/>
        </main>
    }
}

fn encryption_name(encryption: Encryption) -> &'static str {
    match encryption {
        Encryption::EndToEnd => "end-to-end",
        Encryption::Undecided | Encryption::Transport => "transport",
    }
}

fn topology_name(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Mesh => "mesh",
        MediaVia::Sfu(_) => "sfu",
    }
}

fn layout_name(stage: &StageView) -> &'static str {
    match stage.layout.kind {
        Kind::Grid => "grid",
        Kind::Pair => "pair",
        Kind::Spotlight if stage.mode == Mode::Speaker && stage.pins.is_empty() => "speaker",
        Kind::Spotlight | Kind::Screens => "stage",
    }
}

#[component]
fn OpenedPanel(panel: Panel) -> impl IntoView {
    match panel {
        Panel::Chat => view! { <ChatPanel/> }.into_any(),
        Panel::People => view! { <PeoplePanel/> }.into_any(),
        Panel::Invite => view! { <InvitePanel/> }.into_any(),
        Panel::Room => view! { <RoomPanel/> }.into_any(),
        Panel::Connection => view! { <ConnectionPanel/> }.into_any(),
        Panel::Safety => view! { <SafetyPanel/> }.into_any(),
        Panel::Devices => view! { <DevicesPanel/> }.into_any(),
        Panel::Settings => view! { <SettingsPanel/> }.into_any(),
        Panel::Shortcuts => view! { <ShortcutsPanel/> }.into_any(),
    }
}

/// Asks once more before everybody is sent home.
#[component]
fn EndQuestion() -> impl IntoView {
    let handle = use_call_handle();
    let asked = use_opened().asks_to_end;
    let end = move || handle.send(CallCommand::Moderate { moderation: protocol::Moderation::End });
    view! {
        <Confirm asked question=Signal::derive(move || call::END_QUESTION().to_owned()) hint=call::END_HINT action=call::END_FOR_EVERYONE on_confirm=end/>
    }
}
