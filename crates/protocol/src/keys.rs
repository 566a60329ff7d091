//! What people need to know of each other's keys. The server passes it on and can open none of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ParticipantId;
use crate::limits::{
    MAX_INVITATION_BYTES, MAX_KEY_MESSAGE_BYTES, MAX_KEY_MESSAGES, MAX_KEY_MESSAGES_TO_ONE, MAX_NOTE_BYTES,
    MAX_SEALED_KEY_BYTES,
};

macro_rules! encoded {
    ($(#[$doc:meta])* $name:ident, $least:literal, $most:expr) => {
        encoded! { $(#[$doc])* $name, $least, $most, is_base64url }
    };
    ($(#[$doc:meta])* $name:ident, $least:literal, $most:expr, $is_written:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String", extend("minLength" = $least, "maxLength" = $most)))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Wraps what is written in base64url (RFC 4648 §5, without padding).
            ///
            /// # Errors
            ///
            /// When it has another length, or other characters.
            pub fn new(text: String) -> Result<Self, KeyError> {
                let has_size = ($least..=$most).contains(&text.len());
                if has_size && $is_written(&text) { Ok(Self(text)) } else { Err(KeyError) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = KeyError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

encoded! {
    /// Somebody's public key (X25519, RFC 7748): 32 bytes, 43 characters. The last one has two bits that no byte uses; they are zero, so that
    /// one key is written in one way, by which it is known in storage and to those who compare.
    PublicKey, 43, 43, is_canonical
}

encoded! {
    /// Tells the secrets of rooms apart without telling anything about them: 8 bytes, 11 characters.
    RoomKeyId, 11, 11
}

encoded! {
    /// Bytes from one person to another, which nobody else can open: 1 to [`MAX_KEY_MESSAGE_BYTES`] characters.
    KeyMessage, 1, MAX_KEY_MESSAGE_BYTES
}

encoded! {
    /// The secret of a direct call's room and the caller's name, sealed by the caller for the person called: 1 to
    /// [`MAX_INVITATION_BYTES`] characters.
    Invitation, 1, MAX_INVITATION_BYTES
}

encoded! {
    /// A sealed text of a direct call: what the caller's history says of the person called, or what the person called writes who declines; 1
    /// to [`MAX_NOTE_BYTES`] characters.
    SealedNote, 1, MAX_NOTE_BYTES
}

encoded! {
    /// A sender key, sealed to a recording's key: 1 to [`MAX_SEALED_KEY_BYTES`] characters.
    SealedKey, 1, MAX_SEALED_KEY_BYTES
}

encoded! {
    /// Random bytes of the server, drawn for one connection, that a proof is about: 32 bytes, 43 characters.
    ChallengeNonce, 43, 43
}

encoded! {
    /// Shows that a device has the private key of its identity: 32 bytes, 43 characters.
    IdentityProof, 43, 43
}

encoded! {
    /// A public key of Web Push (P-256, uncompressed, RFC 8291 §3.1 and RFC 8292 §3.2): 65 bytes, 87 characters.
    PushKey, 87, 87
}

encoded! {
    /// What a browser shares with whoever may push to it (RFC 8291 §3.2): 16 bytes, 22 characters.
    PushAuth, 22, 22
}

/// How a page came by its secret. What a client says of that decides where it waits, never whom anybody trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RoomKeyOrigin {
    /// The link carried it, or the page is the one that made the room.
    Link,
    /// The page drew it, because it came with the bare code.
    Drawn,
}

/// A key message and for whom it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddressedKeyMessage {
    /// For whom.
    pub to: ParticipantId,
    /// The sealed key.
    pub key_message: KeyMessage,
}

/// Key messages that are passed on together, at most [`MAX_KEY_MESSAGES`], and [`MAX_KEY_MESSAGES_TO_ONE`] to each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "Vec<AddressedKeyMessage>", extend("maxItems" = MAX_KEY_MESSAGES)))]
#[serde(try_from = "Vec<AddressedKeyMessage>", into = "Vec<AddressedKeyMessage>")]
pub struct KeyMessages(Vec<AddressedKeyMessage>);

impl TryFrom<Vec<AddressedKeyMessage>> for KeyMessages {
    type Error = TooManyKeyMessages;

    fn try_from(key_messages: Vec<AddressedKeyMessage>) -> Result<Self, TooManyKeyMessages> {
        if key_messages.len() > MAX_KEY_MESSAGES {
            return Err(TooManyKeyMessages);
        }
        let mut to_each = BTreeMap::new();
        for key_message in &key_messages {
            let to_one = to_each.entry(key_message.to).or_insert(0);
            *to_one += 1;
            if *to_one > MAX_KEY_MESSAGES_TO_ONE {
                return Err(TooManyKeyMessages);
            }
        }
        Ok(Self(key_messages))
    }
}

impl From<KeyMessages> for Vec<AddressedKeyMessage> {
    fn from(key_messages: KeyMessages) -> Self {
        key_messages.0
    }
}

/// More key messages than go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "at most {MAX_KEY_MESSAGES} key messages go together, {MAX_KEY_MESSAGES_TO_ONE} of them to one person"
)]
pub struct TooManyKeyMessages;

/// The secret of a room, for somebody who came without it, from whoever let them in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomKeyGrant {
    /// The key of whoever let them in.
    pub from: PublicKey,
    /// The secret, sealed.
    pub key_message: KeyMessage,
}

/// A key or a key message has another size than it may have, or is no base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("that is no base64url of the right size")]
pub struct KeyError;

fn is_base64url(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The same, of 32 bytes: the last character stands for four bits.
fn is_canonical(text: &str) -> bool {
    is_base64url(text)
        && text.ends_with(['A', 'E', 'I', 'M', 'Q', 'U', 'Y', 'c', 'g', 'k', 'o', 's', 'w', '0', '4', '8'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_more_key_messages_in_a_message_than_there_are_keys() {
        let to = |who: u128| AddressedKeyMessage {
            to: ParticipantId::new(uuid::Uuid::from_u128(who)),
            key_message: KeyMessage::new("A".to_owned()).unwrap(),
        };
        assert!(KeyMessages::try_from(vec![to(1), to(2), to(1)]).is_ok());
        assert_eq!(KeyMessages::try_from(vec![to(1), to(2), to(1), to(1)]), Err(TooManyKeyMessages));
        assert!(KeyMessages::try_from((0..200).map(to).collect::<Vec<_>>()).is_ok());
    }

    #[test]
    fn a_public_key_is_written_in_one_way() {
        let of = |last: char| PublicKey::new(format!("{}{last}", "A".repeat(42)));
        let alphabet = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']);
        let accepted: String = alphabet.filter(|last| of(*last).is_ok()).collect();
        assert_eq!(accepted, "AEIMQUYcgkosw048", "sixteen of 64, as four bits have");
    }

    #[test]
    fn keys_and_key_messages_have_a_size_and_an_alphabet() {
        assert!(PublicKey::new("A".repeat(43)).is_ok());
        for text in ["A".repeat(42), "A".repeat(44), "+".repeat(43), "é".repeat(21) + "x"] {
            assert_eq!(PublicKey::new(text), Err(KeyError));
        }
        assert!(KeyMessage::new("A".repeat(MAX_KEY_MESSAGE_BYTES)).is_ok());
        for text in [String::new(), "A".repeat(MAX_KEY_MESSAGE_BYTES + 1), "a=".to_owned()] {
            assert_eq!(KeyMessage::new(text), Err(KeyError));
        }
    }
}
