//! Why a connection ends.

use axum::extract::ws::CloseFrame;
use protocol::{CloseCode, ErrorCode, MessageId, ProtocolError};
use room::Departure;
use serde::Deserialize;

/// Why a connection ends.
pub(super) enum End {
    /// It broke, or the client has closed it and may open another.
    Gone,
    /// The page was closed.
    Left,
    /// The client did something that ends it, or the server stops.
    Refused(ProtocolError),
    /// The destination ends it, and has said why.
    Closed(CloseCode),
}

impl End {
    pub(super) fn refused(code: ErrorCode) -> Self {
        Self::Refused(ProtocolError::new(code, None))
    }

    /// The client has closed the connection.
    pub(super) fn closed_by_client(frame: Option<&CloseFrame>) -> Self {
        if CloseCode::is_for_good(frame.map(|frame| CloseCode(frame.code))) { Self::Left } else { Self::Gone }
    }

    /// A text that is no message. What is wrong with it is told to its sender, and to nobody else: it may hold a name.
    pub(super) fn malformed(text: &str, error: &serde_json::Error) -> Self {
        let mut refusal = ProtocolError::new(ErrorCode::Malformed, message_id(text));
        refusal.message = format!("{}: {error}", refusal.message);
        Self::Refused(refusal)
    }

    /// How the destination sees it; `None` when it knows already, or need not know.
    pub(super) fn departure(&self) -> Option<Departure> {
        match self {
            Self::Gone => Some(Departure::Broken),
            Self::Left => Some(Departure::Closed),
            // Everybody is told by their own socket, and whoever is connected to whom stays so.
            Self::Refused(error) if error.code == ErrorCode::ServerStopping => None,
            Self::Refused(error) if matches!(error.code, ErrorCode::TooSlow | ErrorCode::Silent) => {
                Some(Departure::Broken)
            }
            Self::Refused(_) => Some(Departure::Offended),
            Self::Closed(_) => None,
        }
    }
}

/// The id of a message that is otherwise not understood.
fn message_id(text: &str) -> Option<MessageId> {
    #[derive(Deserialize)]
    struct OnlyId {
        id: Option<MessageId>,
    }
    serde_json::from_str::<OnlyId>(text).ok().and_then(|message| message.id)
}
