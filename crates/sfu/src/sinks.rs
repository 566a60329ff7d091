//! Finding the sink of a subscriber.

#[cfg(debug_assertions)]
use std::time::Instant;

#[cfg(debug_assertions)]
use protocol::{MediaKey, RoomCode};

use crate::Sfu;
#[cfg(debug_assertions)]
use crate::key::TrackKey;
#[cfg(debug_assertions)]
use crate::sink::Subscriber;
#[cfg(debug_assertions)]
use crate::sink::counting::{CountingSink, Counts};
use crate::sink::{Sink, SinkKey};

impl Sfu {
    pub(crate) fn sink(&self, key: SinkKey) -> Option<&dyn Sink> {
        match key {
            SinkKey::Peer(key) => self.peers.get(key).map(|peer| peer as &dyn Sink),
            SinkKey::Recorder(key) => self.recorders.get(key).map(|recorder| recorder as &dyn Sink),
            #[cfg(debug_assertions)]
            SinkKey::Counting(key) => self.counting.get(key).map(|sink| sink as &dyn Sink),
        }
    }

    pub(crate) fn sink_mut(&mut self, key: SinkKey) -> Option<&mut dyn Sink> {
        match key {
            SinkKey::Peer(key) => self.peers.get_mut(key).map(|peer| peer as &mut dyn Sink),
            SinkKey::Recorder(key) => self.recorders.get_mut(key).map(|recorder| recorder as &mut dyn Sink),
            #[cfg(debug_assertions)]
            SinkKey::Counting(key) => self.counting.get_mut(key).map(|sink| sink as &mut dyn Sink),
        }
    }

    /// Something was written to a sink.
    pub(crate) fn written_to(&mut self, key: SinkKey) {
        match key {
            SinkKey::Peer(key) => {
                self.counters.packets_forwarded += 1;
                self.touch(key);
            }
            SinkKey::Recorder(key) => self.hand_out_recorded(key),
            #[cfg(debug_assertions)]
            SinkKey::Counting(_) => self.counters.packets_forwarded += 1,
        }
    }
}

#[cfg(debug_assertions)]
impl Sfu {
    /// Adds a sink that counts to a room, for tests. It hears who speaks, and sees nobody yet.
    pub fn add_counting_sink(&mut self, room: RoomCode) -> usize {
        self.counting.push(CountingSink::default());
        let sink = self.counting.len() - 1;
        if let Some(room) = self.rooms.get_mut(&room) {
            room.sinks.push(SinkKey::Counting(sink));
        }
        sink
    }

    /// Lets it see a layer of a publication, or nothing of it, as the subscription with this index.
    pub fn select_for_counting(
        &mut self,
        now: Instant,
        (sink, index): (usize, usize),
        (room, key): (RoomCode, MediaKey),
        layer: Option<usize>,
    ) {
        let peer = self.rooms.get(&room).and_then(|room| room.by_participant.get(&key.participant)).copied();
        let track = peer.and_then(|peer| self.peers.get(peer)?.track_of(key.source));
        if let Some((peer, track)) = peer.zip(track) {
            let subscriber = Subscriber { sink: SinkKey::Counting(sink), index };
            self.retarget(now, subscriber, TrackKey { peer, track }, layer);
        }
    }

    /// What it has counted.
    pub fn counted(&self, sink: usize) -> Counts {
        self.counting.get(sink).map_or_else(Counts::default, CountingSink::counts)
    }
}
