//! `POST /r/{code}/reopen`: a host opens a room again that has ended.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use protocol::{RoomCode, RoomSettingsPatch};

use super::PageProblem;
use crate::entrance::{self, Caller};
use crate::rooms::Precondition;
use crate::{AppState, origin};

/// 303 to the room.
pub(crate) async fn reopen_form(
    State(state): State<AppState>,
    caller: Caller,
    Path(code): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, PageProblem> {
    if !origin::is_allowed(&headers, &uri, &state.config.server.allowed_origins) {
        return Err(PageProblem::Foreign);
    }
    state.lookup_rate.check(caller.address).map_err(|_| PageProblem::Busy)?;
    let Ok(code) = RoomCode::parse(&code) else { return Err(PageProblem::NotHost) };
    if !entrance::browser_is_host(&state, code, caller.browser.as_ref()).await? {
        return Err(PageProblem::NotHost);
    }
    let patch = RoomSettingsPatch { ends_at: Some(None), ..RoomSettingsPatch::default() };
    // Whether or not that worked, the room's page says how the room stands.
    _ = state.rooms.change(code, &patch, Precondition::None).await;
    Ok(Redirect::to(&format!("/r/{code}")).into_response())
}
