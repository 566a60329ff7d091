//! What is kept for direct calls: identities, contacts, calls and what is to be delivered. The traits, as in `lib.rs`; who may ring whom,
//! and when, is decided elsewhere.

use std::time::Duration;

use async_trait::async_trait;
use protocol::{CallId, PublicKey, RingId, Timestamp};

use crate::StorageError;
use crate::records::{
    CallCursor, CallIdentity, CallRecord, CallRules, Claim, ClaimedEntry, ContactChange, ContactCursor,
    ContactPage, ContactRecord, Digest, HistoryPage, OutboxCount, OutboxEntry, PushRecord, SealedNote,
    Standing, Topic,
};

/// How exactly it is kept when an identity was last here. Lowering it costs more writes, and tells whoever reads the database more.
pub const SEEN_TO: Duration = Duration::from_secs(24 * 60 * 60);

/// How many people an identity knows or has blocked. Raising it lets one page fill more of the database.
pub const CONTACTS_OF_IDENTITY: u32 = 1_000;

/// How many people wait for an answer of an identity to their request.
pub const REQUESTS_OF_IDENTITY: u32 = 100;

/// How many browsers of an identity are pushed to. Raising it has each ring make more requests to push services.
pub const PUSHES_OF_IDENTITY: u32 = 10;

/// Who can be called.
#[async_trait]
pub trait IdentityRepository {
    /// Gives a key a call ID, which the caller has drawn, and returns its identity. A key that has one keeps it, and what was drawn is free.
    ///
    /// # Errors
    ///
    /// [`StorageError::Exists`] when the ID was given before, to whomever: another has to be drawn.
    async fn give_call_id(
        &self,
        key: &PublicKey,
        drawn: CallId,
        now: Timestamp,
    ) -> Result<CallIdentity, StorageError>;

    /// Gives an identity another call ID. The one before leads to nobody from then on, for ever. `None` when there is no such identity.
    ///
    /// # Errors
    ///
    /// [`StorageError::Exists`] when the ID was given before, to whomever: another has to be drawn.
    async fn replace_call_id(
        &self,
        key: &PublicKey,
        drawn: CallId,
    ) -> Result<Option<CallIdentity>, StorageError>;

    /// The identity of a key, if it has one.
    async fn identity(&self, key: &PublicKey) -> Result<Option<CallIdentity>, StorageError>;

    /// Whom a call ID leads to now.
    async fn identity_of(&self, call_id: CallId) -> Result<Option<CallIdentity>, StorageError>;

    /// Notes that an identity is here, to within [`SEEN_TO`].
    async fn note_seen(&self, key: &PublicKey, now: Timestamp) -> Result<(), StorageError>;

    /// Changes who may ring. False when there is no such identity.
    async fn set_call_rules(&self, key: &PublicKey, rules: &CallRules) -> Result<bool, StorageError>;

    /// Deletes an identity with its contacts and its side of every call; what others have of it stays theirs. Its call ID is not given
    /// again. False when there is none.
    async fn delete_identity(&self, key: &PublicKey) -> Result<bool, StorageError>;

    /// Deletes identities that were not here since and have no history, with their contacts. Returns how many, at most a thousand at once.
    async fn forget_identities(&self, since: Timestamp) -> Result<u64, StorageError>;
}

/// Whom identities know, have blocked, or are asked by.
#[async_trait]
pub trait ContactRepository {
    /// Keeps what happened between an identity and a peer, and returns what the peer is to it now. Of more than [`CONTACTS_OF_IDENTITY`]
    /// the oldest that is not blocked goes, and a blocked one only when all are; of more than [`REQUESTS_OF_IDENTITY`] the oldest.
    /// `None` when nothing is kept: there is no such identity, or the peer is the one that went.
    async fn change_contact(
        &self,
        owner: &PublicKey,
        peer: &PublicKey,
        change: ContactChange<'_>,
        at: Timestamp,
    ) -> Result<Option<Standing>, StorageError>;

    /// Notes something about a peer. False when the peer is no contact.
    async fn note_contact(
        &self,
        owner: &PublicKey,
        peer: &PublicKey,
        note: Option<&SealedNote>,
    ) -> Result<bool, StorageError>;

    /// Forgets a peer: who was blocked or has asked may ring or ask again, as anybody. False when the peer is no contact.
    async fn forget_contact(&self, owner: &PublicKey, peer: &PublicKey) -> Result<bool, StorageError>;

    /// What an identity has of a peer.
    async fn contact(
        &self,
        owner: &PublicKey,
        peer: &PublicKey,
    ) -> Result<Option<ContactRecord>, StorageError>;

    /// Peers of one standing, the last changed first, before a cursor.
    async fn contacts(
        &self,
        owner: &PublicKey,
        standing: Standing,
        before: Option<&ContactCursor>,
        limit: u32,
    ) -> Result<ContactPage, StorageError>;
}

/// Direct calls.
#[async_trait]
pub trait CallRepository {
    /// Keeps how a call went so far, and with it what is to be delivered because of that: all or nothing. A call only goes on, from
    /// ringing to answered to over: what was kept before, or is older, changes nothing and delivers nothing, and is false. Notes and the
    /// invitation are those of the first time. A call that is in the caller's history alone comes into the callee's when it is answered.
    ///
    /// # Errors
    ///
    /// [`StorageError::Exists`] when the ring is one between others.
    async fn keep_call(&self, call: &CallRecord, outbox: &[OutboxEntry]) -> Result<bool, StorageError>;

    /// Keeps a call that begins to ring, in doubt until [`Self::confirm_call`] or until it goes on. False when it is kept already.
    ///
    /// # Errors
    ///
    /// [`StorageError::Exists`] when the ring is one between others.
    async fn begin_call(&self, call: &CallRecord) -> Result<bool, StorageError>;

