//! What people write to each other. The server orders, keeps and delivers it, and does not read it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::MAX_ENVELOPE_BYTES;
use crate::{DisplayName, ParticipantId, Timestamp};

/// A message's id, chosen at random by its sender, so that one sent twice is delivered once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ChatId(pub Uuid);

impl ChatId {
    /// An id of 16 random bytes (RFC 9562 §5.4).
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

/// A message's place in its room, from 1. Given by the server; gaps are messages to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ChatNumber(#[serde(deserialize_with = "crate::sequence::counted")] pub u64);

/// For whom a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatTarget {
    /// Everybody, and those who come later.
    Everyone,
    /// One person.
    Participant(ParticipantId),
}

/// What a message says, in a form that only its readers know.
///
/// Version 1 is plain text, 2 is sealed for everybody with the room's secret, 3 is sealed for one person. Clients pass over
/// versions that they do not know; the server looks at none of them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "RawEnvelope")]
pub struct Envelope {
    version: u16,
    body: String,
}

impl Envelope {
    /// The version whose body is text.
    pub const TEXT: u16 = 1;

    /// The version whose body is sealed under the room's secret.
    pub const SEALED: u16 = 2;

    /// The version whose body is sealed for one person.
    pub const SEALED_TO_ONE: u16 = 3;

    /// Wraps a body.
    ///
    /// # Errors
    ///
    /// When the body is empty, longer than [`MAX_ENVELOPE_BYTES`], or holds U+0000, which not every database can keep.
    pub fn new(version: u16, body: String) -> Result<Self, EnvelopeError> {
        if body.is_empty() || body.len() > MAX_ENVELOPE_BYTES || body.contains('\0') {
            Err(EnvelopeError)
        } else {
            Ok(Self { version, body })
        }
    }

    /// The version of the body.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The body as it stands.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The text, when the body is one.
    pub fn text(&self) -> Option<&str> {
        (self.version == Self::TEXT).then_some(&*self.body)
    }
}

/// An envelope is empty, too long, or holds what it may not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a chat message has 1 to {MAX_ENVELOPE_BYTES} bytes and no U+0000")]
pub struct EnvelopeError;

/// A message as it is kept and delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChatEntry {
    /// Its place in the room.
    pub number: ChatNumber,
    /// Its id.
    pub id: ChatId,
    /// Who wrote it.
    pub from: ParticipantId,
    /// What they were called.
    pub name: DisplayName,
    /// For whom it is.
    pub to: ChatTarget,
    /// When the server had it.
    pub at: Timestamp,
    /// What it says.
    pub envelope: Envelope,
}

impl ChatEntry {
    /// Whether somebody may read it.
    pub fn is_for(&self, reader: ParticipantId) -> bool {
        self.from == reader
            || match self.to {
                ChatTarget::Everyone => true,
                ChatTarget::Participant(target) => target == reader,
            }
    }
}

#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Envelope"))]
struct RawEnvelope {
    version: u16,
    body: String,
}

impl TryFrom<RawEnvelope> for Envelope {
    type Error = EnvelopeError;

    fn try_from(raw: RawEnvelope) -> Result<Self, Self::Error> {
        Self::new(raw.version, raw.body)
    }
}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope(version {}, {} bytes)", self.version, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_has_a_size_and_its_debug_form_hides_what_it_says() {
        let read = |body: &str| {
            serde_json::from_value::<Envelope>(serde_json::json!({ "version": 1, "body": body }))
        };
        assert!(read("zero\0").is_err());
        assert!(read("").is_err() && read(&"x".repeat(MAX_ENVELOPE_BYTES + 1)).is_err());
        assert!(!format!("{:?}", read("a secret").unwrap()).contains("secret"));
    }
}
