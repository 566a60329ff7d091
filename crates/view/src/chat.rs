//! What a chat message says, for whom it is, and what became of it.

use protocol::{DisplayName, ErrorCode};

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatText {
    /// It was sealed, and this is it.
    Sealed(String),
    /// It was not sealed: the server could read it, too.
    Open(String),
    /// It was sealed with another key.
    Closed,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// On its way; said again until the server has it.
    Sending,
    /// The others have it.
    Delivered,
    /// And it will be there for those who come later.
    Kept,
    /// It was refused, or could not be kept.
    Failed(Option<ErrorCode>),
}

/// For whom alone a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addressee {
    /// The person at this browser.
    You,
    /// Somebody who is in the call.
    Present(DisplayName),
    /// Somebody who is not there any more.
    Gone,
}
