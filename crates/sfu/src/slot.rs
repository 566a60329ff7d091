//! One place in which a peer receives: a media section with a stream of its own, into which senders and layers are switched
//! without telling the peer's transport.

use std::time::Instant;

use protocol::Subscription;
use str0m::format::PayloadParams;
use str0m::media::{Mid, Pt};

use crate::allocate::HIGHEST_TEMPORAL;
use crate::egress::StreamKey;
use crate::key::PeerKey;
use crate::rewrite::{Outgoing, Rewriter};
use crate::sink::{Follows, Selection, TrackPacket, VideoPacket};

/// Ticks per second of every video codec (RFC 7741 §4.1, RFC 6184 §8.2.1, RFC 9628 §6.1).
pub(crate) const VIDEO_CLOCK: u32 = 90_000;

/// Ticks per second of Opus (RFC 7587 §4.1).
pub(crate) const AUDIO_CLOCK: u32 = 48_000;

/// A section in which a peer receives.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) mid: Mid,
    pub(crate) stream: StreamKey,
    /// Whom the peer wants to see here. Audio slots have none.
    pub(crate) subscription: Option<Subscription>,
    /// What is shown here, or is to be.
    pub(crate) selection: Option<Selection>,
    pub(crate) temporal: u8,
    rewriter: Rewriter,
    /// The number of the last keyframe's first packet.
    keyframe: u64,
    /// The last payload type that was looked up, and what it is here.
    types: Option<(PeerKey, Pt, Option<Types>)>,
}

/// The payload types under which a peer takes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Types {
    pub(crate) media: Pt,
    /// When it is sent again.
    pub(crate) rtx: Option<Pt>,
}

impl Slot {
    pub(crate) fn new(mid: Mid, stream: StreamKey, clock: u32) -> Self {
        Self {
            mid,
            stream,
            subscription: None,
            selection: None,
            temporal: HIGHEST_TEMPORAL,
            rewriter: Rewriter::new(clock),
            keyframe: 0,
            types: None,
        }
    }

    /// The numbers with which a video packet goes out here, if it does.
    pub(crate) fn video(&mut self, now: Instant, packet: &VideoPacket<'_>) -> Option<Outgoing> {
        let incoming = packet.of_track.incoming;
        match self.selection.as_mut()?.follow(packet) {
            Follows::No => return None,
            Follows::Same => {}
            Follows::Switched => self.rewriter.switch(now, incoming),
        }
        let is_above = packet.vp8.is_some_and(|vp8| vp8.temporal > self.temporal);
        if is_above && self.rewriter.leave_out(now, incoming) {
            return None;
        }
        let outgoing = self.rewriter.map(now, incoming)?;
        if packet.starts_keyframe {
            self.keyframe = self.keyframe.max(outgoing.sequence);
        }
        Some(outgoing)
    }

    /// Whether pictures that are shown now cannot be without the packet with this number.
    pub(crate) fn needs(&self, sequence: u64) -> bool {
        sequence >= self.keyframe
    }

    /// The numbers with which a packet of sound goes out here.
    pub(crate) fn audio(&mut self, now: Instant, packet: &TrackPacket<'_>) -> Option<Outgoing> {
        if self.selection.is_none_or(|selection| selection.track != packet.track) {
            self.selection = Some(Selection { track: packet.track, current: Some(0), target: Some(0) });
            self.rewriter.switch(now, packet.incoming);
        }
        self.rewriter.map(now, packet.incoming)
    }

    /// What a sender's payload type is here, if that was looked up: it is the same packet after packet.
    pub(crate) fn known_type(&self, sender: PeerKey, theirs: Pt) -> Option<Option<Types>> {
        self.types.filter(|(of, known, _)| *of == sender && *known == theirs).map(|(_, _, here)| here)
    }

    pub(crate) fn learn_type(&mut self, sender: PeerKey, theirs: Pt, here: Option<Types>) {
        self.types = Some((sender, theirs, here));
    }

    /// The sections were negotiated anew.
    pub(crate) fn forget_types(&mut self) {
        self.types = None;
    }
}

/// The payload type under which a receiver takes what a sender sends as `params`, when it takes it at all.
pub(crate) fn matching(here: &[PayloadParams], taken: &[Pt], params: &PayloadParams) -> Option<Types> {
    let spec = params.spec();
    let suits = |one: &&PayloadParams| {
        let other = one.spec();
        let same_packets =
            spec.format.packetization_mode.unwrap_or(0) == other.format.packetization_mode.unwrap_or(0);
        let same_profile = spec.format.profile_id.unwrap_or(0) == other.format.profile_id.unwrap_or(0);
        let is_h264 = spec.codec == str0m::format::Codec::H264;
        let same_h264 =
            !is_h264 || same_h264_profile(spec.format.profile_level_id, other.format.profile_level_id);
        taken.contains(&one.pt()) && spec.codec == other.codec && same_packets && same_profile && same_h264
    };
    here.iter().find(suits).map(|one| Types { media: one.pt(), rtx: one.resend() })
}

/// Level apart, which both ends bear (RFC 6184 §8.2.2).
fn same_h264_profile(one: Option<u32>, other: Option<u32>) -> bool {
    const BASELINE: u32 = 0x42_0000;
    one.unwrap_or(BASELINE) >> 16 == other.unwrap_or(BASELINE) >> 16
}
