//! `/r/{code}/recordings`: the recordings of a room, for its host: played, saved, named and deleted. It ships no script.

use app::plain::{RecordingsProblem, RoomRecordings};
use axum::extract::{Form, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::{NameError, RecordingId, RoomCode, RoomName};
use serde::Deserialize;

use super::room_of_host::{RoomOfHost, Rules};
use super::{PageProblem, plain};
use crate::recordings::DeletionError;
use crate::{AppState, rest, tasks};

/// The page.
pub(crate) async fn recordings_of_room(
    State(state): State<AppState>,
    host: RoomOfHost<Rules>,
) -> Result<Response, PageProblem> {
    list(&state, host.code, None).await
}

/// The form that names one of them; without a name it has none.
#[derive(Deserialize)]
pub(crate) struct NameForm {
    id: RecordingId,
    name: String,
}

/// `POST …/name`: 303 back to the list, or the list with what is wrong with the name.
pub(crate) async fn name_recording_form(
    State(state): State<AppState>,
    host: RoomOfHost<Rules>,
    Form(NameForm { id, name }): Form<NameForm>,
) -> Result<Response, PageProblem> {
    let name = match RoomName::parse(&name) {
        Ok(name) => Some(name),
        Err(NameError::Empty) => None,
        Err(NameError::TooLong(_) | NameError::Forbidden(_)) => {
            return list(&state, host.code, Some((StatusCode::BAD_REQUEST, RecordingsProblem::Name))).await;
        }
    };
    let back = back(host.code);
    tasks::to_the_end(async move {
        if is_of(&state, id, host.code).await? && state.storage.name_recording(id, name.as_ref()).await? {
            host.did_to(&state, "recording.named", &id.to_string()).await;
        }
        Ok::<_, PageProblem>(())
    })
    .await?;
    Ok(back)
}

/// The form that deletes one of them.
#[derive(Deserialize)]
pub(crate) struct DeleteForm {
    id: RecordingId,
}

/// `POST …/delete`: 303 back to the list, also when it was gone already; 409 with the list while it goes on.
pub(crate) async fn delete_recording_form(
    State(state): State<AppState>,
    host: RoomOfHost<Rules>,
    Form(DeleteForm { id }): Form<DeleteForm>,
) -> Result<Response, PageProblem> {
    let (code, kept) = (host.code, state.clone());
    let deleted = tasks::to_the_end(async move {
        if !is_of(&state, id, host.code).await? {
            return Ok(());
        }
        let deleted = state.recordings.delete(id).await;
        if matches!(deleted, Ok(true)) {
            host.did_to(&state, "recording.deleted", &id.to_string()).await;
        }
        deleted.map(|_| ())
    });
    match deleted.await {
        Ok(()) => Ok(back(code)),
        Err(DeletionError::GoesOn) => {
            list(&kept, code, Some((StatusCode::CONFLICT, RecordingsProblem::GoesOn))).await
        }
        Err(DeletionError::Storage(error)) => Err(error.into()),
        Err(error @ DeletionError::Files(_)) => {
            tracing::error!(%error, recording = %id, "a recording could not be deleted");
            Err(PageProblem::Failed)
        }
    }
}

/// Whether a recording is one of a room.
async fn is_of(state: &AppState, id: RecordingId, room: RoomCode) -> Result<bool, storage::StorageError> {
    Ok(state.storage.recording(id).await?.is_some_and(|recording| recording.room == room))
}

fn back(code: RoomCode) -> Response {
    Redirect::to(&format!("/r/{code}/recordings")).into_response()
}

async fn list(
    state: &AppState,
    code: RoomCode,
    wrong: Option<(StatusCode, RecordingsProblem)>,
) -> Result<Response, PageProblem> {
    let name = state.storage.room(code).await?.and_then(|room| room.settings.name);
    let recordings = rest::recordings_of(state, code).await?;
    let (status, problem) = wrong.map_or((StatusCode::OK, None), |(status, what)| (status, Some(what)));
    let page = || view! { <RoomRecordings code name recordings problem/> }.into_any();
    let page = plain(state, status, page).await;
    Ok(([(header::CACHE_CONTROL, "no-store")], page).into_response())
}
