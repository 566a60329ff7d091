//! What two identities say to each other about a direct call, before there is a room that both are in: the invitation, and a few words. Who can
//! open one knows whose key made it, because both ends' identity keys agree on the key that seals (X25519, static on both sides).
//!
//! A ring's id is bound, and so are both keys and the purpose: what was said about one ring is nothing about another. The room's code is not,
//! because it is not made yet when the invitation is sealed; it is bound by every key that is derived from the secret and the code, so a server
//! that leads the two into different rooms leads them into rooms in which they cannot open each other's key messages.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key};
use protocol::{DisplayName, Invitation, PublicKey, RingId, SealedNote};

use crate::bytes::{decode, derive, encode};
use crate::{KeyPair, Nonce, RoomSecret};

/// What an invitation says.
#[derive(Clone, PartialEq, Eq)]
pub struct CallInvitation {
    /// The secret of the call's room.
    pub secret: RoomSecret,
    /// What the caller calls themselves.
    pub name: DisplayName,
}

/// What a sealed text of a direct call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotePurpose {
    /// For one's own history: whom one has called. Sealed for one's own key.
    OwnHistory,
    /// What somebody writes who declines, for the caller.
    Decline,
}

/// The first byte of an invitation. Another one is another layout.
const VERSION: u8 = 1;

/// Bytes for a name: 64 characters of four bytes. All of them are sealed, so that the length tells nothing about it.
const NAME_BYTES: usize = 256;

impl KeyPair {
    /// Seals an invitation for the person called. `nonce` is random and used once. `None` when their key is no proper one.
    pub fn seal_invitation(
        &self,
        callee: &PublicKey,
        ring: RingId,
        nonce: Nonce,
        invitation: &CallInvitation,
    ) -> Option<Invitation> {
        let name = invitation.name.as_str().as_bytes();
        let mut text = vec![VERSION];
        text.extend(invitation.secret.bytes());
        text.extend(u16::try_from(name.len()).ok()?.to_be_bytes());
        text.extend(name);
        text.resize(1 + 16 + 2 + NAME_BYTES, 0);
        let cipher = self.ring_cipher(callee, Direction::To, b"veranda invitation to a call", ring)?;
        Invitation::new(seal(&cipher, nonce, &text)?).ok()
    }

    /// Opens an invitation. `None` when it is not by the holder of that key, not for this one, or about another ring.
    pub fn open_invitation(
        &self,
        caller: &PublicKey,
        ring: RingId,
        invitation: &Invitation,
    ) -> Option<CallInvitation> {
        let cipher = self.ring_cipher(caller, Direction::From, b"veranda invitation to a call", ring)?;
        let text = open(&cipher, invitation.as_str())?;
        let rest = text.strip_prefix(&[VERSION])?;
        let (secret, rest) = rest.split_first_chunk::<16>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let name = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        let name = DisplayName::parse(std::str::from_utf8(name).ok()?).ok()?;
        Some(CallInvitation { secret: RoomSecret::new(*secret), name })
    }

    /// Seals a few words about a ring. `None` when they are too long, or the key is no proper one.
    pub fn seal_note(
        &self,
        to: &PublicKey,
        ring: RingId,
        purpose: NotePurpose,
        nonce: Nonce,
        text: &str,
    ) -> Option<SealedNote> {
        let cipher = self.ring_cipher(to, Direction::To, purpose.label(), ring)?;
        SealedNote::new(seal(&cipher, nonce, text.as_bytes())?).ok()
    }

    /// Opens a few words. `None` when they are another's, for somebody else, or about something else.
    pub fn open_note(
        &self,
        from: &PublicKey,
        ring: RingId,
        purpose: NotePurpose,
        note: &SealedNote,
    ) -> Option<String> {
        let cipher = self.ring_cipher(from, Direction::From, purpose.label(), ring)?;
        String::from_utf8(open(&cipher, note.as_str())?).ok()
    }

    fn ring_cipher(
        &self,
        other: &PublicKey,
        direction: Direction,
        purpose: &[u8],
        ring: RingId,
    ) -> Option<Aes256Gcm> {
        let (from, to) = match direction {
            Direction::To => (self.public(), other),
            Direction::From => (other, self.public()),
        };
        let ring = ring.to_string();
        let info = [purpose, ring.as_bytes(), from.as_str().as_bytes(), to.as_str().as_bytes()];
        let key: [u8; 32] = derive(b"", &self.agree(other)?, &info);
        Some(Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)))
    }
}

#[derive(Clone, Copy)]
enum Direction {
    To,
    From,
}

impl NotePurpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::OwnHistory => b"veranda note of a call",
            Self::Decline => b"veranda words of declining",
        }
    }
}

impl std::fmt::Debug for CallInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallInvitation(…)")
    }
}

fn seal(cipher: &Aes256Gcm, nonce: Nonce, text: &[u8]) -> Option<String> {
    let sealed = cipher.encrypt(&nonce.into(), text).ok()?;
    Some(encode(&[&nonce[..], &sealed].concat()))
}

fn open(cipher: &Aes256Gcm, text: &str) -> Option<Vec<u8>> {
    let bytes = decode(text)?;
    let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
    cipher.decrypt(&(*nonce).into(), sealed).ok()
}

#[cfg(test)]
mod tests {
    use protocol::ChallengeNonce;
    use protocol::limits::{MAX_DISPLAY_NAME_CHARS, MAX_NOTE_BYTES};
    use uuid::Uuid;

    use super::*;

    fn ring(number: u128) -> RingId {
        RingId::new(Uuid::from_u128(number))
    }

