//! A person's key pair for one call.

use protocol::PublicKey;
use x25519_dalek::{PublicKey as Point, StaticSecret};

use crate::bytes::{decode, derive, encode};

/// An X25519 key pair (RFC 7748). The private half never leaves the page.
#[derive(Clone)]
pub struct KeyPair {
    private: StaticSecret,
    public: PublicKey,
}

impl KeyPair {
    /// The pair of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        let private = StaticSecret::from(random);
        let text = encode(Point::from(&private).as_bytes());
        // 32 bytes always have the length that a public key has.
        let public = PublicKey::new(text).unwrap_or_else(|_| unreachable!("32 bytes are 43 characters"));
        Self { private, public }
    }

    /// The half that others may know.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The half that nobody else may know, to be kept where only this page reads it.
    pub fn private(&self) -> [u8; 32] {
        self.private.to_bytes()
    }

    /// What only the two people know (RFC 7748 §6.1); nothing when the other key is no proper one.
    pub(crate) fn agree(&self, other: &PublicKey) -> Option<[u8; 32]> {
        let point: [u8; 32] = decode(other.as_str())?.try_into().ok()?;
        let shared = self.private.diffie_hellman(&Point::from(point));
        shared.was_contributory().then(|| shared.to_bytes())
    }
}

/// A public key in short: nobody finds another key with the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyDigest([u8; 16]);

impl KeyDigest {
    /// Its bytes.
    pub const LENGTH: usize = 16;

    /// That of a key.
    pub fn of(key: &PublicKey) -> Self {
        Self(derive(b"", &public_bytes(key), &[b"veranda digest of a public key"]))
    }

    /// As a key message carries it.
    pub fn as_bytes(&self) -> [u8; 16] {
        self.0
    }

    /// As a link carries it that leads to a call identity: base64url without padding, 22 characters.
    pub fn to_text(self) -> String {
        encode(&self.0)
    }

    /// Reads what a link carries.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text)?.try_into().ok().map(Self)
    }

    /// Reads what a key message carries.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// A public key as 32 bytes. What is no proper key is zeros, which open nothing.
pub fn public_bytes(key: &PublicKey) -> [u8; 32] {
    decode(key.as_str()).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
}

/// A public key of 32 bytes.
pub fn public_key(bytes: [u8; 32]) -> PublicKey {
    // 32 bytes always have the length that a public key has.
    PublicKey::new(encode(&bytes)).unwrap_or_else(|_| unreachable!("32 bytes are 43 characters"))
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyPair(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_key_survives_a_link_and_is_no_other_keys() {
        let [one, other] = [1, 2].map(|seed| KeyDigest::of(KeyPair::new([seed; 32]).public()));
        assert_eq!(KeyDigest::parse(&one.to_text()), Some(one));
        assert_ne!(one, other);
        for text in ["", "AAAA", "not base64!not base64!", "AAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(KeyDigest::parse(text), None);
        }
    }
}
