//! Handing packets on: a picture to whoever shows that layer, sound of those who speak to everybody.

use std::time::Instant;

use str0m::format::PayloadParams;
use str0m::media::MediaKind;
use str0m::rtp::RtpPacket;

use crate::Sfu;
use crate::key::{PeerKey, TrackKey};
use crate::rewrite::Incoming;
use crate::slot::VideoPacket;
use crate::vp8::Vp8;

/// What a packet takes beside its payload, in bytes: IP, UDP, RTP with extensions, SRTP.
const HEADERS: usize = 72;

impl Sfu {
    pub(crate) fn forward(&mut self, now: Instant, from: PeerKey, packet: &RtpPacket) {
        self.counters.packets_in += 1;
        let Some(peer) = self.peers.get_mut(from) else { return };
        let Some((track, layer)) = peer.place_of(packet.header.ssrc) else { return };
        let (who, source) = (peer.who, peer.tracks[track].source);
        let Some(room) = self.rooms.get(&who.room) else { return };
        if !room.media.get(&who.participant).is_some_and(|media| media.of(source).is_on()) {
            return;
        }
        let Some(params) = peer.payload_params(packet.header.payload_type) else { return };
        // The transport takes every type in every section; what may be sent is decided by section.
        let is_sound = params.spec().codec.kind() == MediaKind::Audio;
        if is_sound != (source.kind() == protocol::MediaKind::Audio) {
            return;
        }
        peer.tracks[track].count(now, layer, packet.header.timestamp, packet.payload.len() + HEADERS);
        if is_sound {
            self.forward_audio(now, from, track, packet, &params);
        } else {
            self.forward_video(now, from, (track, layer), packet, &params);
        }
    }

    fn forward_video(
        &mut self,
        now: Instant,
        from: PeerKey,
        (track, layer): (usize, usize),
        packet: &RtpPacket,
        params: &PayloadParams,
    ) {
        let Some(peer) = self.peers.get_mut(from) else { return };
        let codec = params.spec().codec;
        let vp8 = if codec == str0m::format::Codec::Vp8 { Vp8::parse(&packet.payload) } else { None };
        let starts_keyframe = match &vp8 {
            Some(vp8) => vp8.starts_keyframe,
            None => starts_keyframe(codec, &packet.payload),
        };
        let sent = &mut peer.tracks[track].layers[layer];
        if starts_keyframe {
            sent.keyframe_came();
        }
        if let Some(height) = vp8.and_then(|vp8| vp8.height) {
            sent.has_height(height);
        }
        let incoming = Incoming::new(*packet.seq_no, packet.header.timestamp, vp8.as_ref());
        let seen = VideoPacket { layer, incoming, starts_keyframe, vp8: vp8.as_ref() };
        // The list is taken out while it is gone through: the receivers are peers like the sender.
        let takers = std::mem::take(&mut sent.takers);
        let mut switched = false;
        for &(taker, place) in &takers {
            let Some(receiver) = self.peers.get_mut(taker) else { continue };
            let Some(slot) = receiver.video.get_mut(place) else { continue };
            let before = slot.source.and_then(|source| source.current);
            let Some(numbers) = slot.video(now, &seen) else { continue };
            switched |= before != Some(layer);
            let stream = slot.stream;
            let Some(types) = receiver.type_in(MediaKind::Video, place, from, params) else {
                continue;
            };
            let patch = vp8.map(|vp8| vp8.renumbered(numbers.picture, numbers.tl0));
            receiver.write(stream, types, numbers, packet, patch);
            self.counters.packets_forwarded += 1;
            if !receiver.is_dirty {
                receiver.is_dirty = true;
                self.dirty.push_back(taker);
            }
        }
        if let Some(peer) = self.peers.get_mut(from) {
            peer.tracks[track].layers[layer].takers = takers;
        }
        if switched {
            self.leave_old_layers(from, track, layer);
        }
    }

    /// Slots that show a layer now need no other of the same track any more.
    fn leave_old_layers(&mut self, from: PeerKey, track: usize, layer: usize) {
        let Self { peers, .. } = self;
        let Some(mut sender) = peers.get_mut(from).map(|peer| std::mem::take(&mut peer.tracks)) else {
            return;
        };
        for (place, other) in sender[track].layers.iter_mut().enumerate() {
            if place == layer {
                continue;
            }
            other.takers.retain(|(taker, slot)| {
                let source =
                    peers.get(*taker).and_then(|peer| peer.video.get(*slot)).and_then(|slot| slot.source);
                source.is_some_and(|source| source.current == Some(place) || source.target == Some(place))
            });
        }
        if let Some(peer) = peers.get_mut(from) {
            peer.tracks = sender;
        }
    }

    fn forward_audio(
        &mut self,
        now: Instant,
        from: PeerKey,
        track: usize,
        packet: &RtpPacket,
        params: &PayloadParams,
    ) {
        let Self { peers, rooms, dirty, counters, .. } = self;
        let Some(peer) = peers.get_mut(from) else { return };
        let code = peer.who.room;
        let Some(room) = rooms.get_mut(&code) else { return };
        peer.tracks[track].loudness.hear(now, packet.header.ext_vals.audio_level.unwrap_or(-40));
        let loudness = peer.tracks[track].loudness;
        let mut is_new = false;
        let speaker = TrackKey { peer: from, track };
        if room.speakers.place_of(speaker).is_none() {
            let of = |other: TrackKey| {
                let track = peers.get(other.peer).and_then(|peer| peer.tracks.get(other.track));
                track.map(|track| track.loudness).unwrap_or_default()
            };
            is_new = room.speakers.offer(now, speaker, loudness, of);
        }
        let Some(place) = room.speakers.place_of(speaker) else { return };
        let incoming = Incoming::new(*packet.seq_no, packet.header.timestamp, None);
        for &taker in room.peers.iter().filter(|key| **key != from) {
            let Some(receiver) = peers.get_mut(taker).filter(|peer| peer.is_connected()) else { continue };
            let Some(slot) = receiver.audio.get_mut(place) else { continue };
            let stream = slot.stream;
            let Some(numbers) = slot.audio(now, speaker, incoming) else { continue };
            let Some(types) = receiver.type_in(MediaKind::Audio, place, from, params) else {
                continue;
            };
            receiver.write(stream, types, numbers, packet, None);
            counters.packets_forwarded += 1;
            if !receiver.is_dirty {
                receiver.is_dirty = true;
                dirty.push_back(taker);
            }
        }
        if is_new {
            self.tell_speakers(code);
        }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "no other codec is negotiated")]
fn starts_keyframe(codec: str0m::format::Codec, payload: &[u8]) -> bool {
    use str0m::format::Codec;
    match codec {
        Codec::H264 => str0m::format::detect_h264_keyframe(payload),
        Codec::Vp9 => str0m::format::detect_vp9_keyframe(payload),
        Codec::Av1 => str0m::format::detect_av1_keyframe(payload),
        _ => false,
    }
}
