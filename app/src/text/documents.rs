//! What the server says without the application: pages that must work when nothing else does, problem documents (RFC 9457), and
//! entries of calendars.

pub use super::invite::calendar_description;
pub use super::moment::utc;
use super::words::documents as words;
use super::words::problems;

/// Why a page cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageRefusal {
    /// The database cannot be used.
    StorageUnavailable,
    /// Too many requests from one address.
    TooManyRequests,
    /// The server's own fault.
    Failed,
    /// A link with a key that opens nothing.
    KeyUnknown,
    /// A link with a key that opens something later.
    KeyEarly,
    /// The form comes from another site.
    ForeignForm,
    /// Only a host can do that.
    NotHost,
    /// This server has no pages.
    NoPages,
}

impl PageRefusal {
    /// The heading of the page.
    pub fn heading(self) -> &'static str {
        match self {
            Self::StorageUnavailable => words::STORAGE_UNAVAILABLE(),
            Self::TooManyRequests => words::TOO_MANY_REQUESTS(),
            Self::Failed => words::FAILED(),
            Self::KeyUnknown => words::KEY_UNKNOWN(),
            Self::KeyEarly => words::KEY_EARLY(),
            Self::ForeignForm => words::FOREIGN_FORM(),
            Self::NotHost => words::NOT_HOST(),
            Self::NoPages => words::NO_PAGES(),
        }
    }

    /// What it says below.
    pub fn text(self) -> &'static str {
        match self {
            Self::StorageUnavailable => words::STORAGE_UNAVAILABLE_TEXT(),
            Self::TooManyRequests => words::TOO_MANY_REQUESTS_TEXT(),
            Self::Failed => words::FAILED_TEXT(),
            Self::KeyUnknown => words::KEY_UNKNOWN_TEXT(),
            Self::KeyEarly => words::KEY_EARLY_TEXT(),
            Self::ForeignForm => words::FOREIGN_FORM_TEXT(),
            Self::NotHost => words::NOT_HOST_TEXT(),
            Self::NoPages => words::NO_PAGES_TEXT(),
        }
    }
}

/// The button below a link that is not valid.
pub fn join_as_guest() -> &'static str {
    words::JOIN_AS_GUEST()
}

/// The way to the front page.
pub fn home() -> &'static str {
    super::HOME()
}

/// The title of a document.
pub fn title(page: &str) -> String {
    super::title(&page)
}

/// What a room without a name is called in a calendar.
pub fn calendar_summary() -> &'static str {
    words::CALENDAR_SUMMARY()
}

/// The kinds of problem that the interface for programs answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemType {
    /// The server hashes as many passwords as it can.
    Busy,
    /// The id of a call is that of another one.
    CallTaken,
    /// There is no such call, or none that the asker has placed.
    CallUnknown,
    /// Whoever rings has a call or a ring already.
    CallerBusy,
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
    /// No film can be made of the recording.
    NoFilm,
    /// The recording goes on.
    RecordingGoesOn,
    /// There is no such recording, or none that the asker may know of.
    RecordingUnknown,
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
            Self::CallTaken => "call_taken",
            Self::CallUnknown => "call_unknown",
            Self::CallerBusy => "caller_busy",
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
            Self::NoFilm => "no_film",
            Self::RecordingGoesOn => "recording_goes_on",
            Self::RecordingUnknown => "recording_unknown",
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
            Self::Busy => problems::BUSY(),
            Self::CallTaken => problems::CALL_TAKEN(),
            Self::CallUnknown => problems::CALL_UNKNOWN(),
            Self::CallerBusy => problems::CALLER_BUSY(),
            Self::Changed => problems::CHANGED(),
            Self::CredentialEarly => problems::CREDENTIAL_EARLY(),
            Self::CredentialNeeded => problems::CREDENTIAL_NEEDED(),
            Self::CredentialRefused => problems::CREDENTIAL_REFUSED(),
            Self::CredentialUnknown => problems::CREDENTIAL_UNKNOWN(),
            Self::IdempotencyKeyReused => problems::IDEMPOTENCY_KEY_REUSED(),
            Self::Internal => problems::INTERNAL(),
            Self::Malformed => problems::MALFORMED(),
            Self::MethodNotAllowed => problems::METHOD_NOT_ALLOWED(),
            Self::NotAllowed => problems::NOT_ALLOWED(),
            Self::OriginRefused => problems::ORIGIN_REFUSED(),
            Self::RateLimited => problems::RATE_LIMITED(),
            Self::NoFilm => problems::NO_FILM(),
            Self::RecordingGoesOn => problems::RECORDING_GOES_ON(),
            Self::RecordingUnknown => problems::RECORDING_UNKNOWN(),
            Self::RoomDeleted => problems::ROOM_DELETED(),
            Self::RoomUnknown => problems::ROOM_UNKNOWN(),
            Self::ScopeMissing => problems::SCOPE_MISSING(),
            Self::SettingsInvalid => problems::SETTINGS_INVALID(),
            Self::StorageUnavailable => problems::STORAGE_UNAVAILABLE(),
            Self::TokenInvalid => problems::TOKEN_INVALID(),
            Self::TooLarge => problems::TOO_LARGE(),
            Self::TooManyCredentials => problems::TOO_MANY_CREDENTIALS(),
            Self::TooManyRooms => problems::TOO_MANY_ROOMS(),
            Self::Unknown => problems::UNKNOWN(),
            Self::UpgradeRequired => problems::UPGRADE_REQUIRED(),
        }
    }
}

