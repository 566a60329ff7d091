//! Refusals as problem documents (RFC 9457).

use app::documents::{self, ProblemDetail, ProblemType};
use app::language::in_language;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use protocol::{Problem, Scope};
use storage::StorageError;

use crate::languages::{self, PartlyEnglish};
use crate::passwords::PasswordError;
use crate::rate_limit::RetryAfter;
use crate::tokens::EARLY_SECONDS;

/// A problem document on its way out.
pub(crate) struct ProblemResponse {
    problem: Problem,
    /// Whether all of it is in the language of the request.
    is_spoken: bool,
    retry_after: Option<RetryAfter>,
    /// Whether to say how one identifies oneself (RFC 9110 §11.6.1).
    challenge: bool,
}

/// What was wrong this time.
pub(crate) enum Detail {
    /// In the language of the request.
    Spoken(String),
    /// In English: what was wrong with what a program has sent, as whoever reads it says so.
    English(String),
}

impl From<ProblemDetail> for Detail {
    fn from(detail: ProblemDetail) -> Self {
        Self::Spoken(in_language(languages::spoken(), || detail.text().to_owned()))
    }
}

impl From<String> for Detail {
    fn from(english: String) -> Self {
        Self::English(english)
    }
}

/// A refusal with a status, a type, and what was wrong this time.
pub(crate) fn problem(status: StatusCode, kind: ProblemType, detail: impl Into<Detail>) -> ProblemResponse {
    let (detail, is_spoken) = match detail.into() {
        Detail::Spoken(detail) => (detail, true),
        Detail::English(detail) => (detail, false),
    };
    let problem = Problem {
        kind: format!("/problems/{}", kind.as_str()),
        title: in_language(languages::spoken(), || kind.title().to_owned()),
        status: status.as_u16(),
        detail: Some(detail),
    };
    ProblemResponse { problem, is_spoken, retry_after: None, challenge: false }
}

impl ProblemResponse {
    /// The same, with when to come back, in seconds.
    pub(super) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(RetryAfter(seconds)), ..self }
    }

    /// There is none, or none that the client may know of.
    pub(super) fn room_unknown() -> Self {
        problem(StatusCode::NOT_FOUND, ProblemType::RoomUnknown, ProblemDetail::RoomUnknown)
    }

    /// There is none, or none that the client may know of.
    pub(super) fn recording_unknown() -> Self {
        problem(StatusCode::NOT_FOUND, ProblemType::RecordingUnknown, ProblemDetail::RecordingUnknown)
    }

    /// Too often; says when to come back.
    pub(crate) fn rate_limited(retry_after: RetryAfter) -> Self {
        let refusal =
            problem(StatusCode::TOO_MANY_REQUESTS, ProblemType::RateLimited, ProblemDetail::RateLimited);
        Self { retry_after: Some(retry_after), ..refusal }
    }

    /// An API key that opens nothing, or nothing any more.
    pub(super) fn bad_api_key() -> Self {
        let refusal =
            problem(StatusCode::UNAUTHORIZED, ProblemType::CredentialRefused, ProblemDetail::ApiKeyRefused);
        Self { challenge: true, ..refusal }
    }

    /// An API key, or what was minted with one, may do other things.
    pub(super) fn scope_missing(scope: Scope) -> Self {
        problem(
            StatusCode::FORBIDDEN,
            ProblemType::ScopeMissing,
            Detail::Spoken(in_language(languages::spoken(), || documents::scope_missing(scope.as_str()))),
        )
    }

    /// A token or key that counts only later.
    pub(super) fn early_credential() -> Self {
        problem(StatusCode::FORBIDDEN, ProblemType::CredentialEarly, ProblemDetail::CredentialEarly)
            .retry_after(EARLY_SECONDS)
    }

    /// A password that was not hashed.
    pub(super) fn password(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => {
                problem(StatusCode::SERVICE_UNAVAILABLE, ProblemType::Busy, ProblemDetail::PasswordsBusy)
                    .retry_after(5)
            }
            PasswordError::Failed => {
                problem(StatusCode::INTERNAL_SERVER_ERROR, ProblemType::Internal, error.to_string())
            }
        }
    }

    /// No key was shown.
    pub(super) fn unauthorized() -> Self {
        let refusal =
            problem(StatusCode::UNAUTHORIZED, ProblemType::CredentialNeeded, ProblemDetail::CredentialNeeded);
        Self { challenge: true, ..refusal }
    }

    /// The database cannot be used. What it said is for the log.
    pub(crate) fn storage(error: &StorageError) -> Self {
        tracing::error!(%error, "a request failed");
        let detail = ProblemDetail::StorageUnavailable;
        let refusal = problem(StatusCode::SERVICE_UNAVAILABLE, ProblemType::StorageUnavailable, detail);
        Self { retry_after: Some(RetryAfter(5)), ..refusal }
    }
}

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if !self.is_spoken {
            response.extensions_mut().insert(PartlyEnglish);
        }
        let headers = response.headers_mut();
        if self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(RetryAfter(seconds)) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
