//! What a server keeps for a call identity: past calls, people, and who may ring. The messages are in `ring_message.rs` and `ring_event.rs`.

use serde::{Deserialize, Serialize};

use crate::{CallId, Invitation, Outcome, PublicKey, RingId, RingSide, SealedNote, TimeZoneName, Timestamp};

/// A call in the history of an identity, as this end has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PastCall {
    /// The ring that it began with.
    pub ring: RingId,
    /// Which end the identity was.
    pub side: RingSide,
    /// The other one's ID at that time.
    pub peer: CallId,
    /// The other one's key. Of an ID that was nobody's it is one that opens nothing.
    pub peer_key: PublicKey,
    /// What the other one is to this identity now; nothing for a stranger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Acquaintance>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// How it ended; nothing while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether it rings, and nobody has answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_ringing: bool,
    /// Whether it was missed and not shown yet.
    pub is_unseen: bool,
    /// What this end has noted, sealed by itself for itself: whom it called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<SealedNote>,
    /// Of a call that came: the caller's name is in it, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
}

/// Where a page of a history ended: its last call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistoryCursor {
    /// When that was placed.
    pub placed_at: Timestamp,
    /// Which it was.
    pub ring: RingId,
}

/// What is to be changed in a history, this end's alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HistoryChange {
    /// Missed calls were shown: at most [`HISTORY_PAGE`](crate::limits::HISTORY_PAGE).
    Seen {
        /// Which.
        rings: Vec<RingId>,
    },
    /// Another note.
    Note {
        /// About which call.
        ring: RingId,
        /// Sealed by the identity for itself.
        note: SealedNote,
    },
    /// A call is taken out.
    Forget {
        /// Which.
        ring: RingId,
    },
    /// Every call is taken out.
    ForgetAll,
}

/// What somebody is to an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Acquaintance {
    /// They have talked, or were allowed to ring.
    Known,
    /// They may not ring, and are not told.
    Blocked,
    /// They have asked to be allowed, and nobody has answered.
    Asked,
}

/// What somebody shall be to an identity from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactRule {
    /// They may ring as people one knows.
    Allowed,
    /// They may not ring.
    Blocked,
    /// A stranger: what they asked is gone, a block is lifted.
    Forgotten,
}

/// Somebody whom an identity has blocked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BlockedPerson {
    /// Their key.
    pub key: PublicKey,
    /// The ID that they have now, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// Since when.
    pub since: Timestamp,
}

/// Who may ring an identity, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CallRules {
    /// Who may ring at all.
    #[serde(default)]
    pub who_may_ring: WhoMayRing,
    /// The hours of every day in which nobody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// Until when nobody may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undisturbed_until: Option<Timestamp>,
}

/// Who may ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhoMayRing {
    /// Whoever has the ID.
    #[default]
    Anyone,
    /// People who are known; others leave a request.
    Known,
    /// Nobody.
    Nobody,
}

/// Hours of every day, in minutes since midnight, 0 to 1439: from the first, until the second begins. Where the second is lower, midnight
/// lies between; equal ones are the whole day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuietHours {
    /// The first minute.
    pub from: u16,
    /// The minute in which they are over.
    pub until: u16,
    /// Whose midnight: in summer and in winter the hours are those of a clock there. Without, those of UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<TimeZoneName>,
}

impl PastCall {
    /// Where a page that ends with it goes on.
    pub fn cursor(&self) -> HistoryCursor {
        HistoryCursor { placed_at: self.placed_at, ring: self.ring }
    }
}
