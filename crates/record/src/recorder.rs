//! One part of a recording: the tracks of all who consented, each into its own file, on one clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::{MediaKey, ParticipantId, Timestamp};

use crate::rtp::clock::SenderClock;
use crate::rtp::{Packet, SenderReport};
use crate::track::{Track, TrackEffect};
use crate::webm::{Codec, Protection};
use protocol::KeyId;

/// Records tracks. It takes no decision about consent: a publication is recorded from [`begin`](Self::begin) to [`end`](Self::end), and of no other
/// is anything kept.
///
/// All times are since the part began, by a clock that never goes back; inputs come in its order.
pub struct Recorder {
    part_began: Timestamp,
    senders: BTreeMap<ParticipantId, SenderClock>,
    keys: BTreeMap<ParticipantId, Vec<KeyId>>,
    tracks: BTreeMap<MediaKey, Track>,
    effects: VecDeque<(MediaKey, TrackEffect)>,
}

/// How many keys of one participant are remembered for tracks that begin later.
const MOST_KEYS: usize = 1_024;

impl Recorder {
    /// A part that began at this moment of the world's clock.
    #[must_use]
    pub fn new(part_began: Timestamp) -> Self {
        Self {
            part_began,
            senders: BTreeMap::new(),
            keys: BTreeMap::new(),
            tracks: BTreeMap::new(),
            effects: VecDeque::new(),
        }
    }

    /// A publication is recorded from now on, into a file of its own. One that is recorded already is ended first: as where its codec changes, which
    /// the caller does no oftener than it wants files.
    pub fn begin(&mut self, now: Duration, key: MediaKey, codec: Codec, protection: Protection) {
        self.end(now, key);
        let mut track = Track::new(codec, protection, self.part_began);
        let sender = self.senders.entry(key.participant).or_default();
        for kept in self.keys.get(&key.participant).into_iter().flatten() {
            track.handle_key_kept(sender, now, *kept);
        }
        self.tracks.insert(key, track);
    }

    /// A packet came. Of a publication that is not recorded it is passed over.
    pub fn handle_packet(&mut self, key: MediaKey, packet: &Packet<'_>) {
        self.with(key, |track, sender| track.handle_packet(sender, packet));
    }

    /// A sender report came, with a stream of this publication.
    pub fn handle_sender_report(&mut self, key: MediaKey, report: &SenderReport) {
        self.with(key, |track, sender| track.handle_sender_report(sender, report));
    }

    /// The box with a sender key of this participant is durable: what was sealed with it, and with later steps of its epoch, is written from now on.
    pub fn handle_key_kept(&mut self, now: Duration, participant: ParticipantId, key: KeyId) {
        let keys = self.keys.entry(participant).or_default();
        if keys.len() >= MOST_KEYS {
            keys.remove(0);
        }
        keys.push(key);
        let theirs: Vec<_> =
            self.tracks.keys().filter(|one| one.participant == participant).copied().collect();
        for one in theirs {
            self.with(one, |track, sender| track.handle_key_kept(sender, now, key));
        }
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        let due: Vec<_> = self
            .tracks
            .iter()
            .filter(|(_, track)| track.poll_timeout().is_some_and(|due| due <= now))
            .collect();
        let due: Vec<_> = due.into_iter().map(|(key, _)| *key).collect();
        for key in due {
            self.with(key, |track, sender| track.handle_timeout(sender, now));
        }
    }

    /// When something is due next.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.tracks.values().filter_map(Track::poll_timeout).min()
    }

    /// The next effect, and of which track. Those of one track are carried out in this order.
    pub fn poll_effect(&mut self) -> Option<(MediaKey, TrackEffect)> {
        self.effects.pop_front()
    }

    /// A publication is recorded no longer: it ended, or consent was taken back. What is left of it is written, and its file finished.
    pub fn end(&mut self, now: Duration, key: MediaKey) {
        self.with(key, |track, sender| track.end(sender, now));
        self.tracks.remove(&key);
        if !self.tracks.keys().any(|one| one.participant == key.participant) {
            self.senders.remove(&key.participant);
        }
    }

    /// The part is over: all files are finished.
    pub fn finish(&mut self, now: Duration) {
        let all: Vec<_> = self.tracks.keys().copied().collect();
        for key in all {
            self.end(now, key);
        }
    }

    fn with(&mut self, key: MediaKey, act: impl FnOnce(&mut Track, &mut SenderClock)) {
        let Some(track) = self.tracks.get_mut(&key) else { return };
        act(track, self.senders.entry(key.participant).or_default());
        self.effects.extend(std::iter::from_fn(|| track.poll_effect()).map(|effect| (key, effect)));
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recorder({} tracks)", self.tracks.len())
    }
}
