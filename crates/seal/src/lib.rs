//! End-to-end encryption as pure functions and small state: the secret of a room, key messages between two people, media frames
//! in the SFrame format (RFC 9605), chat, the safety phrase, and what two identities say to each other before a direct call.
//!
//! It draws no random numbers, reads no clock and knows no browser: whoever calls it brings entropy. It decides nothing
//! either: who gets which key, and when keys change, is in `crates/call`. The server does not know this crate.

mod bytes;
mod chat;
mod frames;
mod identity_file;
mod identity_proof;
mod invitation;
mod key_messages;
mod opener;
mod orders;
mod pair;
mod phrase;
mod recording;
mod secret;
mod sender_key;
mod suite;

pub use chat::{Author, ChatSeal};
pub use frames::FrameSealer;
pub use identity_file::{IdentityFileError, PASSPHRASE_CHARACTERS, open_identity_file, seal_identity_file};
pub use invitation::{CallInvitation, NotePurpose};
pub use key_messages::{Context, KeyMessageError, Purpose};
pub use opener::{FrameOpener, OpenError};
pub use orders::{Direction, Expected, Order, Pipe, Protection};
pub use pair::{KeyDigest, KeyPair, public_bytes, public_key};
pub use phrase::SafetyPhrase;
pub use rand_chacha::{ChaCha20Rng, rand_core};
pub use recording::{RecordingKeyError, RecordingSeal};
pub use secret::RoomSecret;
pub use sender_key::{SenderKey, Tag};

/// A nonce of AES-GCM.
pub type Nonce = [u8; 12];
