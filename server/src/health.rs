//! `/healthz` and `/readyz`: what asks whether this process lives, and whether it takes traffic. Answered in the clear too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use protocol::RoomCode;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::{AppState, clock, tasks};

/// How long the database may take to answer, and how long an answer is good for, however many ask.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);
const GOOD_FOR: Duration = Duration::from_secs(1);

/// What is known of the parts that say nothing by themselves.
#[derive(Default)]
pub(crate) struct Health {
    database: Arc<Mutex<Option<(Instant, bool)>>>,
    /// Whether another server may have the database.
    pub(crate) lock_lost: AtomicBool,
}

#[derive(Serialize)]
struct Alive {
    status: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Readiness {
    status: Status,
    /// What does not work as it should; people can come nevertheless.
    degraded: Vec<Degraded>,
    /// How often threads that forward media had to be started again since this process began.
    media_restarts: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ready,
    Degraded,
    Stopping,
}

#[derive(Serialize)]
struct Degraded {
    part: &'static str,
    detail: String,
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// Asks nobody: whoever reads this knows that requests are answered.
async fn alive() -> Response {
    uncached(StatusCode::OK, Alive { status: "alive", version: env!("CARGO_PKG_VERSION") })
}

async fn ready(State(state): State<AppState>) -> Response {
    let degraded = degraded(&state).await;
    let status = match degraded.is_empty() {
        _ if *state.stopping.borrow() => Status::Stopping,
        true => Status::Ready,
        false => Status::Degraded,
    };
    // Calls go on without the database and without a shard: whoever takes this server out of the balance ends them.
    let code = if status == Status::Stopping { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    uncached(code, Readiness { status, degraded, media_restarts: state.media.health().restarts() })
}

async fn degraded(state: &AppState) -> Vec<Degraded> {
    let mut found = Vec::new();
    if !state.health.database_answers(state).await {
        let detail = "the database does not answer: rooms that nobody is in cannot be opened".to_owned();
        found.push(Degraded { part: "storage", detail });
    }
    if state.rooms.is_behind() {
        let detail = "the database takes nothing: what changes in rooms waits to be written".to_owned();
        found.push(Degraded { part: "journal", detail });
    }
    if state.health.lock_lost.load(Ordering::Relaxed) {
        let detail = "the database is not locked for this server: another one may use it".to_owned();
        found.push(Degraded { part: "lock", detail });
    }
    let (shards, down) = state.media.health().down();
    if down > 0 {
        let detail = format!("{down} of {shards} threads that forward media are being started again");
        found.push(Degraded { part: "media", detail });
    }
    found
}

impl Health {
    /// Whether the database answers, or did a moment ago. One asks for all, and to the end, also when whoever wanted to know hangs
    /// up.
    async fn database_answers(&self, state: &AppState) -> bool {
        let (storage, known) = (Arc::clone(&state.storage), Arc::clone(&self.database));
        let asking = tasks::spawn(async move {
            let mut known = known.lock().await;
            let now = clock::moment();
            if let Some((at, answers)) = *known
                && now.saturating_duration_since(at) < GOOD_FOR
            {
                return answers;
            }
            // Any room does: that there is none is an answer.
            let asking = storage.room(RoomCode::from_random(0));
            let answers = matches!(tokio::time::timeout(ANSWERS_WITHIN, asking).await, Ok(Ok(_)));
            *known = Some((clock::moment(), answers));
            answers
        });
        asking.await.unwrap_or(false)
    }
}

fn uncached(code: StatusCode, body: impl Serialize) -> Response {
    (code, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
