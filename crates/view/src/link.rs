//! How the link to somebody is, and by which path it goes.

use protocol::RelayTransport;

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// Not there yet.
    Connecting,
    /// There.
    Connected,
    /// It was there and is being repaired.
    Reconnecting,
    /// It is given up.
    Failed(LinkFailure),
}

/// Why a link was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFailure {
    /// No path was found, also after an ICE restart.
    NoPath,
    /// The two browsers could not agree on how to send.
    Negotiation,
    /// The peer sent signals that cannot be put in order.
    Disorder,
}

/// The path that a link has chosen (the selected candidate pair).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPath {
    /// Whether a relay stands in between, as far as this end knows.
    pub kind: PathKind,
    /// How the first hop goes.
    pub over: RelayTransport,
}

/// The kinds of path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    /// From one end to the other.
    Direct,
    /// By way of a TURN relay, at either end.
    Relayed,
}