    /// The call has begun: whoever has begun it knows that it is kept.
    async fn confirm_call(&self, ring: RingId) -> Result<(), StorageError>;

    /// Calls that ring and are in doubt: nobody may have been told of them. The oldest first.
    async fn doubtful_calls(&self) -> Result<Vec<CallRecord>, StorageError>;

    /// Notes that the calls that go on do so at this moment. An earlier one than was noted changes nothing.
    async fn note_calls(&self, now: Timestamp) -> Result<(), StorageError>;

    /// When that was noted last.
    async fn calls_noted_at(&self) -> Result<Option<Timestamp>, StorageError>;

    /// A call, whoever has hidden it. With the notes of both sides, so it is not for either.
    async fn call(&self, ring: RingId) -> Result<Option<CallRecord>, StorageError>;

    /// Ends calls that are not over and not in doubt: those that were answered before a moment are lost, when [`Self::note_calls`] was last said of
    /// them, and who has stayed in one has not; those that began to ring before another had no answer, at `now`. For a server that starts and is the only one on its database. Returns how many.
    async fn settle_unfinished(
        &self,
        rung_before: Timestamp,
        answered_before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StorageError>;

    /// Calls that are neither over nor in doubt, and those in which somebody has stayed, the oldest first.
    async fn unfinished_calls(&self) -> Result<Vec<CallRecord>, StorageError>;

    /// Whether somebody is at either end of a call that is not over, be it in doubt or not, or has stayed in one.
    async fn is_in_call(&self, key: &PublicKey) -> Result<bool, StorageError>;

    /// Calls of somebody, newest first, before a cursor.
    async fn history(
        &self,
        owner: &PublicKey,
        before: Option<CallCursor>,
        limit: u32,
    ) -> Result<HistoryPage, StorageError>;

    /// Notes something about a call for one side. False when it is not in their history.
    async fn note_call(
        &self,
        owner: &PublicKey,
        ring: RingId,
        note: Option<&SealedNote>,
    ) -> Result<bool, StorageError>;

    /// Takes a call out of one side's history. What both have taken out, and is over, is deleted. False when it is not in their history.
    async fn hide_call(&self, owner: &PublicKey, ring: RingId) -> Result<bool, StorageError>;

    /// Takes every call out of one side's history. Returns how many there were.
    async fn hide_calls(&self, owner: &PublicKey) -> Result<u64, StorageError>;

    /// How many calls somebody has missed and was not shown.
    async fn count_unseen(&self, callee: &PublicKey) -> Result<u64, StorageError>;

    /// Calls that somebody has missed and was not shown, newest first, before a cursor.
    async fn unseen_calls(
        &self,
        callee: &PublicKey,
        before: Option<CallCursor>,
        limit: u32,
    ) -> Result<HistoryPage, StorageError>;

    /// Says that somebody was shown calls that they missed. Returns how many of them were new.
    async fn mark_seen(&self, callee: &PublicKey, rings: &[RingId]) -> Result<u64, StorageError>;

    /// Deletes calls that ended before, from both histories. Returns how many.
    async fn delete_calls(&self, ended_before: Timestamp) -> Result<u64, StorageError>;
}

/// Browsers that are pushed to.
#[async_trait]
pub trait PushRepository {
    /// Keeps a browser, in place of what was kept of it, also for another identity. Of more than [`PUSHES_OF_IDENTITY`] the one that was kept
    /// first goes. False, and nothing is kept, when there is no such identity.
    async fn keep_push(&self, push: &PushRecord, at: Timestamp) -> Result<bool, StorageError>;

    /// A browser, if it is kept.
    async fn push(&self, id: &Digest) -> Result<Option<PushRecord>, StorageError>;

    /// The browsers of an identity, the last kept first.
    async fn pushes(&self, owner: &PublicKey) -> Result<Vec<PushRecord>, StorageError>;

    /// Whether any browser of an identity is kept.
    async fn is_pushed_to(&self, owner: &PublicKey) -> Result<bool, StorageError>;

    /// Forgets a browser of an identity. False when it is none of its.
    async fn forget_push(&self, owner: &PublicKey, id: &Digest) -> Result<bool, StorageError>;
}

/// What is to be delivered: in order, again when it failed, at least once.
#[async_trait]
pub trait OutboxRepository {
    /// Adds entries in their order, all or none. One with a tag takes the place of what [`OutboxEntry::tag`] says.
    async fn add_to_outbox(&self, entries: &[OutboxEntry]) -> Result<(), StorageError>;

    /// Takes entries of a topic that are due: of each key the first, when nobody has it and its time has come. Until the lease ends nobody
    /// else gets them, nor those behind them; after that everybody may.
    async fn claim_due(
        &self,
        topic: &Topic,
        now: Timestamp,
        leased_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<ClaimedEntry>, StorageError>;

    /// Removes an entry that was delivered or is given up, and lets the next one of its key go. False when the lease has ended and the
    /// entry is somebody else's or gone: it is delivered once more.
    async fn finish_delivery(&self, claim: Claim) -> Result<bool, StorageError>;

    /// Gives an entry back of which a delivery failed. It keeps its place, and is due again at `not_before`; one that another has taken the place
    /// of meanwhile is removed. False as in [`Self::finish_delivery`].
    async fn fail_delivery(&self, claim: Claim, not_before: Timestamp) -> Result<bool, StorageError>;

    /// Removes entries that are of no use any more and that nobody delivers, at most `limit`, and returns them, the oldest first.
    async fn expire_outbox(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, StorageError>;

    /// How much waits, by topic.
    async fn outbox_counts(&self) -> Result<Vec<OutboxCount>, StorageError>;
}
