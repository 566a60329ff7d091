//! `/healthz` and `/readyz`: what asks whether this process lives, and whether it takes traffic. Answered in the clear too.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::get};
use serde::Serialize;

use crate::AppState;
use crate::nodes::Cluster;
use crate::version::VERSION;

#[derive(Serialize)]
struct Alive {
    status: &'static str,
    version: &'static str,
    /// Of the page's files.
    build: String,
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
    /// One of several, and it does not know yet who has which room.
    Starting,
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
async fn alive(State(state): State<AppState>) -> Response {
    let build = state.build.id().to_owned();
    uncached(StatusCode::OK, Alive { status: "alive", version: VERSION, build })
}

async fn ready(State(state): State<AppState>) -> Response {
    let degraded = degraded(&state).await;
    let status = match degraded.is_empty() {
        _ if *state.stopping.borrow() || state.cluster.as_ref().is_some_and(Cluster::is_leaving) => {
            Status::Stopping
        }
        _ if state.cluster.as_ref().is_some_and(Cluster::is_starting) => Status::Starting,
        true => Status::Ready,
        false => Status::Degraded,
    };
    // Calls go on without the database and without a shard: whoever takes this server out of the balance ends them.
    let code = match status {
        Status::Starting | Status::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        Status::Ready | Status::Degraded => StatusCode::OK,
    };
    uncached(code, Readiness { status, degraded, media_restarts: state.media.health().restarts() })
}

/// What can be degraded.
pub(crate) const PARTS: [&str; 5] = ["storage", "journal", "lock", "media", "redis"];

/// Which of [`PARTS`] are, for whoever counts it.
pub(crate) async fn degraded_parts(state: &AppState) -> Vec<&'static str> {
    degraded(state).await.into_iter().map(|one| one.part).collect()
}

async fn degraded(state: &AppState) -> Vec<Degraded> {
    let mut found = Vec::new();
    if !state.database.answers(&state.storage).await {
        let detail = "the database does not answer: rooms that no one is in cannot be opened".to_owned();
        found.push(Degraded { part: "storage", detail });
    }
    if state.rooms.is_behind() {
        let detail = "the database takes nothing: what changes in rooms waits to be written".to_owned();
        found.push(Degraded { part: "journal", detail });
    }
    if !state.database.is_locked() {
        let detail = "the database is not locked for this server: another one may use it".to_owned();
        found.push(Degraded { part: "lock", detail });
    }
    let (shards, down) = state.media.health().down();
    if down > 0 {
        let detail = format!("{down} of {shards} threads that forward media are being started again");
        found.push(Degraded { part: "media", detail });
    }
    if state.cluster.as_ref().is_some_and(Cluster::is_without_redis) {
        let detail =
            "Redis does not answer, or came back just now: calls go on, and no node takes another room"
                .to_owned();
        found.push(Degraded { part: "redis", detail });
    }
    found
}

/// What does not work as it should, for the operator.
pub(crate) async fn problems(state: &AppState) -> Vec<String> {
    let mut problems: Vec<_> = degraded(state).await.into_iter().map(|degraded| degraded.detail).collect();
    if let Some(cluster) = &state.cluster {
        problems.extend(cluster.neighbours().await.silent().map(|node| {
            let name = node.name.as_ref().unwrap_or(&node.at.address);
            format!("node {name} does not say who is in its rooms: figures and lists of rooms lack them")
        }));
    }
    problems
}

fn uncached(code: StatusCode, body: impl Serialize) -> Response {
    (code, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
