//! Carries out what becomes of the protection: the worker, what links send, chat that waits, and keys.

use std::time::Duration;

use protocol::{Envelope, RoomEncryption, RoomMessage, RoomSettings, Switch};
use seal::Protection;

use super::Call;
use crate::encryption::Encryption;
use crate::{ChatLine, ChatText, Notice, Output, Phase};

impl Call {
    /// The room has these rules. What they say of encryption is done before anything else; true when new keys are to be made.
    pub(super) fn take_settings(&mut self, now: Duration, settings: RoomSettings) -> bool {
        let has_key = self.encryption.has_key();
        let before = self.protection.now();
        let change = self.protection.hear_rule(now, settings.encryption, has_key);
        self.settings = Some(settings);
        let Some(next) = change else { return false };
        self.protect(next);
        before != Protection::Sealed && next == Protection::Sealed
    }

    /// The rules of the room are others, in the middle of the call.
    pub(super) fn settings_changed(&mut self, now: Duration, settings: RoomSettings) {
        let was = self.settings.as_ref().map(|settings| settings.encryption);
        let rule = settings.encryption;
        let seals_again = self.take_settings(now, settings);
        if was.is_some_and(|was| was != rule) && !self.protection.is_direct() {
            self.outputs.push_back(Output::Notify(Notice::EncryptionChanged(rule)));
        }
        self.encrypt(Encryption::keep_secret);
        if seals_again {
            self.seal_anew();
        }
        self.tell_media();
    }

    /// Nobody opens with a key of before what is sealed from now on.
    pub(super) fn seal_anew(&mut self) {
        self.encrypt(Encryption::renew_at_once);
    }

    /// The person continues without end-to-end encryption.
    pub(super) fn accept_transport(&mut self) {
        if let Some(next) = self.protection.accept() {
            self.protect(next);
            self.tell_media();
        }
    }

    /// The page has come by the room's secret.
    pub(super) fn hear_secret(&mut self) {
        if let Some(next) = self.protection.hear_secret() {
            self.protect(next);
            self.tell_media();
        }
    }

    /// What is shown once the person has pressed *Join* was not shown to them before.
    pub(super) fn note_lobby(&mut self, rule: RoomEncryption) {
        if self.may_join() {
            self.protection.note_lobby(rule);
        }
    }

    /// What leaves is sealed, plaintext or nothing from now on: the worker is told first.
    pub(super) fn protect(&mut self, next: Protection) {
        self.outputs.push_back(Output::Protect(next));
        // Chat that the server has not confirmed is not repeated as it was: it waits, or leaves as it may leave now.
        self.signalling.keep_only(|message| !matches!(message, RoomMessage::Chat { .. }));
        if self.phase == Phase::Joined {
            self.send_unfinished_chat();
        }
        if self.unanswered.is_none() {
            let switch = Switch::from(self.protection.sends());
            for source in self.publications.captured().collect::<Vec<_>>() {
                self.links.publish(source, switch);
            }
            self.carry_out_links();
        }
    }

    /// A line as it may leave now. One that was written as plaintext is sealed where nothing else may leave; what was sealed stays so.
    pub(super) fn as_it_may_leave(&mut self, line: ChatLine) -> Option<ChatLine> {
        if self.protection.now() == Protection::Plaintext || line.envelope.version() != Envelope::TEXT {
            return Some(line);
        }
        let text = self.chat.own_words(line.id)?.to_owned();
        let (id, to) = (line.id, line.to);
        let sealed = self.encrypt(|encryption, view| encryption.seal_chat(id, to, &text, view));
        let Some(envelope) = sealed else {
            self.chat.failed(id, self.me(), None);
            return None;
        };
        let line = ChatLine { envelope, text: ChatText::Sealed(text), ..line };
        self.chat.write(line.clone());
        Some(line)
    }
}
