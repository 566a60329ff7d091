//! `POST /r/{code}`: a host opens a room again that has ended. The form is sent to the address of its page, because the browser then keeps
//! what follows the `#`, the room's key, there and on the way back. Pages of earlier versions send it to `/r/{code}/reopen`.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use protocol::RoomSettingsPatch;

use super::room_of_host::{RoomOfHost, Rules};
use crate::AppState;
use crate::rooms::Precondition;

/// 303 to the room.
pub(crate) async fn reopen_form(State(state): State<AppState>, host: RoomOfHost<Rules>) -> Response {
    let code = host.code;
    let patch = RoomSettingsPatch { ends_at: Some(None), ..RoomSettingsPatch::default() };
    // Whether or not that worked, the room's page says how the room stands.
    if state.rooms.change(code, None, &patch, Precondition::None).await.is_ok() {
        host.did(&state, "room.reopened").await;
    }
    Redirect::to(&format!("/r/{code}")).into_response()
}
