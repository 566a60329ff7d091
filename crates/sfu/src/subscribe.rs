//! Who receives what: subscriptions become senders and layers in slots, and senders are told what anybody takes.

use std::time::Instant;

use protocol::{LinkId, MediaKey, Subscription, Subscriptions};

use crate::allocate::{Allocation, Demand, LAYERS};
use crate::egress::StreamKey;
use crate::key::{PeerKey, TrackKey};
use crate::peer::Peer;
use crate::room::RoomMedia;
use crate::sink::{Selection, SinkKey, Subscriber};
use crate::track::Track;
use crate::{Event, Sfu, Who};

impl Sfu {
    pub(crate) fn subscribe(&mut self, now: Instant, who: Who, link: LinkId, subscriptions: Subscriptions) {
        let known = self.find(who).filter(|key| self.peers[*key].link >= link);
        let Some(key) = known else {
            // The link is on its way.
            let room = self.rooms.entry(who.room).or_insert_with(RoomMedia::new);
            room.early_subscriptions.insert(who.participant, (link, subscriptions));
            return;
        };
        if self.peers[key].link == link {
            self.peers[key].subscriptions = subscriptions;
            self.assign_subscriptions(now, key);
        }
    }

    /// Gives the subscriptions of a peer to its slots, as far as it has them.
    pub(crate) fn assign_subscriptions(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let mut left = Vec::new();
        for (index, slot) in peer.video.iter_mut().enumerate() {
            let subscription = peer.subscriptions.as_slice().get(index).copied().flatten();
            if slot.subscription.as_ref().map(Subscription::key)
                != subscription.as_ref().map(Subscription::key)
                && let Some(selection) = slot.selection.take()
            {
                left.push((selection.track, Subscriber { sink: SinkKey::Peer(key), index }));
            }
            slot.subscription = subscription;
        }
        for (track, subscriber) in left {
            self.unsubscribe(track, subscriber);
        }
        self.reallocate(now, key);
        self.read_incoming(now);
    }

    /// Gives each slot of a peer a sender and a layer, by its subscriptions and its downlink.
    pub(crate) fn reallocate(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if !peer.is_connected() {
            return;
        }
        let (code, downlink) = (peer.who.room, peer.downlink());
        let subscriptions: Vec<_> =
            peer.video.iter().map(|slot| (slot.subscription, slot.selection)).collect();
        let room = self.rooms.get(&code);
        let speakers =
            room.into_iter().flat_map(|room| room.speakers.slots()).flatten().filter(|one| one.peer != key);
        let rate = |speaker: TrackKey| {
            Some(self.peers.get(speaker.peer)?.tracks.get(speaker.track)?.layers[0].rate())
        };
        let sound: u64 = speakers.filter_map(rate).sum();
        let budget = downlink.saturating_sub(sound);
        let mut wanted = Vec::new();
        let mut demands = Vec::new();
        for (index, (subscription, selection)) in subscriptions.into_iter().enumerate() {
            let Some(subscription) = subscription else { continue };
            let found = room
                .and_then(|room| room.by_participant.get(&subscription.participant))
                .and_then(|sender| Some((*sender, self.peers.get(*sender)?.track_of(subscription.source)?)));
            let Some((sender, track)) = found else { continue };
            let sent = &self.peers[sender].tracks[track];
            let media = room.and_then(|room| room.media.get(&subscription.participant));
            let is_on = media.is_some_and(|media| media.of(subscription.source).is_on());
            demands.push(Demand {
                wanted: sent.layer_for(subscription.height),
                rates: if is_on { sent.rates(now) } else { [None; LAYERS] },
                has: selection.filter(|one| one.track.peer == sender).and_then(|one| one.current),
                height: subscription.height,
            });
            wanted.push((index, sender, track));
        }
        let peer = &mut self.peers[key];
        let Allocation { assignments, assigned, next, desired } = peer.divide(now, budget, &demands);
        let mut paused = Vec::new();
        for (((index, sender, track), assignment), demand) in
            wanted.into_iter().zip(assignments).zip(&demands)
        {
            if assignment.layer.is_none() && demand.can_be_had() {
                paused.extend(self.peers[sender].publication(track));
            }
            self.peers[key].video[index].temporal = assignment.temporal;
            let subscriber = Subscriber { sink: SinkKey::Peer(key), index };
            self.retarget(now, subscriber, TrackKey { peer: sender, track }, assignment.layer);
        }
        self.peers[key].set_demand(now, next > assigned, desired + sound);
        self.tell_paused(key, paused);
    }

