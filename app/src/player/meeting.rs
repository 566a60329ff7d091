//! A recording, once it is here; before, that it comes, or why it cannot be played.

use leptos::prelude::*;
use view::{RecordedMeeting, RecordingFault, RecordingPhase};

use super::beside::Beside;
use super::heading::Heading;
use super::loading::Loading;
use super::player_keys::listen;
use super::stage_then::StageThen;
use super::timeline::Timeline;
use super::transport::Transport;
use crate::state::{PlayerCommand, use_player};
use crate::text;
use crate::text::player;

/// Begins to fetch the recording when it is shown.
#[component]
pub(super) fn Recording() -> impl IntoView {
    let handle = use_player();
    let phase = handle.view.phase;
    let load = handle.clone();
    Effect::new(move |_| load.send(PlayerCommand::Load));
    move || match phase.get() {
        RecordingPhase::Loading => view! { <Loading/> }.into_any(),
        RecordingPhase::Failed(fault) => view! { <Fault fault/> }.into_any(),
        RecordingPhase::Ready(meeting) => view! { <Meeting meeting=*meeting/> }.into_any(),
    }
}

#[component]
fn Fault(fault: RecordingFault) -> impl IntoView {
    let handle = use_player();
    view! {
        <div class="card recording-fault">
            <h1>{player::PAGE}</h1>
            <p class="problem" role="alert">{move || player::fault(fault)}</p>
            {(fault == RecordingFault::Unreachable).then(|| view! {
                <button type="button" class="button" on:click=move |_| handle.send(PlayerCommand::Load)>{text::TRY_AGAIN}</button>
            })}
        </div>
    }
}

#[component]
fn Meeting(meeting: RecordedMeeting) -> impl IntoView {
    let meeting = StoredValue::new(meeting);
    let captions = RwSignal::new(meeting.with_value(|meeting| !meeting.transcript.is_empty()));
    let handle = use_player();
    let lasts = meeting.with_value(|meeting| meeting.lasts);
    listen(&handle, lasts, captions);
    let view = handle.view;
    let troubles = move || {
        let lines = view.troubles.get().into_iter();
        lines
            .map(|(name, trouble)| view! { <p dir="auto">{move || player::trouble(&name, trouble)}</p> })
            .collect_view()
    };
    view! {
        <Heading meeting/>
        <div class="recording-troubles" role="status">{troubles}</div>
        <section class="player" aria-label=player::PLAYER>
            <StageThen/>
            {meeting.with_value(|meeting| !meeting.transcript.is_empty()).then(|| view! { <Captions meeting shown=captions/> })}
            <Transport meeting captions/>
            <Timeline meeting/>
        </section>
        <Beside meeting/>
    }
}

/// What is being said.
#[component]
fn Captions(meeting: StoredValue<RecordedMeeting>, shown: RwSignal<bool>) -> impl IntoView {
    let caption = use_player().view.caption;
    let line = move || {
        let index = caption.get()?;
        let line = meeting.with_value(|meeting| meeting.transcript.get(index).cloned())?;
        Some(view! { <p dir="auto"><b>{line.name}": "</b>{line.text.unwrap_or_default()}</p> })
    };
    view! { <div class="captions" hidden=move || !shown.get()>{line}</div> }
}
