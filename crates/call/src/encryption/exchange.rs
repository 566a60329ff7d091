//! Keys on their way: who gets them, and when there are new ones.

use std::time::Duration;

use protocol::limits::{MAX_KEY_MESSAGES, MAX_MESSAGE_BYTES};
use protocol::{
    AddressedKeyMessage, KeyMessage, KeyMessages, Participant, ParticipantId, PublicKey, RoomKeyGrant,
};
use seal::SenderKey;

use super::{Encryption, EncryptionEffect, EncryptionView, GATHER, Read, TAKES_EFFECT};
use crate::{Notice, Secrecy};

/// How much of a message may be key messages.
const KEY_MESSAGES_BYTES: usize = MAX_MESSAGE_BYTES / 2;

/// Around a key message in a message: its reader's id, and what JSON adds.
const ADDRESS_BYTES: usize = 80;

impl Encryption {
    /// Inside, with nothing that was before: the secret is settled, and everybody gets the key of a new epoch.
    pub(crate) fn begin(&mut self, grant: Option<&RoomKeyGrant>, view: &EncryptionView<'_>) {
        let took = grant.is_some_and(|grant| self.hear_grant(&grant.from, &grant.key_message, view));
        self.keep_secret(view);
        self.begin_anew(view);
        if took {
            self.effects.push_back(EncryptionEffect::SecretChanged);
        }
    }

    fn begin_anew(&mut self, view: &EncryptionView<'_>) {
        self.secrecy.clear();
        self.renew_at_once(view);
    }

    /// Everybody gets the key of a new epoch, and it is used at once.
    pub(crate) fn renew_at_once(&mut self, view: &EncryptionView<'_>) {
        (self.current, self.pending, self.renew_at) = (self.next_epoch(), None, None);
        self.use_key();
        self.send_keys_to_all(view);
        self.hand_in_again(view);
    }

    /// Inside again, without having been outside: key messages may have got lost with the server.
    pub(crate) fn go_on(&mut self, view: &EncryptionView<'_>) {
        self.send_keys_to_all(view);
        self.hand_in_again(view);
    }

    /// Goes to a key with which nobody opens what was said before. True when it is one that the others cannot derive.
    pub(crate) fn step_forward(&mut self) -> bool {
        let next = self.current.next();
        let is_last = next.is_none();
        if let Some(next) = next {
            self.current = next;
        } else {
            (self.current, self.pending) = (self.next_epoch(), None);
        }
        self.use_key();
        is_last
    }

    /// Somebody came: they get the next step, with which they cannot open what was said before.
    pub(crate) fn introduce(&mut self, id: ParticipantId, view: &EncryptionView<'_>) {
        let Some(to) = self.key_of(id, view) else { return };
        if self.step_forward() {
            self.send_keys_to_all(view);
            return self.hand_in(view);
        }
        let keys = self.keys();
        self.send(&keys, &[(id, to)]);
    }

    /// Somebody is back: a server that began anew meanwhile has lost what was on its way to them.
    pub(crate) fn send_keys_again(&mut self, id: ParticipantId, view: &EncryptionView<'_>) {
        if let Some(to) = self.key_of(id, view) {
            let keys = self.keys();
            self.send(&keys, &[(id, to)]);
        }
    }

    /// Somebody is gone: soon, they open nothing any more.
    pub(crate) fn exclude(&mut self, now: Duration, id: ParticipantId) {
        self.forget(id, now);
        self.effects.push_back(EncryptionEffect::ForgetKeysOf(id));
    }

