//! What is to be delivered to somebody who may not be there: push messages, webhooks, recordings, audit events.

use protocol::Timestamp;

/// The longest payload, in bytes. Raising it lets each entry take more of the database.
pub const PAYLOAD_BYTES: usize = 64 * 1024;

/// What kind of delivery an entry is for, as in `push`. Metrics are by topic, so there are few of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(pub String);

/// JSON, at most [`PAYLOAD_BYTES`] of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(String);

/// A text is no payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a payload is JSON of at most {PAYLOAD_BYTES} bytes")]
pub struct PayloadError;

impl Payload {
    /// Reads JSON, and keeps its text as it is.
    ///
    /// # Errors
    ///
    /// When it is too long or no JSON.
    pub fn parse(text: String) -> Result<Self, PayloadError> {
        let is_json = text.len() <= PAYLOAD_BYTES && serde_json::from_str::<serde_json::Value>(&text).is_ok();
        if is_json { Ok(Self(text)) } else { Err(PayloadError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Addresses and keys of receivers are in it.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Payload(…)")
    }
}

/// Something to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The kind of delivery.
    pub topic: Topic,
    /// Entries of one topic and key are delivered one after the other, in the order in which they were added. Others do not wait for them.
    pub ordering_key: String,
    /// An entry takes the place of an older one with the same topic, key and tag; one that somebody is delivering goes when that fails.
    pub tag: Option<String>,
    /// What is delivered.
    pub payload: Payload,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it may be delivered at the earliest.
    pub not_before: Timestamp,
    /// From when it is of no use. Without, it is kept until it is delivered or given up.
    pub expires_at: Option<Timestamp>,
}

/// The right to deliver an entry until its lease ends. Whoever takes the entry after that has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub(crate) number: u64,
    pub(crate) claims: u64,
}

/// An entry that somebody delivers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedEntry {
    /// With this it is said how the delivery went.
    pub claim: Claim,
    /// How many deliveries have failed, those included of which nobody said anything until the lease ended.
    pub attempts: u64,
    /// What is to be delivered.
    pub entry: OutboxEntry,
}

/// How much of a topic waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxCount {
    /// The kind of delivery.
    pub topic: Topic,
    /// How many entries there are, those included that somebody delivers.
    pub entries: u64,
    /// When the oldest of them was added.
    pub oldest: Timestamp,
}
