//! What goes wrong with a page, said by a page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use storage::StorageError;

use crate::credentials::MintError;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum PageProblem {
    /// The database cannot be used.
    Storage(StorageError),
    /// Too many requests from one address.
    Busy,
    /// A link with a key that opens nothing.
    KeyUnknown,
    /// A link with a key that opens something later.
    KeyEarly,
    /// The form comes from another site.
    Foreign,
    /// Only a host may do that.
    NotHost,
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
        let (status, heading, text, as_guest) = match self {
            Self::Storage(error) => {
                tracing::error!(%error, "a page could not be shown");
                let text = "The server cannot read or keep anything at the moment. Nothing you did is lost.";
                (StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment", text, false)
            }
            Self::Busy => {
                let text = "Too much was asked from your network in a short time.";
                (StatusCode::TOO_MANY_REQUESTS, "Please try again in a minute", text, false)
            }
            Self::KeyUnknown => {
                let text = "It may have a typo, be out of date, or belong to another room. You can still join as a guest.";
                (StatusCode::FORBIDDEN, "This link isn't valid", text, true)
            }
            Self::KeyEarly => {
                let text = "It works only later. You can join as a guest meanwhile.";
                (StatusCode::FORBIDDEN, "This link isn't valid yet", text, true)
            }
            Self::Foreign => {
                let text = "A form of this server was sent from another site.";
                (StatusCode::FORBIDDEN, "That did not come from here", text, false)
            }
            Self::NotHost => {
                let text = "Open the room with its host link first.";
                (StatusCode::FORBIDDEN, "Only a host may do that", text, false)
            }
        };
        let mut response = (status, Html(page(heading, text, as_guest))).into_response();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}

/// Asks for the same page without the key of the query. Other than a link, a form that is sent to where it stands keeps what
/// follows the `#`: the room's key.
const JOIN_AS_GUEST: &str = "<form method=\"get\" action=\"\"><button type=\"submit\" class=\"button primary\">Join as a guest</button></form> ";

/// The application's own pages need the server's state; this one must work when nothing else does.
fn page(heading: &str, text: &str, as_guest: bool) -> String {
    let room = if as_guest { JOIN_AS_GUEST } else { "" };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{heading} · Veranda</title>\
         <link rel=\"stylesheet\" href=\"/pkg/veranda.css\"></head><body>\
         <main class=\"message-page\"><div class=\"card\"><h1>{heading}</h1><p>{text}</p>\
         <div class=\"actions\">{room}<a class=\"button\" href=\"/\">Home</a></div></div></main></body></html>"
    )
}
