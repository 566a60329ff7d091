//! `/api/v1/rooms/{code}/participants`: who is inside, and what a program does about them.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{Participant, ParticipantId, RoomCode, Scope, TurnOffRequest};
use room::Decree;

use super::auth::Asker;
use super::object::Object;
use super::{ProblemResponse, problem};
use crate::AppState;
use crate::rooms::{RoomEnvelope, RoomEvent};

/// `GET`: everybody, in the order in which they came.
pub(crate) async fn list_participants(
    State(state): State<AppState>,
    asker: Asker,
    Path(code): Path<String>,
) -> Result<Json<Vec<Participant>>, ProblemResponse> {
    let code = asker.may(&state, &code, Scope::ParticipantsRead).await?;
    let people = state.rooms.participants(code).await.map_err(|error| ProblemResponse::storage(&error))?;
    people.map(Json).ok_or_else(ProblemResponse::room_unknown)
}

/// `POST …/{id}/turn-off`: 204, also when it was off.
pub(crate) async fn turn_off(
    State(state): State<AppState>,
    asker: Asker,
    Path((code, id)): Path<(String, String)>,
    Object(request): Object<TurnOffRequest>,
) -> Result<StatusCode, ProblemResponse> {
    let code = asker.may(&state, &code, Scope::ParticipantsWrite).await?;
    decree(&state, code, &id, Decree::TurnOff(request.source)).await
}

/// `DELETE …/{id}`: removes somebody. 204, also when they are gone.
pub(crate) async fn remove_participant(
    State(state): State<AppState>,
    asker: Asker,
    Path((code, id)): Path<(String, String)>,
) -> Result<StatusCode, ProblemResponse> {
    let code = asker.may(&state, &code, Scope::ParticipantsWrite).await?;
    decree(&state, code, &id, Decree::Remove).await
}

async fn decree(
    state: &AppState,
    code: RoomCode,
    id: &str,
    decree: Decree,
) -> Result<StatusCode, ProblemResponse> {
    let participant: ParticipantId = id.parse().map_err(|_| {
        problem(StatusCode::BAD_REQUEST, ProblemType::Malformed, ProblemDetail::ParticipantIdInvalid)
    })?;
    let event = RoomEvent::Decree { participant, decree };
    let sent = state.rooms.send(RoomEnvelope::new(code, event)).await;
    sent.map_err(|error| ProblemResponse::storage(&error))?.ok_or_else(ProblemResponse::room_unknown)?;
    Ok(StatusCode::NO_CONTENT)
}
