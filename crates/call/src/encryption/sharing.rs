//! The room's secret on its way between people: offered, taken or refused, passed on by a person's decision, and made sure of.

use std::time::Duration;

use protocol::{
    AddressedKeyMessage, KeyMessage, Moderation, Participant, ParticipantId, PublicKey, RoomEncryption,
    WaitingPerson,
};
use seal::KeyDigest;

use super::trust::SecretOrigin;
use super::{Encryption, EncryptionEffect, EncryptionView};
use crate::{KeyWarnings, Notice, Secrecy};

impl Encryption {
    /// What a person should know of the room's secret.
    pub(crate) fn key_warnings(&self, view: &EncryptionView<'_>) -> KeyWarnings {
        // That it was passed on to this page itself, also before it was loaded again, is said by `was_granted`.
        let former: Vec<_> = self.former.iter().map(|pair| KeyDigest::of(pair.public())).collect();
        let mut passed_on = self.trust.passed_on(self.pair.public());
        KeyWarnings {
            was_granted: self.origin == SecretOrigin::Granted,
            was_passed_on: passed_on.any(|digest| !former.contains(&digest)),
            refused_another: self.trust.has_refused_another(),
            room_has_another: view.me.is_some()
                && view.rule == RoomEncryption::EndToEnd
                && view.room_key.is_some_and(|key| self.room_key().as_ref() != Some(key)),
        }
    }

    /// Somebody offers a secret. It is taken by a page that has come with none, from somebody who is here, and when it is the one of
    /// the room's links; a page that has one from a link shows that another was offered.
    pub(super) fn hear_grant(
        &mut self,
        from: &PublicKey,
        key_message: &KeyMessage,
        view: &EncryptionView<'_>,
    ) -> bool {
        let Some(secret) = self.granted(from, key_message) else { return false };
        if secret == self.secret {
            return false;
        }
        if !self.origin.gives_way() {
            if self.trust.refuse_another() {
                self.effects.push_back(EncryptionEffect::Notify(Notice::KeyRefused));
            }
            return false;
        }
        let is_here = view.people.participants().any(|other| other.key.as_ref() == Some(from));
        if !is_here || secret.id(&self.room).as_ref() != view.room_key {
            return false;
        }
        self.take_secret(secret);
        self.effects.push_back(EncryptionEffect::Notify(Notice::KeyGranted));
        true
    }

    /// What a decision of a host needs, to be said in its place: whoever lets somebody in who lacks the secret gives it to them.
    pub(crate) fn complete(
        &mut self,
        now: Duration,
        moderation: Moderation,
        waiting: &[WaitingPerson],
    ) -> Vec<Moderation> {
        let lacking: Vec<_> = waiting.iter().filter(|one| one.lacks_secret).collect();
        let mut complete = Vec::new();
        if moderation == Moderation::AdmitAll {
            complete.extend(lacking.iter().map(|one| self.admit(now, one.id, &lacking)));
        }
        let admitted = if let Moderation::Admit { id, .. } = moderation { Some(id) } else { None };
        complete.push(admitted.map_or(moderation, |id| self.admit(now, id, &lacking)));
        complete
    }

    fn admit(&mut self, now: Duration, id: ParticipantId, lacking: &[&WaitingPerson]) -> Moderation {
        let key = lacking.iter().find(|one| one.id == id).and_then(|one| one.key.as_ref());
        let key_message = key.and_then(|key| self.give(now, key));
        if key.is_some() && key_message.is_none() {
            self.effects.push_back(EncryptionEffect::Notify(Notice::KeyNotShared));
        }
        Moderation::Admit { id, key_message }
    }

    /// Passes the secret on to somebody inside who lacks it. The person has decided that.
    pub(crate) fn share_secret(&mut self, now: Duration, with: ParticipantId, view: &EncryptionView<'_>) {
        let Some(key) = view.people.participant(with).and_then(|other| other.key.clone()) else { return };
        match self.give(now, &key) {
            Some(key_message) => self.send_key_messages(&[AddressedKeyMessage { to: with, key_message }]),
            None => self.effects.push_back(EncryptionEffect::Notify(Notice::KeyNotShared)),
        }
    }

    fn give(&mut self, now: Duration, to: &PublicKey) -> Option<KeyMessage> {
        let key_message = self.give_secret(now, to);
        self.remember_passed_on();
        key_message
    }

    fn remember_passed_on(&mut self) {
        let own = self.public_key();
        let passed_on = self.trust.passed_on(&own).collect();
        self.effects.push_back(EncryptionEffect::RememberPassedOn(passed_on));
    }

    /// The person has compared the safety phrase with somebody.
    pub(crate) fn verify(&mut self, id: ParticipantId, view: &EncryptionView<'_>) {
        let Some(participant) = view.people.participant(id) else { return };
        let Some(key) = &participant.key else { return };
        self.trust.verify(id, key);
        let is_sealed = self.secrecy_of(participant) == Secrecy::Sealed;
        self.remember_passed_on();
        if is_sealed && self.origin == SecretOrigin::Granted {
            (self.origin, self.is_kept) = (SecretOrigin::Remembered, false);
            self.keep_secret(view);
            self.send_keys_to_all(view);
        }
    }

    /// The server says that somebody has another key, in the middle of a stay.
    pub(crate) fn key_exchanged(&mut self, participant: &Participant) {
        self.trust.exchanged(participant.id);
        self.effects.push_back(EncryptionEffect::Notify(Notice::KeyChanged(participant.name.clone())));
    }

    /// Tells the page the secret, once it is the room's.
    pub(crate) fn keep_secret(&mut self, view: &EncryptionView<'_>) {
        // Links of a room that is not end-to-end encrypted carry none that nobody was given.
        let is_of_no_use = self.origin == SecretOrigin::Provisional && view.rule == RoomEncryption::Transport;
        if !self.is_kept && !is_of_no_use && view.room_key == self.room_key().as_ref() {
            (self.is_kept, self.has_key) = (true, true);
            let (secret, origin) = (self.secret.clone(), self.origin);
            self.effects.push_back(EncryptionEffect::KeepSecret { secret, origin });
        }
    }
}
