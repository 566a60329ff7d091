//! `/admin/api-keys`: the keys of programs, listed, made and revoked.

use app::plain::admin::{AdminSection, ApiKeyRow, ApiKeys, KeyState};
use axum::extract::{RawForm, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use protocol::{Scope, Timestamp};
use storage::{ApiKeyRecord, StorageError};
use uuid::Uuid;

use super::page::{AdminPage, AdminProblem, in_time};
use super::session::Admin;
use crate::audit::{self, Deed};
use crate::{AppState, api_keys, ids, tasks};

/// The longest name of a key, in characters.
const LONGEST_LABEL: usize = 100;

/// A century. Whoever wants a key for longer wants one for ever.
const MOST_DAYS: u32 = 36_500;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// `GET`
pub(super) async fn list(State(state): State<AppState>, _: Admin) -> Response {
    page(&state, StatusCode::OK, None).await
}

/// `POST`: the list, with the secret of the new key in front, this once.
pub(super) async fn create(State(state): State<AppState>, _: Admin, RawForm(form): RawForm) -> Response {
    let Some(wanted) = Wanted::read(&form) else {
        return page(&state, StatusCode::UNPROCESSABLE_ENTITY, None).await;
    };
    // Loaded again, the page that shows a key makes none.
    match state.storage.api_keys().await {
        Ok(keys) if keys.iter().any(|key| key.id == wanted.id.simple().to_string()) => {
            return Redirect::to("/admin/api-keys").into_response();
        }
        Ok(_) => {}
        Err(error) => return AdminProblem::Storage(error).into_page(&state).await,
    }
    let now = state.clock.wall();
    let end = wanted.days.map(|days| Timestamp(now.0.saturating_add(u64::from(days) * DAY_MS)));
    let creating = {
        let state = state.clone();
        async move {
            let made =
                api_keys::create_as(&*state.storage, wanted.id, wanted.label, &wanted.scopes, (now, end))
                    .await?;
            note(&state, "api_key.created", &made.id).await;
            Ok::<_, StorageError>(made.secret)
        }
    };
    match tasks::to_the_end(creating).await {
        Ok(secret) => page(&state, StatusCode::OK, Some(secret)).await,
        Err(error) => AdminProblem::Storage(error).into_page(&state).await,
    }
}

/// `POST …/revoke`: 303 back to the list, also when it was revoked before.
pub(super) async fn revoke(State(state): State<AppState>, _: Admin, RawForm(form): RawForm) -> Response {
    let id =
        fields(&form).find(|(name, _)| name == "id").map(|(_, id)| id.replace('\0', "")).unwrap_or_default();
    let revoking = {
        let state = state.clone();
        async move {
            // Whoever is inside by a token of it is put out by `revocations`.
            if state.storage.revoke_api_key(&id, state.clock.wall()).await? {
                note(&state, "api_key.revoked", &id).await;
            }
            Ok::<_, StorageError>(())
        }
    };
    match tasks::to_the_end(revoking).await {
        Ok(()) => Redirect::to("/admin/api-keys").into_response(),
        Err(error) => AdminProblem::Storage(error).into_page(&state).await,
    }
}

/// What is wanted of a new key.
struct Wanted {
    /// As the form has it, which was shown for one key.
    id: Uuid,
    label: String,
    scopes: Vec<Scope>,
    days: Option<u32>,
}

impl Wanted {
    /// `None` when no such key can be.
    fn read(form: &[u8]) -> Option<Self> {
        let (mut id, mut label, mut days, mut scopes) = (ids::uuid(), String::new(), None, Vec::new());
        for (name, value) in fields(form) {
            match &*name {
                "id" => id = value.parse().ok()?,
                "label" => label = value.trim().to_owned(),
                "days" if value.trim().is_empty() => {}
                "days" => {
                    days = Some(value.trim().parse().ok().filter(|days| (1..=MOST_DAYS).contains(days))?);
                }
                "scope" => scopes.push(Scope::ALL.into_iter().find(|scope| scope.as_str() == value)?),
                _ => {}
            }
        }
        let is_named =
            (1..=LONGEST_LABEL).contains(&label.chars().count()) && !label.contains(char::is_control);
        (is_named && !scopes.is_empty()).then_some(Self { id, label, scopes, days })
    }
}

fn fields(form: &[u8]) -> impl Iterator<Item = (String, String)> {
    form_urlencoded::parse(form).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

async fn note(state: &AppState, action: &'static str, key: &str) {
    let deed = Deed { subject: Some(key), ..Deed::of(audit::ADMIN, action) };
    audit::note(&*state.storage, state.clock.wall(), deed).await;
}

async fn page(state: &AppState, status: StatusCode, made: Option<String>) -> Response {
    let keys = match rows(state).await {
        Ok(keys) => keys,
        Err(error) => return AdminProblem::Storage(error).into_page(state).await,
    };
    let is_wrong = status != StatusCode::OK;
    let content =
        move || view! { <ApiKeys keys made is_wrong next_id=ids::uuid().simple().to_string()/> }.into_any();
    AdminPage { status, ..AdminPage::of(AdminSection::ApiKeys) }.with(state, content).await
}

async fn rows(state: &AppState) -> Result<Vec<ApiKeyRow>, StorageError> {
    let now = state.clock.wall();
    let keys = in_time(state.storage.api_keys()).await?;
    Ok(keys.into_iter().rev().map(|key| row(key, now)).collect())
}

fn row(key: ApiKeyRecord, now: Timestamp) -> ApiKeyRow {
    let state = if key.revoked_at.is_some() {
        KeyState::Revoked
    } else if key.expires_at.is_some_and(|end| end <= now) {
        KeyState::Expired
    } else {
        KeyState::Active
    };
    ApiKeyRow { id: key.id, label: key.label, scopes: key.scopes, created_at: key.created_at, state }
}
