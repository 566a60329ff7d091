//! What goes wrong with a page, said by a page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use protocol::RoomCode;
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
    KeyUnknown(RoomCode),
    /// A link with a key that opens something later.
    KeyEarly(RoomCode),
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
            MintError::Orphan | MintError::Never => Self::NotHost,
        }
    }
}

impl IntoResponse for PageProblem {
    fn into_response(self) -> Response {
        let (status, heading, text, link) = match self {
            Self::Storage(error) => {
                tracing::error!(%error, "a page could not be shown");
                let text = "The server cannot read or keep anything at the moment. Nothing you did is lost.";
                (StatusCode::SERVICE_UNAVAILABLE, "Please try again in a moment", text, None)
            }
            Self::Busy => {
                let text = "Too much was asked from your network in a short time.";
                (StatusCode::TOO_MANY_REQUESTS, "Please try again in a minute", text, None)
            }
            Self::KeyUnknown(code) => {
                let text = "It was misspelt, taken back, or belongs to another room. You can still enter as a guest.";
                (StatusCode::FORBIDDEN, "This link gives no rights here", text, Some(code))
            }
            Self::KeyEarly(code) => {
                let text = "It counts only later. You can enter as a guest meanwhile.";
                (StatusCode::FORBIDDEN, "This link is not valid yet", text, Some(code))
            }
            Self::Foreign => {
                let text = "A form of this server was sent from another site.";
                (StatusCode::FORBIDDEN, "That did not come from here", text, None)
            }
            Self::NotHost => {
                let text = "Open the room with its host link first.";
                (StatusCode::FORBIDDEN, "Only a host may do that", text, None)
            }
        };
        let mut response = (status, Html(page(heading, text, link))).into_response();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        response
    }
}

/// The application's own pages need the server's state; this one must work when nothing else does.
fn page(heading: &str, text: &str, link: Option<RoomCode>) -> String {
    let room = link
        .map(|code| format!("<a class=\"button primary\" href=\"/r/{code}\">Enter as a guest</a> "))
        .unwrap_or_default();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{heading} · Veranda</title>\
         <link rel=\"stylesheet\" href=\"/pkg/veranda.css\"></head><body>\
         <main class=\"message-page\"><div class=\"card\"><h1>{heading}</h1><p>{text}</p>\
         <div class=\"actions\">{room}<a class=\"button\" href=\"/\">Home</a></div></div></main></body></html>"
    )
}
