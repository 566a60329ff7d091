//! What Veranda keeps: rooms with their rules, keys, seats, chat, API keys and audit events; for direct calls identities,
//! contacts and histories; and what is still to be delivered.
//!
//! The traits say what is kept; [`SqlStorage`] keeps it in a SQLite file or in PostgreSQL, with the same statements. It
//! decides nothing, reads no clock and makes no ids: times, ids and digests are arguments.

mod admins;
mod api_keys;
mod audit;
mod backup;
mod builds;
mod calls;
mod chat;
mod contacts;
mod direct_calls;
mod error;
mod fences;
mod identities;
mod journal;
mod keys;
mod lock;
mod operation;
mod outbox;
mod ownership;
mod postgres;
mod push;
mod recordings;
mod records;
mod rooms;
mod rows;
mod seats;
mod sql;
mod sqlite;
mod usage;

pub use backup::{back_up, restore};
pub use direct_calls::{
    CONTACTS_OF_IDENTITY, CallRepository, ContactRepository, IdentityRepository, OutboxRepository,
    PUSHES_OF_IDENTITY, PushRepository, REQUESTS_OF_IDENTITY, SEEN_TO,
};
pub use error::StorageError;
pub use lock::{DatabaseLock, FolderHolder, FolderLock, Sharing};
pub use operation::{AdminRepository, AuditRepository, UsageRepository};
pub use ownership::{ClusterRepository, Ownable, Ownership, Swap};
pub use recordings::RecordingRepository;
pub use records::{
    ApiKeyRecord, AuditCursor, AuditEvent, AuditFilter, BrowserId, BuildFile, CallCourse, CallCursor,
    CallDirection, CallEnd, CallIdentity, CallOutcome, CallParty, CallReaders, CallRecord, CallRules,
    CallSide, Change, ChatPage, ChatQuota, Claim, ClaimedEntry, ContactChange, ContactCursor, ContactPage,
    ContactRecord, Creators, Digest, Fence, FencedChange, HeldKey, HistoryEntry, HistoryPage, Idempotency,
    KeptFile, KeyRecord, NOTE_CHARACTERS, NoteError, OutboxCount, OutboxEntry, PAYLOAD_BYTES, PasswordHash,
    Payload, PayloadError, PushRecord, QuietHours, REQUEST_CHARACTERS, RecordingRecord, Refusal,
    RefusalReason, RequestNote, RoomRecord, SealedNote, SeatRecord, SeatState, Standing, Topic, UsageRecord,
    WhoMayRing,
};
pub use sql::SqlStorage;

use std::time::Duration;

use async_trait::async_trait;
use protocol::{ChatEntry, ChatNumber, ParticipantId, RoomCode, RoomSettings, Timestamp};

/// For so long a request with the same `Idempotency-Key` counts as the same.
pub const IDEMPOTENT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How many keys, invitations and access tokens a room has at once. Raising it lets one host fill more of the database.
pub const KEYS_OF_ROOM: u64 = 10_000;

/// How many keyrings have one key. Whoever opens the link of a key a thousand times puts out those who opened it before.
pub const HOLDERS_OF_KEY: u32 = 1_000;

/// How many audit events of a room are kept for long.
pub const AUDIT_OF_ROOM: u32 = 10_000;

/// How many keyrings one after the other are a browser's. What it got before the last two hundred keys it has no longer.
pub const KEYRINGS_OF_BROWSER: u32 = 200;

/// Rooms and their rules.
#[async_trait]
pub trait RoomRepository {
    /// Keeps a new room together with the key of its host, and what an `Idempotency-Key` made, if there was one.
    ///
    /// # Errors
    ///
    /// [`StorageError::Exists`] when there is such a room or such an idempotency key.
    async fn create_room(
        &self,
        room: &RoomRecord,
        host_key: &KeyRecord,
        idempotency: Option<&Idempotency>,
    ) -> Result<(), StorageError>;

    /// A room, if there is one.
    async fn room(&self, code: RoomCode) -> Result<Option<RoomRecord>, StorageError>;

    /// Changes rules; `password_hash` is changed only when given. `None` when there is no such room.
    ///
    /// # Errors
    ///
    /// [`StorageError::Fenced`] when the room was written with a newer token than `fence`; [`StorageError::Changed`] when its version is not
    /// `version`.
    async fn update_room(
        &self,
        code: RoomCode,
        fence: Fence,
        version: u64,
        settings: &RoomSettings,
        password_hash: Option<Option<&PasswordHash>>,
    ) -> Result<Option<RoomRecord>, StorageError>;

