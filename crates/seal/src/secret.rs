//! The secret of a room, as the link carries it in its fragment.

use protocol::{RoomCode, RoomKeyId};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::bytes::{decode, derive, encode};

/// 16 random bytes that everybody with the whole link knows, and the server does not.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct RoomSecret([u8; 16]);

impl RoomSecret {
    /// A secret of 16 random bytes.
    pub fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// Reads what a link carries: base64url without padding, 22 characters.
    pub fn parse(text: &str) -> Option<Self> {
        decode(text)?.try_into().ok().map(Self)
    }

    /// As a link carries it.
    pub fn to_text(&self) -> String {
        encode(&self.0)
    }

    /// The bytes, for whoever seals them.
    pub(crate) fn bytes(&self) -> [u8; 16] {
        self.0
    }

    /// A name for it, from which it cannot be found out.
    pub fn id(&self, room: &RoomCode) -> Option<RoomKeyId> {
        RoomKeyId::new(encode(&self.derive::<8>(room, b"veranda room key id"))).ok()
    }

    /// A key for one purpose.
    pub(crate) fn derive<const N: usize>(&self, room: &RoomCode, purpose: &[u8]) -> [u8; N] {
        derive(b"", &self.0, &[purpose, room.to_string().as_bytes()])
    }
}

impl std::fmt::Debug for RoomSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoomSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_survives_a_link_and_has_a_name_of_its_own_in_each_room() {
        let secret = RoomSecret::new([7; 16]);
        assert_eq!(RoomSecret::parse(&secret.to_text()), Some(secret.clone()));
        for text in ["", "AAAA", "not base64!not base64!", "AAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(RoomSecret::parse(text), None);
        }
        let [one, other] = ["kfm-pqxz-wtr", "kfm-pqxz-wts"].map(|code| RoomCode::parse(code).unwrap());
        assert_ne!(secret.id(&one), secret.id(&other));
        assert!(!format!("{secret:?}").contains('7'));
    }
}