    /// Begins a new epoch when it is due, and uses its key once the others have had time to hear of it.
    pub(crate) fn handle_timeout(&mut self, now: Duration, view: &EncryptionView<'_>) {
        if let Some((key, _)) = self.pending.take_if(|(_, at)| *at <= now) {
            self.current = key;
            self.use_key();
        }
        // A key that is about to be used is not put off by one more departure.
        let pending = self.pending.as_ref().map(|(_, at)| *at);
        let has_time = pending.is_none_or(|at| now + GATHER <= at);
        if has_time && self.renew_at.take_if(|at| *at <= now).is_some() {
            let key = self.next_epoch();
            self.pending = Some((key.clone(), pending.unwrap_or(now + TAKES_EFFECT)));
            self.send_to_all(&[key], view);
            self.hand_in(view);
        }
    }

    pub(crate) fn hear_key_message(
        &mut self,
        from: ParticipantId,
        key_message: &KeyMessage,
        view: &EncryptionView<'_>,
    ) {
        let Some(sender) = view.people.participant(from).cloned() else { return };
        // One key is one person: under another's name, what they sent before could be played again.
        let is_twice = |one: &Participant| one.id != from && one.key == sender.key;
        if view.people.participants().any(is_twice) {
            return;
        }
        match self.read(&sender, key_message) {
            Read::Key { key, is_exchanged } => {
                self.effects.push_back(EncryptionEffect::SetKeyOf { participant: from, key });
                if is_exchanged {
                    let notice = Notice::KeyChanged(sender.name);
                    self.effects.push_back(EncryptionEffect::Notify(notice));
                }
            }
            Read::Closed => {
                let Some(key) = sender.key else { return };
                if self.hear_grant(&key, key_message, view) {
                    self.keep_secret(view);
                    self.begin_anew(view);
                    self.effects.push_back(EncryptionEffect::SecretChanged);
                } else if self.granted(&key, key_message).is_none() {
                    let secrecy = self.secrecy.entry(from).or_default();
                    if *secrecy == Secrecy::Waiting {
                        *secrecy = Secrecy::OtherSecret;
                    }
                }
            }
            Read::Nothing => {}
        }
    }

    pub(super) fn key_of(&self, id: ParticipantId, view: &EncryptionView<'_>) -> Option<PublicKey> {
        if view.me == Some(id) {
            return Some(self.public_key());
        }
        view.people.participant(id)?.key.clone()
    }

    pub(super) fn use_key(&mut self) {
        self.effects.push_back(EncryptionEffect::SetOwnKey(self.current.clone()));
    }

    pub(super) fn send_keys_to_all(&mut self, view: &EncryptionView<'_>) {
        let keys = self.keys();
        self.send_to_all(&keys, view);
    }

    fn send_to_all(&mut self, keys: &[SenderKey], view: &EncryptionView<'_>) {
        let key = |participant: &Participant| Some((participant.id, participant.key.clone()?));
        let all: Vec<_> = view.people.participants().filter_map(key).collect();
        self.send(keys, &all);
    }

    fn send(&mut self, keys: &[SenderKey], to: &[(ParticipantId, PublicKey)]) {
        let mut key_messages = Vec::new();
        for (to, public) in to {
            for key in keys {
                let key_message = self.key_message(public, key);
                key_messages
                    .extend(key_message.map(|key_message| AddressedKeyMessage { to: *to, key_message }));
            }
        }
        self.send_key_messages(&key_messages);
    }

    /// In as many messages as they take.
    pub(super) fn send_key_messages(&mut self, key_messages: &[AddressedKeyMessage]) {
        let size = |one: &AddressedKeyMessage| one.key_message.as_str().len() + ADDRESS_BYTES;
        let mut rest = key_messages;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = |one: &&AddressedKeyMessage| {
                bytes += size(one);
                bytes <= KEY_MESSAGES_BYTES
            };
            let count = rest.iter().take(MAX_KEY_MESSAGES).take_while(fits).count().max(1);
            let (first, after) = rest.split_at(count);
            if let Ok(key_messages) = KeyMessages::try_from(first.to_vec()) {
                self.effects.push_back(EncryptionEffect::SendKeyMessages(key_messages));
            }
            rest = after;
        }
    }
}
