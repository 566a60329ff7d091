//! What a client receives from the server's forwarding unit: slots, into which senders are switched.

use serde::{Deserialize, Serialize};

use crate::limits::MAX_VIDEO_SLOTS;
use crate::{MediaKey, ParticipantId, Source};

/// A publication that a client wants to see in one video slot, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscription {
    /// Whose publication.
    pub participant: ParticipantId,
    /// Of which source: one of pictures.
    pub source: Source,
    /// The height of the tile, in pixels of the screen. The layer is chosen by it.
    pub height: u16,
}

/// The subscriptions of all video slots of a link, in the order of the receiving video sections; at most [`MAX_VIDEO_SLOTS`].
/// `None` leaves a slot empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<Option<Subscription>>", into = "Vec<Option<Subscription>>")]
#[cfg_attr(feature = "schema", schemars(with = "Vec<Option<Subscription>>"))]
pub struct Subscriptions(Vec<Option<Subscription>>);

/// There are more subscriptions than slots can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are at most {MAX_VIDEO_SLOTS} slots")]
pub struct TooManySlots;

impl Subscription {
    /// The publication.
    pub const fn key(&self) -> MediaKey {
        self.participant.publication(self.source)
    }
}

impl Subscriptions {
    /// Wraps subscriptions.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_VIDEO_SLOTS`].
    pub fn new(subscriptions: Vec<Option<Subscription>>) -> Result<Self, TooManySlots> {
        if subscriptions.len() > MAX_VIDEO_SLOTS { Err(TooManySlots) } else { Ok(Self(subscriptions)) }
    }

    /// The subscriptions, in the order of the slots.
    pub fn as_slice(&self) -> &[Option<Subscription>] {
        &self.0
    }
}

impl TryFrom<Vec<Option<Subscription>>> for Subscriptions {
    type Error = TooManySlots;

    fn try_from(subscriptions: Vec<Option<Subscription>>) -> Result<Self, TooManySlots> {
        Self::new(subscriptions)
    }
}

impl From<Subscriptions> for Vec<Option<Subscription>> {
    fn from(subscriptions: Subscriptions) -> Self {
        subscriptions.0
    }
}
