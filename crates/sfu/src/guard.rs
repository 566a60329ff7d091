//! What a panic costs: the one on whose behalf something was done. The others' slots and the lists of who takes what are put together
//! anew from what each of them wants, since nobody can say how far they were changed. A panic in that is the driver's to catch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::speakers::Speakers;
use crate::{Event, Sfu};

impl Sfu {
    /// Does something for a peer, which is noted as the causer by whoever knows it.
    pub(crate) fn guarded(&mut self, now: Instant, work: impl FnOnce(&mut Self)) {
        self.causer = None;
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            self.recover(now);
        }
    }

    fn recover(&mut self, now: Instant) {
        self.counters.panics = self.counters.panics.saturating_add(1);
        let causer = self.causer.take().and_then(|key| Some((key, self.peers.get(key)?)));
        let causer = causer.map(|(key, peer)| (key, peer.who, peer.link));
        tracing::error!(is_known = causer.is_some(), "a link to the server ended by a panic");
        // What is read of the transports was for the one who is gone, or is lost as on any network.
        self.news.clear();
        self.dirty.clear();
        self.take_all_apart();
        if let Some((key, who, link)) = causer {
            self.remove(key);
            self.tell(who, link, Event::Closed);
        }
        let keys: Vec<_> = self.peers.keys().collect();
        for key in keys {
            self.grant_wishes(now, key);
            self.note_due(key, Some(now));
        }
        let codes: Vec<_> = self.rooms.keys().copied().collect();
        for code in codes {
            self.tell_speakers(code);
        }
    }

    /// Nobody takes anything from anybody, and nobody has a place among the speakers.
    fn take_all_apart(&mut self) {
        for peer in self.peers.values_mut() {
            peer.is_dirty = false;
            for slot in peer.video.iter_mut().chain(&mut peer.audio) {
                slot.source = None;
            }
            for layer in peer.tracks.iter_mut().flat_map(|track| &mut track.layers) {
                layer.takers.clear();
            }
        }
        for room in self.rooms.values_mut() {
            room.speakers = Speakers::new();
        }
        self.timers.clear();
        for peer in self.peers.values_mut() {
            peer.noted_due = None;
        }
    }
}
