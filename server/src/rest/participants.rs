//! `/api/v1/rooms/{code}/participants`: who is inside, and what a program with a host's key does about them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use protocol::{Participant, ParticipantId, Source};
use room::Decree;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::room::{host_at, unknown};
use super::{ProblemResponse, problem};
use crate::AppState;
use crate::entrance::Caller;
use crate::rooms::RoomEvent;

/// What is to be turned off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnOffRequest {
    source: Source,
}

/// `GET`: everybody, in the order in which they came.
pub(crate) async fn list_participants(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(code): Path<String>,
) -> Result<Json<Vec<Participant>>, ProblemResponse> {
    let code = host_at(&state, &caller, &headers, &code).await?;
    let (answer, answered) = oneshot::channel();
    let sent = state.rooms.send(code, RoomEvent::Participants { answer }).await;
    sent.map_err(|error| ProblemResponse::storage(&error))?.ok_or_else(unknown)?;
    answered.await.map(Json).map_err(|_| unknown())
}

/// `POST …/{id}/turn-off`: 204, also when it was off.
pub(crate) async fn turn_off(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path((code, id)): Path<(String, String)>,
    Json(request): Json<TurnOffRequest>,
) -> Result<StatusCode, ProblemResponse> {
    decree(&state, &caller, &headers, (&code, &id), Decree::TurnOff(request.source)).await
}

/// `DELETE …/{id}`: removes somebody. 204, also when they are gone.
pub(crate) async fn remove_participant(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path((code, id)): Path<(String, String)>,
) -> Result<StatusCode, ProblemResponse> {
    decree(&state, &caller, &headers, (&code, &id), Decree::Remove).await
}

async fn decree(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    (code, id): (&str, &str),
    decree: Decree,
) -> Result<StatusCode, ProblemResponse> {
    let code = host_at(state, caller, headers, code).await?;
    let participant: ParticipantId = id
        .parse()
        .map_err(|_| problem(StatusCode::BAD_REQUEST, "malformed", "that is no participant's id"))?;
    let sent = state.rooms.send(code, RoomEvent::Decree { participant, decree }).await;
    sent.map_err(|error| ProblemResponse::storage(&error))?.ok_or_else(unknown)?;
    Ok(StatusCode::NO_CONTENT)
}
