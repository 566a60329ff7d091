//! A person's key pair for one call.

use protocol::PublicKey;
use x25519_dalek::{PublicKey as Point, StaticSecret};

use crate::bytes::{decode, encode};

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

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyPair(…)")
    }
}
