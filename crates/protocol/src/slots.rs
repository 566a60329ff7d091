//! What a client receives from the server's forwarding unit: slots, into which senders are switched.

use serde::{Deserialize, Serialize};

use crate::limits::MAX_VIDEO_SLOTS;
use crate::{ParticipantId, Source};

/// Whom a client wants to see in one video slot, and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlotWish {
    /// Whom.
    pub participant: ParticipantId,
    /// Which of what they send: the camera or the screen.
    pub source: Source,
    /// The height of the tile, in pixels of the screen. The layer is chosen by it.
    pub height: u16,
}

/// The wishes for all video slots of a link, in the order of the receiving video sections; at most [`MAX_VIDEO_SLOTS`].
/// `None` leaves a slot empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<Option<SlotWish>>", into = "Vec<Option<SlotWish>>")]
#[cfg_attr(feature = "schema", schemars(with = "Vec<Option<SlotWish>>"))]
pub struct SlotWishes(Vec<Option<SlotWish>>);

/// There are more wishes than slots can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are at most {MAX_VIDEO_SLOTS} slots")]
pub struct TooManySlots;

impl SlotWishes {
    /// Wraps wishes.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_VIDEO_SLOTS`].
    pub fn new(wishes: Vec<Option<SlotWish>>) -> Result<Self, TooManySlots> {
        if wishes.len() > MAX_VIDEO_SLOTS { Err(TooManySlots) } else { Ok(Self(wishes)) }
    }

    /// The wishes, in the order of the slots.
    pub fn as_slice(&self) -> &[Option<SlotWish>] {
        &self.0
    }
}

impl TryFrom<Vec<Option<SlotWish>>> for SlotWishes {
    type Error = TooManySlots;

    fn try_from(wishes: Vec<Option<SlotWish>>) -> Result<Self, TooManySlots> {
        Self::new(wishes)
    }
}

impl From<SlotWishes> for Vec<Option<SlotWish>> {
    fn from(wishes: SlotWishes) -> Self {
        wishes.0
    }
}
