//! Keys of the call: who gets them, and when there are new ones.

mod sealed_chat;
mod sharing;

use std::time::Duration;

use protocol::limits::MAX_LETTERS;
use protocol::{
    AddressedLetter, Letter, Letters, Participant, ParticipantId, PublicKey, RoomKeyGrant, RoomMessage,
};
use seal::{RoomSecret, SafetyPhrase, SenderKey};

use super::Call;
use crate::encryption::{ADDRESS_BYTES, GATHER, LETTERS_BYTES, Read, TAKES_EFFECT};
use crate::trust::SecretOrigin;
use crate::{Notice, Output, Secrecy};

impl Call {
    /// The private key of this tab, to be the same person after the page was loaded again.
    pub fn private_key(&self) -> [u8; 32] {
        self.encryption.pair.private()
    }

    /// What is the same for everybody in the call when nobody sits in between.
    pub fn safety_phrase(&self) -> SafetyPhrase {
        let others = self.others.iter().filter_map(|other| other.participant.key.clone());
        let keys = others.chain([self.encryption.public_key()]).collect();
        let admitted = self.encryption.trust.admitted_in_phrase();
        SafetyPhrase { room: self.code, secret: self.encryption.secret.clone(), keys, admitted }
    }

    /// How the page came by the secret.
    pub fn secret_origin(&self) -> SecretOrigin {
        self.encryption.origin
    }

    /// The secret as the link carries it.
    pub fn secret(&self) -> &RoomSecret {
        &self.encryption.secret
    }

    /// Inside, with nothing that was before: the secret is settled, and everybody gets the key of a new epoch.
    pub(super) fn begin_encryption(&mut self, grant: Option<&RoomKeyGrant>) {
        let took = grant.is_some_and(|grant| self.hear_grant(&grant.from, &grant.letter));
        self.keep_secret();
        self.begin_anew();
        if took {
            self.go_over_to_secret();
        }
    }

    fn begin_anew(&mut self) {
        let encryption = &mut self.encryption;
        encryption.secrecy.clear();
        (encryption.current, encryption.pending, encryption.renew_at) = (encryption.next_epoch(), None, None);
        self.use_key();
        self.send_keys_to_all();
    }

    /// Inside again, without having been outside: letters may have got lost with the server.
    pub(super) fn go_on_with_encryption(&mut self) {
        self.send_keys_to_all();
    }

    /// Goes to a key with which nobody opens what was said before. True when it is one that the others cannot derive.
    pub(super) fn step_forward(&mut self) -> bool {
        let encryption = &mut self.encryption;
        let next = encryption.current.next();
        let is_last = next.is_none();
        if let Some(next) = next {
            encryption.current = next;
        } else {
            (encryption.current, encryption.pending) = (encryption.next_epoch(), None);
        }
        self.use_key();
        is_last
    }

    /// Somebody came: they get the next step, with which they cannot open what was said before.
    pub(super) fn introduce(&mut self, id: ParticipantId) {
        let Some(to) = self.key_of(id) else { return };
        if self.step_forward() {
            return self.send_keys_to_all();
        }
        let keys = self.encryption.keys();
        self.send(&keys, &[(id, to)]);
    }

    /// Somebody is back: a server that began anew meanwhile has lost what was on its way to them.
    pub(super) fn send_keys_again(&mut self, id: ParticipantId) {
        if let Some(to) = self.key_of(id) {
            let keys = self.encryption.keys();
            self.send(&keys, &[(id, to)]);
        }
    }

    /// Somebody is gone: soon, they open nothing any more.
    pub(super) fn exclude(&mut self, now: Duration, id: ParticipantId) {
        self.encryption.forget(id, now);
        self.outputs.push_back(Output::ForgetKeysOf(id));
    }

    /// Begins a new epoch when it is due, and uses its key once the others have had time to hear of it.
    pub(super) fn encryption_due(&mut self, now: Duration) {
        if let Some((key, _)) = self.encryption.pending.take_if(|(_, at)| *at <= now) {
            self.encryption.current = key;
            self.use_key();
        }
        // A key that is about to be used is not put off by one more departure.
        let pending = self.encryption.pending.as_ref().map(|(_, at)| *at);
        let has_time = pending.is_none_or(|at| now + GATHER <= at);
        if has_time && self.encryption.renew_at.take_if(|at| *at <= now).is_some() {
            let key = self.encryption.next_epoch();
            self.encryption.pending = Some((key.clone(), pending.unwrap_or(now + TAKES_EFFECT)));
            self.send_to_all(&[key]);
        }
    }

    pub(super) fn hear_letter(&mut self, from: ParticipantId, letter: &Letter) {
        let Some(place) = self.others.iter().position(|other| other.participant.id == from) else { return };
        let sender = self.others[place].participant.clone();
        // One key is one person: under another's name, what they sent before could be played again.
        let is_twice = |one: &Participant| one.id != from && one.key == sender.key;
        if self.others.iter().any(|other| is_twice(&other.participant)) {
            return;
        }
        match self.encryption.read(&sender, letter) {
            Read::Key { key, is_exchanged } => {
                self.outputs.push_back(Output::SetKeyOf { participant: from, key });
                if is_exchanged {
                    self.outputs.push_back(Output::Notify(Notice::KeyChanged(sender.name)));
                }
            }
            Read::Closed => {
                let Some(key) = sender.key else { return };
                if self.hear_grant(&key, letter) {
                    self.keep_secret();
                    self.begin_anew();
                    self.go_over_to_secret();
                } else if self.encryption.granted(&key, letter).is_none() {
                    let secrecy = self.encryption.secrecy.entry(from).or_default();
                    if *secrecy == Secrecy::Waiting {
                        *secrecy = Secrecy::OtherSecret;
                    }
                }
            }
            Read::Nothing => {}
        }
    }

    fn key_of(&self, id: ParticipantId) -> Option<PublicKey> {
        if self.is_me(id) {
            return Some(self.encryption.public_key());
        }
        self.others.iter().find(|other| other.participant.id == id)?.participant.key.clone()
    }

    fn use_key(&mut self) {
        self.outputs.push_back(Output::SetOwnKey(self.encryption.current.clone()));
    }

    fn send_keys_to_all(&mut self) {
        let keys = self.encryption.keys();
        self.send_to_all(&keys);
    }

    fn send_to_all(&mut self, keys: &[SenderKey]) {
        let key = |participant: &Participant| Some((participant.id, participant.key.clone()?));
        let all: Vec<_> = self.others.iter().filter_map(|other| key(&other.participant)).collect();
        self.send(keys, &all);
    }

    fn send(&mut self, keys: &[SenderKey], to: &[(ParticipantId, PublicKey)]) {
        let mut letters = Vec::new();
        for (to, public) in to {
            for key in keys {
                let letter = self.encryption.letter(public, key);
                letters.extend(letter.map(|letter| AddressedLetter { to: *to, letter }));
            }
        }
        self.send_letters(&letters);
    }

    /// In as many messages as they take.
    fn send_letters(&mut self, letters: &[AddressedLetter]) {
        let size = |one: &AddressedLetter| one.letter.as_str().len() + ADDRESS_BYTES;
        let mut rest = letters;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |one: &&AddressedLetter| {
                bytes += size(one);
                bytes <= LETTERS_BYTES
            };
            let count = rest.iter().take(MAX_LETTERS).take_while(fits).count().max(1);
            let (first, after) = rest.split_at(count);
            if let Ok(letters) = Letters::try_from(first.to_vec()) {
                self.say(RoomMessage::SendLetters { letters });
            }
            rest = after;
        }
    }
}
