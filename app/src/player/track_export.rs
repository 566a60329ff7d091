//! Tracks, each of which can be saved as a file that other players open.

use leptos::prelude::*;
use view::{RecordedMeeting, RecordedTrack, TrackExport};

use crate::components::{Icon, Symbol};
use crate::state::{PlayerCommand, use_player};
use crate::text::player;

/// No more are offered. Who has more takes the files from the server.
const MOST_TRACKS: usize = 500;

/// All tracks.
#[component]
pub(super) fn TrackExports(meeting: StoredValue<RecordedMeeting>) -> impl IntoView {
    let tracks =
        meeting.with_value(|meeting| meeting.tracks.iter().take(MOST_TRACKS).cloned().collect::<Vec<_>>());
    let has_parts = tracks.iter().any(|track| track.part > 1);
    view! {
        <details class="track-exports">
            <summary>{player::SAVE_TRACKS}</summary>
            <ul>{tracks.into_iter().map(|track| view! { <Track track has_parts/> }).collect_view()}</ul>
        </details>
    }
}

#[component]
fn Track(track: RecordedTrack, has_parts: bool) -> impl IntoView {
    let handle = use_player();
    let export = handle.view.export;
    let number = track.number;
    let says = move || match export.get() {
        TrackExport::Under { track, percent } if track == number => Some(player::saving(&percent)),
        TrackExport::Failed { track } if track == number => Some(player::SAVE_FAILED().to_owned()),
        TrackExport::Idle | TrackExport::Under { .. } | TrackExport::Failed { .. } => None,
    };
    let is_busy = move || matches!(export.get(), TrackExport::Under { .. });
    view! {
        <li>
            <button type="button" class="button small" disabled=is_busy on:click=move |_| handle.send(PlayerCommand::Export(number))>
                <Icon symbol=Symbol::Download/>{move || player::track(&track, has_parts)}
            </button>
            <span class="hint" role="status">{says}</span>
        </li>
    }
}
