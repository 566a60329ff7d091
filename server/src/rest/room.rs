//! `/api/v1/rooms/{code}`: reads, changes and deletes a room.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{Role, RoomCode, RoomResource, RoomSettingsPatch};
use storage::RoomRecord;

use super::auth::require_host;
use super::{ProblemResponse, problem};
use crate::AppState;
use crate::entrance::Caller;
use crate::rooms::{ChangeError, Precondition};

/// `GET`: the room, with an `ETag` for changes. Hosts only.
pub(crate) async fn read_room(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Response, ProblemResponse> {
    let code = host_at(&state, &caller, &headers, &code).await?;
    let record = state.storage.room(code).await.map_err(|error| ProblemResponse::storage(&error))?;
    show(&state, record.ok_or_else(unknown)?).await
}

/// `PATCH`: changes rules (JSON merge patch, RFC 7396), with `If-Match` only those of that version. Hosts only.
pub(crate) async fn change_room(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(code): Path<String>,
    request: Result<Json<RoomSettingsPatch>, JsonRejection>,
) -> Result<Response, ProblemResponse> {
    let code = host_at(&state, &caller, &headers, &code).await?;
    let Json(patch) =
        request.map_err(|rejection| problem(rejection.status(), "malformed", rejection.body_text()))?;
    let precondition = precondition(&headers)?;
    let changed = state.rooms.change(code, &patch, precondition).await.map_err(refusal)?;
    show(&state, changed).await
}

/// `DELETE`: 204. Whoever is inside is told. Hosts only.
pub(crate) async fn delete_room(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<StatusCode, ProblemResponse> {
    let code = host_at(&state, &caller, &headers, &code).await?;
    let deleted = state.rooms.delete(code).await.map_err(|error| ProblemResponse::storage(&error))?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

/// The code in a path, once its asker is known to be a host of the room.
pub(super) async fn host_at(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    code: &str,
) -> Result<RoomCode, ProblemResponse> {
    state.lookup_rate.check(caller.address).map_err(ProblemResponse::rate_limited)?;
    let code = RoomCode::parse(code)
        .map_err(|error| problem(StatusCode::BAD_REQUEST, "malformed", error.to_string()))?;
    require_host(state, headers, code).await?;
    Ok(code)
}

pub(super) fn unknown() -> ProblemResponse {
    problem(StatusCode::NOT_FOUND, "room_unknown", "there is no such room")
}

async fn show(state: &AppState, record: RoomRecord) -> Result<Response, ProblemResponse> {
    let found = state.rooms.validate(record.code, Role::Host, None).await;
    let found = found.map_err(|error| ProblemResponse::storage(&error))?;
    let tag = format!("\"v{}\"", record.version);
    let room = RoomResource {
        code: record.code,
        settings: record.settings,
        password: record.password_hash.is_some(),
        present: found.room.map_or(0, |room| room.present),
        created_at: record.created_at,
    };
    let mut response = Json(room).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
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
        ChangeError::Unknown => unknown(),
        ChangeError::Changed => {
            problem(StatusCode::PRECONDITION_FAILED, "changed", "the room was changed in the meantime")
        }
        ChangeError::Settings(error) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, "settings_invalid", error.to_string())
        }
        ChangeError::Password => {
            problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the password could not be hashed")
        }
        ChangeError::Storage(error) => ProblemResponse::storage(&error),
    }
}
