//! Keys for recordings: a page that consents seals its sender keys to a key that follows from the room's secret and the recording. The server
//! keeps the boxes and opens none; whoever has the secret opens the frames of those who consented, and of nobody else.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key};
use protocol::{KeyId, ParticipantId, RecordingId, RoomCode, SealedKey};

use crate::bytes::{decode, derive, encode};
use crate::{Nonce, RoomSecret, SenderKey};

/// Seals sender keys for one recording, and opens them.
#[derive(Clone)]
pub struct RecordingSeal {
    recording: RecordingId,
    cipher: Aes256Gcm,
}

/// Why a box is not opened, or not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingKeyError {
    /// The text is none that sealing makes.
    #[error("that is no sealed sender key")]
    Malformed,
    /// It was changed, is of somebody else, of another key or recording, or was sealed with another secret.
    #[error("the sender key was not sealed for this place")]
    Closed,
    /// The key inside is another one than its name says.
    #[error("the sender key has another name than its box")]
    OtherKey,
}

impl RoomSecret {
    /// What seals and opens the sender keys of a recording in a room with this secret.
    pub fn recording_key(&self, room: &RoomCode, recording: RecordingId) -> RecordingSeal {
        let room = room.to_string();
        let info = [&b"veranda recording"[..], room.as_bytes(), &recording.0.as_bytes()[..]];
        let key = derive::<32>(b"", &self.bytes(), &info);
        RecordingSeal { recording, cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(key)) }
    }
}

impl RecordingSeal {
    /// Seals a key of somebody's. `nonce` is random and used once.
    ///
    /// # Errors
    ///
    /// Never, with a key as [`SenderKey`] makes it.
    pub fn seal_sender_key(
        &self,
        participant: ParticipantId,
        key: &SenderKey,
        nonce: Nonce,
    ) -> Result<SealedKey, RecordingKeyError> {
        let name = KeyId::new(key.id()).map_err(|_| RecordingKeyError::Malformed)?;
        let aad = self.place(participant, name);
        let payload = Payload { msg: &key.to_bytes(), aad: &aad };
        let sealed = self.cipher.encrypt(&nonce.into(), payload).map_err(|_| RecordingKeyError::Malformed)?;
        SealedKey::new(encode(&[&nonce[..], &sealed].concat())).map_err(|_| RecordingKeyError::Malformed)
    }

    /// Opens the box that stands under somebody's name and that of a key.
    ///
    /// # Errors
    ///
    /// When it is of another place, was changed, or is none.
    pub fn open_sender_key(
        &self,
        participant: ParticipantId,
        key: KeyId,
        sealed: &SealedKey,
    ) -> Result<SenderKey, RecordingKeyError> {
        let bytes = decode(sealed.as_str()).ok_or(RecordingKeyError::Malformed)?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or(RecordingKeyError::Malformed)?;
        let payload = Payload { msg: sealed, aad: &self.place(participant, key) };
        let opened = self.cipher.decrypt(&(*nonce).into(), payload).map_err(|_| RecordingKeyError::Closed)?;
        let opened = SenderKey::from_bytes(&opened).ok_or(RecordingKeyError::Malformed)?;
        if opened.id() == u64::from(key) { Ok(opened) } else { Err(RecordingKeyError::OtherKey) }
    }

    /// Recording, person and key, each of a fixed length.
    fn place(&self, participant: ParticipantId, key: KeyId) -> Vec<u8> {
        let person = participant.to_string();
        [&self.recording.0.as_bytes()[..], person.as_bytes(), &u64::from(key).to_be_bytes()].concat()
    }
}

impl std::fmt::Debug for RecordingSeal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RecordingSeal({}, …)", self.recording)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::Tag;

    const ROOM: &str = "kfm-pqxz-wtr";

    fn seal(secret: u8, room: &str, recording: u128) -> RecordingSeal {
        let recording = RecordingId(Uuid::from_u128(recording));
        RoomSecret::new([secret; 16]).recording_key(&RoomCode::parse(room).unwrap(), recording)
    }

    fn person(number: u128) -> ParticipantId {
        ParticipantId::new(Uuid::from_u128(number))
    }

    fn key() -> SenderKey {
        SenderKey::new(Tag::new(0x0a_0b0c), 7, [9; 16])
    }

    fn name(key: &SenderKey) -> KeyId {
        KeyId::new(key.id()).unwrap()
    }

    fn sealed() -> SealedKey {
        seal(1, ROOM, 5).seal_sender_key(person(3), &key(), [4; 12]).unwrap()
    }

    #[test]
    fn whoever_has_the_secret_opens_a_key_where_it_was_put() {
        let opened = seal(1, ROOM, 5).open_sender_key(person(3), name(&key()), &sealed()).unwrap();
        assert_eq!((opened.to_bytes(), opened.id()), (key().to_bytes(), key().id()));
        assert!(!format!("{:?} {:?}", seal(1, ROOM, 5), sealed()).contains(sealed().as_str()));
    }

    /// What is kept is opened for years: neither how keys are derived nor how they are sealed changes.
    #[test]
    fn a_box_is_written_as_it_always_was() {
        assert_eq!(sealed().as_str(), VECTOR);
    }

    const VECTOR: &str = "BAQEBAQEBAQEBAQEBlgN6YJzRSS2sorODoTqS-mJS2W2KAPqO7ICnmBhyaZcgehdsoD3";

    #[test]
    fn with_another_secret_in_another_place_or_changed_it_stays_closed() {
        let closed = Err(RecordingKeyError::Closed);
        let (here, sealed) = (seal(1, ROOM, 5), sealed());
        for other in [seal(2, ROOM, 5), seal(1, "kfm-pqxz-wts", 5), seal(1, ROOM, 6)] {
            assert_eq!(other.open_sender_key(person(3), name(&key()), &sealed).map(|_| ()), closed);
        }
        assert_eq!(here.open_sender_key(person(4), name(&key()), &sealed).map(|_| ()), closed);
        for other in [key().next().unwrap(), SenderKey::new(Tag::new(1), 7, [9; 16])] {
            assert_eq!(here.open_sender_key(person(3), name(&other), &sealed).map(|_| ()), closed);
        }
        for at in 0..sealed.as_str().len() {
            let mut text = sealed.as_str().as_bytes().to_vec();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(text).unwrap();
            let changed = SealedKey::new(text).unwrap();
            assert!(here.open_sender_key(person(3), name(&key()), &changed).is_err(), "at {at}");
        }
    }

    #[test]
    fn what_is_no_box_is_named_as_that() {
        let here = seal(1, ROOM, 5);
        for text in ["A", "AAAAAAAA"] {
            let sealed = SealedKey::new(text.to_owned()).unwrap();
            let opened = here.open_sender_key(person(3), name(&key()), &sealed);
            assert_eq!(opened.map(|_| ()), Err(RecordingKeyError::Malformed));
        }
    }

    #[test]
    fn a_key_under_the_name_of_another_is_not_taken() {
        // Only somebody with the secret can make such a box.
        let (here, other) = (seal(1, ROOM, 5), key().next().unwrap());
        let nonce = [4_u8; 12];
        let aad = here.place(person(3), name(&other));
        let payload = Payload { msg: &key().to_bytes(), aad: &aad };
        let bytes = here.cipher.encrypt(&nonce.into(), payload).unwrap();
        let sealed = SealedKey::new(encode(&[&nonce[..], &bytes].concat())).unwrap();
        let opened = here.open_sender_key(person(3), name(&other), &sealed);
        assert_eq!(opened.map(|_| ()), Err(RecordingKeyError::OtherKey));
    }
}
