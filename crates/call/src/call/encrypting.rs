//! Carries out what the encryption wants done.

use std::time::Duration;

use protocol::{Moderation, RoomMessage};

use super::Call;
use crate::Output;
use crate::encryption::{Encryption, EncryptionEffect, EncryptionView};

impl Call {
    pub(super) fn encrypt<T>(&mut self, work: impl FnOnce(&mut Encryption, &EncryptionView<'_>) -> T) -> T {
        let rule = self.protection.rule();
        let view = EncryptionView::new(self.you.as_ref(), &self.people, self.settings.as_ref(), rule);
        let done = work(&mut self.encryption, &view);
        self.carry_out_encryption();
        done
    }

    pub(super) fn encryption_view(&self) -> EncryptionView<'_> {
        let rule = self.protection.rule();
        EncryptionView::new(self.you.as_ref(), &self.people, self.settings.as_ref(), rule)
    }

    pub(super) fn encryption_timeout(&mut self, now: Duration) {
        self.encrypt(|encryption, view| encryption.handle_timeout(now, view));
    }

    /// Says what a host decides, with what it needs.
    pub(super) fn moderate(&mut self, now: Duration, moderation: Moderation) {
        if let Moderation::ChangeSettings { patch } = &moderation {
            self.protection.note_decision(now, patch);
        }
        let waiting = std::mem::take(&mut self.waiting);
        let decisions = self.encrypt(|encryption, _| encryption.complete(now, moderation, &waiting));
        self.waiting = waiting;
        for moderation in decisions {
            self.say(RoomMessage::Moderate { moderation });
        }
    }

    fn carry_out_encryption(&mut self) {
        while let Some(effect) = self.encryption.poll_effect() {
            match effect {
                EncryptionEffect::SetOwnKey(key) => self.outputs.push_back(Output::SetOwnKey(key)),
                EncryptionEffect::SetKeyOf { participant, key } => {
                    self.outputs.push_back(Output::SetKeyOf { participant, key });
                }
                EncryptionEffect::ForgetKeysOf(id) => self.outputs.push_back(Output::ForgetKeysOf(id)),
                EncryptionEffect::SendKeyMessages(key_messages) => {
                    self.say(RoomMessage::SendKeyMessages { key_messages });
                }
                EncryptionEffect::KeepRecordingKeys { recording, keys } => {
                    self.say(RoomMessage::KeepRecordingKeys { recording, keys });
                }
                EncryptionEffect::KeepSecret { secret, origin } => {
                    self.outputs.push_back(Output::KeepSecret { secret, origin });
                }
                EncryptionEffect::RememberPassedOn(keys) => {
                    self.outputs.push_back(Output::RememberPassedOn(keys));
                }
                EncryptionEffect::Notify(notice) => self.outputs.push_back(Output::Notify(notice)),
                EncryptionEffect::SecretChanged => {
                    self.hear_secret();
                    self.go_over_to_secret();
                }
            }
        }
    }
}
