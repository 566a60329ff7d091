//! Times what storage is asked, for `/metrics` and for traces. It adds nothing and keeps nothing: each operation is the storage's own.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{
    CallId, ChatEntry, ChatNumber, ParticipantId, PublicKey, RecordingEnd, RecordingId, RingId, RoomCode,
    RoomName, RoomSettings, Timestamp,
};
use storage::{
    AdminRepository, ApiKeyRecord, ApiKeyRepository, AuditEvent, AuditFilter, AuditRepository, BrowserId,
    BuildFile, BuildRepository, CallCursor, CallIdentity, CallRecord, CallRepository, CallRules, ChatPage,
    ChatQuota, ChatRepository, Claim, ClaimedEntry, ContactChange, ContactCursor, ContactPage, ContactRecord,
    ContactRepository, Creators, Digest, Fence, FencedChange, HeldKey, HistoryPage, Idempotency,
    IdentityRepository, Journal, KeptFile, KeyRecord, KeyRepository, OutboxCount, OutboxEntry,
    OutboxRepository, PasswordHash, PushRecord, PushRepository, RecordingRecord, RecordingRepository,
    Refusal, RoomRecord, RoomRepository, SealedNote, SeatRecord, SeatRepository, Standing, Storage,
    StorageError, Topic, UsageRecord, UsageRepository,
};
use tracing::{Instrument as _, Span};

use crate::clock;
use crate::metrics::{Label, Metrics, add, observe};

/// A storage whose operations are timed.
pub(crate) struct MeteredStorage {
    storage: Arc<dyn Storage>,
    metrics: Metrics,
}

impl MeteredStorage {
    pub(crate) fn new(storage: Arc<dyn Storage>, metrics: Metrics) -> Self {
        Self { storage, metrics }
    }

    async fn timed<T>(
        &self,
        repository: Label,
        operation: Label,
        asking: impl Future<Output = Result<T, StorageError>>,
    ) -> Result<T, StorageError> {
        let began = clock::moment();
        // What is asked for no way into a room belongs to no trace.
        let is_traced = Span::current().metadata().is_some_and(|of| of.target().starts_with("veranda::"));
        let span = if is_traced {
            tracing::debug_span!(target: "veranda::storage", "storage", repository, operation)
        } else {
            Span::none()
        };
        let result = asking.instrument(span).await;
        let took = clock::moment().saturating_duration_since(began);
        observe(&self.metrics.storage, [("repository", repository)], took);
        if let Err(error) = &result
            && !error.is_answer()
        {
            add(&self.metrics.storage_failures, [("repository", repository)], 1);
        }
        result
    }
}

