//! A node that is not used for pages: it answers other nodes, those who connect for a call, and whoever asks how it is. Nobody else.

use app::documents::{PageRefusal, ProblemType};
use app::language::in_language;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http_client::HttpClient;
use crate::languages;
use crate::pages::PageProblem;
use crate::rest::{Detail, problem};

/// Where sockets are opened.
const SIGNALLING: &str = "/api/v1/ws";

/// Refuses pages, their files and the interface for programs, in words.
pub(crate) async fn refuse(request: Request, next: Next) -> Response {
    let is_passed_on = request.extensions().get::<HttpClient>().is_some_and(|caller| caller.is_passed_on);
    let path = request.uri().path();
    if is_passed_on || path == SIGNALLING {
        return next.run(request).await;
    }
    if path.starts_with("/api/") {
        let said = in_language(languages::spoken(), || PageRefusal::NoPages.text().to_owned());
        let detail = Detail::Spoken(said);
        return problem(StatusCode::MISDIRECTED_REQUEST, ProblemType::Unknown, detail).into_response();
    }
    PageProblem::NoPages.into_response()
}
