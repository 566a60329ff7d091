//! `/api/v1/recordings/{id}` and `/api/v1/rooms/{code}/recordings`: what there is of recordings on this server. Whoever has the id of one reads it,
//! because what is sealed in it opens only with the room's secret; where nothing is sealed, what opens the room is asked for: as a bearer, or of a page of
//! ours in the keyring of its browser.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{
    Credential, RecordingId, RecordingInfo, RecordingMix, RecordingPatch, RecordingProgress, RoomCode,
    RoomName,
};
use storage::{RecordingRecord, StorageError};
use tower_http::services::ServeFile;

use super::auth::ApiClient;
use super::object::Object;
use super::{ProblemResponse, problem};
use crate::credentials::{self, Shown};
use crate::http_client::HttpClient;
use crate::rate_limit::RetryAfter;
use crate::recordings::{DeletionError, MixRefusal};
use crate::{AppState, api_keys, origin};

/// How soon films may have been made that others wait for, in seconds.
const FILM_AGAIN_AFTER: RetryAfter = RetryAfter(60);

/// How many recordings of a room are listed.
const MOST_LISTED: u32 = 200;

/// `GET` of a room.
pub(crate) async fn list_recordings(
    State(state): State<AppState>,
    client: ApiClient,
    Path(code): Path<String>,
) -> Result<Json<Vec<RecordingInfo>>, ProblemResponse> {
    let code = client.may(&state, &code).await?;
    let found = recordings_of(&state, code).await;
    found.map(Json).map_err(|error| ProblemResponse::storage(&error))
}

/// What is known of a room's recordings, the newest first.
pub(crate) async fn recordings_of(
    state: &AppState,
    room: RoomCode,
) -> Result<Vec<RecordingInfo>, StorageError> {
    let found = state.storage.recordings_of(room, MOST_LISTED).await?;
    let name = room_name(state, room).await?;
    Ok(found.into_iter().map(|record| info(state, record, name.clone())).collect())
}