/// Writes out a trait whose functions all ask the same of the storage behind.
macro_rules! metered {
    ($repository:ident as $label:literal; $($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        #[async_trait]
        impl $repository for MeteredStorage {
            $(
                async fn $name(&self, $($argument: $kind),*) -> Result<$result, StorageError> {
                    self.timed($label, stringify!($name), self.storage.$name($($argument),*)).await
                }
            )*
        }
    };
}

metered! { RoomRepository as "rooms";
    create_room(room: &RoomRecord, host_key: &KeyRecord, idempotency: Option<&Idempotency>) -> ();
    room(code: RoomCode) -> Option<RoomRecord>;
    update_room(code: RoomCode, fence: Fence, version: u64, settings: &RoomSettings, password_hash: Option<Option<&PasswordHash>>) -> Option<RoomRecord>;
    delete_room(code: RoomCode, fence: Fence) -> bool;
    rooms_created_by(creator: &str, after: Option<RoomCode>, limit: u32) -> Vec<RoomRecord>;
    listed_rooms(limit: u32) -> Vec<RoomRecord>;
    rooms_of_past_rings() -> Vec<RoomCode>;
    count_rooms(creators: Creators) -> u64;
    retention_time(wall: Timestamp, passed: Duration) -> Timestamp;
    delete_unused(since: Timestamp, seats_since: Timestamp) -> u64;
    left_rooms(since: Timestamp) -> Vec<RoomCode>;
    made_by(owner: &str, key: &str, since: Timestamp) -> Option<Idempotency>;
}

metered! { KeyRepository as "keys";
    add_key(key: &KeyRecord, now: Timestamp) -> bool;
    key(digest: &Digest) -> Option<KeyRecord>;
    key_of_room(room: RoomCode, id: &str) -> Option<KeyRecord>;
    keys_of_room(room: RoomCode) -> Vec<KeyRecord>;
    delete_key(room: RoomCode, digest: &Digest) -> Vec<Digest>;
    use_key(digest: &Digest) -> bool;
    hold_key(browser: &BrowserId, key: &KeyRecord, at: Timestamp) -> ();
    add_keyring(keyring: &BrowserId, parent: &BrowserId, at: Timestamp) -> ();
    delete_unused_keyrings(since: Timestamp) -> ();
    held_keys(browser: &BrowserId, room: RoomCode) -> Vec<HeldKey>;
    use_held_key(browser: &BrowserId, digest: &Digest) -> bool;
    rooms_of_host(browser: &BrowserId, now: Timestamp, limit: u32) -> Vec<RoomRecord>;
}

metered! { SeatRepository as "seats";
    seats(room: RoomCode, since: Timestamp) -> Vec<SeatRecord>;
    blocked_browsers(room: RoomCode) -> Vec<BrowserId>;
}

metered! { ChatRepository as "chat";
    chat(room: RoomCode, reader: ParticipantId, before: Option<ChatNumber>, limit: u32) -> ChatPage;
    delete_chat(since: Timestamp) -> u64;
    recent_chat(room: RoomCode, limit: u32) -> Vec<ChatEntry>;
}

metered! { Journal as "journal";
    keep_within(quota: ChatQuota, changes: &[FencedChange]) -> Vec<Refusal>;
}

metered! { ApiKeyRepository as "api_keys";
    add_api_key(key: &ApiKeyRecord) -> ();
    api_key(digest: &Digest) -> Option<ApiKeyRecord>;
    api_keys() -> Vec<ApiKeyRecord>;
    keys_of_api_key(id: &str) -> Vec<(RoomCode, Digest)>;
    revoke_api_key(id: &str, at: Timestamp) -> bool;
}

metered! { RecordingRepository as "recordings";
    begin_recording(recording: &RecordingRecord) -> ();
    note_recording(id: RecordingId, bytes: u64, ended: Option<(Timestamp, RecordingEnd)>) -> ();
    recording(id: RecordingId) -> Option<RecordingRecord>;
    recordings_of(room: RoomCode, limit: u32) -> Vec<RecordingRecord>;
    open_recordings() -> Vec<RecordingRecord>;
    old_recordings(before: Timestamp, limit: u32) -> Vec<RecordingRecord>;
    recordings_without_room(before: Timestamp, limit: u32) -> Vec<RecordingRecord>;
    recorded_bytes(room: Option<RoomCode>) -> u64;
    name_recording(id: RecordingId, name: Option<&RoomName>) -> bool;
    delete_recording(id: RecordingId) -> bool;
    kept_recording(room: RoomCode) -> Option<String>;
}

metered! { AuditRepository as "audit";
    audit_events(filter: &AuditFilter, limit: u32) -> Vec<AuditEvent>;
    audit_actions() -> Vec<String>;
}

metered! { AdminRepository as "admins";
    add_admin_link(link: &Digest, expires_at: Timestamp) -> ();
    open_admin_session(link: &Digest, session: &Digest, now: Timestamp, expires_at: Timestamp) -> bool;
    is_admin_session(session: &Digest, now: Timestamp) -> bool;
    end_admin_session(session: &Digest) -> bool;
    forget_admins(now: Timestamp) -> ();
    revoke_admins() -> u64;
}

metered! { UsageRepository as "usage";
    add_usage(records: &[UsageRecord]) -> ();
    usage(from: Timestamp, before: Timestamp) -> Vec<UsageRecord>;
    forget_usage(before: Timestamp) -> u64;
}

metered! { BuildRepository as "builds";
    start_build(id: &str, now: Timestamp) -> bool;
    keep_build(id: &str, files: &[BuildFile]) -> ();
    file_of_build(id: &str, path: &str) -> Option<KeptFile>;
    content_of_file(digest: &str) -> Option<Vec<u8>>;
    forget_builds(replaced_before: Timestamp, most: u32) -> u64;
}

metered! { IdentityRepository as "identities";
    give_call_id(key: &PublicKey, drawn: CallId, now: Timestamp) -> CallIdentity;
    replace_call_id(key: &PublicKey, drawn: CallId) -> Option<CallIdentity>;
    identity(key: &PublicKey) -> Option<CallIdentity>;
    identity_of(call_id: CallId) -> Option<CallIdentity>;
    note_seen(key: &PublicKey, now: Timestamp) -> ();
    set_call_rules(key: &PublicKey, rules: &CallRules) -> bool;
    delete_identity(key: &PublicKey) -> bool;
    forget_identities(since: Timestamp) -> u64;
}

metered! { ContactRepository as "contacts";
    change_contact(owner: &PublicKey, peer: &PublicKey, change: ContactChange<'_>, at: Timestamp) -> Option<Standing>;
    note_contact(owner: &PublicKey, peer: &PublicKey, note: Option<&SealedNote>) -> bool;
    forget_contact(owner: &PublicKey, peer: &PublicKey) -> bool;
    contact(owner: &PublicKey, peer: &PublicKey) -> Option<ContactRecord>;
    contacts(owner: &PublicKey, standing: Standing, before: Option<&ContactCursor>, limit: u32) -> ContactPage;
}

metered! { CallRepository as "calls";
    keep_call(call: &CallRecord, outbox: &[OutboxEntry]) -> bool;
    begin_call(call: &CallRecord) -> bool;
    confirm_call(ring: RingId) -> ();
    doubtful_calls() -> Vec<CallRecord>;
    note_calls(now: Timestamp) -> ();
    calls_noted_at() -> Option<Timestamp>;
    call(ring: RingId) -> Option<CallRecord>;
    settle_unfinished(rung_before: Timestamp, answered_before: Timestamp, now: Timestamp) -> u64;
    unfinished_calls() -> Vec<CallRecord>;
    is_in_call(key: &PublicKey) -> bool;
    history(owner: &PublicKey, before: Option<CallCursor>, limit: u32) -> HistoryPage;
    note_call(owner: &PublicKey, ring: RingId, note: Option<&SealedNote>) -> bool;
    hide_call(owner: &PublicKey, ring: RingId) -> bool;
    hide_calls(owner: &PublicKey) -> u64;
    count_unseen(callee: &PublicKey) -> u64;
    unseen_calls(callee: &PublicKey, before: Option<CallCursor>, limit: u32) -> HistoryPage;
    mark_seen(callee: &PublicKey, rings: &[RingId]) -> u64;
    delete_calls(ended_before: Timestamp) -> u64;
}

metered! { PushRepository as "push";
    keep_push(push: &PushRecord, at: Timestamp) -> bool;
    push(id: &Digest) -> Option<PushRecord>;
    pushes(owner: &PublicKey) -> Vec<PushRecord>;
    is_pushed_to(owner: &PublicKey) -> bool;
    forget_push(owner: &PublicKey, id: &Digest) -> bool;
}

metered! { OutboxRepository as "outbox";
    add_to_outbox(entries: &[OutboxEntry]) -> ();
    claim_due(topic: &Topic, now: Timestamp, leased_until: Timestamp, limit: u32) -> Vec<ClaimedEntry>;
    finish_delivery(claim: Claim) -> bool;
    fail_delivery(claim: Claim, not_before: Timestamp) -> bool;
    expire_outbox(now: Timestamp, limit: u32) -> Vec<OutboxEntry>;
    outbox_counts() -> Vec<OutboxCount>;
}
