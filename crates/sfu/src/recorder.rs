//! A recording as a sink: one for each participant who consented, which takes all that they send, each picture in the largest layer that comes.
//! It has no downlink, hears whoever it is of whether or not they are among the speakers, and is in no slot.

use std::collections::VecDeque;
use std::time::Instant;

use protocol::{MediaKind, Source};

use crate::key::TrackKey;
use crate::recorded::{ClockReport, RecordedPacket};
use crate::room::RoomMedia;
use crate::sink::{Delivery, Follows, Selection, Sink, SinkKey, Subscriber, TrackPacket, VideoPacket};
use crate::{Output, Sfu, Who};

slotmap::new_key_type! {
    /// One recorder; never used twice.
    pub(crate) struct RecorderKey;
}

const SOURCES: usize = Source::ALL.len();

/// Takes what one participant sends.
#[derive(Debug)]
pub(crate) struct Recorder {
    who: Who,
    /// By source.
    selections: [Option<Selection>; SOURCES],
    /// The newest report of each source that was handed on, by its stream and time.
    reported: [Option<(u32, ClockReport)>; SOURCES],
    taken: VecDeque<RecordedPacket>,
}

impl Recorder {
    fn new(who: Who) -> Self {
        Self { who, selections: Default::default(), reported: Default::default(), taken: VecDeque::new() }
    }

    fn take(&mut self, index: usize, packet: &TrackPacket<'_>) -> bool {
        let Some(source) = Source::ALL.get(index).copied() else { return false };
        let ssrc = *packet.packet.header.ssrc;
        let report = packet.packet.last_sender_info.as_ref().map(ClockReport::new);
        let report = report.filter(|report| self.reported[index] != Some((ssrc, *report)));
        if let Some(report) = report {
            self.reported[index] = Some((ssrc, report));
        }
        let taken = RecordedPacket::new((self.who, source), packet, report);
        let is_taken = taken.is_some();
        self.taken.extend(taken);
        is_taken
    }
}

impl Sink for Recorder {
    fn is_connected(&self) -> bool {
        true
    }

    fn selection(&self, index: usize) -> Option<Selection> {
        self.selections.get(index).copied().flatten()
    }

    fn select(&mut self, index: usize, selection: Option<Selection>) {
        if let Some(of) = self.selections.get_mut(index) {
            *of = selection;
        }
    }

    fn clear(&mut self) {
        self.selections = Default::default();
    }

    fn video(&mut self, _now: Instant, index: usize, packet: &VideoPacket<'_>) -> Delivery {
        let Some(Some(selection)) = self.selections.get_mut(index) else { return Delivery::default() };
        match selection.follow(packet) {
            Follows::No => Delivery::default(),
            follows @ (Follows::Same | Follows::Switched) => {
                let goes_out = self.take(index, &packet.of_track);
                Delivery { is_switch: follows == Follows::Switched, goes_out }
            }
        }
    }

    fn audio(&mut self, _now: Instant, index: usize, packet: &TrackPacket<'_>) -> bool {
        self.take(index, packet)
    }
}

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
        for (index, selection) in recorder.selections.iter().enumerate() {
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
        self.counters.packets_recorded += recorder.taken.len() as u64;
        self.outputs.extend(recorder.taken.drain(..).map(Output::Recorded));
    }
}