    fn invitation(name: &str) -> CallInvitation {
        CallInvitation { secret: RoomSecret::new([9; 16]), name: DisplayName::parse(name).unwrap() }
    }

    #[test]
    fn only_the_person_called_opens_an_invitation_and_knows_whose_it_is() {
        let [ada, bob, eve] = [1, 2, 3].map(|seed| KeyPair::new([seed; 32]));
        let sealed = ada.seal_invitation(bob.public(), ring(1), [5; 12], &invitation("Ada")).unwrap();
        assert_eq!(bob.open_invitation(ada.public(), ring(1), &sealed), Some(invitation("Ada")));
        for (reader, from, ring) in [
            (&eve, &ada, ring(1)),
            (&bob, &eve, ring(1)),
            (&bob, &ada, ring(2)),
            (&ada, &bob, ring(1)),
            (&ada, &ada, ring(1)),
        ] {
            assert_eq!(reader.open_invitation(from.public(), ring, &sealed), None);
        }
    }

    #[test]
    fn an_invitation_is_as_long_whatever_the_name_and_the_longest_fits() {
        let [ada, bob] = [1, 2].map(|seed| KeyPair::new([seed; 32]));
        let lengths = ["A", "Ada Lovelace", &"👋".repeat(MAX_DISPLAY_NAME_CHARS)].map(|name| {
            let sealed = ada.seal_invitation(bob.public(), ring(1), [5; 12], &invitation(name)).unwrap();
            assert_eq!(bob.open_invitation(ada.public(), ring(1), &sealed), Some(invitation(name)));
            sealed.as_str().len()
        });
        assert!(lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
    }

    #[test]
    fn a_key_that_agrees_on_the_same_with_everybody_gets_no_invitation() {
        let zero = PublicKey::new(encode(&[0; 32])).unwrap();
        let ada = KeyPair::new([1; 32]);
        assert_eq!(ada.seal_invitation(&zero, ring(1), [5; 12], &invitation("Ada")), None);
    }

    /// Made by docs/examples/ring.py, which shares no code with this.
    #[test]
    fn what_a_program_seals_and_proves_in_another_language_is_the_same() {
        let [ada, bob] = [1, 2].map(|seed| KeyPair::new([seed; 32]));
        let call = "6d5c4b3a-2918-4706-95f4-e3d2c1b0a998";
        let sealed = "BQUFBQUFBQUFBQUFGvR56dyA3I1tGSPS6DWtoeV8tpIawDXOS9PpWYQai1XkhoCetDrHqfJBG74i8MwHGnBaTl7KmxiHuEHhhgCAgNi8\
                      -5X1kP3ytOux-oBK6bZI4geGJZSEn56CjGxxxDmFV81c9E8Y8MdSTDISL2M7zimpGqwHMwvg0TpjGBt9reGOOIXkAmtPX-b7W2f4CQ4G\
                      YXRKKSMvtsoihovbcuq74YnCUBfO6sPT9wiY-9UKpy1V7WUKA6J5DdsUSDzHFcpbW71ZifnEYLdiLS6grThPEeGGabQIBNNmqXMc-Ni0\
                      ui1BMqGiqS5mUDq9-lY9m1OMtgL-nQf0vb3Qy6L4ePYWAZu_L6DO98JN10sUcS9FaZkHq5n_ieSHAEh9dGpS8EJMN3CQ";
        let name = invitation("The doorbell");
        let own = ada.seal_invitation(bob.public(), call.parse().unwrap(), [5; 12], &name).unwrap();
        assert_eq!(own.as_str(), sealed);
        let nonce = ChallengeNonce::new(encode(&[7; 32])).unwrap();
        let proof = ada.prove(call.parse().unwrap(), &nonce, bob.public()).unwrap();
        assert_eq!(proof.as_str(), "LmY28-EPdbG43-ib1E3lIWCoruTLbdAwjvRcLewyj-c");
    }

    #[test]
    fn words_are_for_one_end_of_one_ring_and_for_one_thing() {
        let [ada, bob] = [1, 2].map(|seed| KeyPair::new([seed; 32]));
        let note =
            bob.seal_note(ada.public(), ring(1), NotePurpose::Decline, [5; 12], "in ten minutes").unwrap();
        let open = |ring, purpose| ada.open_note(bob.public(), ring, purpose, &note);
        assert_eq!(open(ring(1), NotePurpose::Decline).as_deref(), Some("in ten minutes"));
        assert_eq!(
            (open(ring(2), NotePurpose::Decline), open(ring(1), NotePurpose::OwnHistory)),
            (None, None)
        );
        let own = ada.seal_note(ada.public(), ring(1), NotePurpose::OwnHistory, [5; 12], "Bob").unwrap();
        let again = ada.open_note(ada.public(), ring(1), NotePurpose::OwnHistory, &own);
        assert_eq!(again.as_deref(), Some("Bob"));
        let long = "x".repeat(MAX_NOTE_BYTES);
        assert_eq!(ada.seal_note(bob.public(), ring(1), NotePurpose::Decline, [5; 12], &long), None);
    }

    #[test]
    fn no_bytes_of_a_stranger_are_an_invitation_and_none_panics() {
        let [ada, bob] = [1, 2].map(|seed| KeyPair::new([seed; 32]));
        for length in 1..64_u8 {
            let text = encode(&vec![length; usize::from(length)]);
            let sealed = Invitation::new(text).unwrap();
            assert_eq!(bob.open_invitation(ada.public(), ring(1), &sealed), None);
        }
    }
}
