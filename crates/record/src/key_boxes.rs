//! Boxes with sealed sender keys, a line each: a page that consents seals the keys of its frames to the recording's key. The server keeps them and
//! opens none; a frame is written only after the box with its key is.

use std::collections::BTreeMap;

use protocol::{KeyId, ParticipantId, SealedKey};
use serde::{Deserialize, Serialize};

use crate::lines::{self, LineError, Lines};

/// A key of one sender, from one step of an epoch on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyBox {
    /// Whose frames it opens.
    pub participant: ParticipantId,
    /// Which of their keys is in it. Later steps of its epoch can be derived.
    pub key: KeyId,
    /// The key, sealed to the recording's.
    #[serde(rename = "box")]
    pub sealed: SealedKey,
}

/// The longest line, in bytes.
const MOST_LINE_BYTES: usize = 1_024;

impl KeyBox {
    /// The line to be appended.
    #[must_use]
    pub fn to_line(&self) -> Vec<u8> {
        lines::line(self)
    }
}

/// The boxes of one part, as the player looks for them.
#[derive(Debug)]
pub struct KeyBoxes {
    lines: Lines,
    boxes: BTreeMap<(ParticipantId, KeyId), SealedKey>,
}

impl Default for KeyBoxes {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyBoxes {
    /// How many are kept: a room of a hundred in which somebody comes or goes every minute has fewer in an hour. Of more, the later ones are passed
    /// over.
    pub const MOST: usize = 20_000;

    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { lines: Lines::new(MOST_LINE_BYTES), boxes: BTreeMap::new() }
    }

    /// Reads the next bytes of the file. Returns why lines were passed over.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<LineError> {
        let mut errors = Vec::new();
        // In pieces, so that what is passed over is never held.
        for piece in bytes.chunks(64 * 1024) {
            self.lines.push(piece);
            while let Some(line) = self.lines.poll::<KeyBox>() {
                match line {
                    // The first one stays: nobody replaces a key afterwards.
                    Ok(one) if self.boxes.len() < Self::MOST => {
                        self.boxes.entry((one.participant, one.key)).or_insert(one.sealed);
                    }
                    Ok(_) => {}
                    Err(error) if errors.len() < 100 => errors.push(error),
                    Err(_) => {}
                }
            }
        }
        errors
    }

    /// The box with which a frame of somebody can be opened, and which key is in it: of the latest step that is not later than the frame's.
    #[must_use]
    pub fn find(&self, participant: ParticipantId, key: KeyId) -> Option<(KeyId, &SealedKey)> {
        let first = KeyId::new(0).ok()?;
        let ((_, found), sealed) = self.boxes.range((participant, first)..=(participant, key)).next_back()?;
        key.follows(*found).then_some((*found, sealed))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.boxes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }
}
