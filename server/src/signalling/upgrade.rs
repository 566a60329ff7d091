//! From an HTTP request to a socket: who may connect, how often, and with how much memory.

use std::sync::PoisonError;

use app::documents::{ProblemDetail, ProblemType};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::ErrorCode;
use protocol::limits::MAX_MESSAGE_BYTES;
use storage::StorageError;

use super::opening;
use crate::connection_queue::MAX_BYTES;
use crate::http_client::HttpClient;
use crate::metrics::RefusedAt;
use crate::nodes::Cluster;
use crate::rest::{ProblemResponse, problem};
use crate::{AppState, origin, tasks};

/// What a socket reads at once. tungstenite's own 128 KiB is most of what an idle connection costs.
const READ_BUFFER_BYTES: usize = 256;

/// What a socket gathers before it writes without being asked to: many small messages in one call to the system. The
/// buffer is only as large as what was gathered in it.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// What a socket may hold unwritten before it counts as stuck: more than everything that may wait for it.
const MAX_WRITE_BUFFER_BYTES: usize = 2 * MAX_BYTES;

/// `GET /api/v1/ws`
pub(crate) async fn upgrade(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if let Err(refusal) = check(&state, &caller, &headers).await {
        return refusal.into_response();
    }
    open(state, caller, upgrade)
}

/// A connection of somebody who may connect: who has just been judged, here or by the node that has passed them on.
pub(crate) fn open(state: AppState, caller: HttpClient, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        // A task of its own: the one that axum upgrades in would keep room for all that upgrading needs.
        // The caller is boxed: it is needed until somebody is in, and its place is kept until they leave.
        .on_upgrade(async move |websocket| {
            drop(tasks::spawn(opening::run(websocket, state, Box::new(caller))));
        })
        .into_response()
}

async fn check(
    state: &AppState,
    caller: &HttpClient,
    headers: &HeaderMap,
) -> Result<(), Box<ProblemResponse>> {
    if !origin::is_allowed(headers, &caller.site, &state.config.server.allowed_origins) {
        note_refusal(state, ErrorCode::OriginRefused);
        let detail = ProblemDetail::OriginRefused;
        return Err(Box::new(problem(StatusCode::FORBIDDEN, ProblemType::OriginRefused, detail)));
    }
    // It could lead nobody anywhere for some seconds, or for as long as Redis is away; a proxy asks the next node.
    if state.cluster.as_ref().is_some_and(Cluster::is_starting) {
        return Err(Box::new(ProblemResponse::storage(&StorageError::Behind)));
    }
    state.lookups.join(caller).await.map_err(|retry_after| {
        note_refusal(state, ErrorCode::RateLimited);
        Box::new(ProblemResponse::rate_limited(retry_after))
    })
}

fn note_refusal(state: &AppState, code: ErrorCode) {
    state.metrics.refused(RefusedAt::Upgrade, code);
    let now = state.clock.now();
    let mut refusals = state.refused_connections.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(count) = refusals.note(now) {
        tracing::info!(?code, count, "connections were refused");
    }
}