/// What was wrong this time, where that needs no data. It is for whoever writes a program: without a capital and a full stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemDetail {
    /// The API key opens nothing, or nothing any more.
    ApiKeyRefused,
    /// The id of a call is that of another one.
    CallTaken,
    /// There is no such call.
    CallUnknown,
    /// Whoever rings has a call or a ring already.
    CallerBusy,
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
    /// Who is called is who calls.
    OwnCallId,
    /// The id is that of no participant.
    ParticipantIdInvalid,
    /// As many passwords are checked as the server can.
    PasswordsBusy,
    /// The proof is not by the holder of the key.
    ProofRefused,
    /// Too many requests.
    RateLimited,
    /// No film can be made of the recording.
    NoFilm,
    /// The recording goes on.
    RecordingGoesOn,
    /// There is no such recording.
    RecordingUnknown,
    /// The room was changed since it was read.
    RoomChanged,
    /// The room that the request has made was deleted.
    RoomDeleted,
    /// There is no such room.
    RoomUnknown,
    /// The database cannot be used.
    StorageUnavailable,
    /// The room has as many credentials as it may have.
    TooManyCredentials,
    /// The server has as many rooms as it takes.
    TooManyRooms,
}

impl ProblemDetail {
    /// The problem's detail (RFC 9457 §3.1.4).
    pub fn text(self) -> &'static str {
        match self {
            Self::ApiKeyRefused => problems::DETAIL_API_KEY_REFUSED(),
            Self::CallTaken => problems::DETAIL_CALL_TAKEN(),
            Self::CallUnknown => problems::DETAIL_CALL_UNKNOWN(),
            Self::CallerBusy => problems::DETAIL_CALLER_BUSY(),
            Self::CredentialEarly => problems::DETAIL_CREDENTIAL_EARLY(),
            Self::CredentialNeeded => problems::DETAIL_CREDENTIAL_NEEDED(),
            Self::CredentialUnknown => problems::DETAIL_CREDENTIAL_UNKNOWN(),
            Self::EndpointUnknown => problems::DETAIL_ENDPOINT_UNKNOWN(),
            Self::IdempotencyKeyInvalid => problems::DETAIL_IDEMPOTENCY_KEY_INVALID(),
            Self::IdempotencyKeyReused => problems::DETAIL_IDEMPOTENCY_KEY_REUSED(),
            Self::NotHost => problems::DETAIL_NOT_HOST(),
            Self::NotHostKey => problems::DETAIL_NOT_HOST_KEY(),
            Self::OriginRefused => problems::DETAIL_ORIGIN_REFUSED(),
            Self::OwnCallId => problems::DETAIL_OWN_CALL_ID(),
            Self::ParticipantIdInvalid => problems::DETAIL_PARTICIPANT_ID_INVALID(),
            Self::PasswordsBusy => problems::DETAIL_PASSWORDS_BUSY(),
            Self::ProofRefused => problems::DETAIL_PROOF_REFUSED(),
            Self::RateLimited => problems::DETAIL_RATE_LIMITED(),
            Self::NoFilm => problems::DETAIL_NO_FILM(),
            Self::RecordingGoesOn => problems::DETAIL_RECORDING_GOES_ON(),
            Self::RecordingUnknown => problems::DETAIL_RECORDING_UNKNOWN(),
            Self::RoomChanged => problems::DETAIL_ROOM_CHANGED(),
            Self::RoomDeleted => problems::DETAIL_ROOM_DELETED(),
            Self::RoomUnknown => problems::DETAIL_ROOM_UNKNOWN(),
            Self::StorageUnavailable => problems::DETAIL_STORAGE_UNAVAILABLE(),
            Self::TooManyCredentials => problems::DETAIL_TOO_MANY_CREDENTIALS(),
            Self::TooManyRooms => problems::DETAIL_TOO_MANY_ROOMS(),
        }
    }
}

/// The API key lacks a scope.
pub fn scope_missing(scope: &str) -> String {
    problems::detail_scope_missing(&scope)
}
