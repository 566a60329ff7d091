//! The room of a page or form that only its host may use: an extractor.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use protocol::{RoomCode, Scope};
use serde::Deserialize;

use super::PageProblem;
use crate::audit::{self, Deed};
use crate::credentials::{self, Authority};
use crate::http_client::HttpClient;
use crate::{AppState, origin};

/// What a host is to be allowed. Below an API key, hosts may do outside the call only what that may.
pub(crate) trait Purpose {
    const SCOPE: Scope;
}

/// To change the room, or delete it.
pub(crate) struct Rules;

impl Purpose for Rules {
    const SCOPE: Scope = Scope::RoomsWrite;
}

/// To hand out links, and take them back.
pub(crate) struct Links;

impl Purpose for Links {
    const SCOPE: Scope = Scope::TokensWrite;
}

/// The room, once the sender is known to be its host on a page of ours.
pub(crate) struct RoomOfHost<P> {
    pub(super) code: RoomCode,
    pub(super) authority: Authority,
    purpose: PhantomData<P>,
}

impl<P> RoomOfHost<P> {
    /// Keeps that the host has done something.
    pub(super) async fn did(&self, state: &AppState, action: &'static str) {
        self.keep(state, action, None).await;
    }

    /// The same, of something that was done to what has this id.
    pub(super) async fn did_to(&self, state: &AppState, action: &'static str, subject: &str) {
        self.keep(state, action, Some(subject)).await;
    }

    async fn keep(&self, state: &AppState, action: &'static str, subject: Option<&str>) {
        if let Some(actor) = self.authority.actor() {
            let deed = Deed { room: Some(self.code), subject, ..Deed::of(&actor, action) };
            audit::note(&*state.storage, state.clock.wall(), deed).await;
        }
    }
}

/// Of a path there may be more than the code.
#[derive(Deserialize)]
struct InPath {
    code: String,
}

impl<P: Purpose> FromRequestParts<AppState> for RoomOfHost<P> {
    type Rejection = PageProblem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageProblem> {
        let Ok(caller) = HttpClient::from_request_parts(parts, state).await;
        if !origin::is_allowed(&parts.headers, &caller.site, &state.config.server.allowed_origins) {
            return Err(PageProblem::Foreign);
        }
        state.lookups.question(&caller).map_err(|_| PageProblem::Busy)?;
        let path = Path::<InPath>::from_request_parts(parts, state).await;
        let code = path.ok().and_then(|Path(InPath { code })| RoomCode::parse(&code).ok());
        let code = code.ok_or(PageProblem::NotHost)?;
        match credentials::of_browser(state, code, caller.keyring(), P::SCOPE).await? {
            Some(authority) => Ok(Self { code, authority, purpose: PhantomData }),
            None => {
                state.lookups.guess(caller.address).await.map_err(|_| PageProblem::Busy)?;
                Err(PageProblem::NotHost)
            }
        }
    }
}
