//! `/r/{code}/recordings`: the recordings of a room, for its host. Plain forms, no script. The link to a recording has no key: the page of the
//! recording takes it from what its browser remembers of the room.

use leptos::prelude::*;
use leptos_meta::Title;
use protocol::limits::MAX_ROOM_NAME_CHARS;
use protocol::{RecordingInfo, RecordingProgress, RoomCode, RoomName};

use crate::components::SiteHeader;
use crate::plain::RecordingsProblem;
use crate::text;
use crate::text::plain;

/// The list, newest first. Deleting asks once more.
#[component]
pub fn RoomRecordings(
    /// The code of the room.
    code: RoomCode,
    /// Its name, when it has one.
    name: Option<RoomName>,
    /// What is in it.
    recordings: Vec<RecordingInfo>,
    /// What was wrong with what was wanted.
    problem: Option<RecordingsProblem>,
) -> impl IntoView {
    let is_empty = recordings.is_empty();
    let room = name.map_or_else(|| code.to_string(), |name| name.to_string());
    view! {
        <Title text=text::title(&plain::RECORDINGS())/>
        <SiteHeader/>
        <main class="form-page">
            <h1 dir="auto">{plain::recordings_of(&room)}</h1>
            <p class="hint">{plain::RECORDINGS_HINT()}</p>
            {problem.map(|problem| view! { <p class="problem" role="alert">{plain::recordings_problem(problem)}</p> })}
            {is_empty.then(|| view! { <p>{plain::NO_RECORDINGS()}</p> })}
            <ul class="room-list recording-list">{recordings.into_iter().map(|recording| view! { <Row recording/> }).collect_view()}</ul>
            <a class="button primary" href=format!("/r/{code}")>{plain::TO_THE_ROOM()}</a>
            <a class="button" href="/rooms">{plain::MY_ROOMS()}</a>
        </main>
    }
}

#[component]
fn Row(recording: RecordingInfo) -> impl IntoView {
    let title = plain::recording_title(&recording);
    let terms = plain::recording_terms(&recording);
    let path = format!("/r/{}/recordings", recording.room);
    let (id, is_complete) = (recording.id.to_string(), recording.state == RecordingProgress::Complete);
    let archive = format!("/api/v1/recordings/{id}/archive");
    let (download, rename) = (plain::download_recording(&title), plain::rename_recording(&title));
    let (delete, field) = (plain::delete_room_permanently(&title), format!("name-{id}"));
    let (of_rename, of_delete) = (id.clone(), id.clone());
    let name = recording.name.map(|name| name.to_string()).unwrap_or_default();
    view! {
        <li class="card">
            <a class="title" dir="auto" href=format!("/recordings/{id}")>{title}</a>
            <span class="hint">{terms}</span>
            <div class="actions">
                {is_complete.then(|| view! { <a href=archive download="" aria-label=download>{plain::DOWNLOAD()}</a> })}
                <details>
                    <summary aria-label=rename>{plain::RENAME()}</summary>
                    <form method="post" action=format!("{path}/name")>
                        <input type="hidden" name="id" value=of_rename/>
                        <div class="field">
                            <label for=field.clone()>{plain::RECORDING_NAME()}</label>
                            <input id=field name="name" type="text" autocomplete="off" dir="auto" maxlength=MAX_ROOM_NAME_CHARS.to_string() value=name/>
                        </div>
                        <button type="submit" class="button small">{text::room::SAVE()}</button>
                    </form>
                </details>
                {is_complete.then(|| view! {
                    <details>
                        <summary>{plain::DELETE()}</summary>
                        <form method="post" action=format!("{path}/delete")>
                            <input type="hidden" name="id" value=of_delete/>
                            <p class="hint">{plain::DELETE_RECORDING_HINT()}</p>
                            <button type="submit" class="button small danger" aria-label=delete>{plain::DELETE_PERMANENTLY()}</button>
                        </form>
                    </details>
                })}
            </div>
        </li>
    }
}
