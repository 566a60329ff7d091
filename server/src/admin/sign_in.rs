//! `/admin/sign-in` and `/admin/sign-out`. A link leads to a form: a program that looks at it does not use it up.

use app::plain::admin::SignIn;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::prelude::*;
use serde::Deserialize;

use super::page::AdminProblem;
use super::session::{self, Admin};
use crate::audit::{self, Deed};
use crate::http_client::HttpClient;
use crate::pages::plain;
use crate::{AppState, origin};

/// The link's secret.
#[derive(Deserialize)]
pub(super) struct Key {
    #[serde(default)]
    key: String,
}

/// `GET`: the form.
pub(super) async fn look(State(state): State<AppState>, Query(Key { key }): Query<Key>) -> Response {
    plain(&state, StatusCode::OK, || view! { <SignIn secret=key/> }.into_any()).await
}

/// `POST`: 303 to the overview.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    caller: HttpClient,
    headers: HeaderMap,
    Form(Key { key }): Form<Key>,
) -> Response {
    let opened = if origin::is_own(&headers, &caller.site) {
        session::open(&state, &caller, &key).await
    } else {
        Err(AdminProblem::Foreign)
    };
    let cookie = match opened {
        Ok(Some(cookie)) => cookie,
        Ok(None) => return AdminProblem::LinkRefused.into_page(&state).await,
        Err(problem) => return problem.into_page(&state).await,
    };
    ([(header::SET_COOKIE, cookie)], Redirect::to("/admin")).into_response()
}

/// `POST`: 303 to what everybody sees who is not signed in.
pub(super) async fn sign_out(State(state): State<AppState>, admin: Admin, caller: HttpClient) -> Response {
    if let Err(error) = admin.end(&state).await {
        return AdminProblem::Storage(error).into_page(&state).await;
    }
    let deed = Deed::of(audit::ADMIN, "admin.signed_out");
    audit::note(&*state.storage, state.clock.wall(), deed).await;
    let mut response = Redirect::to("/admin").into_response();
    response.headers_mut().extend(session::no_cookie(&caller).map(|cookie| (header::SET_COOKIE, cookie)));
    response
}