    /// Deletes a room and everything in it. False when there is none.
    ///
    /// # Errors
    ///
    /// [`StorageError::Fenced`] when the room was written with a newer token than `fence`.
    async fn delete_room(&self, code: RoomCode, fence: Fence) -> Result<bool, StorageError>;

    /// Rooms that an API key has made, by code, after `after`.
    async fn rooms_created_by(
        &self,
        creator: &str,
        after: Option<RoomCode>,
        limit: u32,
    ) -> Result<Vec<RoomRecord>, StorageError>;

    /// Rooms whose settings say that they are listed, last used first.
    async fn listed_rooms(&self, limit: u32) -> Result<Vec<RoomRecord>, StorageError>;

    /// Rooms that were made for rings that are over, or of which there is no row; at most ten thousand.
    async fn rooms_of_past_rings(&self) -> Result<Vec<RoomCode>, StorageError>;

    /// How many rooms there are that such creators have made.
    async fn count_rooms(&self, creators: Creators) -> Result<u64, StorageError>;

    /// The time by which things grow old, after so much time of a running server. It follows `wall`, never further than
    /// twice the time that has passed: a clock that was set wrong for an hour deletes nothing. When none has passed it is only read, for
    /// what is to grow old from now on; a `wall` that is behind makes nothing older than it is.
    async fn retention_time(&self, wall: Timestamp, passed: Duration) -> Result<Timestamp, StorageError>;

    /// Deletes rooms that were not used since, seats that have not changed since, and what else is too old to be of use.
    /// Returns how many rooms.
    async fn delete_unused(&self, since: Timestamp, seats_since: Timestamp) -> Result<u64, StorageError>;

    /// Rooms that are to be deleted when they are empty, and were used, but not since.
    async fn left_rooms(&self, since: Timestamp) -> Result<Vec<RoomCode>, StorageError>;

    /// What an idempotency key of an owner has made since a moment.
    async fn made_by(
        &self,
        owner: &str,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<Idempotency>, StorageError>;
}

/// Keys: what gives a role in a room.
#[async_trait]
pub trait KeyRepository {
    /// Keeps a key. False, and nothing is kept, when what it was minted with was taken back, or the room has
    /// [`KEYS_OF_ROOM`] already. Tokens that ended before `now` are forgotten.
    async fn add_key(&self, key: &KeyRecord, now: Timestamp) -> Result<bool, StorageError>;

    /// A key, if there is one.
    async fn key(&self, digest: &Digest) -> Result<Option<KeyRecord>, StorageError>;

    /// The key of a room whose digest begins with `id`.
    async fn key_of_room(&self, room: RoomCode, id: &str) -> Result<Option<KeyRecord>, StorageError>;

    /// Every key of a room, oldest first.
    async fn keys_of_room(&self, room: RoomCode) -> Result<Vec<KeyRecord>, StorageError>;

    /// Takes a key back, and everything that was minted with it. Returns the digests of all of them; none when there is no
    /// such key.
    async fn delete_key(&self, room: RoomCode, digest: &Digest) -> Result<Vec<Digest>, StorageError>;

    /// Takes one use of a key, if it has any left.
    async fn use_key(&self, digest: &Digest) -> Result<bool, StorageError>;

    /// Puts a key on a browser's keyring. Of the keyrings that have it, only the last [`HOLDERS_OF_KEY`] keep it.
    async fn hold_key(&self, browser: &BrowserId, key: &KeyRecord, at: Timestamp)
    -> Result<(), StorageError>;

