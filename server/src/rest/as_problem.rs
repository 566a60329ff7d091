//! What axum and its layers refuse in plain text, said as a problem document like everything else (RFC 9457).

use app::documents::ProblemType;
use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem;

/// A refusal's text is a sentence; what is longer is cut off.
const LONGEST_TEXT: usize = 4096;

/// Makes a problem document of a refusal that is none. Its headers stay.
pub(crate) async fn as_problem(response: Response) -> Response {
    let status = response.status();
    let is_problem = response.headers().get(header::CONTENT_TYPE)
        == Some(&HeaderValue::from_static("application/problem+json"));
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let text = to_bytes(body, LONGEST_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let kind = kind(status);
    let detail = if text.is_empty() { status.canonical_reason().unwrap_or_default() } else { &text };
    let problem = problem(status, kind, detail.to_owned()).into_response();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(problem.headers().clone());
    parts.extensions.extend(problem.extensions().clone());
    Response::from_parts(parts, problem.into_body())
}

fn kind(status: StatusCode) -> ProblemType {
    match status {
        StatusCode::NOT_FOUND => ProblemType::Unknown,
        StatusCode::METHOD_NOT_ALLOWED => ProblemType::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemType::TooLarge,
        StatusCode::UPGRADE_REQUIRED => ProblemType::UpgradeRequired,
        status if status.is_server_error() => ProblemType::Internal,
        _ => ProblemType::Malformed,
    }
}
