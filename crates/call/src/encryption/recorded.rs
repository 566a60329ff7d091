//! Keys for a recording: handed in only once the person has agreed, sealed so that the server opens none.

use std::collections::BTreeSet;
use std::time::Duration;

use protocol::{KeyId, RecordingId, RecordingKey, RecordingKeys, RecordingState, RoomKeyId};
use seal::{Nonce, SenderKey};

use super::{Encryption, EncryptionEffect, EncryptionView, draw};

/// A recording to which the person has agreed.
#[derive(Debug)]
pub(super) struct Agreed {
    recording: RecordingId,
    /// The secret under which it is made. With another one, nobody would look for the keys.
    key: RoomKeyId,
    /// The epochs whose keys were handed in.
    handed_in: BTreeSet<u64>,
}

impl Encryption {
    /// The person agreed. What was said until now stays closed: it is the next step that is handed in.
    pub(crate) fn agree(&mut self, recording: &RecordingState, view: &EncryptionView<'_>) {
        // Where nothing is sealed there is nothing to hand in.
        let Some(key) = recording.key.clone() else { return };
        if self.agreed.as_ref().is_some_and(|agreed| agreed.recording == recording.id) {
            return;
        }
        self.agreed = Some(Agreed { recording: recording.id, key, handed_in: BTreeSet::new() });
        if self.step_forward() {
            self.send_keys_to_all(view);
        }
        self.hand_in(view);
    }

    /// The person took it back: from here on it is a key that nobody has handed in, at once. Others miss what overtakes the news of it.
    pub(crate) fn take_back(&mut self, view: &EncryptionView<'_>) {
        if self.agreed.take().is_some() {
            (self.current, self.pending, self.renew_at) = (self.next_epoch(), None, None);
            self.use_key();
            self.send_keys_to_all(view);
        }
    }

    /// The recording is over, as the server says: soon, what was handed in opens nothing more.
    pub(crate) fn recording_ended(&mut self, now: Duration) {
        if self.agreed.take().is_some() {
            self.renew_soon(now);
        }
    }

    /// The stay is over, and the next one begins with a key of its own.
    pub(crate) fn forget_agreement(&mut self) {
        self.agreed = None;
    }

    /// A server that has begun anew, or knows the page by another name, has none of the keys.
    pub(super) fn hand_in_again(&mut self, view: &EncryptionView<'_>) {
        if let Some(agreed) = &mut self.agreed {
            agreed.handed_in.clear();
        }
        self.hand_in(view);
    }

    /// Hands in the keys of epochs that were not yet. Later steps follow from them.
    pub(super) fn hand_in(&mut self, view: &EncryptionView<'_>) {
        let (Some(me), Some(agreed)) = (view.me, &self.agreed) else { return };
        if self.room_key().as_ref() != Some(&agreed.key) {
            return;
        }
        let seal = self.secret.recording_key(&self.room, agreed.recording);
        let recording = agreed.recording;
        let epoch = |key: &SenderKey| key.id() >> 8;
        let is_new = |key: &SenderKey| !agreed.handed_in.contains(&epoch(key));
        let fresh: Vec<_> = self.keys().into_iter().filter(is_new).collect();
        let mut boxes = Vec::new();
        for key in &fresh {
            let nonce: Nonce = draw(&mut self.dice);
            let name = KeyId::new(key.id());
            if let (Ok(name), Ok(sealed)) = (name, seal.seal_sender_key(me, key, nonce)) {
                boxes.push(RecordingKey { key: name, sealed });
            }
        }
        if let Some(agreed) = &mut self.agreed {
            agreed.handed_in.extend(fresh.iter().map(epoch));
        }
        if !boxes.is_empty()
            && let Ok(keys) = RecordingKeys::try_from(boxes)
        {
            self.effects.push_back(EncryptionEffect::KeepRecordingKeys { recording, keys });
        }
    }
}
