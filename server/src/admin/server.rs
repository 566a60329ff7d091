//! `/admin/server`: what this server is, and how its parts are.

use app::plain::admin::{
    AdminSection, AdminServer, BackupState, CertificateState, NodeAnswer, NodeRow, NodeState, ServerState,
};
use axum::extract::State;
use axum::response::Response;
use leptos::prelude::*;
use protocol::Timestamp;
use storage::{AuditFilter, StorageError};

use super::page::{AdminPage, in_time};
use super::session::Admin;
use crate::config::TlsMode;
use crate::nodes::{Neighbour, NodeReport, ReportedStage};
use crate::version::VERSION;
use crate::{AppState, audit, health, node_report};

/// `GET`
pub(super) async fn server(State(state): State<AppState>, _: Admin) -> Response {
    // Without a database the page says that, and not this.
    let backup = backup(&state).await.ok();
    let media = state.media.health();
    let (threads, down) = media.down();
    let shown = ServerState {
        version: VERSION.to_owned(),
        build: state.build.id().to_owned(),
        database: if state.config.storage.postgres.is_empty() { "SQLite" } else { "PostgreSQL" },
        does_database_answer: state.database.answers(&state.storage).await,
        backup,
        free_bytes: free_bytes(&state),
        media_threads: (threads, threads.saturating_sub(down), media.restarts()),
        certificate: certificate(&state),
        problems: health::problems(&state).await,
        nodes: nodes(&state).await,
    };
    let content = move || view! { <AdminServer state=shown/> }.into_any();
    AdminPage::of(AdminSection::Server).with(&state, content).await
}

/// All nodes of the cluster; none where this server is alone.
async fn nodes(state: &AppState) -> Vec<NodeRow> {
    let Some(cluster) = &state.cluster else { return Vec::new() };
    let (own, neighbours) = (node_report::own(state, cluster).await, cluster.neighbours().await);
    let own =
        NodeRow { name: own.name.clone(), is_this: true, state: standing(&own), answer: Some(answer(&own)) };
    let mut others: Vec<_> = neighbours.0.iter().map(neighbour).collect();
    others.sort_by(|one, other| one.name.cmp(&other.name));
    std::iter::once(own).chain(others).collect()
}

fn neighbour(node: &Neighbour) -> NodeRow {
    let state = match (&node.report, node.gone_since) {
        (_, Some(since)) => NodeState::Gone(since),
        (Some(report), None) => standing(report),
        (None, None) => NodeState::Unreachable,
    };
    let name = node.name.clone().unwrap_or_else(|| node.at.address.clone());
    NodeRow { name, is_this: false, state, answer: node.report.as_ref().map(answer) }
}

fn standing(report: &NodeReport) -> NodeState {
    match report.stage {
        ReportedStage::Starting => NodeState::Starting,
        ReportedStage::Active => NodeState::Here(report.since),
        ReportedStage::Leaving => NodeState::Draining,
    }
}

fn answer(report: &NodeReport) -> NodeAnswer {
    NodeAnswer {
        version: report.version.clone(),
        build: report.build.clone(),
        rooms: report.owned,
        people: report.people,
        has_redis: report.has_redis,
        has_database: report.has_database,
    }
}

/// When `veranda backup` last said that it has made a copy.
async fn backup(state: &AppState) -> Result<BackupState, StorageError> {
    if !state.config.storage.postgres.is_empty() {
        return Ok(BackupState::OfPostgres);
    }
    let filter = AuditFilter { action: Some(audit::BACKUP_MADE.to_owned()), ..AuditFilter::default() };
    let last = in_time(state.storage.audit_events(&filter, 1)).await?;
    Ok(last.first().map_or(BackupState::None, |event| BackupState::Made(event.at)))
}

fn certificate(state: &AppState) -> CertificateState {
    let ends = state.certificate_end.seconds().and_then(|seconds| u64::try_from(seconds).ok());
    match (state.config.tls.mode, ends) {
        (TlsMode::Off, _) => CertificateState::None,
        (_, Some(seconds)) => CertificateState::Until(Timestamp(seconds.saturating_mul(1000))),
        // An authority that was asked for one has not answered yet.
        (_, None) => CertificateState::Unknown,
    }
}

fn free_bytes(state: &AppState) -> Option<u64> {
    let about = rustix::fs::statvfs(&state.config.storage.data).ok()?;
    about.f_bavail.checked_mul(about.f_frsize)
}
