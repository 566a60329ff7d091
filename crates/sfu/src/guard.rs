//! What a panic costs: the one on whose behalf something was done. The slots in their room, and the lists of who takes what, are put
//! together anew from what each wants, since nobody can say how far they were changed. A panic in that is the driver's to catch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use protocol::RoomCode;

use crate::sink::SinkKey;
use crate::speakers::Speakers;
use crate::{Event, Sfu};

impl Sfu {
    /// Does something for a peer, which is noted as the causer by whoever knows it.
    pub(crate) fn guarded(&mut self, now: Instant, work: impl FnOnce(&mut Self)) {
        self.active_peer = None;
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.recover(now);
        }
    }

    fn recover(&mut self, now: Instant) {
        self.counters.panics = self.counters.panics.saturating_add(1);
        let active_peer = self.active_peer.take().and_then(|key| Some((key, self.peers.get(key)?)));
        let active_peer = active_peer.map(|(key, peer)| (key, peer.who, peer.link));
        tracing::error!(is_known = active_peer.is_some(), "a link to the server ended by a panic");
        // What is read of the transports was for the one who is gone, or is lost as on any network.
        self.incoming.clear();
        self.dirty.clear();
        self.timers.clear();
        for peer in self.peers.values_mut() {
            (peer.is_dirty, peer.noted_due) = (false, None);
        }
        self.forget_who_is_gone();
        // Slots are of peers of the same room.
        let concerned: Vec<_> = match active_peer {
            Some((_, who, _)) => vec![who.room],
            None => self.rooms.keys().copied().collect(),
        };
        for code in &concerned {
            self.take_apart(*code);
        }
        if let Some((key, who, link)) = active_peer {
            self.remove(key);
            self.tell(who, link, Event::Closed);
        }
        let keys: Vec<_> = self.peers.keys().collect();
        for key in keys {
            self.note_due(key, Some(now));
        }
        for code in concerned {
            self.tell_speakers(code);
        }
        // Slots are filled again there, for each on their own behalf.
        self.next_tick = (!self.peers.is_empty()).then_some(now);
    }

    /// Nobody in a room takes anything from anybody, and nobody has a place among the speakers.
    fn take_apart(&mut self, code: RoomCode) {
        for peer in self.peers.values_mut().filter(|peer| peer.who.room == code) {
            for layer in peer.tracks.iter_mut().flat_map(|track| &mut track.layers) {
                layer.subscribers.clear();
            }
        }
        let Some(room) = self.rooms.get_mut(&code) else { return };
        room.speakers = Speakers::new();
        let recorders = room.recorders.values().map(|key| SinkKey::Recorder(*key));
        for sink in room.sinks.iter().copied().chain(recorders).collect::<Vec<_>>() {
            if let Some(sink) = self.sink_mut(sink) {
                sink.clear();
            }
        }
    }

    /// A panic may have come while a peer was taken out of the lists.
    fn forget_who_is_gone(&mut self) {
        let Self { peers, by_address, by_ufrag, rooms, config, .. } = self;
        by_address.retain(|address, key| {
            let is_there = peers.contains_key(*key);
            if !is_there {
                config.directory.remove_address(config.shard, *address);
            }
            is_there
        });
        by_ufrag.retain(|ufrag, key| {
            let is_there = peers.contains_key(*key);
            if !is_there {
                config.directory.remove_ufrag(config.shard, ufrag);
            }
            is_there
        });
        for room in rooms.values_mut() {
            room.by_participant.retain(|_, key| peers.contains_key(*key));
            room.sinks = room.by_participant.values().map(|key| SinkKey::Peer(*key)).collect();
        }
    }
}
