//! What the server says without the application: pages that must work when nothing else does, problem documents (RFC 9457), and
//! entries of calendars.

/// Why a page cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageRefusal {
    /// The database cannot be used.
    StorageUnavailable,
    /// Too many requests from one address.
    TooManyRequests,
    /// A link with a key that opens nothing.
    KeyUnknown,
    /// A link with a key that opens something later.
    KeyEarly,
    /// The form comes from another site.
    ForeignForm,
    /// Only a host can do that.
    NotHost,
}

impl PageRefusal {
    /// The heading of the page.
    pub fn heading(self) -> &'static str {
        match self {
            Self::StorageUnavailable => "Temporary problem",
            Self::TooManyRequests => "Too many requests",
            Self::KeyUnknown => "This link isn't valid",
            Self::KeyEarly => "This link isn't valid yet",
            Self::ForeignForm => "Request blocked",
            Self::NotHost => "Only a host can do that",
        }
    }

    /// What it says below.
    pub fn text(self) -> &'static str {
        match self {
            Self::StorageUnavailable => "This server can't reach its database. Try again in a moment.",
            Self::TooManyRequests => "Wait a minute, then try again.",
            Self::KeyUnknown => {
                "It may have a typo, be out of date, or belong to another room. You can still join as a guest."
            }
            Self::KeyEarly => "It works only later. You can join as a guest meanwhile.",
            Self::ForeignForm => "It came from another site. Start again from the home page.",
            Self::NotHost => "Open the room with its host link first.",
        }
    }
}

/// The button below a link that is not valid.
pub fn join_as_guest() -> &'static str {
    "Join as a guest"
}

/// The way to the front page.
pub fn home() -> &'static str {
    super::home()
}

/// The title of a document.
pub fn title(page: &str) -> String {
    super::title(page)
}

/// What a room without a name is called in a calendar.
pub fn calendar_summary() -> &'static str {
    "Video call"
}

/// What a calendar says of the call.
pub fn calendar_description(link: &str) -> String {
    format!("Join in the browser: {link}")
}

/// The kinds of problem that the interface for programs answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemType {
    /// The server hashes as many passwords as it can.
    Busy,
    /// The room is another one than it was when it was read.
    Changed,
    /// The credential counts only later.
    CredentialEarly,
    /// Nothing was shown that says who asks.
    CredentialNeeded,
    /// What was shown does not open this.
    CredentialRefused,
    /// There is no such key, invitation or token.
    CredentialUnknown,
    /// The key of a request stands for another request already.
    IdempotencyKeyReused,
    /// The server failed.
    Internal,
    /// The request cannot be read.
    Malformed,
    /// The endpoint has no such method.
    MethodNotAllowed,
    /// The asker is known, and is not allowed to do that.
    NotAllowed,
    /// Pages of other sites may not do that.
    OriginRefused,
    /// Too many requests.
    RateLimited,
    /// The room that a request has made was deleted since.
    RoomDeleted,
    /// There is no such room, or none that the asker may know of.
    RoomUnknown,
    /// The key has not the scope for that.
    ScopeMissing,
    /// The rules of a room cannot be so.
    SettingsInvalid,
    /// The database cannot be used.
    StorageUnavailable,
    /// The token cannot be so.
    TokenInvalid,
    /// The body is larger than it may be.
    TooLarge,
    /// The room has as many credentials as it may have.
    TooManyCredentials,
    /// The server has as many rooms as it takes.
    TooManyRooms,
    /// There is no such endpoint.
    Unknown,
    /// It is an endpoint of WebSockets.
    UpgradeRequired,
}

