//! Who can open what is sent, and what a person should know of the room's secret.

/// How far end-to-end encryption with somebody is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrecy {
    /// Their key has not come yet.
    #[default]
    Waiting,
    /// What they send is sealed, and can be opened here.
    Sealed,
    /// Their key messages are sealed with another secret: they have come with another link.
    OtherSecret,
    /// Their client takes no part in it.
    NotEncrypting,
    /// Nobody's is looked at: what is sent in this room is not end-to-end encrypted.
    Plaintext,
}

/// Whether a call is end-to-end encrypted, as the page of one person takes part in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// What leaves is sealed.
    #[default]
    EndToEnd,
    /// The room is said to be without it: nothing leaves before the person has decided.
    Undecided,
    /// The server can open what leaves, and the person knows.
    Transport,
}

/// What a person should know of the room's secret before they say anything private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyWarnings {
    /// This page got it through the server, and nobody has compared the safety phrase since.
    pub was_granted: bool,
    /// Somebody here passed it on to somebody whom nobody at this browser has verified, and who may be the server.
    pub was_passed_on: bool,
    /// Another secret was offered to this page, which has one from a link, and was not taken.
    pub refused_another: bool,
    /// The room's links carry another secret than this page has.
    pub room_has_another: bool,
}
