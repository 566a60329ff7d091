//! `POST /join`: the form behind *Join*.

use app::plain::FormProblem;
use axum::extract::Form;
use axum::response::Redirect;
use protocol::RoomCode;
use serde::Deserialize;

/// The fields of the form.
#[derive(Deserialize)]
pub(crate) struct JoinForm {
    #[serde(default)]
    room: String,
}

/// 303 to the room, or back to the form with what is wrong.
pub(crate) async fn join_form(Form(form): Form<JoinForm>) -> Redirect {
    match RoomCode::parse_code_or_link(&form.room) {
        Ok(code) => Redirect::to(&format!("/r/{code}")),
        Err(_) => Redirect::to(&format!("/?problem={}", FormProblem::Code.as_str())),
    }
}
