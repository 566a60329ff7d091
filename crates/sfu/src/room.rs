//! Who of a room has a link here, and what each may send.

use std::collections::HashMap;

use protocol::{LinkId, MediaState, ParticipantId, Subscriptions};

use crate::key::{PeerKey, RecorderKey, TrackKey};
use crate::sink::SinkKey;
use crate::speakers::Speakers;

/// One room's peers.
#[derive(Debug)]
pub(crate) struct RoomMedia {
    /// Whoever hears those who speak.
    pub(crate) sinks: Vec<SinkKey>,
    pub(crate) by_participant: HashMap<ParticipantId, PeerKey>,
    pub(crate) media: HashMap<ParticipantId, MediaState>,
    /// Of those who are recorded, whether or not they have a link.
    pub(crate) recorders: HashMap<ParticipantId, RecorderKey>,
    pub(crate) speakers: Speakers<TrackKey>,
    /// Wishes of participants whose link is not open yet.
    pub(crate) early_subscriptions: HashMap<ParticipantId, (LinkId, Subscriptions)>,
}

impl RoomMedia {
    pub(crate) fn new() -> Self {
        Self {
            sinks: Vec::new(),
            by_participant: HashMap::new(),
            media: HashMap::new(),
            recorders: HashMap::new(),
            speakers: Speakers::new(),
            early_subscriptions: HashMap::new(),
        }
    }

    pub(crate) fn add(&mut self, participant: ParticipantId, key: PeerKey) {
        self.sinks.push(SinkKey::Peer(key));
        self.by_participant.insert(participant, key);
    }

    pub(crate) fn remove(&mut self, participant: ParticipantId, key: PeerKey) {
        self.sinks.retain(|one| *one != SinkKey::Peer(key));
        if self.by_participant.get(&participant) == Some(&key) {
            self.by_participant.remove(&participant);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        let Self { by_participant, media, recorders, early_subscriptions, sinks: _, speakers: _ } = self;
        by_participant.is_empty()
            && media.is_empty()
            && recorders.is_empty()
            && early_subscriptions.is_empty()
    }
}
