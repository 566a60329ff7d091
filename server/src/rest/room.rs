//! `/api/v1/rooms/{code}`: reads, changes and deletes a room.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{RoomResource, RoomSettingsPatch, SettingsError};
use storage::RoomRecord;

use super::auth::ApiClient;
use super::object::Object;
use super::{ProblemResponse, problem, recordings};
use crate::AppState;
use crate::rooms::{ChangeError, Precondition};

/// `GET`: the room, with an `ETag` for changes; 304 when the client has that version.
pub(crate) async fn read_room(
    State(state): State<AppState>,
    client: ApiClient,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, ProblemResponse> {
    let code = client.may(&state, &code).await?;
    let record = state.storage.room(code).await.map_err(|error| ProblemResponse::storage(&error))?;
    let record = record.ok_or_else(ProblemResponse::room_unknown)?;
    Ok(show(&state, StatusCode::OK, record, headers.get(header::IF_NONE_MATCH)).await)
}

/// `PATCH`: changes rules (JSON merge patch, RFC 7396), with `If-Match` only those of that version.
pub(crate) async fn change_room(
    State(state): State<AppState>,
    client: ApiClient,
    headers: HeaderMap,
    Path(code): Path<String>,
    Object(patch): Object<RoomSettingsPatch>,
) -> Result<Response, ProblemResponse> {
    let code = client.may(&state, &code).await?;
    let precondition = precondition(&headers)?;
    let just_now = state.clock.wall().0.saturating_sub(JUST_NOW);
    if patch.ends_at.flatten().is_some_and(|end| end.0 < just_now) {
        return Err(refusal(SettingsError::EndsInThePast.into()));
    }
    let changed =
        state.rooms.change(code, Some(client.caller.address), &patch, precondition).await.map_err(refusal)?;
    Ok(show(&state, StatusCode::OK, changed, None).await)
}

/// A program ends a room now by its own clock, which may be behind ours by so many milliseconds.
const JUST_NOW: u64 = 60 * 1000;

/// `DELETE`: 204. Whoever is inside is told.
pub(crate) async fn delete_room(
    State(state): State<AppState>,
    client: ApiClient,
    Path(code): Path<String>,
) -> Result<StatusCode, ProblemResponse> {
    let code = client.may(&state, &code).await?;
    let deleted = state.rooms.delete(code).await.map_err(|error| ProblemResponse::storage(&error))?;
    // Nobody could delete them any more; what is left of them now goes by itself later, and whoever asked is told.
    state.recordings.delete_of(code).await.map_err(|error| recordings::not_deleted(&error))?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(ProblemResponse::room_unknown()) }
}

/// A room as it is told to programs.
pub(super) fn resource(record: RoomRecord, present: Option<u16>) -> RoomResource {
    RoomResource {
        code: record.code,
        password: record.password_hash.is_some(),
        settings: record.settings,
        present,
        created_at: record.created_at,
    }
}

/// The version of a room's rules as a strong validator (RFC 9110 §8.8.3).
pub(super) fn tag(record: &RoomRecord) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"v{}\"", record.version)).ok()
}

async fn show(
    state: &AppState,
    status: StatusCode,
    record: RoomRecord,
    known: Option<&HeaderValue>,
) -> Response {
    let tag = tag(&record);
    let mut response = if tag.is_some() && known == tag.as_ref() {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let present = state.rooms.present(record.code).await.ok();
        (status, Json(resource(record, present))).into_response()
    };
    response.headers_mut().extend(tag.map(|tag| (header::ETAG, tag)));
    response
}

fn precondition(headers: &HeaderMap) -> Result<Precondition, ProblemResponse> {
    let Some(tag) = headers.get(header::IF_MATCH) else { return Ok(Precondition::None) };
    let text = tag.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(Precondition::None);
    }
    let version =
        text.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"')).and_then(|v| v.parse().ok());
    // A tag that we never gave is that of another version.
    version.map(Precondition::Version).ok_or_else(|| refusal(ChangeError::Changed))
}

fn refusal(error: ChangeError) -> ProblemResponse {
    match error {
        ChangeError::Unknown => ProblemResponse::room_unknown(),
        ChangeError::Changed => {
            problem(StatusCode::PRECONDITION_FAILED, ProblemType::Changed, ProblemDetail::RoomChanged)
        }
        ChangeError::Settings(error) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, ProblemType::SettingsInvalid, error.to_string())
        }
        ChangeError::Password(error) => ProblemResponse::password(error),
        ChangeError::Storage(error) => ProblemResponse::storage(&error),
    }
}
