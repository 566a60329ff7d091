//! How far a call is, and whether the server is in reach.

use protocol::ErrorCode;

/// How far a call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Choosing devices and a name.
    #[default]
    Preparing,
    /// On the way in.
    Joining,
    /// Outside, because the room wants a password.
    PasswordAsked {
        /// Whether one was given, and was not the right one.
        wrong: bool,
    },
    /// In the waiting room, until a host decides.
    Waiting,
    /// Inside.
    Joined,
    /// Outside, by choice.
    Left,
    /// Outside, because the server refused.
    Refused(ErrorCode),
    /// Outside, because the server could not be reached.
    Unreachable,
}

/// Whether the server is in reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signalling {
    /// Not asked for.
    #[default]
    Idle,
    /// It is.
    Connected,
    /// It no longer is.
    Lost,
}
