//! Selective forwarding without sockets: who sends what to the server, and who receives which of it.
//!
//! One [`Sfu`] serves the rooms of one shard. It reads no clock and no socket: datagrams, signals and subscriptions are inputs,
//! datagrams to be sent and news for the rooms are outputs. The transport of each peer (ICE, DTLS, what comes, reports) is
//! str0m's; here it is decided what is forwarded, and that is sealed and sent.

mod allocate;
mod answer;
mod audible;
mod config;
mod counters;
mod directory;
mod egress;
mod figures;
mod five_tuple;
mod forward;
mod guard;
mod input;
mod key;
mod link_log;
mod output;
mod peer;
mod peer_sink;
mod recorded;
mod recorder;
mod recorders;
mod rewrite;
mod room;
mod sfu;
mod sink;
mod sinks;
mod slot;
mod speakers;
mod stun;
mod subscribe;
mod track;
mod transport;
mod vp8;

pub use config::{Address, Config, Transport};
pub use counters::{Counters, ROUND_TRIP_BOUNDS, RoundTrips};
pub use directory::Directory;
pub use figures::{Figures, LayerFigures, SlotFigures, TrackFigures};
pub use input::{Datagram, Input, Who};
pub use output::{Event, Misrouted, Output, Transmit};
pub use recorded::{ClockReport, RecordedCodec, RecordedPacket};
pub use sfu::Sfu;
#[cfg(debug_assertions)]
pub use sink::counting::Counts;

/// Reads RTCP as an authenticated peer may send them: what it says it missed, and what came when.
#[cfg(feature = "fuzzing")]
pub fn read_rtcp(now: std::time::Instant, rtcp: &[u8]) {
    egress::read_for_fuzzing(now, rtcp);
}

/// Some moment, from which tests count.
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "there is no other way to have a moment")]
fn a_moment() -> std::time::Instant {
    std::time::Instant::now()
}
