//! Keys for a recording: handed in only once the person has agreed, sealed so that the server opens none.

use std::time::Duration;

use protocol::{KeyId, RecordingKey, RecordingKeys, RecordingState};
use seal::Nonce;

use super::handed_in::HandedIn;
use super::{Encryption, EncryptionEffect, EncryptionView, draw};

impl Encryption {
    /// The person agreed. What was said until now stays closed: it is the next step that is handed in.
    pub(crate) fn agree(&mut self, recording: &RecordingState, view: &EncryptionView<'_>) {
        // Where nothing is sealed there is nothing to hand in.
        let Some(key) = recording.key.clone() else { return };
        self.handed_in.agree(recording.id, key);
        if self.step_forward() {
            self.send_keys_to_all(view);
        }
        self.hand_in(view);
    }

    /// Nobody has agreed to what comes now: from here on it is a key that nobody has handed in, at once. Others miss what overtakes the news of it.
    pub(crate) fn take_back(&mut self, view: &EncryptionView<'_>) {
        self.handed_in.disagree();
        if self.uses_what_was_handed_in() {
            (self.current, self.pending, self.renew_at) = (self.next_epoch(), None, None);
            self.use_key();
            self.send_keys_to_all(view);
        }
        self.handed_in.forget_epochs();
    }

    /// The recording is over, as the server says: soon, what was handed in opens nothing more.
    pub(crate) fn recording_ended(&mut self, now: Duration) {
        self.handed_in.disagree();
        if self.uses_what_was_handed_in() {
            self.renew_soon(now);
        }
    }

    /// The stay is over, and the next one begins with a key of its own.
    pub(crate) fn forget_agreement(&mut self) {
        self.handed_in = HandedIn::default();
    }

    fn uses_what_was_handed_in(&self) -> bool {
        self.keys().iter().any(|key| self.handed_in.has(key))
    }

    /// A server that has begun anew, or knows the page by another name, has none of the keys.
    pub(super) fn hand_in_again(&mut self, view: &EncryptionView<'_>) {
        if self.handed_in.agreed().is_some() {
            self.handed_in.forget_epochs();
        }
        self.hand_in(view);
    }

    /// Hands in the keys of epochs that were not yet. Later steps follow from them.
    pub(super) fn hand_in(&mut self, view: &EncryptionView<'_>) {
        let (Some(me), Some((recording, secret))) = (view.me, self.handed_in.agreed().cloned()) else {
            return;
        };
        if self.room_key() != Some(secret) {
            return;
        }
        let seal = self.secret.recording_key(&self.room, recording);
        let mut boxes = Vec::new();
        for key in self.keys() {
            let nonce: Nonce = draw(&mut self.dice);
            if self.handed_in.note(&key)
                && let Ok(name) = KeyId::new(key.id())
                && let Ok(sealed) = seal.seal_sender_key(me, &key, nonce)
            {
                boxes.push(RecordingKey { key: name, sealed });
            }
        }
        if !boxes.is_empty()
            && let Ok(keys) = RecordingKeys::try_from(boxes)
        {
            self.effects.push_back(EncryptionEffect::KeepRecordingKeys { recording, keys });
        }
    }
}
