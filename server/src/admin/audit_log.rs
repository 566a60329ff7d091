//! `/admin/audit-log`: what was done, by whom, with filters, a page at a time.

use app::plain::admin::{AdminSection, AuditLog, AuditRow, FilterForm};
use axum::extract::{Query, State};
use axum::response::Response;
use leptos::prelude::*;
use protocol::{RoomCode, Timestamp};
use serde::Deserialize;
use storage::{AuditCursor, AuditEvent, AuditFilter};

use super::page::{AdminPage, AdminProblem, in_time};
use super::session::Admin;
use crate::AppState;

/// Events on a page.
const ON_A_PAGE: usize = 100;

/// The filter, and where the page begins: `…&before=TIME.ID`.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Asked {
    room: String,
    actor: String,
    action: String,
    before: String,
}

/// `GET`
pub(super) async fn list(State(state): State<AppState>, _: Admin, Query(asked): Query<Asked>) -> Response {
    let found = match (asked.filter(), in_time(state.storage.audit_actions()).await) {
        (_, Err(error)) => return AdminProblem::Storage(error).into_page(&state).await,
        // No room has such a code.
        (None, Ok(actions)) => Ok((Vec::new(), actions)),
        (Some(filter), Ok(actions)) => {
            let events = in_time(state.storage.audit_events(&filter, ON_A_PAGE as u32 + 1)).await;
            events.map(|events| (events, actions))
        }
    };
    let (mut events, actions) = match found {
        Ok(found) => found,
        Err(error) => return AdminProblem::Storage(error).into_page(&state).await,
    };
    let has_more = events.len() > ON_A_PAGE;
    events.truncate(ON_A_PAGE);
    let older = events.last().filter(|_| has_more).map(|last| asked.older_than(last));
    let events = events.into_iter().map(row).collect();
    let Asked { room, actor, action, .. } = asked;
    let filter = FilterForm { room, actor, action };
    let content = move || view! { <AuditLog filter actions events older/> }.into_any();
    AdminPage::of(AdminSection::AuditLog).with(&state, content).await
}

impl Asked {
    /// `None` when no event can be meant.
    fn filter(&self) -> Option<AuditFilter> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        // No database keeps such a thing, and one refuses to look for it.
        if [&self.actor, &self.action, &self.before].into_iter().any(|text| text.contains('\0')) {
            return None;
        }
        let room = text(&self.room).map(|room| RoomCode::parse(&room)).transpose().ok()?;
        let before = self
            .before
            .split_once('.')
            .and_then(|(at, id)| Some(AuditCursor { at: Timestamp(at.parse().ok()?), id: id.to_owned() }));
        Some(AuditFilter { room, actor: text(&self.actor), action: text(&self.action), before })
    }

    fn older_than(&self, last: &AuditEvent) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("room", &self.room), ("actor", &self.actor), ("action", &self.action)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("before", &format!("{}.{}", last.at.0, last.id));
        format!("/admin/audit-log?{}", query.finish())
    }
}

fn row(event: AuditEvent) -> AuditRow {
    AuditRow {
        at: event.at,
        actor: event.actor,
        action: event.action,
        subject: event.subject,
        room: event.room,
    }
}
