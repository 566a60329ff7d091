//! Whoever takes what tracks bring. A track knows its subscribers by this alone; a peer connection is one kind of them. What they take is
//! sealed end to end. Another kind is a variant of [`SinkKey`]; what it needs beside that is in ARCHITECTURE.md.

#[cfg(debug_assertions)]
pub(crate) mod counting;

use std::time::Instant;

use str0m::format::PayloadParams;
use str0m::rtp::RtpPacket;

use crate::key::{PeerKey, RecorderKey, TrackKey};
use crate::rewrite::Incoming;
use crate::vp8::Vp8;

/// Names a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SinkKey {
    /// A peer connection.
    Peer(PeerKey),
    /// The recording of one participant.
    Recorder(RecorderKey),
    /// One that counts, for tests.
    #[cfg(debug_assertions)]
    Counting(usize),
}

/// A subscriber of a layer: a sink, and which of its subscriptions this is. Of a peer connection that is the index of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscriber {
    pub(crate) sink: SinkKey,
    pub(crate) index: usize,
}

/// Which layer of which track goes out to a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) track: TrackKey,
    /// The layer that goes out.
    pub(crate) current: Option<usize>,
    /// The layer that shall go out, from its next keyframe on.
    pub(crate) target: Option<usize>,
}

/// A packet of a track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrackPacket<'a> {
    pub(crate) track: TrackKey,
    pub(crate) packet: &'a RtpPacket,
    /// What its sender says about its payload type.
    pub(crate) params: &'a PayloadParams,
    pub(crate) incoming: Incoming,
}

/// The same, of video.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VideoPacket<'a> {
    pub(crate) of_track: TrackPacket<'a>,
    pub(crate) layer: usize,
    pub(crate) starts_keyframe: bool,
    pub(crate) vp8: Option<&'a Vp8>,
}

/// What takes packets of tracks. It never allocates for one.
pub(crate) trait Sink {
    /// Whether packets can be taken now.
    fn is_connected(&self) -> bool;

    /// What is selected for one of its subscriptions.
    fn selection(&self, index: usize) -> Option<Selection>;

    /// Selects something else, or nothing.
    fn select(&mut self, index: usize, selection: Option<Selection>);

    /// Selects nothing for any of its subscriptions, of sound either.
    fn clear(&mut self);

    /// Takes a packet of a layer to which one of its subscriptions is subscribed.
    fn video(&mut self, now: Instant, index: usize, packet: &VideoPacket<'_>) -> Delivery;

    /// Takes a packet of a microphone or of shared sound: a peer connection, of what its audio slot of this index carries (from 0, loudest first
    /// come); a recorder, of the source with this index. True when it goes out.
    fn audio(&mut self, now: Instant, index: usize, packet: &TrackPacket<'_>) -> bool;
}

impl Selection {
    /// Nothing of a track yet.
    pub(crate) fn nothing_of(track: TrackKey) -> Self {
        Self { track, current: None, target: None }
    }

    /// Whether a layer goes out, or shall.
    pub(crate) fn takes(&self, layer: usize) -> bool {
        self.current == Some(layer) || self.target == Some(layer)
    }

    /// Goes over to the target where this packet begins it. Whether the packet is of the layer that goes out, and whether it is the
    /// first.
    pub(crate) fn follow(&mut self, packet: &VideoPacket<'_>) -> Follows {
        if self.current == Some(packet.layer) {
            return Follows::Same;
        }
        if self.target != Some(packet.layer) || !packet.starts_keyframe {
            return Follows::No;
        }
        self.current = self.target;
        Follows::Switched
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Another layer goes out from this packet on.
    pub(crate) is_switch: bool,
    /// The packet goes out.
    pub(crate) goes_out: bool,
}

/// What a packet is to a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follows {
    /// Not of the layer that goes out.
    No,
    /// The next of it.
    Same,
    /// The first of another one.
    Switched,
}
