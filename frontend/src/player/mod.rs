//! The player of a recording: fetches it, opens and decodes what is due, and shows it. What is due, and when, is decided in `record::playback`; who is
//! shown where, in `crates/stage`. Its code is a module of its own, which the pages of calls do not fetch.

mod decoder;
mod fetching;
mod loading;
mod opening;
mod pictures;
mod player_event;
mod screening;
mod sound;
mod ticks;
mod track_export;
mod track_output;

use std::sync::{Arc, Mutex, PoisonError};

use app::state::{PlayerCommand, PlayerHandle, PlayerView};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use leptos::prelude::{GetUntracked, Set};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use view::{RecordingFault, RecordingPhase, TrackExport};
use wasm_bindgen_futures::spawn_local;

use player_event::{PlayerEvent, PlayerEvents};
use screening::Screening;
use ticks::Ticks;

/// The seam for the page.
pub(crate) fn handle() -> PlayerHandle {
    let view = PlayerView::default();
    let (events, received) = unbounded();
    let received = Arc::new(Mutex::new(Some(received)));
    PlayerHandle::new(view, move |command| {
        _ = events.unbounded_send(PlayerEvent::Command(command));
        let Some(received) = received.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let events = events.clone();
        spawn_local(async move {
            if start(view, events, received).await.is_err() {
                view.phase.set(RecordingPhase::Failed(RecordingFault::Unreachable));
            }
        });
    })
}

#[wasm_split(player, wasm_split_path = ::leptos::wasm_split, fallible)]
fn start(
    view: PlayerView,
    events: PlayerEvents,
    received: UnboundedReceiver<PlayerEvent>,
) -> Result<(), SplitLoaderError> {
    spawn_local(run(view, events, received));
    Ok(())
}

async fn run(view: PlayerView, events: PlayerEvents, mut received: UnboundedReceiver<PlayerEvent>) {
    let mut screening: Option<Screening> = None;
    let mut ticks = None;
    while let Some(event) = received.next().await {
        match event {
            PlayerEvent::Command(PlayerCommand::Load) => {
                view.phase.set(RecordingPhase::Loading);
                let events = events.clone();
                spawn_local(async move {
                    let loaded = loading::load().await;
                    _ = events.unbounded_send(PlayerEvent::Loaded(Box::new(loaded)));
                });
            }
            PlayerEvent::Loaded(loaded) => match *loaded {
                Ok(loaded) => {
                    view.phase.set(RecordingPhase::Ready(Box::new(loaded.meeting.clone())));
                    screening = Some(Screening::new(loaded, view, events.clone()));
                    ticks = Some(Ticks::start(&events));
                }
                Err(fault) => view.phase.set(RecordingPhase::Failed(fault)),
            },
            PlayerEvent::Exporting(export) => view.export.set(export),
            PlayerEvent::Command(PlayerCommand::Export(_))
                if matches!(view.export.get_untracked(), TrackExport::Under { .. }) => {}
            PlayerEvent::Command(command) => {
                if let Some(screening) = &mut screening {
                    screening.command(command);
                }
            }
            PlayerEvent::Fetched(request, bytes) => {
                if let Some(screening) = &mut screening {
                    screening.fetched(request, bytes);
                }
            }
            PlayerEvent::StageResized(size) => {
                if let Some(screening) = &mut screening {
                    screening.resized(size);
                }
            }
            PlayerEvent::Tick => {
                if let (Some(screening), Some(ticks)) = (&mut screening, &ticks) {
                    screening.tick();
                    Ticks::next(ticks);
                }
            }
        }
    }
}
