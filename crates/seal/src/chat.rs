//! Chat: to everybody under a key of the room's secret, so that those who come later with the link can read it, too; to one
//! person as a key message.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key};
use protocol::{ChatId, Envelope, ParticipantId, PublicKey, RoomCode};

use crate::bytes::{decode, encode};
use crate::{Context, KeyPair, Nonce, Purpose, RoomSecret};

/// Seals and opens the chat of one room.
#[derive(Clone, Debug)]
pub struct ChatSeal {
    room: RoomCode,
    secret: RoomSecret,
}

/// Who wrote what: a message that is passed off as another's or as another message cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// The message.
    pub message: ChatId,
    /// Who wrote it.
    pub from: ParticipantId,
}

impl ChatSeal {
    /// For a room with this secret.
    pub fn new(room: RoomCode, secret: RoomSecret) -> Self {
        Self { room, secret }
    }

    /// Seals a message to everybody. `nonce` is random and used once. `None` when it is too long.
    pub fn seal(&self, author: Author, nonce: Nonce, text: &str) -> Option<Envelope> {
        let payload = Payload { msg: text.as_bytes(), aad: &author.bytes() };
        let sealed = self.cipher().encrypt(&nonce.into(), payload).ok()?;
        Envelope::new(Envelope::SEALED, encode(&[&nonce[..], &sealed].concat())).ok()
    }

    /// Opens a message to everybody. `None` when it was sealed with another secret, or is passed off as something else.
    pub fn open(&self, author: Author, envelope: &Envelope) -> Option<String> {
        let bytes = decode(envelope.body())?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
        let payload = Payload { msg: sealed, aad: &author.bytes() };
        String::from_utf8(self.cipher().decrypt(&(*nonce).into(), payload).ok()?).ok()
    }

    /// Seals a message to one person.
    pub fn seal_to_one(
        &self,
        me: &KeyPair,
        to: &PublicKey,
        author: Author,
        nonce: Nonce,
        text: &str,
    ) -> Option<Envelope> {
        let text = [&author.bytes(), text.as_bytes()].concat();
        let sealed = me.seal_raw(to, self.of_key_messages(), nonce, &text)?;
        let [from, to] = [me.public(), to].map(|key| decode(key.as_str()).unwrap_or_default());
        Envelope::new(Envelope::SEALED_TO_ONE, encode(&[from, to, sealed].concat())).ok()
    }

    /// Opens a message to one person, at either end, and says with whose key it was written.
    pub fn open_to_one(
        &self,
        me: &KeyPair,
        author: Author,
        envelope: &Envelope,
    ) -> Option<(PublicKey, String)> {
        let bytes = decode(envelope.body())?;
        let (from, rest) = bytes.split_first_chunk::<32>()?;
        let (to, sealed) = rest.split_first_chunk::<32>()?;
        let [from, to] = [from, to].map(|key| PublicKey::new(encode(key)));
        let (from, to) = (from.ok()?, to.ok()?);
        let text = me.open_between(&from, &to, self.of_key_messages(), sealed)?;
        let text = String::from_utf8(text.strip_prefix(&*author.bytes())?.to_vec()).ok()?;
        Some((from, text))
    }

    fn of_key_messages(&self) -> Context<'_> {
        Context { room: &self.room, secret: Some(&self.secret), purpose: Purpose::Chat }
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(self.secret.derive::<32>(&self.room, b"veranda chat history")))
    }
}

impl Author {
    fn bytes(&self) -> Vec<u8> {
        [self.message.0.to_string(), self.from.to_string()].concat().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn author(message: u128, from: u128) -> Author {
        let [message, from] = [message, from].map(Uuid::from_u128);
        Author { message: ChatId(message), from: ParticipantId::new(from) }
    }

    fn seal(secret: u8) -> ChatSeal {
        ChatSeal::new(RoomCode::parse("kfm-pqxz-wtr").unwrap(), RoomSecret::new([secret; 16]))
    }

    #[test]
    fn whoever_has_the_secret_reads_what_was_written_as_what_it_is() {
        let envelope = seal(1).seal(author(1, 2), [3; 12], "Grüße 👋").unwrap();
        assert!(!envelope.body().contains("Gr"));
        assert_eq!(seal(1).open(author(1, 2), &envelope).as_deref(), Some("Grüße 👋"));
        for (reader, author) in [(seal(2), author(1, 2)), (seal(1), author(2, 2)), (seal(1), author(1, 3))] {
            assert_eq!(reader.open(author, &envelope), None);
        }
    }

    #[test]
    fn what_is_written_to_one_only_that_one_reads() {
        let [ada, bob, eve] = [1, 2, 3].map(|seed| KeyPair::new([seed; 32]));
        let envelope = seal(1).seal_to_one(&ada, bob.public(), author(1, 2), [3; 12], "psst").unwrap();
        let open = |reader: &KeyPair, author| seal(1).open_to_one(reader, author, &envelope);
        for reader in [&ada, &bob] {
            assert_eq!(open(reader, author(1, 2)), Some((ada.public().clone(), "psst".to_owned())));
        }
        assert_eq!((open(&eve, author(1, 2)), open(&bob, author(9, 2))), (None, None));
    }
}
