//! `/admin/rooms`: rooms with somebody inside, any other by its code, and what an admin does about one.

use app::plain::admin::{AdminRoom, AdminRooms, AdminSection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::{RoomCode, RoomSettingsPatch, Switch};
use serde::Deserialize;

use super::live_rooms;
use super::page::{AdminPage, AdminProblem};
use super::session::Admin;
use crate::AppState;
use crate::audit::{self, Deed};
use crate::rooms::{ChangeError, Precondition};

/// What is searched for.
#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    search: String,
}

/// `GET`: the live rooms in whose name or code the words are; a whole code finds any room.
pub(super) async fn list(
    State(state): State<AppState>,
    _: Admin,
    Query(Search { search }): Query<Search>,
) -> Response {
    let query = search.trim().to_owned();
    let wanted = query.to_lowercase();
    let mut rooms = live_rooms::all(&state);
    rooms.retain(|room| {
        let name = room.name.as_ref().map(|name| name.to_string().to_lowercase());
        room.code.to_string().contains(&wanted) || name.is_some_and(|name| name.contains(&wanted))
    });
    if rooms.is_empty()
        && let Ok(code) = RoomCode::parse(&query)
        && matches!(state.storage.room(code).await, Ok(Some(_)))
    {
        return Redirect::to(&format!("/admin/rooms/{code}")).into_response();
    }
    AdminPage::of(AdminSection::Rooms).with(&state, || view! { <AdminRooms query rooms/> }.into_any()).await
}

/// `GET`: one of them.
pub(super) async fn one(State(state): State<AppState>, _: Admin, Path(code): Path<String>) -> Response {
    let found = match RoomCode::parse(&code) {
        Ok(code) => live_rooms::one(&state, code).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(room)) => {
            AdminPage::of(AdminSection::Rooms).with(&state, || view! { <AdminRoom room/> }.into_any()).await
        }
        Ok(None) => AdminProblem::NotFound.into_page(&state).await,
        Err(error) => AdminProblem::Storage(error).into_page(&state).await,
    }
}

/// `POST …/lock`: nobody else joins.
pub(super) async fn lock(State(state): State<AppState>, _: Admin, Path(code): Path<String>) -> Response {
    let patch = RoomSettingsPatch { locked: Some(Switch::On), ..RoomSettingsPatch::default() };
    change(&state, &code, patch, "room.locked").await
}

/// `POST …/unlock`
pub(super) async fn unlock(State(state): State<AppState>, _: Admin, Path(code): Path<String>) -> Response {
    let patch = RoomSettingsPatch { locked: Some(Switch::Off), ..RoomSettingsPatch::default() };
    change(&state, &code, patch, "room.unlocked").await
}

/// `POST …/end`: it is over now, and whoever is inside is told. A host can open it again.
pub(super) async fn end(State(state): State<AppState>, _: Admin, Path(code): Path<String>) -> Response {
    let now = state.clock.wall();
    let patch = RoomSettingsPatch {
        ends_at: Some(Some(now)),
        // One that would begin later begins no more.
        starts_at: Some(None),
        ..RoomSettingsPatch::default()
    };
    change(&state, &code, patch, "room.ended").await
}

/// 303 back to the room.
async fn change(state: &AppState, code: &str, patch: RoomSettingsPatch, action: &'static str) -> Response {
    let Ok(code) = RoomCode::parse(code) else { return AdminProblem::NotFound.into_page(state).await };
    match state.rooms.change(code, None, &patch, Precondition::None).await {
        Ok(_) => {}
        Err(ChangeError::Unknown) => return AdminProblem::NotFound.into_page(state).await,
        Err(ChangeError::Storage(error)) => return AdminProblem::Storage(error).into_page(state).await,
        Err(error @ (ChangeError::Changed | ChangeError::Settings(_) | ChangeError::Password(_))) => {
            tracing::error!(%error, action, "an admin could not change a room");
            return AdminProblem::Busy.into_page(state).await;
        }
    }
    let deed = Deed { actor: audit::ADMIN, action, room: Some(code) };
    audit::note(&*state.storage, state.clock.wall(), deed).await;
    Redirect::to(&format!("/admin/rooms/{code}")).into_response()
}
