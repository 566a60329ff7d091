//! A peer connection as a sink: each of its subscriptions is a slot, whose numbers go on whatever is selected for it.

use std::time::Instant;

use str0m::media::MediaKind;

use crate::peer::Peer;
use crate::sink::{Delivery, Selection, Sink, TrackPacket, VideoPacket};

impl Sink for Peer {
    fn is_connected(&self) -> bool {
        Self::is_connected(self)
    }

    fn selection(&self, index: usize) -> Option<Selection> {
        self.video.get(index)?.selection
    }

    fn select(&mut self, index: usize, selection: Option<Selection>) {
        if let Some(slot) = self.video.get_mut(index) {
            slot.selection = selection;
        }
    }

    fn clear(&mut self) {
        for slot in self.video.iter_mut().chain(&mut self.audio) {
            slot.selection = None;
        }
    }

    fn video(&mut self, now: Instant, index: usize, packet: &VideoPacket<'_>) -> Delivery {
        let Some(slot) = self.video.get_mut(index) else { return Delivery::default() };
        let before = slot.selection.and_then(|selection| selection.current);
        let Some(numbers) = slot.video(now, packet) else { return Delivery::default() };
        let (stream, is_switch) = (slot.stream, before != Some(packet.layer));
        let types = self.type_in(MediaKind::Video, index, &packet.of_track);
        if let Some(types) = types {
            let patch = packet.vp8.map(|vp8| vp8.renumbered(numbers.picture, numbers.tl0));
            self.write(stream, types, numbers, packet.of_track.packet, patch);
        }
        Delivery { is_switch, goes_out: types.is_some() }
    }

    fn audio(&mut self, now: Instant, index: usize, packet: &TrackPacket<'_>) -> bool {
        let Some(slot) = self.audio.get_mut(index) else { return false };
        let stream = slot.stream;
        let Some(numbers) = slot.audio(now, packet) else { return false };
        let Some(types) = self.type_in(MediaKind::Audio, index, packet) else { return false };
        self.write(stream, types, numbers, packet.packet, None);
        true
    }
}
