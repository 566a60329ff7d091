//! `/api/v1/calls`: a program rings somebody into a room, asks how that goes, and gives it up. What it seals for the person called it seals
//! itself: this server never has the secret of a room.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{
    CallResource, CallStatus, CreateCallRequest, CreatedCall, DeviceId, ErrorCode, PlaceRing, RingEvent,
    RingId, RoomCode,
};
use ring::{ConnectionId, Input, Placement};
use storage::{CallOutcome, CallRecord};
use tokio::time::timeout;

use super::audited::AuditTrail;
use super::auth::ApiClient;
use super::object::Object;
use super::{ProblemResponse, problem};
use crate::api_keys::ApiKey;
use crate::rings::{self, ASKS_WITHIN, Asker, AskingProgram, Newcomer};
use crate::{AppState, ids};

/// 201 with the call, also when it was placed before, and whether or not anybody can be reached.
pub(crate) async fn create_call(
    State(state): State<AppState>,
    client: ApiClient,
    Object(request): Object<CreateCallRequest>,
) -> Result<Response, ProblemResponse> {
    let key = client.own_api_key(&state).await?;
    check_proof(&state, &client, &key, &request)?;
    if let Some(room) = request.room {
        check_room(&state, &key, room).await?;
    }
    let rates = &state.ring_rates;
    rates.ring_of_program(&request.caller_key, &key.id, request.id).map_err(ProblemResponse::rate_limited)?;
    let has_own_room = request.room.is_some();
    let (ring, asking) = (request.id, placement(&state, &key, request));
    let placement = timeout(ASKS_WITHIN, asking).await.unwrap_or(Err(ErrorCode::StorageUnavailable));
    let placement = Box::new(placement.map_err(refusal)?);
    let was_placed = placement.row.is_some();
    let told = state.rings.ask(Input::Place { connection: connection(), id: None, placement }).await;
    let told = told.map_err(|_| refusal(ErrorCode::Internal))?;
    if let Some(RingEvent::Error(error)) = &told {
        return Err(refusal(error.code));
    }
    if was_placed {
        client.note(AuditTrail::is_nothing);
    }
    // Nothing of that was told of one that is over.
    let credential =
        if let Some(RingEvent::Placed { credential, .. }) = told { Some(credential) } else { None };
    let host_key = credential.filter(|_| !has_own_room);
    let call = resource(&find(&state, &key, ring).await?);
    let location = format!("/api/v1/calls/{ring}");
    let body = Json(CreatedCall { call, host_key });
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
}

/// 200 with how it goes.
pub(crate) async fn read_call(
    State(state): State<AppState>,
    client: ApiClient,
    Path(id): Path<String>,
) -> Result<Json<CallResource>, ProblemResponse> {
    let key = client.own_api_key(&state).await?;
    Ok(Json(resource(&find(&state, &key, parse(&id)?).await?)))
}

/// 204, also when it was over. One that was answered is hung up.
pub(crate) async fn cancel_call(
    State(state): State<AppState>,
    client: ApiClient,
    Path(id): Path<String>,
) -> Result<StatusCode, ProblemResponse> {
    let key = client.own_api_key(&state).await?;
    let call = find(&state, &key, parse(&id)?).await?;
    let withdrawn =
        Input::Withdraw { connection: connection(), call_id: call.caller.call_id, ring: call.ring };
    let told = state.rings.ask(withdrawn).await.map_err(|_| refusal(ErrorCode::Internal))?;
    if call.course.end.is_some() {
        client.note(AuditTrail::is_nothing);
    }
    match told {
        Some(RingEvent::Error(error)) => Err(refusal(error.code)),
        Some(_) | None => Ok(StatusCode::NO_CONTENT),
    }
}

