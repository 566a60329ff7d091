//! Who is recorded: recorders begin and end, and are pointed at what comes.

use std::time::Instant;

use protocol::{MediaKind, Source};

use crate::key::{RecorderKey, TrackKey};
use crate::recorder::Recorder;
use crate::room::RoomMedia;
use crate::sink::{Selection, Sink, SinkKey, Subscriber, TrackPacket};
use crate::{Output, Sfu, Who};

impl Sfu {
    /// Somebody is recorded from now on.
    pub(crate) fn record(&mut self, now: Instant, who: Who) {
        let Self { rooms, recorders, .. } = self;
        let room = rooms.entry(who.room).or_insert_with(RoomMedia::new);
        room.recorders.entry(who.participant).or_insert_with(|| recorders.insert(Recorder::new(who)));
        self.assign_recorder(now, who);
        self.read_incoming(now);
    }

    /// Somebody is recorded no longer: not one more packet of theirs is taken.
    pub(crate) fn stop_recording(&mut self, who: Who) {
        let Some(room) = self.rooms.get_mut(&who.room) else { return };
        let Some(key) = room.recorders.remove(&who.participant) else { return };
        let Some(recorder) = self.recorders.remove(key) else { return };
        for (index, selection) in recorder.selections().iter().enumerate() {
            if let Some(selection) = selection {
                self.unsubscribe(selection.track, Subscriber { sink: SinkKey::Recorder(key), index });
            }
        }
        if self.rooms.get(&who.room).is_some_and(RoomMedia::is_empty) {
            self.rooms.remove(&who.room);
        }
    }

    /// A recording misses something of what it takes.
    pub(crate) fn recorder_wants_keyframe(&mut self, now: Instant, who: Who, source: Source) {
        let key = self.rooms.get(&who.room).and_then(|room| room.recorders.get(&who.participant));
        let selection = key.and_then(|key| self.recorders.get(*key)?.selection(source as usize));
        if let Some(selection) = selection
            && source.kind() == MediaKind::Video
            && let Some(layer) = selection.current.or(selection.target)
        {
            self.counters.keyframes_wanted += 1;
            self.want_keyframe(now, selection.track, layer);
        }
    }

    /// Points a recorder at what its participant sends now, in the largest layers that come or can be had.
    pub(crate) fn assign_recorder(&mut self, now: Instant, who: Who) {
        let Some(room) = self.rooms.get(&who.room) else { return };
        let (Some(recorder), Some(peer)) = (
            room.recorders.get(&who.participant).copied(),
            room.by_participant.get(&who.participant).copied(),
        ) else {
            return;
        };
        let media = room.media.get(&who.participant).copied().unwrap_or_default();
        for (index, source) in Source::ALL.into_iter().enumerate() {
            let sink = SinkKey::Recorder(recorder);
            let subscriber = Subscriber { sink, index };
            let Some(track) = self.peers.get(peer).and_then(|peer| peer.track_of(source)) else { continue };
            let sent = &self.peers[peer].tracks[track];
            let key = TrackKey { peer, track };
            match source.kind() {
                MediaKind::Audio => self.record_sound(subscriber, key),
                MediaKind::Video => {
                    let largest = sent.rates(now).iter().rposition(Option::is_some);
                    self.retarget(now, subscriber, key, largest.filter(|_| media.of(source).is_on()));
                }
            }
        }
    }

    /// Sound has one layer, which needs no keyframe.
    fn record_sound(&mut self, subscriber: Subscriber, track: TrackKey) {
        let Some(sink) = self.sink_mut(subscriber.sink) else { return };
        let before = sink.selection(subscriber.index);
        sink.select(subscriber.index, Some(Selection { track, current: Some(0), target: Some(0) }));
        if let Some(other) = before.filter(|before| before.track != track) {
            self.unsubscribe(other.track, subscriber);
        }
        let Some(peer) = self.peers.get_mut(track.peer) else { return };
        let subscribers = &mut peer.tracks[track.track].layers[0].subscribers;
        if !subscribers.contains(&subscriber) {
            subscribers.push(subscriber);
        }
    }

    /// Hands sound to recorders, of whoever it is: they hear more than the speakers.
    pub(crate) fn record_audio(&mut self, now: Instant, packet: &TrackPacket<'_>) {
        let TrackKey { peer: from, track } = packet.track;
        let Some(peer) = self.peers.get_mut(from) else { return };
        let subscribers = std::mem::take(&mut peer.tracks[track].layers[0].subscribers);
        for subscriber in &subscribers {
            let SinkKey::Recorder(key) = subscriber.sink else { continue };
            let Some(recorder) = self.recorders.get_mut(key) else { continue };
            if recorder.audio(now, subscriber.index, packet) {
                self.written_to(subscriber.sink);
            }
        }
        if let Some(peer) = self.peers.get_mut(from) {
            peer.tracks[track].layers[0].subscribers = subscribers;
        }
    }

    /// A recorder has taken something.
    pub(crate) fn hand_out_recorded(&mut self, key: RecorderKey) {
        let Some(recorder) = self.recorders.get_mut(key) else { return };
        let before = self.outputs.len();
        self.outputs.extend(recorder.taken().map(Output::Recorded));
        self.counters.packets_recorded += (self.outputs.len() - before) as u64;
    }
}