    /// Tells a peer whose pictures are left out, when that is news.
    fn tell_paused(&mut self, key: PeerKey, paused: Vec<MediaKey>) {
        let peer = &mut self.peers[key];
        if peer.paused != paused {
            peer.paused.clone_from(&paused);
            let (who, link) = (peer.who, peer.link);
            self.tell(who, link, Event::PausedVideo(paused));
        }
    }

    /// Lets a subscriber have a layer of a track, from its next keyframe on, or nothing of it.
    pub(crate) fn retarget(
        &mut self,
        now: Instant,
        subscriber: Subscriber,
        track: TrackKey,
        layer: Option<usize>,
    ) {
        let Some(sink) = self.sink_mut(subscriber.sink) else { return };
        let replaced = sink.selection(subscriber.index);
        let before = replaced.filter(|selection| selection.track == track);
        let after = match (before, layer) {
            // Nothing is shown, and nothing is to come.
            (_, None) => Selection::nothing_of(track),
            (Some(selection), target) => Selection { target, ..selection },
            (None, target) => Selection { target, ..Selection::nothing_of(track) },
        };
        sink.select(subscriber.index, Some(after));
        if let Some(other) = replaced.filter(|_| before.is_none()) {
            self.unsubscribe(other.track, subscriber);
        }
        if before == Some(after) {
            return;
        }
        let Some(sent) = self.track_mut(track) else { return };
        for (index, layer) in sent.layers.iter_mut().enumerate() {
            match (after.takes(index), layer.subscribers.contains(&subscriber)) {
                (true, false) => layer.subscribers.push(subscriber),
                (false, true) => layer.unsubscribe(subscriber),
                (true, true) | (false, false) => {}
            }
        }
        if let Some(target) = after.target.filter(|target| after.current != Some(*target)) {
            self.tell_layers(now, track);
            self.want_keyframe(now, track, target);
        }
    }

    pub(crate) fn unsubscribe(&mut self, track: TrackKey, subscriber: Subscriber) {
        if let Some(track) = self.track_mut(track) {
            track.layers.iter_mut().for_each(|layer| layer.unsubscribe(subscriber));
        }
    }

    pub(crate) fn want_keyframe(&mut self, now: Instant, track: TrackKey, layer: usize) {
        let is_due = self.track_mut(track).is_some_and(|track| track.layers[layer].want_keyframe(now));
        if is_due {
            self.ask_for_keyframe(track.peer, track.track, layer);
        }
    }

    fn track_mut(&mut self, key: TrackKey) -> Option<&mut Track> {
        self.peers.get_mut(key.peer)?.tracks.get_mut(key.track)
    }

    /// A receiver misses packets that cannot be sent again. It would find out in seconds that it has to ask for a keyframe.
    pub(crate) fn request_keyframes_for(&mut self, now: Instant, key: PeerKey, gone: &[(StreamKey, u64)]) {
        for (stream, sequence) in gone {
            let Some(peer) = self.peers.get(key) else { return };
            let slot = peer.video.iter().find(|slot| slot.stream == *stream && slot.needs(*sequence));
            if let Some(selection) = slot.and_then(|slot| slot.selection)
                && let Some(layer) = selection.target.or(selection.current)
            {
                self.want_keyframe(now, selection.track, layer);
            }
        }
    }

    pub(crate) fn ask_for_keyframe(&mut self, key: PeerKey, track: usize, layer: usize) {
        self.counters.keyframes_requested += 1;
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.request_keyframe(track, layer);
        self.touch(key);
    }

    /// Tells every sender how many of their layers anybody takes.
    pub(crate) fn tell_wanted_layers(&mut self, now: Instant) {
        let of_peer = |(peer, sender): (PeerKey, &Peer)| {
            (0..sender.tracks.len()).map(move |track| TrackKey { peer, track })
        };
        for track in self.peers.iter().flat_map(of_peer).collect::<Vec<_>>() {
            self.tell_layers(now, track);
        }
    }

    fn tell_layers(&mut self, now: Instant, key: TrackKey) {
        let Some(peer) = self.peers.get_mut(key.peer) else { return };
        let (who, link) = (peer.who, peer.link);
        let Some(track) = peer.tracks.get_mut(key.track) else { return };
        let source = track.source;
        if let Some(layers) = track.changed_layers(now) {
            self.tell(who, link, Event::WantedLayers { source, layers });
        }
    }
}
