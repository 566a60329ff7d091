//! What goes wrong with a page, said by a page.

use app::documents::{self, PageRefusal};
use app::language::in_language;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use storage::StorageError;

use crate::credentials::MintError;
use crate::languages;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum PageProblem {
    /// The database cannot be used.
    Storage(StorageError),
    /// Too many requests from one address.
    Busy,
    /// It could not be made. Why has the log.
    Failed,
    /// A link with a key that opens nothing.
    KeyUnknown,
    /// A link with a key that opens something later.
    KeyEarly,
    /// The form comes from another site.
    Foreign,
    /// Only a host can do that.
    NotHost,
    /// This node has no pages.
    NoPages,
}

impl From<StorageError> for PageProblem {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl PageProblem {
    /// Of something that was to be minted for a page.
    pub(super) fn of_mint(error: MintError) -> Self {
        match error {
            MintError::Storage(error) => Self::Storage(error),
            MintError::TooMany | MintError::Unsigned => Self::Busy,
            MintError::Orphan | MintError::Never | MintError::TooDeep => Self::NotHost,
        }
    }
}

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let (status, refusal) = match self {
            Self::Storage(error) => {
                tracing::error!(%error, "a page could not be shown");
                (StatusCode::SERVICE_UNAVAILABLE, PageRefusal::StorageUnavailable)
            }
            Self::Busy => (StatusCode::TOO_MANY_REQUESTS, PageRefusal::TooManyRequests),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, PageRefusal::Failed),
            Self::KeyUnknown => (StatusCode::FORBIDDEN, PageRefusal::KeyUnknown),
            Self::KeyEarly => (StatusCode::FORBIDDEN, PageRefusal::KeyEarly),
            Self::Foreign => (StatusCode::FORBIDDEN, PageRefusal::ForeignForm),
            Self::NotHost => (StatusCode::FORBIDDEN, PageRefusal::NotHost),
            Self::NoPages => (StatusCode::MISDIRECTED_REQUEST, PageRefusal::NoPages),
        };
        let mut response = (status, Html(page(refusal))).into_response();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}

/// Whether the room behind the link can be entered all the same.
fn is_open_to_guests(refusal: PageRefusal) -> bool {
    match refusal {
        PageRefusal::KeyUnknown | PageRefusal::KeyEarly => true,
        PageRefusal::StorageUnavailable
        | PageRefusal::TooManyRequests
        | PageRefusal::Failed
        | PageRefusal::ForeignForm
        | PageRefusal::NotHost
        | PageRefusal::NoPages => false,
    }
}

/// Asks for the same page without the key of the query. Other than a link, a form that is sent to where it stands keeps what
/// follows the `#`: the room's key.
fn join_as_guest() -> String {
    let label = documents::join_as_guest();
    format!(
        "<form method=\"get\" action=\"\"><button type=\"submit\" class=\"button primary\">{label}</button></form> "
    )
}

/// The application's own pages need the server's state; this one must work when nothing else does.
fn page(refusal: PageRefusal) -> String {
    let language = languages::spoken();
    in_language(language, || {
        let guest = if is_open_to_guests(refusal) { join_as_guest() } else { String::new() };
        let (heading, text, home) = (refusal.heading(), refusal.text(), documents::home());
        let title = documents::title(heading);
        let (tag, direction) = (language.tag(), language.direction());
        format!(
            "<!DOCTYPE html><html lang=\"{tag}\" dir=\"{direction}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/pkg/veranda.css\"></head><body>\
         <main class=\"message-page\"><div class=\"card\"><h1>{heading}</h1><p>{text}</p>\
         <div class=\"actions\">{guest}<a class=\"button\" href=\"/\">{home}</a></div></div></main></body></html>"
        )
    })
}
