//! The files that pages load, below the address of their build: `/builds/{id}/pkg/…`, `…/worker/…`, `…/languages/…`. Those of this build are in
//! the site's folder; those of earlier ones in storage.

use app::language;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeDir;

use crate::AppState;
use crate::builds::{Build, FOLDERS, language_of};
use crate::http_client::HttpClient;
use crate::security_headers::{CONTENT_SECURITY_POLICY, OF_WORKER};

/// A name with its content in it never means anything else.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `GET /builds/{id}/{path}`
pub(crate) async fn file(
    State(state): State<AppState>,
    caller: HttpClient,
    Path((id, path)): Path<(String, String)>,
    request: Request,
) -> Response {
    let mut response = if state.build.is(&id) {
        own_file(&state.build, &path, request).await
    } else {
        earlier_file(&state, &caller, &id, &path, request.headers()).await
    };
    let headers = response.headers_mut();
    if path.starts_with("worker/") {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(OF_WORKER));
    }
    if response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    }
    response
}

async fn own_file(build: &Build, path: &str, request: Request) -> Response {
    if let Some(language) = language_of(path) {
        return ([(header::CONTENT_TYPE, "application/json")], language::data(language)).into_response();
    }
    if !FOLDERS.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (mut parts, _) = request.into_parts();
    let Ok(uri) = format!("/{path}").parse() else { return StatusCode::NOT_FOUND.into_response() };
    parts.uri = uri;
    let mut files = ServeDir::new(build.site()).precompressed_br();
    let served = files.try_call(Request::from_parts(parts, Body::empty())).await;
    match served {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            tracing::error!(%error, "a file of the page could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn earlier_file(
    state: &AppState,
    caller: &HttpClient,
    id: &str,
    path: &str,
    asked: &HeaderMap,
) -> Response {
    // Whoever guesses asks the database each time.
    if state.lookups.question(caller).is_err() {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    }
    let takes_brotli = asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim() == "br");
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let packed =
        if takes_brotli { state.storage.file_of_build(id, &format!("{path}.br")).await } else { Ok(None) };
    match packed {
        Ok(Some(content)) => {
            let head = [(header::CONTENT_TYPE, kind.essence_str()), (header::CONTENT_ENCODING, "br")];
            return (head, content).into_response();
        }
        Ok(None) => {}
        Err(error) => return unreadable(&error),
    }
    match state.storage.file_of_build(id, path).await {
        Ok(Some(content)) => ([(header::CONTENT_TYPE, kind.essence_str())], content).into_response(),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unreadable(&error),
    }
}

fn unreadable(error: &storage::StorageError) -> Response {
    tracing::error!(%error, "a file of an earlier build could not be read");
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}
