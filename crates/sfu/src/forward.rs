//! Handing packets on: a picture to whoever shows that layer, sound of those who speak to everybody.

use std::time::Instant;

use str0m::format::PayloadParams;
use str0m::media::MediaKind;
use str0m::rtp::RtpPacket;

use crate::Sfu;
use crate::key::{PeerKey, TrackKey};
use crate::rewrite::Incoming;
use crate::sink::{SinkKey, TrackPacket, VideoPacket};
use crate::speakers::places_of;
use crate::vp8::Vp8;

/// What a packet takes beside its payload, in bytes: IP, UDP, RTP with extensions, SRTP.
const HEADERS: usize = 72;

impl Sfu {
    pub(crate) fn forward(&mut self, now: Instant, from: PeerKey, packet: &RtpPacket) {
        self.counters.packets_in += 1;
        let Some(peer) = self.peers.get_mut(from) else { return };
        let Some((track, layer)) = peer.stream_of(packet.header.ssrc) else { return };
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
        let of_track = TrackPacket { track: TrackKey { peer: from, track }, packet, params, incoming };
        let seen = VideoPacket { of_track, layer, starts_keyframe, vp8: vp8.as_ref() };
        // The list is taken out while it is gone through: a subscriber may be a peer like the sender.
        let subscribers = std::mem::take(&mut sent.subscribers);
        let mut is_switch = false;
        for subscriber in &subscribers {
            let Some(sink) = self.sink_mut(subscriber.sink) else { continue };
            let delivery = sink.video(now, subscriber.index, &seen);
            is_switch |= delivery.is_switch;
            if delivery.goes_out {
                self.written_to(subscriber.sink);
            }
        }
        if let Some(peer) = self.peers.get_mut(from) {
            peer.tracks[track].layers[layer].subscribers = subscribers;
        }
        if is_switch {
            self.leave_old_layers(from, track, layer);
        }
    }

    /// Who is shown a layer now needs no other of the same track any more.
    fn leave_old_layers(&mut self, from: PeerKey, track: usize, layer: usize) {
        let Some(mut tracks) = self.peers.get_mut(from).map(|peer| std::mem::take(&mut peer.tracks)) else {
            return;
        };
        for (index, other) in tracks[track].layers.iter_mut().enumerate().filter(|(index, _)| *index != layer)
        {
            other.subscribers.retain(|subscriber| {
                let sink = self.sink(subscriber.sink);
                let selection = sink.and_then(|sink| sink.selection(subscriber.index));
                selection.is_some_and(|selection| selection.takes(index))
            });
        }
        if let Some(peer) = self.peers.get_mut(from) {
            peer.tracks = tracks;
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
        let Self { peers, rooms, .. } = self;
        let Some(peer) = peers.get_mut(from) else { return };
        let code = peer.who.room;
        let Some(room) = rooms.get_mut(&code) else { return };
        peer.tracks[track].loudness.hear(now, packet.header.ext_vals.audio_level.unwrap_or(-40));
        let loudness = peer.tracks[track].loudness;
        let places = places_of(peer.tracks[track].source);
        let mut is_new = false;
        let speaker = TrackKey { peer: from, track };
        if room.speakers.slot_of(speaker).is_none() {
            let of = |other: TrackKey| {
                let track = peers.get(other.peer).and_then(|peer| peer.tracks.get(other.track));
                track.map(|track| track.loudness).unwrap_or_default()
            };
            is_new = room.speakers.offer(now, speaker, loudness, places, of);
        }
        let slot = room.speakers.slot_of(speaker);
        let incoming = Incoming::new(*packet.seq_no, packet.header.timestamp, None);
        let of_track = TrackPacket { track: speaker, packet, params, incoming };
        self.record_audio(now, &of_track);
        let Some(slot) = slot else { return };
        let Some(room) = self.rooms.get_mut(&code) else { return };
        let sinks = std::mem::take(&mut room.sinks);
        for &key in sinks.iter().filter(|key| **key != SinkKey::Peer(from)) {
            let Some(sink) = self.sink_mut(key).filter(|sink| sink.is_connected()) else { continue };
            if sink.audio(now, slot, &of_track) {
                self.written_to(key);
            }
        }
        if let Some(room) = self.rooms.get_mut(&code) {
            room.sinks = sinks;
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
