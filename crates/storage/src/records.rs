//! What is kept, one type a table.

mod calls;
mod contacts;
mod identities;
mod notes;
mod operation;
mod outbox;
mod push;
mod recordings;

pub use calls::{
    CallCourse, CallCursor, CallDirection, CallEnd, CallOutcome, CallParty, CallReaders, CallRecord,
    CallSide, HistoryEntry, HistoryPage,
};
pub use contacts::{ContactChange, ContactCursor, ContactPage, ContactRecord, Standing};
pub use identities::{CallIdentity, CallRules, QuietHours, WhoMayRing};
pub use notes::{NOTE_CHARACTERS, NoteError, REQUEST_CHARACTERS, RequestNote, SealedNote};
pub use operation::{AuditCursor, AuditFilter, UsageRecord};
pub use outbox::{
    Claim, ClaimedEntry, OutboxCount, OutboxEntry, PAYLOAD_BYTES, Payload, PayloadError, Topic,
};
pub use push::PushRecord;
pub use recordings::RecordingRecord;

use protocol::{
    ChatEntry, CredentialKind, DisplayName, Forbidden, HandNumber, ParticipantId, PublicKey, RingId, Role,
    RoomCode, RoomSettings, SessionId, Timestamp,
};

/// A SHA-256 digest in hexadecimal: of a secret that is never kept itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Digest(pub String);

/// A browser, known by the digest of its cookie.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrowserId(pub Digest);

/// The hash of a room's password (argon2id, PHC string form).
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// Its address.
    pub code: RoomCode,
    /// Its rules.
    pub settings: RoomSettings,
    /// Its password, when it has one.
    pub password_hash: Option<PasswordHash>,
    /// Grows by one with each change of the rules, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody was last in it.
    pub used_at: Timestamp,
    /// The API key that made it, if one did.
    pub created_by: Option<String>,
    /// The ring for which it was made, and with which it goes, if it was.
    pub made_for: Option<RingId>,
    /// The token of the last owner who wrote to it.
    pub fence: Fence,
}

/// A fencing token: who owns a room writes with a number that grows with each new owner, and a write with an older one than the last
/// is refused. 0, the first, is that of a server that has the database for itself; at most 2⁶³ − 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub u64);

/// A key to a room: of a host's link, an invitation, which has limits, or an access token, of which only this is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The digest of the secret in the link; of an access token, that of its id.
    pub digest: Digest,
    /// The kind of credential.
    pub kind: CredentialKind,
    /// What it was minted with. It ends with that.
    pub parent: Option<Digest>,
    /// The API key below which it stands. It ends with that, and its bearer may do over REST what that may.
    pub api_key: Option<String>,
    /// The scopes of that API key, as words separated by spaces. Read, never written.
    pub scopes: Option<String>,
    /// The room it opens.
    pub room: RoomCode,
    /// The role it gives.
    pub role: Role,
    /// What its maker calls it.
    pub label: Option<String>,
    /// From when it opens.
    pub not_before: Option<Timestamp>,
    /// Until when it opens. When it is read, the end of its API key counts too.
    pub expires_at: Option<Timestamp>,
    /// How many people it still lets in; without limit when absent.
    pub uses_left: Option<u64>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key on a browser's keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    /// The key.
    pub key: KeyRecord,
    /// Whether this browser has used it, and so needs no other use.
    pub used: bool,
}

/// What a request with an `Idempotency-Key` has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Who asked.
    pub owner: String,
    /// The key.
    pub key: String,
    /// Of the request, which must be the same the next time.
    pub request: Digest,
    /// The room that was made.
    pub room: RoomCode,
    /// The time of it, in Unix milliseconds.
    pub created_at: Timestamp,
}

