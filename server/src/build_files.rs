//! The files that pages load, below the address of their build: `/builds/{id}/pkg/…`, `…/worker/…`, `…/languages/…`. Those of this build are in
//! the program or the site's folder; those of earlier ones, and what was replaced in the folder since the server has started, in storage.

use app::language;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use storage::{KeptFile, StorageError};

use crate::AppState;
use crate::builds::{COMPRESSED, language_of};
use crate::http_client::HttpClient;
use crate::rate_limit::RetryAfter;
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
        own_file(&state, &caller, &id, &path, request).await
    } else {
        kept_file(&state, &caller, &id, &path, &request.into_parts().0).await
    };
    let headers = response.headers_mut();
    if path.starts_with("worker/") {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(OF_WORKER));
    }
    headers.entry(header::VARY).or_insert(HeaderValue::from_static("accept-encoding"));
    // What is not there may be there later.
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
        // A content delivery network passes this on, and browsers give what comes from there to our pages. Nothing here is a secret.
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

/// The file at a request's own path.
pub(crate) async fn at_path(State(state): State<AppState>, request: Request) -> Response {
    let (asked, _) = request.into_parts();
    let path = asked.uri.path().trim_start_matches('/').to_owned();
    state.build.files().serve(&path, asked).await
}

/// The licences of all that is inside, which optimised builds bring along; `scripts/inventory.mjs` writes them.
pub(crate) const LICENSES: &str = "licenses.txt";

/// `GET /licenses.txt`
pub(crate) async fn licenses(State(state): State<AppState>, request: Request) -> Response {
    let mut response = state.build.files().serve(LICENSES, request.into_parts().0).await;
    if let Some(kind) = response.headers_mut().get_mut(header::CONTENT_TYPE) {
        *kind = HeaderValue::from_static("text/plain; charset=utf-8");
    }
    response
}

async fn own_file(state: &AppState, caller: &HttpClient, id: &str, path: &str, request: Request) -> Response {
    if let Some(language) = language_of(path) {
        return ([(header::CONTENT_TYPE, "application/json")], language::data(language)).into_response();
    }
    if !state.build.has(path) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (parts, _) = request.into_parts();
    if !state.build.is_still_there(path).await {
        // A newer build lies there already. Storage has what this address stands for.
        return kept_file(state, caller, id, path, &parts).await;
    }
    state.build.files().serve(path, parts).await
}

async fn kept_file(state: &AppState, caller: &HttpClient, id: &str, path: &str, asked: &Parts) -> Response {
    // Whoever guesses asks the database each time.
    if let Err(RetryAfter(seconds)) = state.lookups.question(caller) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())]).into_response();
    }
    let found = find(state, id, path, takes_brotli(&asked.headers)).await;
    match found {
        Ok(Some((file, coding))) => {
            send(state, &file, coding, path, asked).await.unwrap_or_else(|error| unreadable(&error))
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => unreadable(&error),
    }
}

/// How a file's content is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Brotli,
}

async fn find(
    state: &AppState,
    id: &str,
    path: &str,
    takes_brotli: bool,
) -> Result<Option<(KeptFile, Coding)>, StorageError> {
    if takes_brotli
        && let Some(file) = state.storage.file_of_build(id, &format!("{path}{COMPRESSED}")).await?
    {
        return Ok(Some((file, Coding::Brotli)));
    }
    Ok(state.storage.file_of_build(id, path).await?.map(|file| (file, Coding::Identity)))
}

async fn send(
    state: &AppState,
    file: &KeptFile,
    coding: Coding,
    path: &str,
    asked: &Parts,
) -> Result<Response, StorageError> {
    let body = if asked.method == Method::HEAD {
        // Of unknown length, so that nobody takes it for the file's.
        Body::from_stream(futures::stream::empty::<Result<Bytes, std::convert::Infallible>>())
    } else {
        match state.kept_files.content(&*state.storage, &file.digest).await? {
            Some(content) => content.into(),
            None => return Ok(StatusCode::NOT_FOUND.into_response()),
        }
    };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let head =
        [(header::CONTENT_TYPE, kind.essence_str()), (header::CONTENT_LENGTH, &file.bytes.to_string())];
    let mut response = (head, body).into_response();
    if coding == Coding::Brotli {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Ok(response)
}

/// Whether Brotli is among the codings that a browser takes (RFC 9110 §12.5.3).
fn takes_brotli(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let codings = lines.flat_map(|line| line.split(',')).map(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().to_ascii_lowercase();
        let weight = weight.strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
        (name.trim().to_ascii_lowercase(), weight.is_some_and(|weight| weight > 0.0))
    });
    let codings: Vec<_> = codings.collect();
    let wanted = |name: &str| codings.iter().find(|(one, _)| one == name).map(|(_, is_wanted)| *is_wanted);
    wanted("br").or_else(|| wanted("*")).unwrap_or(false)
}

fn unreadable(error: &StorageError) -> Response {
    tracing::error!(%error, "a file of a build could not be read");
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        for (accepted, expected) in [
            ("br", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1", true),
            ("gzip;q=0.5, BR ; q=0.2", true),
            ("br;q=0", false),
            ("*, br;q=0.0", false),
            ("*", true),
            ("*;q=0", false),
            ("gzip", false),
            ("brotli", false),
            ("br;q=x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(takes_brotli(&headers), expected, "{accepted}");
        }
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
