//! What can happen to a forwarding unit.

use std::net::SocketAddr;
use std::time::Instant;

use protocol::{LinkId, MediaState, ParticipantId, RoomCode, Signal, SignalNumber, Source, Subscriptions};

use crate::Transport;

/// One event, in the order in which the driver saw it.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A datagram came.
    Datagram(Datagram<'a>),
    /// A participant's signal came, about the link with this number. The first offer of a link opens it, and ends the one
    /// before.
    Signal {
        /// The participant, in their room.
        who: Who,
        /// Which link.
        link: LinkId,
        /// Its place among the participant's signals about this link.
        number: SignalNumber,
        /// The signal.
        signal: Signal,
    },
    /// A participant says whom their slots shall show.
    Slots {
        /// The participant, in their room.
        who: Who,
        /// Of which link.
        link: LinkId,
        /// Whom.
        subscriptions: Subscriptions,
    },
    /// What a participant may send, and sends. What is off is not forwarded, whatever comes.
    Media {
        /// The participant, in their room.
        who: Who,
        /// The sources that they may send and do.
        media: MediaState,
    },
    /// A participant has said more about this link than can be read: it is over, and any before it.
    Overflowed {
        /// The participant, in their room.
        who: Who,
        /// Which link.
        link: LinkId,
    },
    /// A participant has consented: all that they send is recorded, over whichever link.
    Record {
        /// The participant, in their room.
        who: Who,
    },
    /// A participant is recorded no longer.
    StopRecording {
        /// The participant, in their room.
        who: Who,
    },
    /// The recording misses something of a participant's picture.
    RecorderWantsKeyframe {
        /// The participant, in their room.
        who: Who,
        /// Of what.
        source: Source,
    },
    /// A participant is gone, or needs no link any more.
    Left {
        /// The participant, in their room.
        who: Who,
    },
}

/// A participant in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Who {
    /// The room.
    pub room: RoomCode,
    /// The participant.
    pub participant: ParticipantId,
}

/// A datagram as it came.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// What carried it.
    pub transport: Transport,
    /// From where.
    pub source: SocketAddr,
    /// To which of the server's addresses.
    pub destination: SocketAddr,
    /// When: earlier than it is handed in, if the thread was busy. By this time senders judge their lines.
    pub came: Instant,
    /// What it holds.
    pub bytes: &'a [u8],
}
