//! Frames are opened with the keys that their senders have put into boxes.

use protocol::{KeyId, MediaKey};
use record::KeyBoxes;
use seal::{Expected, FrameOpener, OpenError, RecordingSeal};

/// The boxes of all parts, and what opens them.
pub(super) struct Keys {
    seal: RecordingSeal,
    boxes: Vec<KeyBoxes>,
}

/// Why a frame stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// There is no box with its key, or one that cannot be opened.
    KeyMissing,
    /// It was changed.
    Damaged,
}

/// Opens the frames of one track. After a seek it is made anew: what was opened before may be opened again.
#[derive(Default)]
pub(super) struct TrackOpener {
    opener: FrameOpener,
    /// The last key that was looked for, and whether it was found.
    looked: Option<(KeyId, bool)>,
}

impl Keys {
    pub(super) fn new(seal: RecordingSeal, boxes: Vec<KeyBoxes>) -> Self {
        Self { seal, boxes }
    }
}

impl TrackOpener {
    /// Opens a frame of a track in a part.
    pub(super) fn open(
        &mut self,
        keys: &Keys,
        part: usize,
        key: MediaKey,
        frame: &[u8],
    ) -> Result<Vec<u8>, Closed> {
        let id = KeyId::of_frame(key.source.kind(), frame).ok_or(Closed::Damaged)?;
        if !self.has_key(keys, part, key, id) {
            return Err(Closed::KeyMissing);
        }
        let mut opened = Vec::new();
        match self.opener.open(Expected::Only { key }, frame, &mut opened) {
            Ok(_) => Ok(opened),
            Err(OpenError::KeyUnknown) => Err(Closed::KeyMissing),
            Err(OpenError::NotSealed | OpenError::Replayed | OpenError::Forged) => Err(Closed::Damaged),
        }
    }

    fn has_key(&mut self, keys: &Keys, part: usize, key: MediaKey, id: KeyId) -> bool {
        if let Some((_, found)) = self.looked.filter(|(looked, _)| *looked == id) {
            return found;
        }
        let look = || {
            let (name, sealed) = keys.boxes.get(part)?.find(key.participant, id)?;
            keys.seal.open_sender_key(key.participant, name, sealed).ok()
        };
        let found = look().map(|opened| self.opener.add_key(key.participant, opened)).is_some();
        self.looked = Some((id, found));
        found
    }
}
