//! What a page has handed in of its sender keys, for the recording to which its person has agreed.

use std::collections::BTreeSet;

use protocol::{RecordingId, RoomKeyId};
use seal::SenderKey;

/// The recording, and the epochs of which it has a key.
#[derive(Debug, Default)]
pub(super) struct HandedIn {
    /// Which one, and under which secret it is made: with another one, nobody would look for the keys.
    agreed: Option<(RecordingId, RoomKeyId)>,
    /// The epochs of which a key was handed in, for this recording or the last one. None of them comes twice.
    epochs: BTreeSet<u64>,
}

impl HandedIn {
    pub(super) fn agree(&mut self, recording: RecordingId, secret: RoomKeyId) {
        self.agreed = Some((recording, secret));
    }

    pub(super) fn disagree(&mut self) {
        self.agreed = None;
    }

    pub(super) fn agreed(&self) -> Option<&(RecordingId, RoomKeyId)> {
        self.agreed.as_ref()
    }

    /// Notes that a key is handed in. False when one of its epoch was before, from which it follows.
    pub(super) fn note(&mut self, key: &SenderKey) -> bool {
        self.epochs.insert(epoch(key))
    }

    /// Whether a key follows from one that was handed in.
    pub(super) fn has(&self, key: &SenderKey) -> bool {
        self.epochs.contains(&epoch(key))
    }

    pub(super) fn forget_epochs(&mut self) {
        self.epochs.clear();
    }
}

/// Which epoch of which tag.
fn epoch(key: &SenderKey) -> u64 {
    key.id() >> 8
}
