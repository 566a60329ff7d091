//! `/api/v1/rooms/{code}/participants`: who is inside, and what a program does about them.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use protocol::{Participant, ParticipantId, RoomCode, TurnOffRequest};
use room::AdminAction;

use super::auth::ApiClient;
use super::object::Object;
use super::{ProblemResponse, problem};
use crate::AppState;

/// `GET`: everybody, in the order in which they came.
pub(crate) async fn list_participants(
    State(state): State<AppState>,
    client: ApiClient,
    Path(code): Path<String>,
) -> Result<Json<Vec<Participant>>, ProblemResponse> {
    let code = client.may(&state, &code).await?;
    let people = state.rooms.participants(code).await.map_err(|error| ProblemResponse::storage(&error))?;
    people.map(Json).ok_or_else(ProblemResponse::room_unknown)
}

/// `POST …/{id}/turn-off`: 204, also when it was off.
pub(crate) async fn turn_off(
    State(state): State<AppState>,
    client: ApiClient,
    Path((code, id)): Path<(String, String)>,
    Object(request): Object<TurnOffRequest>,
) -> Result<StatusCode, ProblemResponse> {
    let code = client.may(&state, &code).await?;
    order(&state, &client, (code, &id), AdminAction::TurnOff(request.source)).await
}

/// `DELETE …/{id}`: removes somebody. 204, also when they are gone.
pub(crate) async fn remove_participant(
    State(state): State<AppState>,
    client: ApiClient,
    Path((code, id)): Path<(String, String)>,
) -> Result<StatusCode, ProblemResponse> {
    let code = client.may(&state, &code).await?;
    order(&state, &client, (code, &id), AdminAction::Remove).await
}

async fn order(
    state: &AppState,
    client: &ApiClient,
    (code, id): (RoomCode, &str),
    action: AdminAction,
) -> Result<StatusCode, ProblemResponse> {
    let participant: ParticipantId = id.parse().map_err(|_| {
        problem(StatusCode::BAD_REQUEST, ProblemType::Malformed, ProblemDetail::ParticipantIdInvalid)
    })?;
    let found = state.rooms.act(code, participant, action).await;
    let found = found.map_err(|error| ProblemResponse::storage(&error))?;
    let is_found = found.ok_or_else(ProblemResponse::room_unknown)?;
    client.note(|trail| if is_found { trail.to(participant.to_string()) } else { trail.is_nothing() });
    Ok(StatusCode::NO_CONTENT)
}
