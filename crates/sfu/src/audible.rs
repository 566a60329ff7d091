//! Telling people whose sound their audio slots carry.

use protocol::{MediaKey, RoomCode};

use crate::key::TrackKey;
use crate::{Event, Output, Sfu};

impl Sfu {
    pub(crate) fn speakers_of(&self, code: RoomCode) -> Option<Vec<Option<MediaKey>>> {
        let speakers = self.rooms.get(&code)?.speakers.slots();
        let publication = |speaker: TrackKey| self.peers.get(speaker.peer)?.publication(speaker.track);
        Some(speakers.map(|speaker| publication(speaker?)).collect())
    }

    pub(crate) fn tell_speakers(&mut self, code: RoomCode) {
        let Some(slots) = self.speakers_of(code) else { return };
        let Some(room) = self.rooms.get(&code) else { return };
        let peers = room.by_participant.values().filter_map(|key| self.peers.get(*key));
        for peer in peers.filter(|peer| peer.is_connected()) {
            let event = Event::AudioSlots(slots.clone());
            self.outputs.push_back(Output::Event { who: peer.who, link: peer.link, event });
        }
    }
}
