//! A socket that was opened for a client, from the wish for it to its end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use stun_types::message::TransactionId;

use crate::allocation::{Allocation, Client};
use crate::users::Holder;

slotmap::new_key_type! {
    /// The name of a socket, for as long as it is there. No other ever has the same.
    pub struct SocketKey;
}

/// What a socket is for.
pub(crate) enum Socket {
    /// The driver was asked for it.
    Opening(Opening),
    /// The driver was asked for it as the second of two.
    Reserving(Holder),
    /// It waits for a client that knows the token (RFC 8656 §7.2, RESERVATION-TOKEN).
    Reserved(Reservation),
    /// It relays.
    Open(Allocation),
}

/// An Allocate request that waits for its socket.
pub(crate) struct Opening {
    pub(crate) client: Client,
    pub(crate) transaction: TransactionId,
    pub(crate) lifetime: Duration,
    /// The socket that is reserved with it.
    pub(crate) next: Option<SocketKey>,
}

pub(crate) struct Reservation {
    pub(crate) holder: Holder,
    pub(crate) address: SocketAddr,
    pub(crate) token: u64,
    pub(crate) until: Instant,
}

impl Socket {
    /// Whose it is.
    pub(crate) fn holder(&self) -> &Holder {
        match self {
            Self::Opening(opening) => &opening.client.holder,
            Self::Reserving(holder) => holder,
            Self::Reserved(reservation) => &reservation.holder,
            Self::Open(allocation) => &allocation.client.holder,
        }
    }

    /// The address at which peers reach it, once it is there.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Opening(_) | Self::Reserving(_) => None,
            Self::Reserved(reservation) => Some(reservation.address),
            Self::Open(allocation) => Some(allocation.relayed),
        }
    }

    /// When it ends by itself.
    pub(crate) fn due(&self) -> Option<Instant> {
        match self {
            Self::Opening(_) | Self::Reserving(_) => None,
            Self::Reserved(reservation) => Some(reservation.until),
            Self::Open(allocation) => Some(allocation.expires),
        }
    }
}