/// `GET`.
pub(crate) async fn read_recording(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ProblemResponse> {
    let record = readable(&state, &caller, &headers, &id).await?;
    let room_name = room_name(&state, record.room).await.map_err(|error| ProblemResponse::storage(&error))?;
    Ok(unstored(Json(info(&state, record, room_name)).into_response()))
}

/// `GET …/manifest`.
pub(crate) async fn read_manifest(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ProblemResponse> {
    let record = readable(&state, &caller, &headers, &id).await?;
    let manifest = state.recordings.manifest(record.id).await.map_err(|error| unreadable(&error))?;
    let manifest = manifest.ok_or_else(ProblemResponse::recording_unknown)?;
    let json = [(header::CONTENT_TYPE, "application/json")];
    Ok(unstored((json, manifest.to_bytes()).into_response()))
}

/// `GET …/files/{name}`: a name that the manifest has, and no other.
pub(crate) async fn read_file(
    State(state): State<AppState>,
    caller: HttpClient,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ProblemResponse> {
    let record = readable(&state, &caller, request.headers(), &id).await?;
    let path = state.recordings.file(record.id, &name).await.map_err(|error| unreadable(&error))?;
    let path = path.ok_or_else(ProblemResponse::recording_unknown)?;
    let mut file = if name.ends_with(".webm") {
        ServeFile::new(path)
    } else {
        ServeFile::new_with_mime(path, &mime_guess::mime::APPLICATION_OCTET_STREAM)
    };
    let response = file.try_call(request).await.map_err(|error| unreadable(&error))?;
    Ok(unstored(response.into_response()))
}

/// `GET …/film`: how far it is.
pub(crate) async fn look_at_film(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, ProblemResponse> {
    let record = readable(&state, &caller, &headers, &id).await?;
    let mix = state.recordings.look_at_mix(record.id).await;
    Ok(unstored(Json(mix.ok_or_else(ProblemResponse::recording_unknown)?).into_response()))
}

/// `POST …/film`: 202, also where it is there or on its way.
pub(crate) async fn make_film(
    State(state): State<AppState>,
    client: ApiClient,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<RecordingMix>), ProblemResponse> {
    let record = owned(&state, &client, &id).await?;
    if record.ended_at.is_none() {
        return Err(goes_on());
    }
    state.recordings.mix(record.id).await.map_err(|refusal| match refusal {
        MixRefusal::Off | MixRefusal::Impossible(_) => {
            problem(StatusCode::CONFLICT, ProblemType::NoFilm, ProblemDetail::NoFilm)
        }
        MixRefusal::Busy => ProblemResponse::rate_limited(FILM_AGAIN_AFTER),
        MixRefusal::Unreadable(error) => unreadable(&error),
    })?;
    client.note(|trail| trail.to(record.id.to_string()));
    let mix = state.recordings.look_at_mix(record.id).await;
    Ok((StatusCode::ACCEPTED, Json(mix.ok_or_else(ProblemResponse::recording_unknown)?)))
}

/// `DELETE …/film`: 204, once it is gone, or is not made any more.
pub(crate) async fn end_film(
    State(state): State<AppState>,
    client: ApiClient,
    Path(id): Path<String>,
) -> Result<StatusCode, ProblemResponse> {
    let record = owned(&state, &client, &id).await?;
    state.recordings.end_mix(record.id).await.map_err(|error| unreadable(&error))?;
    client.note(|trail| trail.to(record.id.to_string()));
    Ok(StatusCode::NO_CONTENT)
}

/// `PATCH`.
pub(crate) async fn name_recording(
    State(state): State<AppState>,
    client: ApiClient,
    Path(id): Path<String>,
    Object(patch): Object<RecordingPatch>,
) -> Result<Json<RecordingInfo>, ProblemResponse> {
    let record = owned(&state, &client, &id).await?;
    let named = state.storage.name_recording(record.id, patch.name.as_ref()).await;
    if !named.map_err(|error| ProblemResponse::storage(&error))? {
        return Err(ProblemResponse::recording_unknown());
    }
    client.note(|trail| trail.to(record.id.to_string()));
    let room_name = room_name(&state, record.room).await.map_err(|error| ProblemResponse::storage(&error))?;
    Ok(Json(info(&state, RecordingRecord { name: patch.name, ..record }, room_name)))
}

/// `DELETE`: 204, once nothing of it is left.
pub(crate) async fn delete_recording(
    State(state): State<AppState>,
    client: ApiClient,
    Path(id): Path<String>,
) -> Result<StatusCode, ProblemResponse> {
    let record = owned(&state, &client, &id).await?;
    match state.recordings.delete(record.id).await {
        Ok(true) => {
            client.note(|trail| trail.to(record.id.to_string()));
            Ok(StatusCode::NO_CONTENT)
        }
        Ok(false) => Err(ProblemResponse::recording_unknown()),
        Err(DeletionError::GoesOn) => Err(goes_on()),
        Err(error @ (DeletionError::Files(_) | DeletionError::Storage(_))) => Err(not_deleted(&error)),
    }
}

/// What is known of a recording, whose id is written in one way.
async fn find(state: &AppState, id: &str) -> Result<Option<RecordingRecord>, ProblemResponse> {
    let Ok(id) = id.parse::<RecordingId>() else { return Ok(None) };
    state.storage.recording(id).await.map_err(|error| ProblemResponse::storage(&error))
}

/// The same for whoever may read it.
pub(super) async fn readable(
    state: &AppState,
    caller: &HttpClient,
    headers: &HeaderMap,
    id: &str,
) -> Result<RecordingRecord, ProblemResponse> {
    let Some(record) = find(state, id).await? else {
        // Guessing is limited.
        state.lookups.guess(caller.address).await.map_err(ProblemResponse::rate_limited)?;
        return Err(ProblemResponse::recording_unknown());
    };
    if record.is_sealed {
        return Ok(record);
    }
    let is_own_page = !headers.contains_key(header::AUTHORIZATION) && origin::is_own(headers, &caller.site);
    if is_own_page
        && credentials::browser_opens(state, record.room, caller.keyring())
            .await
            .map_err(|error| ProblemResponse::storage(&error))?
    {
        return Ok(record);
    }
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = value.and_then(|value| value.split_once(' '));
    let token = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let bearer = token.and_then(|(_, token)| Credential::new(token.trim().to_owned()).ok());
    let bearer = bearer.filter(|bearer| !api_keys::is_one(bearer.expose()));
    let bearer = bearer.ok_or_else(ProblemResponse::unauthorized)?;
    let opens = credentials::look_up(state, record.room, &bearer).await;
    match opens.map_err(|error| ProblemResponse::storage(&error))? {
        Shown::Opens(_) => Ok(record),
        Shown::Early | Shown::Nothing => {
            state.lookups.guess(caller.address).await.map_err(ProblemResponse::rate_limited)?;
            Err(ProblemResponse::recording_unknown())
        }
    }
}

/// The same for a host of its room, or for the API key that has made the room. Of others it is said that there is none.
async fn owned(state: &AppState, client: &ApiClient, id: &str) -> Result<RecordingRecord, ProblemResponse> {
    if !client.shows_something() {
        return Err(ProblemResponse::unauthorized());
    }
    let Some(record) = find(state, id).await? else {
        state.lookups.guess(client.caller.address).await.map_err(ProblemResponse::rate_limited)?;
        return Err(ProblemResponse::recording_unknown());
    };
    client.may(state, &record.room.to_string()).await?;
    Ok(record)
}

/// What a room is called, which may be gone.
async fn room_name(state: &AppState, room: RoomCode) -> Result<Option<RoomName>, StorageError> {
    Ok(state.storage.room(room).await?.and_then(|room| room.settings.name))
}

fn info(state: &AppState, record: RecordingRecord, room_name: Option<RoomName>) -> RecordingInfo {
    let RecordingRecord { id, room, name, started_at, ended_at, end, bytes, is_sealed } = record;
    RecordingInfo {
        id,
        room,
        name,
        room_name,
        started: started_at,
        ended: ended_at,
        end,
        state: if ended_at.is_some() { RecordingProgress::Complete } else { RecordingProgress::Recording },
        bytes,
        sealed: is_sealed,
        deletes_at: ended_at.and_then(|ended| state.recordings.deletes_at(ended)),
    }
}

/// It has no end yet.
pub(super) fn goes_on() -> ProblemResponse {
    problem(StatusCode::CONFLICT, ProblemType::RecordingGoesOn, ProblemDetail::RecordingGoesOn)
}

/// No cache keeps what may be deleted at any moment.
pub(super) fn unstored(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What could not be deleted is still there, for now.
pub(super) fn not_deleted(error: &DeletionError) -> ProblemResponse {
    match error {
        DeletionError::Storage(error) => ProblemResponse::storage(error),
        DeletionError::Files(_) | DeletionError::GoesOn => unreadable(error),
    }
}

pub(super) fn unreadable(error: &dyn std::error::Error) -> ProblemResponse {
    tracing::error!(%error, "a recording could not be read or deleted");
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        ProblemType::StorageUnavailable,
        ProblemDetail::StorageUnavailable,
    )
}
