//! `POST /api/v1/rooms`: makes a room, with an `Idempotency-Key` once only.

use app::documents::{ProblemDetail, ProblemType};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{CreatedRoom, Credential, RoomSettingsPatch, Timestamp};
use schemars::JsonSchema;
use storage::{Digest, IDEMPOTENT_FOR, RoomRecord, StorageError};

use super::auth::ApiClient;
use super::object::Object;
use super::room::{resource, tag};
use super::{ProblemResponse, mint_refusal, problem};
use crate::credentials::{self, Authority, Order};
use crate::rooms::{CreationError, NewRoom};
use crate::{AppState, digest};

/// 201 with the room, its host's key, and its address in `Location`.
pub(crate) async fn create_room(
    State(state): State<AppState>,
    client: ApiClient,
    headers: HeaderMap,
    Object(patch): Object<RoomSettingsPatch>,
) -> Result<Response, ProblemResponse> {
    let key = client.api_key(&state).await?;
    if key.is_none() {
        if client.shows_something() || !state.config.rooms.anyone_creates {
            return Err(ProblemResponse::unauthorized());
        }
        state.room_rate.check(client.caller.address).await.map_err(ProblemResponse::rate_limited)?;
    }
    let authority = match &key {
        Some(key) => Authority::ApiKey(key.id.clone(), key.expires_at),
        None => Authority::Maker,
    };
    let created_by = key.map(|key| key.id);
    // Without an API key, whoever asks from the same address; two people there do not choose the same UUID.
    let address = || state.tokens.pseudonym(&client.caller.address.to_string());
    let owner = created_by.clone().unwrap_or_else(address);
    let idempotency = idempotency_key(&headers)?.map(|key| (owner, key, fingerprint(&patch)));
    if let Some(made) = &idempotency
        && let Some(again) = made_before(&state, made, &authority, &client).await?
    {
        return Ok(again);
    }
    let new = NewRoom {
        patch,
        address: Some(client.caller.address),
        created_by,
        made_for: None,
        idempotency: idempotency.clone(),
    };
    match (state.rooms.create(new).await, &idempotency) {
        (Ok(creation), _) => {
            client.concerns(creation.record.code);
            let host = digest::id_of(&creation.host_key.digest);
            client.note(|trail| trail.made(&state, host));
            answer(creation.record, Some(0), creation.host_secret)
        }
        // The same request, at the same time.
        (Err(CreationError::Storage(StorageError::Exists)), Some(made)) => {
            let again = made_before(&state, made, &authority, &client).await?;
            again.ok_or_else(|| ProblemResponse::storage(&StorageError::Exists))
        }
        (Err(error), _) => Err(refusal(error)),
    }
}

/// The answer to a request that has made a room already. Only the digest of its host's key is kept, so there is a new one.
async fn made_before(
    state: &AppState,
    (owner, key, request): &(String, String, Digest),
    authority: &Authority,
    client: &ApiClient,
) -> Result<Option<Response>, ProblemResponse> {
    let since = Timestamp(state.clock.wall().0.saturating_sub(IDEMPOTENT_FOR.as_millis() as u64));
    let made = state.storage.made_by(owner, key, since).await;
    let Some(made) = made.map_err(|error| ProblemResponse::storage(&error))? else { return Ok(None) };
    if made.request != *request {
        let detail = ProblemDetail::IdempotencyKeyReused;
        return Err(problem(StatusCode::UNPROCESSABLE_ENTITY, ProblemType::IdempotencyKeyReused, detail));
    }
    let room = state.storage.room(made.room).await.map_err(|error| ProblemResponse::storage(&error))?;
    let Some(room) = room else {
        return Err(problem(StatusCode::CONFLICT, ProblemType::RoomDeleted, ProblemDetail::RoomDeleted));
    };
    let minted = credentials::mint(state, room.code, authority, Order::HOST_KEY).await;
    let (key, secret) = minted.map_err(mint_refusal)?;
    // No room was made, and another key to one.
    client.concerns(room.code);
    client.note(|trail| {
        trail.is("credential.created");
        trail.to(digest::id_of(&key.digest));
    });
    let present = state.rooms.counts(&[room.code]).await.into_iter().next().flatten();
    answer(room, present, secret).map(Some)
}

/// 16 to 255 visible characters, such as a UUID. Whoever knows it gets the room, so it must not be guessed.
#[derive(JsonSchema)]
#[schemars(extend("minLength" = 16, "maxLength" = 255, "pattern" = "^[!-~]+$"))]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct IdempotencyKey(String);

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ProblemResponse> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let is_one =
        |key: &&str| (16..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let Some(key) = value.to_str().ok().filter(is_one) else {
        let detail = ProblemDetail::IdempotencyKeyInvalid;
        return Err(problem(StatusCode::BAD_REQUEST, ProblemType::Malformed, detail));
    };
    Ok(Some(key.to_owned()))
}

/// What makes two requests the same. Of a password only that there is one: what is kept of it must be slow to guess.
fn fingerprint(patch: &RoomSettingsPatch) -> Digest {
    let has_password = patch.password.as_ref().map(Option::is_some);
    let rules = RoomSettingsPatch { password: None, ..patch.clone() };
    digest::of(&serde_json::json!([rules, has_password]).to_string())
}

fn answer(
    record: RoomRecord,
    present: Option<u16>,
    host_secret: String,
) -> Result<Response, ProblemResponse> {
    let host_key = Credential::new(host_secret).map_err(|error| {
        problem(StatusCode::INTERNAL_SERVER_ERROR, ProblemType::Internal, error.to_string())
    })?;
    let location = format!("/api/v1/rooms/{}", record.code);
    let tag = tag(&record);
    let body = Json(CreatedRoom { room: resource(record, present), host_key });
    let mut response = (StatusCode::CREATED, [(header::LOCATION, location)], body).into_response();
    response.headers_mut().extend(tag.map(|tag| (header::ETAG, tag)));
    Ok(response)
}

fn refusal(error: CreationError) -> ProblemResponse {
    match error {
        CreationError::TooMany => {
            problem(StatusCode::SERVICE_UNAVAILABLE, ProblemType::TooManyRooms, ProblemDetail::TooManyRooms)
                .retry_after(60)
        }
        CreationError::Settings(_) => {
            problem(StatusCode::UNPROCESSABLE_ENTITY, ProblemType::SettingsInvalid, error.to_string())
        }
        CreationError::Password(error) => ProblemResponse::password(error),
        CreationError::Storage(error) => ProblemResponse::storage(&error),
    }
}
