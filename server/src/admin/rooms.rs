//! `/admin/rooms`: rooms with somebody inside, any other by its code, and what an admin does about one.

use app::plain::admin::{AdminRoom, AdminRooms, AdminSection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::{RoomCode, RoomName, RoomSettingsPatch, Switch};
use serde::Deserialize;

use super::live_rooms;
use super::page::{AdminPage, AdminProblem, in_time};
use super::session::Admin;
use crate::audit::{self, Deed};
use crate::rooms::{ChangeError, Precondition};
use crate::{AppState, tasks};

/// More rooms than this nobody reads through.
const MOST: usize = 200;

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
    let is_wanted = |code: RoomCode, name: Option<&RoomName>| {
        let is_in_name = |name: &RoomName| name.to_string().to_lowercase().contains(&wanted);
        code.to_string().contains(&wanted) || name.is_some_and(is_in_name)
    };
    let live_rooms::Live { count, rooms, .. } = live_rooms::first(&state, MOST, is_wanted).await;
    if rooms.is_empty()
        && let Ok(code) = RoomCode::parse(&query)
    {
        match in_time(state.storage.room(code)).await {
            Ok(Some(_)) => return Redirect::to(&format!("/admin/rooms/{code}")).into_response(),
            Ok(None) => {}
            Err(error) => return AdminProblem::Storage(error).into_page(&state).await,
        }
    }
    let left_out = count.saturating_sub(rooms.len());
    let content = move || view! { <AdminRooms query rooms left_out/> }.into_any();
    AdminPage::of(AdminSection::Rooms).with(&state, content).await
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
    let changing = {
        let state = state.clone();
        async move {
            state.rooms.change(code, None, &patch, Precondition::None).await?;
            let deed = Deed { room: Some(code), ..Deed::of(audit::ADMIN, action) };
            audit::note(&*state.storage, state.clock.wall(), deed).await;
            Ok(())
        }
    };
    match tasks::to_the_end(changing).await {
        Ok(()) => Redirect::to(&format!("/admin/rooms/{code}")).into_response(),
        Err(ChangeError::Unknown) => AdminProblem::NotFound.into_page(state).await,
        Err(ChangeError::Storage(error)) => AdminProblem::Storage(error).into_page(state).await,
        Err(error @ (ChangeError::Changed | ChangeError::Settings(_) | ChangeError::Password(_))) => {
            tracing::error!(%error, action, "an admin could not change a room");
            AdminProblem::Busy.into_page(state).await
        }
    }
}