/// Somebody who was in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRecord {
    /// The room.
    pub room: RoomCode,
    /// Their id.
    pub participant: ParticipantId,
    /// Their stay.
    pub session: SessionId,
    /// Their name.
    pub name: DisplayName,
    /// Their role.
    pub role: Role,
    /// Their raised hand.
    pub hand: Option<HandNumber>,
    /// What they may not do.
    pub forbidden: Forbidden,
    /// Whether they are in.
    pub state: SeatState,
    /// The number of the last session token that they have used.
    pub generation: u32,
    /// The browser they came with, if that is known.
    pub browser: Option<BrowserId>,
    /// Their public key, which is nobody else's in the room.
    pub key: Option<PublicKey>,
    /// When this became so.
    pub changed_at: Timestamp,
}

/// Whether somebody is in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatState {
    /// They are.
    Taken,
    /// They left and may come back.
    Left,
    /// A host removed them; their session is over.
    Removed,
}

/// Messages, and whether there are older ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatPage {
    /// Oldest first.
    pub entries: Vec<ChatEntry>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A program's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRecord {
    /// Says which key, and opens nothing.
    pub id: String,
    /// Of the secret.
    pub digest: Digest,
    /// What the operator calls it.
    pub label: String,
    /// What it may do, as words separated by spaces.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it opens.
    pub expires_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// Something that was done and may be asked about later. Holds no name, address or text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Unique.
    pub id: String,
    /// The time of it, in Unix milliseconds.
    pub at: Timestamp,
    /// In which room.
    pub room: Option<RoomCode>,
    /// By whom: a participant's id, an API key's id, or `operator`.
    pub actor: String,
    /// What, as in `room.deleted`.
    pub action: String,
    /// To what: the id of a key, a participant or a ring.
    pub subject: Option<String>,
}

/// One thing that happened in a room and is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody wrote.
    Chat(RoomCode, ChatEntry),
    /// A seat is as it says now.
    Seat(SeatRecord),
    /// A browser may not enter any more.
    Blocked(RoomCode, BrowserId, Timestamp),
    /// Somebody is in the room.
    Used(RoomCode, Timestamp),
    /// The recording that goes on in the room is as it says now, as the room writes it; or none does.
    Recording(RoomCode, Option<String>),
    /// Something was done.
    Audit(AuditEvent),
}

/// A change, and the token under which its room's owner makes it. Of a change that concerns no room, the token says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FencedChange {
    /// The token.
    pub fence: Fence,
    /// The change.
    pub change: Change,
}

impl Change {
    /// Which room it concerns.
    pub fn room(&self) -> Option<RoomCode> {
        match self {
            Self::Chat(room, _)
            | Self::Blocked(room, ..)
            | Self::Used(room, _)
            | Self::Recording(room, _) => Some(*room),
            Self::Seat(seat) => Some(seat.room),
            Self::Audit(event) => event.room,
        }
    }
}

/// How much chat a room keeps at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatQuota {
    /// Messages.
    pub messages: u64,
    /// Bytes of their bodies together.
    pub bytes: u64,
}

impl ChatQuota {
    /// As much as there is.
    pub const UNLIMITED: Self = Self { messages: u64::MAX, bytes: u64::MAX };
}

/// A change that was not kept, while the others were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its index among the changes.
    pub change: usize,
    /// The reason why it was not written.
    pub reason: RefusalReason,
}

/// Why a change was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The room has as much chat as it may keep.
    RoomIsFull,
    /// Another message has its number, or its id.
    Taken,
    /// Somebody with a newer token owns the room. So it is with whatever else is written with this one.
    Fenced,
}

/// Who has made a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creators {
    /// Somebody with a page.
    Pages,
    /// A program with an API key.
    ApiKeys,
}

/// A file of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildFile {
    /// Where it is below the build's address, without a slash at the beginning: `pkg/veranda.js`.
    pub path: String,
    /// SHA-256 of its content, in hexadecimal.
    pub digest: String,
    /// What is in it.
    pub content: Vec<u8>,
}

/// A file of a build, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// SHA-256 of its content, in hexadecimal.
    pub digest: String,
    /// How long its content is.
    pub bytes: u64,
}
