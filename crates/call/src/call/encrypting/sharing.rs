//! The room's secret on its way between people: offered, taken or refused, passed on by a person's decision, and made sure of.

use std::time::Duration;

use protocol::{AddressedLetter, Letter, Moderation, Participant, ParticipantId, PublicKey, RoomMessage};
use seal::KeyDigest;

use crate::call::Call;
use crate::trust::{KeyWarnings, SecretOrigin};
use crate::{Notice, Output, Phase, Secrecy};

impl Call {
    /// What a person should know of the room's secret.
    pub(in crate::call) fn key_warnings(&self) -> KeyWarnings {
        let room_key = self.settings.as_ref().and_then(|settings| settings.room_key.as_ref());
        // That it was passed on to this page itself, also before it was loaded again, is said by `was_granted`.
        let former: Vec<_> = self.encryption.former.iter().map(|pair| KeyDigest::of(pair.public())).collect();
        let mut passed_on = self.encryption.trust.passed_on(self.encryption.pair.public());
        KeyWarnings {
            was_granted: self.encryption.origin == SecretOrigin::Granted,
            was_passed_on: passed_on.any(|digest| !former.contains(&digest)),
            refused_another: self.encryption.trust.refused_another,
            room_has_another: self.phase == Phase::Joined
                && room_key.is_some_and(|key| self.encryption.room_key().as_ref() != Some(key)),
        }
    }

    /// Somebody offers a secret. It is taken by a page that has come with none, from somebody who is here, and when it is the one of
    /// the room's links; a page that has one from a link shows that another was offered.
    pub(in crate::call) fn hear_grant(&mut self, from: &PublicKey, letter: &Letter) -> bool {
        let Some(secret) = self.encryption.granted(from, letter) else { return false };
        if secret == self.encryption.secret {
            return false;
        }
        if !self.encryption.origin.gives_way() {
            if !std::mem::replace(&mut self.encryption.trust.refused_another, true) {
                self.outputs.push_back(Output::Notify(Notice::KeyRefused));
            }
            return false;
        }
        let room_key = self.settings.as_ref().and_then(|settings| settings.room_key.clone());
        let is_here = self.others.iter().any(|other| other.participant.key.as_ref() == Some(from));
        if !is_here || secret.id(&self.code) != room_key {
            return false;
        }
        self.encryption.take_secret(secret);
        self.outputs.push_back(Output::Notify(Notice::KeyGranted));
        true
    }

    /// Adds what a decision needs: whoever lets somebody in who lacks the secret gives it to them.
    pub(in crate::call) fn moderate(&mut self, now: Duration, moderation: Moderation) {
        let lacking: Vec<_> = self.waiting.iter().filter(|one| one.lacks_secret).cloned().collect();
        if moderation == Moderation::AdmitAll {
            for id in lacking.iter().map(|one| one.id) {
                self.moderate(now, Moderation::Admit { id, letter: None });
            }
        }
        let moderation = if let Moderation::Admit { id, .. } = moderation {
            let key = lacking.into_iter().find(|one| one.id == id).and_then(|one| one.key);
            let letter = key.as_ref().and_then(|key| self.give_secret(now, key));
            if key.is_some() && letter.is_none() {
                self.outputs.push_back(Output::Notify(Notice::KeyNotShared));
            }
            Moderation::Admit { id, letter }
        } else {
            moderation
        };
        self.say(RoomMessage::Moderate { moderation });
    }

    /// Passes the secret on to somebody inside who lacks it. The person has decided that.
    pub(in crate::call) fn share_secret(&mut self, now: Duration, with: ParticipantId) {
        let Some(key) = self.others.iter().find(|other| other.participant.id == with) else { return };
        let Some(key) = key.participant.key.clone() else { return };
        match self.give_secret(now, &key) {
            Some(letter) => self.send_letters(&[AddressedLetter { to: with, letter }]),
            None => self.outputs.push_back(Output::Notify(Notice::KeyNotShared)),
        }
    }

    pub(in crate::call) fn give_secret(&mut self, now: Duration, to: &PublicKey) -> Option<Letter> {
        let letter = self.encryption.give_secret(now, to);
        self.remember_passed_on();
        letter
    }

    pub(in crate::call) fn remember_passed_on(&mut self) {
        let own = self.encryption.public_key();
        let passed_on = self.encryption.trust.passed_on(&own).collect();
        self.outputs.push_back(Output::RememberPassedOn(passed_on));
    }

    /// The person has compared the safety phrase with somebody.
    pub(in crate::call) fn verify(&mut self, id: ParticipantId) {
        let Some(participant) = self.others.iter().map(|other| &other.participant).find(|one| one.id == id)
        else {
            return;
        };
        let Some(key) = &participant.key else { return };
        self.encryption.trust.verify(id, key);
        let is_sealed = self.encryption.secrecy_of(participant) == Secrecy::Sealed;
        self.remember_passed_on();
        if is_sealed && self.encryption.origin == SecretOrigin::Granted {
            (self.encryption.origin, self.encryption.is_kept) = (SecretOrigin::Remembered, false);
            self.keep_secret();
            self.send_keys_to_all();
        }
    }

    /// The server says that somebody has another key, in the middle of a stay.
    pub(in crate::call) fn key_exchanged(&mut self, participant: &Participant) {
        self.encryption.trust.exchanged(participant.id);
        self.outputs.push_back(Output::Notify(Notice::KeyChanged(participant.name.clone())));
    }

    /// The room's links carry another secret now, perhaps this page's.
    pub(in crate::call) fn room_key_changed(&mut self) {
        self.keep_secret();
    }

    /// Tells the page the secret, once it is the room's.
    pub(in crate::call) fn keep_secret(&mut self) {
        let room_key = self.settings.as_ref().and_then(|settings| settings.room_key.clone());
        if !self.encryption.is_kept && room_key == self.encryption.room_key() {
            self.encryption.is_kept = true;
            let (secret, origin) = (self.encryption.secret.clone(), self.encryption.origin);
            self.outputs.push_back(Output::KeepSecret { secret, origin });
        }
    }
}