    /// Adds a keyring that goes on from `parent`: what is on that is on this too, and not the other way round.
    async fn add_keyring(
        &self,
        keyring: &BrowserId,
        parent: &BrowserId,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Deletes keyrings that no browser can show any more: none goes on from them, and they were made before `since`. And keyrings with
    /// nothing on them that others go on from.
    async fn delete_unused_keyrings(&self, since: Timestamp) -> Result<(), StorageError>;

    /// The keys to a room that a browser holds.
    async fn held_keys(&self, browser: &BrowserId, room: RoomCode) -> Result<Vec<HeldKey>, StorageError>;

    /// Takes one use of a key for a browser, which it costs no second time. False when there was none left.
    async fn use_held_key(&self, browser: &BrowserId, digest: &Digest) -> Result<bool, StorageError>;

    /// Rooms to which a browser holds a host's key that has not ended, last used first.
    async fn rooms_of_host(
        &self,
        browser: &BrowserId,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<RoomRecord>, StorageError>;
}

/// Seats: who was in a room lately.
#[async_trait]
pub trait SeatRepository {
    /// Seats that changed since, the last changed last; of very many the last.
    async fn seats(&self, room: RoomCode, since: Timestamp) -> Result<Vec<SeatRecord>, StorageError>;

    /// Browsers that may not enter.
    async fn blocked_browsers(&self, room: RoomCode) -> Result<Vec<BrowserId>, StorageError>;
}

/// Chat that was kept.
#[async_trait]
pub trait ChatRepository {
    /// The last `limit` messages that `reader` may read, before `before`, oldest first; fewer when they are longer than
    /// [`CHAT_PAGE_BYTES`](protocol::limits::CHAT_PAGE_BYTES) together.
    async fn chat(
        &self,
        room: RoomCode,
        reader: ParticipantId,
        before: Option<ChatNumber>,
        limit: u32,
    ) -> Result<ChatPage, StorageError>;

    /// Deletes messages that were sent before, and returns how many.
    async fn delete_chat(&self, since: Timestamp) -> Result<u64, StorageError>;

    /// The last messages, whoever may read them, oldest first.
    async fn recent_chat(&self, room: RoomCode, limit: u32) -> Result<Vec<ChatEntry>, StorageError>;
}

/// What happens in rooms, kept many at a time.
#[async_trait]
pub trait Journal {
    /// Keeps changes in their order, all or none, but for those that are refused for a reason of their own: messages, and whatever
    /// comes with an older token than the last of its room. Refusals are in the order of the changes. What is in storage already is
    /// not kept twice.
    async fn keep_within(
        &self,
        quota: ChatQuota,
        changes: &[FencedChange],
    ) -> Result<Vec<Refusal>, StorageError>;

    /// The same without a quota, with the first token of all.
    async fn keep(&self, changes: &[Change]) -> Result<Vec<Refusal>, StorageError> {
        let fenced = |change: &Change| FencedChange { fence: Fence::default(), change: change.clone() };
        self.keep_within(ChatQuota::UNLIMITED, &changes.iter().map(fenced).collect::<Vec<_>>()).await
    }
}

/// Keys of programs.
#[async_trait]
pub trait ApiKeyRepository {
    /// Keeps a key.
    async fn add_api_key(&self, key: &ApiKeyRecord) -> Result<(), StorageError>;

    /// The key with a digest, if there is one, also when it is expired or revoked.
    async fn api_key(&self, digest: &Digest) -> Result<Option<ApiKeyRecord>, StorageError>;

    /// Every key, oldest first.
    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StorageError>;

    /// What was minted below a key: its room and its digest.
    async fn keys_of_api_key(&self, id: &str) -> Result<Vec<(RoomCode, Digest)>, StorageError>;

    /// Ends a key. False when there is none.
    async fn revoke_api_key(&self, id: &str, at: Timestamp) -> Result<bool, StorageError>;
}

/// Files of builds: pages that were opened before a newer build started still ask for theirs.
#[async_trait]
pub trait BuildRepository {
    /// A build starts: every other one that has not been replaced yet is replaced by it at `now`, and it itself is not. Returns whether
    /// its files are kept already.
    async fn start_build(&self, id: &str, now: Timestamp) -> Result<bool, StorageError>;

    /// Keeps all files of a build, or none. A content that another build has too is kept once.
    async fn keep_build(&self, id: &str, files: &[BuildFile]) -> Result<(), StorageError>;

    /// A file, if the build is kept and has it. Its content is not read.
    async fn file_of_build(&self, id: &str, path: &str) -> Result<Option<KeptFile>, StorageError>;

    /// The content that has a digest, if a build has such a file.
    async fn content_of_file(&self, digest: &str) -> Result<Option<Vec<u8>>, StorageError>;

    /// Forgets builds that were replaced before a moment, and all but the `most` that were replaced last. Returns how many.
    async fn forget_builds(&self, replaced_before: Timestamp, most: u32) -> Result<u64, StorageError>;
}

/// Everything that is kept.
pub trait Storage:
    RoomRepository
    + KeyRepository
    + SeatRepository
    + ChatRepository
    + Journal
    + ApiKeyRepository
    + AuditRepository
    + AdminRepository
    + UsageRepository
    + BuildRepository
    + IdentityRepository
    + ContactRepository
    + CallRepository
    + OutboxRepository
    + PushRepository
    + RecordingRepository
    + Send
    + Sync
{
}

impl<T> Storage for T where
    T: RoomRepository
        + KeyRepository
        + SeatRepository
        + ChatRepository
        + Journal
        + ApiKeyRepository
        + AuditRepository
        + AdminRepository
        + UsageRepository
        + BuildRepository
        + IdentityRepository
        + ContactRepository
        + CallRepository
        + OutboxRepository
        + PushRepository
        + RecordingRepository
        + Send
        + Sync
{
}
