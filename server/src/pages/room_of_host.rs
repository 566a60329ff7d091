//! The room of a form that only its host may send: an extractor.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use protocol::RoomCode;

use super::PageProblem;
use crate::entrance::{self, Caller};
use crate::{AppState, origin};

/// The room, once the sender is known to be its host on a page of ours.
pub(crate) struct RoomOfHost(pub(super) RoomCode);

impl FromRequestParts<AppState> for RoomOfHost {
    type Rejection = PageProblem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageProblem> {
        if !origin::is_allowed(&parts.headers, &parts.uri, &state.config.server.allowed_origins) {
            return Err(PageProblem::Foreign);
        }
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        state.lookup_rate.check(caller.address).map_err(|_| PageProblem::Busy)?;
        let path = Path::<String>::from_request_parts(parts, state).await;
        let code =
            path.ok().and_then(|Path(text)| RoomCode::parse(&text).ok()).ok_or(PageProblem::NotHost)?;
        if entrance::browser_is_host(state, code, caller.browser.as_ref()).await? {
            Ok(Self(code))
        } else {
            Err(PageProblem::NotHost)
        }
    }
}