impl ProblemType {
    /// The last part of the problem's type, a URI reference (RFC 9457 §3.1.1).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Changed => "changed",
            Self::CredentialEarly => "credential_early",
            Self::CredentialNeeded => "credential_needed",
            Self::CredentialRefused => "credential_refused",
            Self::CredentialUnknown => "credential_unknown",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::Internal => "internal",
            Self::Malformed => "malformed",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotAllowed => "not_allowed",
            Self::OriginRefused => "origin_refused",
            Self::RateLimited => "rate_limited",
            Self::RoomDeleted => "room_deleted",
            Self::RoomUnknown => "room_unknown",
            Self::ScopeMissing => "scope_missing",
            Self::SettingsInvalid => "settings_invalid",
            Self::StorageUnavailable => "storage_unavailable",
            Self::TokenInvalid => "token_invalid",
            Self::TooLarge => "too_large",
            Self::TooManyCredentials => "too_many_credentials",
            Self::TooManyRooms => "too_many_rooms",
            Self::Unknown => "unknown",
            Self::UpgradeRequired => "upgrade_required",
        }
    }

    /// The problem's title, the same for each of its type (RFC 9457 §3.1.3).
    pub fn title(self) -> &'static str {
        match self {
            Self::Busy => "Busy",
            Self::Changed => "Room has changed",
            Self::CredentialEarly => "Credential not valid yet",
            Self::CredentialNeeded => "Authentication required",
            Self::CredentialRefused => "Invalid credential",
            Self::CredentialUnknown => "Credential unknown",
            Self::IdempotencyKeyReused => "Idempotency key reused",
            Self::Internal => "Internal error",
            Self::Malformed => "Invalid request",
            Self::MethodNotAllowed => "Method not allowed",
            Self::NotAllowed => "Not allowed",
            Self::OriginRefused => "Origin not allowed",
            Self::RateLimited => "Too many requests",
            Self::RoomDeleted => "Room deleted",
            Self::RoomUnknown => "Room not found",
            Self::ScopeMissing => "Scope missing",
            Self::SettingsInvalid => "Invalid settings",
            Self::StorageUnavailable => "Storage unavailable",
            Self::TokenInvalid => "Token invalid",
            Self::TooLarge => "Too large",
            Self::TooManyCredentials => "Too many credentials",
            Self::TooManyRooms => "Room limit reached",
            Self::Unknown => "Unknown endpoint",
            Self::UpgradeRequired => "Upgrade required",
        }
    }
}

/// What was wrong this time, where that needs no data. It is for whoever writes a program: without a capital and a full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemDetail {
    /// The API key opens nothing, or nothing any more.
    ApiKeyRefused,
    /// The key counts only later.
    CredentialEarly,
    /// Nothing was shown.
    CredentialNeeded,
    /// There is no such key, invitation or token.
    CredentialUnknown,
    /// The endpoint is none.
    EndpointUnknown,
    /// The header cannot be a key of a request.
    IdempotencyKeyInvalid,
    /// The key stands for another request.
    IdempotencyKeyReused,
    /// Only hosts can do that.
    NotHost,
    /// What was shown is no key of a host of this room.
    NotHostKey,
    /// The request comes from a page of another site.
    OriginRefused,
    /// The id is that of no participant.
    ParticipantIdInvalid,
    /// The room was changed since it was read.
    RoomChanged,
    /// The room that the request has made was deleted.
    RoomDeleted,
    /// There is no such room.
    RoomUnknown,
}

impl From<ProblemDetail> for String {
    fn from(detail: ProblemDetail) -> Self {
        detail.text().to_owned()
    }
}

impl ProblemDetail {
    /// The problem's detail (RFC 9457 §3.1.4).
    pub fn text(self) -> &'static str {
        match self {
            Self::ApiKeyRefused => "the API key is unknown, expired or revoked",
            Self::CredentialEarly => "the key or token is not valid yet",
            Self::CredentialNeeded => "send a host key or API key as a bearer token",
            Self::CredentialUnknown => "there is no such key, invitation or token",
            Self::EndpointUnknown => "there is no such endpoint",
            Self::IdempotencyKeyInvalid => {
                "an Idempotency-Key has 16 to 255 visible ASCII characters, such as a UUID"
            }
            Self::IdempotencyKeyReused => "another request was sent with this Idempotency-Key",
            Self::NotHost => "only a host can do that",
            Self::NotHostKey => "not a host key of this room",
            Self::OriginRefused => "pages of other sites cannot do that",
            Self::ParticipantIdInvalid => "not a participant id",
            Self::RoomChanged => "the room was changed in the meantime",
            Self::RoomDeleted => "the room that this request has made was deleted",
            Self::RoomUnknown => "room not found",
        }
    }
}

/// The API key lacks a scope.
pub fn scope_missing(scope: &str) -> String {
    format!("the API key has no scope {scope}")
}
