//! Key messages: bytes from one person to another. Whoever wrote one holds the private key of the sender and, but for a grant, the
//! secret of the room; so the server can neither read one nor make one up.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key};
use protocol::{KeyMessage, PublicKey, RoomCode};

use crate::bytes::{decode, derive, encode};
use crate::{KeyPair, Nonce, RoomSecret};

/// What a key message is for. One for one thing cannot be taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The key of somebody's media.
    SenderKey,
    /// The secret of the room, for somebody who has none yet.
    RoomSecret,
    /// A message to one person.
    Chat,
    /// Somebody's present public key, sealed with the one they had before.
    NextKey,
}

/// Why a key message could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key message is not from the person it claims to be from, or from a link with another secret")]
pub struct KeyMessageError;

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SenderKey => b"veranda sender key",
            Self::RoomSecret => b"veranda room secret",
            Self::Chat => b"veranda chat",
            Self::NextKey => b"veranda next public key",
        }
    }
}

/// Where a key message belongs: one of another room, with another secret or for something else does not open.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The room.
    pub room: &'a RoomCode,
    /// Its secret; absent only where the reader cannot know it.
    pub secret: Option<&'a RoomSecret>,
    /// What the key message is for.
    pub purpose: Purpose,
}

impl KeyPair {
    /// Seals a key message. `nonce` is random and used once.
    ///
    /// # Errors
    ///
    /// When the reader's key is no proper one, or the text is too long for a key message.
    pub fn seal(
        &self,
        to: &PublicKey,
        context: Context<'_>,
        nonce: Nonce,
        text: &[u8],
    ) -> Result<KeyMessage, KeyMessageError> {
        let sealed = self.seal_raw(to, context, nonce, text).ok_or(KeyMessageError)?;
        KeyMessage::new(encode(&sealed)).map_err(|_| KeyMessageError)
    }

    /// Opens a key message from somebody.
    ///
    /// # Errors
    ///
    /// When it is from somebody else, for somebody else, or belongs elsewhere.
    pub fn open(
        &self,
        from: &PublicKey,
        context: Context<'_>,
        key_message: &KeyMessage,
    ) -> Result<Vec<u8>, KeyMessageError> {
        let sealed = decode(key_message.as_str()).ok_or(KeyMessageError)?;
        self.open_between(from, self.public(), context, &sealed).ok_or(KeyMessageError)
    }

    /// As [`Self::open`], from bytes.
    pub fn open_raw(&self, from: &PublicKey, context: Context<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        self.open_between(from, self.public(), context, sealed)
    }

    /// As [`Self::seal`], as bytes of any length. `None` when the reader's key is no proper one.
    pub fn seal_raw(
        &self,
        to: &PublicKey,
        context: Context<'_>,
        nonce: Nonce,
        text: &[u8],
    ) -> Option<Vec<u8>> {
        let cipher = context.cipher(&self.agree(to)?, self.public(), to);
        let sealed = cipher.encrypt(&nonce.into(), text).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// Opens what one person wrote to another, as either of them.
    pub(crate) fn open_between(
        &self,
        from: &PublicKey,
        to: &PublicKey,
        context: Context<'_>,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let other = match (from == self.public(), to == self.public()) {
            (true, _) => to,
            (false, true) => from,
            (false, false) => return None,
        };
        let (nonce, sealed) = sealed.split_first_chunk::<12>()?;
        context.cipher(&self.agree(other)?, from, to).decrypt(&(*nonce).into(), sealed).ok()
    }
}

impl Context<'_> {
    /// The key of one direction between two people.
    fn cipher(self, shared: &[u8; 32], from: &PublicKey, to: &PublicKey) -> Aes256Gcm {
        let authentic: [u8; 32] =
            self.secret.map_or([0; 32], |secret| secret.derive(self.room, b"veranda letters between people"));
        let code = self.room.to_string();
        let info = [self.purpose.label(), code.as_bytes(), from.as_str().as_bytes(), to.as_str().as_bytes()];
        let key: [u8; 32] = derive(&authentic, shared, &info);
        Aes256Gcm::new(&Key::<Aes256Gcm>::from(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static ROOM: std::sync::LazyLock<RoomCode> =
        std::sync::LazyLock::new(|| RoomCode::parse("kfm-pqxz-wtr").unwrap());

    fn context(secret: Option<&RoomSecret>, purpose: Purpose) -> Context<'_> {
        Context { room: &ROOM, secret, purpose }
    }

    #[test]
    fn only_the_reader_opens_a_key_message_and_only_as_what_it_is() {
        let [ada, bob, eve] = [1, 2, 3].map(|seed| KeyPair::new([seed; 32]));
        let secret = RoomSecret::new([9; 16]);
        let seal = |to: &KeyPair, text: &[u8]| {
            ada.seal(to.public(), context(Some(&secret), Purpose::SenderKey), [5; 12], text).unwrap()
        };
        let key_message = seal(&bob, b"hello");
        let open = |reader: &KeyPair, from: &KeyPair, secret: Option<&RoomSecret>, purpose| {
            reader.open(from.public(), context(secret, purpose), &key_message)
        };
        assert_eq!(open(&bob, &ada, Some(&secret), Purpose::SenderKey).unwrap(), b"hello");
        let other = RoomSecret::new([8; 16]);
        for wrong in [
            open(&eve, &ada, Some(&secret), Purpose::SenderKey),
            open(&bob, &eve, Some(&secret), Purpose::SenderKey),
            open(&bob, &ada, Some(&other), Purpose::SenderKey),
            open(&bob, &ada, None, Purpose::SenderKey),
            open(&bob, &ada, Some(&secret), Purpose::Chat),
            open(&ada, &bob, Some(&secret), Purpose::SenderKey),
        ] {
            assert_eq!(wrong, Err(KeyMessageError));
        }
    }

    #[test]
    fn a_key_that_makes_every_agreement_the_same_is_refused() {
        let zero = PublicKey::new(encode(&[0; 32])).unwrap();
        let ada = KeyPair::new([1; 32]);
        assert!(ada.seal(&zero, context(None, Purpose::RoomSecret), [0; 12], b"x").is_err());
    }

    #[test]
    fn no_bytes_of_a_stranger_are_a_key_message_and_none_panics() {
        let [ada, bob] = [1, 2].map(|seed| KeyPair::new([seed; 32]));
        for length in 0..64 {
            let key_message = encode(&vec![length; usize::from(length)]);
            if let Ok(key_message) = KeyMessage::new(key_message) {
                assert!(bob.open(ada.public(), context(None, Purpose::Chat), &key_message).is_err());
            }
        }
    }
}
