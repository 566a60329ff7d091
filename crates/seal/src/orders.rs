//! What a page and its worker say to each other about frames: where they go, from whom they may be, and the keys.

use protocol::{MediaKey, MediaKind, ParticipantId, Source};
use serde::{Deserialize, Serialize};

/// What may leave the page, and what of the others is played. Nothing but an order of the page changes it: no failure does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protection {
    /// Sealed frames alone, out and in.
    #[default]
    Sealed,
    /// Nothing leaves: the room is said to be without end-to-end encryption, and the person has not decided. Sealed frames alone are played.
    Withheld,
    /// Plaintext leaves, as the person has decided, and plaintext is played beside what is sealed.
    Plaintext,
}

/// What the page tells the worker.
#[derive(Debug, Serialize, Deserialize)]
pub enum Order {
    /// What may leave from now on.
    Protect {
        /// What.
        protection: Protection,
    },
    /// Seal with this key from now on.
    SetOwnKey {
        /// As [`SenderKey`](crate::SenderKey) writes itself.
        key: Vec<u8>,
    },
    /// Open what somebody sends with this key, too.
    SetKeyOf {
        /// The participant concerned.
        participant: ParticipantId,
        /// As [`SenderKey`](crate::SenderKey) writes itself.
        key: Vec<u8>,
    },
    /// Open nothing of theirs.
    ForgetKeysOf {
        /// The participant concerned.
        participant: ParticipantId,
    },
    /// Play only what is of this publication where a pipe ends.
    Expect {
        /// The pipe's number, unique within the page.
        pipe: u32,
        /// What its frames may be of.
        expected: Expected,
    },
}

/// One way of frames through the worker.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pipe {
    /// One of its own for each pipe that opens frames; what seals has no orders of its own, and is 0.
    pub number: u32,
    /// What the frames are.
    pub kind: MediaKind,
    /// What is done with them.
    pub direction: Direction,
}

/// What is done with the frames.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Direction {
    /// They leave sealed.
    Seal {
        /// What they are of.
        source: Source,
    },
    /// They leave open.
    Open {
        /// If they are of this.
        expected: Expected,
    },
}

/// What frames may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expected {
    /// The sound of anybody who is in the call.
    AnySound,
    /// One publication.
    Only {
        /// The publication concerned.
        key: MediaKey,
    },
    /// Nothing: the slot is empty.
    Nothing,
}
