//! What rings want done.

use std::time::Duration;

use protocol::{CallId, CloseCode, RingEvent, RingId};

use crate::{CallRecord, ConnectionId};

/// One effect, to be carried out in order: what is kept is kept before anybody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write a message.
    Send {
        /// To which socket.
        to: ConnectionId,
        /// The message.
        event: Box<RingEvent>,
    },
    /// Close a socket once everything sent to it before is written. It is forgotten already.
    Close {
        /// The connection concerned.
        connection: ConnectionId,
        /// With which code.
        code: CloseCode,
    },
    /// Keep a row, in place of an older one of the same ring.
    Record(Box<CallRecord>),
    /// No device of the person called is there, or none says that it has the ring, and they may be rung and can be woken: whatever can do that is
    /// asked to, once. A device that attaches while it rings gets it.
    Wake {
        /// Whom.
        callee: CallId,
        /// Who rings.
        caller: CallId,
        /// Which ring.
        ring: RingId,
        /// For how long it would still ring.
        expires_in: Duration,
    },
    /// A ring is over that the person called did not take: where they are told of missed calls, they are told now, also where [`Self::Wake`]
    /// has said before that it rings.
    Missed {
        /// Who missed it.
        callee: CallId,
        /// Who has rung.
        caller: CallId,
        /// Which ring.
        ring: RingId,
    },
    /// A ring is over, or answered, for which [`Self::Wake`] was put out and which nobody has missed: what was woken need not ring any more.
    Settled {
        /// Who was called.
        callee: CallId,
        /// Who has rung.
        caller: CallId,
        /// Which ring.
        ring: RingId,
    },
}

impl Output {
    /// The ring that it is about, if it is about one.
    pub(crate) fn ring(&self) -> Option<RingId> {
        match self {
            Self::Send { event, .. } => event.ring(),
            Self::Close { .. } => None,
            Self::Record(row) => Some(row.ring),
            Self::Wake { ring, .. } | Self::Missed { ring, .. } | Self::Settled { ring, .. } => Some(*ring),
        }
    }
}