/// What a device could not do either, as a problem document.
pub(super) fn refusal(code: ErrorCode) -> ProblemResponse {
    let known = [
        (
            ErrorCode::PeerIsSelf,
            StatusCode::UNPROCESSABLE_ENTITY,
            ProblemType::Malformed,
            ProblemDetail::OwnCallId,
            None,
        ),
        (
            ErrorCode::RingUnknown,
            StatusCode::CONFLICT,
            ProblemType::CallTaken,
            ProblemDetail::CallTaken,
            None,
        ),
        (
            ErrorCode::CallerBusy,
            StatusCode::CONFLICT,
            ProblemType::CallerBusy,
            ProblemDetail::CallerBusy,
            None,
        ),
        (
            ErrorCode::RateLimited,
            StatusCode::TOO_MANY_REQUESTS,
            ProblemType::RateLimited,
            ProblemDetail::RateLimited,
            Some(60),
        ),
        (
            ErrorCode::StorageUnavailable,
            StatusCode::SERVICE_UNAVAILABLE,
            ProblemType::StorageUnavailable,
            ProblemDetail::StorageUnavailable,
            Some(5),
        ),
    ];
    let found = known.into_iter().find(|(one, ..)| *one == code);
    let Some((_, status, kind, detail, wait)) = found else {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, ProblemType::Internal, code.sentence().to_owned());
    };
    match wait {
        Some(seconds) => problem(status, kind, detail).retry_after(seconds),
        None => problem(status, kind, detail),
    }
}

/// A program shows that it has the private key of the identity that rings, for this call and this API key alone. So nobody rings as somebody whom
/// the person called knows.
fn check_proof(
    state: &AppState,
    client: &ApiClient,
    key: &ApiKey,
    request: &CreateCallRequest,
) -> Result<(), ProblemResponse> {
    let device = request.id.to_string().parse().unwrap_or(DeviceId::NIL);
    if state.tokens.call_challenge(&key.id).accepts(&request.caller_key, device, &request.proof) {
        return Ok(());
    }
    state.ring_rates.failed_proof(client.caller.address).map_err(ProblemResponse::rate_limited)?;
    Err(problem(StatusCode::FORBIDDEN, ProblemType::CredentialRefused, ProblemDetail::ProofRefused))
}

/// The room is one that this API key has made.
async fn check_room(state: &AppState, key: &ApiKey, room: RoomCode) -> Result<(), ProblemResponse> {
    let found = state.storage.room(room).await.map_err(|error| ProblemResponse::storage(&error))?;
    let own = found.filter(|found| found.created_by.as_ref() == Some(&key.id));
    own.map(|_| ()).ok_or_else(ProblemResponse::room_unknown)
}

async fn placement(
    state: &AppState,
    key: &ApiKey,
    request: CreateCallRequest,
) -> Result<Placement, ErrorCode> {
    let CreateCallRequest { id, callee, caller_key, invitation, room, proof: _ } = request;
    let identity = rings::identity_of(state, Newcomer::Program(&key.id), &caller_key).await?;
    let program = Some(AskingProgram { api_key: key, room });
    let asker = Asker { state, call_id: identity.call_id, key: &caller_key, program };
    asker.placement(PlaceRing { ring: id, callee, waited_ms: 0, into: None, invitation, note: None }).await
}

/// A call that this API key has placed.
async fn find(state: &AppState, key: &ApiKey, ring: RingId) -> Result<CallRecord, ProblemResponse> {
    let found = state.storage.call(ring).await.map_err(|error| ProblemResponse::storage(&error))?;
    found.filter(|call| call.placed_by.as_ref() == Some(&key.id)).ok_or_else(unknown)
}

fn parse(id: &str) -> Result<RingId, ProblemResponse> {
    id.parse().map_err(|_| unknown())
}

fn unknown() -> ProblemResponse {
    problem(StatusCode::NOT_FOUND, ProblemType::CallUnknown, ProblemDetail::CallUnknown)
}

/// Good for one answer.
fn connection() -> ConnectionId {
    ConnectionId(ids::uuid().as_u128())
}

fn resource(call: &CallRecord) -> CallResource {
    let course = call.course;
    let status = match course.end.map(|end| end.outcome) {
        None if course.answered_at.is_none() => CallStatus::Ringing,
        None | Some(CallOutcome::Answered) => CallStatus::Answered,
        Some(CallOutcome::Declined) => CallStatus::Declined,
        Some(CallOutcome::Busy) => CallStatus::Busy,
        Some(CallOutcome::NoAnswer) => CallStatus::NoAnswer,
        Some(CallOutcome::Cancelled) => CallStatus::Cancelled,
        Some(CallOutcome::Offline) => CallStatus::Unreachable,
        Some(CallOutcome::Lost) => CallStatus::Lost,
        Some(CallOutcome::Asked) => CallStatus::Asked,
    };
    CallResource {
        id: call.ring,
        status,
        caller: call.caller.call_id,
        callee: call.callee.call_id,
        room: call.room,
        placed_at: course.started_at,
        answered_at: course.answered_at,
        ended_at: course.end.map(|end| end.at),
    }
}
