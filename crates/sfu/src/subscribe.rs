//! Who receives what: wishes become senders and layers in slots, and senders are told what anybody takes.

use std::time::Instant;

use protocol::{LinkId, MediaKey, Subscription, Subscriptions};

use crate::allocate::{Allocation, Demand, LAYERS};
use crate::egress::StreamKey;
use crate::key::{PeerKey, TrackKey};
use crate::room::RoomMedia;
use crate::slot::SlotSource;
use crate::{Event, Sfu, Who};

impl Sfu {
    pub(crate) fn wish(&mut self, now: Instant, who: Who, link: LinkId, wishes: Subscriptions) {
        let known = self.find(who).filter(|key| self.peers[*key].link >= link);
        let Some(key) = known else {
            // The link is on its way.
            let room = self.rooms.entry(who.room).or_insert_with(RoomMedia::new);
            room.early_wishes.insert(who.participant, (link, wishes));
            return;
        };
        if self.peers[key].link == link {
            self.peers[key].wishes = wishes;
            self.grant_wishes(now, key);
        }
    }

    /// Gives the wishes of a peer to its slots, as far as it has them.
    pub(crate) fn grant_wishes(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let mut left = Vec::new();
        for (place, slot) in peer.video.iter_mut().enumerate() {
            let wish = peer.wishes.as_slice().get(place).copied().flatten();
            if slot.wish.as_ref().map(Subscription::key) != wish.as_ref().map(Subscription::key)
                && let Some(source) = slot.source.take()
            {
                left.push((source, (key, place)));
            }
            slot.wish = wish;
        }
        for (source, taker) in left {
            self.untake(source, taker);
        }
        self.settle(now, key);
        self.read_news(now);
    }

    /// Gives each slot of a peer a sender and a layer, by its wishes and its downlink.
    pub(crate) fn settle(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        if !peer.is_connected() {
            return;
        }
        let (code, downlink) = (peer.who.room, peer.downlink());
        let wishes: Vec<_> = peer.video.iter().map(|slot| (slot.wish, slot.source)).collect();
        let room = self.rooms.get(&code);
        let speakers =
            room.into_iter().flat_map(|room| room.speakers.places()).flatten().filter(|one| one.peer != key);
        let rate = |speaker: TrackKey| {
            Some(self.peers.get(speaker.peer)?.tracks.get(speaker.track)?.layers[0].rate())
        };
        let sound: u64 = speakers.filter_map(rate).sum();
        let budget = downlink.saturating_sub(sound);
        let mut places = Vec::new();
        let mut demands = Vec::new();
        for (place, (wish, source)) in wishes.into_iter().enumerate() {
            let Some(wish) = wish else { continue };
            let found = room
                .and_then(|room| room.by_participant.get(&wish.participant))
                .and_then(|sender| Some((*sender, self.peers.get(*sender)?.track_of(wish.source)?)));
            let Some((sender, track)) = found else { continue };
            let sent = &self.peers[sender].tracks[track];
            let media = room.and_then(|room| room.media.get(&wish.participant));
            let is_on = media.is_some_and(|media| media.of(wish.source).is_on());
            demands.push(Demand {
                wanted: sent.layer_for(wish.height),
                rates: if is_on { sent.rates(now) } else { [None; LAYERS] },
                has: source.filter(|source| source.peer == sender).and_then(|source| source.current),
                height: wish.height,
            });
            places.push((place, sender, track));
        }
        let peer = &mut self.peers[key];
        let Allocation { grants, granted, next, desired } = peer.divide(now, budget, &demands);
        let mut paused = Vec::new();
        for (((place, sender, track), grant), demand) in places.into_iter().zip(grants).zip(&demands) {
            if grant.layer.is_none() && demand.can_be_had() {
                paused.extend(self.peers[sender].publication(track));
            }
            self.peers[key].video[place].temporal = grant.temporal;
            self.point(now, (key, place), (sender, track), grant.layer);
        }
        self.peers[key].wish(now, next > granted, desired + sound);
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

    /// Lets a slot show a layer, from its next keyframe on.
    fn point(
        &mut self,
        now: Instant,
        taker: (PeerKey, usize),
        (sender, track): (PeerKey, usize),
        layer: Option<usize>,
    ) {
        let slot = &mut self.peers[taker.0].video[taker.1];
        let before = slot.source.filter(|source| source.peer == sender && source.track == track);
        let after = match (before, layer) {
            // Nothing is shown, and nothing is to come.
            (_, None) => SlotSource { peer: sender, track, current: None, target: None },
            (Some(source), target) => SlotSource { target, ..source },
            (None, target) => SlotSource { peer: sender, track, current: None, target },
        };
        let replaced = slot.source.replace(after).filter(|_| before.is_none());
        if let Some(other) = replaced {
            self.untake(other, taker);
        }
        if before == Some(after) {
            return;
        }
        let layers = &mut self.peers[sender].tracks[track].layers;
        for (place, sent) in layers.iter_mut().enumerate() {
            let takes = after.current == Some(place) || after.target == Some(place);
            let listed = sent.takers.contains(&taker);
            if takes && !listed {
                sent.takers.push(taker);
            } else if !takes && listed {
                sent.drop_taker(taker);
            }
        }
        if let Some(target) = after.target.filter(|target| after.current != Some(*target)) {
            self.tell_layers(now, sender, track);
            self.want_keyframe(now, after, target);
        }
    }

    pub(crate) fn untake(&mut self, source: SlotSource, taker: (PeerKey, usize)) {
        let Some(sender) = self.peers.get_mut(source.peer) else { return };
        let Some(track) = sender.tracks.get_mut(source.track) else { return };
        for layer in &mut track.layers {
            layer.drop_taker(taker);
        }
    }

    pub(crate) fn want_keyframe(&mut self, now: Instant, source: SlotSource, layer: usize) {
        let Some(sender) = self.peers.get_mut(source.peer) else { return };
        let Some(track) = sender.tracks.get_mut(source.track) else { return };
        if track.layers[layer].want_keyframe(now) {
            self.ask_for_keyframe(source.peer, source.track, layer);
        }
    }

    /// A receiver misses packets that cannot be sent again. It would find out in seconds that it has to ask for a keyframe.
    pub(crate) fn mend(&mut self, now: Instant, key: PeerKey, gone: &[(StreamKey, u64)]) {
        for (stream, sequence) in gone {
            let Some(peer) = self.peers.get(key) else { return };
            let slot = peer.video.iter().find(|slot| slot.stream == *stream && slot.needs(*sequence));
            if let Some(source) = slot.and_then(|slot| slot.source)
                && let Some(layer) = source.target.or(source.current)
            {
                self.want_keyframe(now, source, layer);
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
        let tracks =
            self.peers.iter().flat_map(|(key, peer)| (0..peer.tracks.len()).map(move |track| (key, track)));
        for (key, track) in tracks.collect::<Vec<_>>() {
            self.tell_layers(now, key, track);
        }
    }

    fn tell_layers(&mut self, now: Instant, key: PeerKey, track: usize) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let (who, link, source) = (peer.who, peer.link, peer.tracks[track].source);
        if let Some(layers) = peer.tracks[track].news_of_layers(now) {
            self.tell(who, link, Event::WantedLayers { source, layers });
        }
    }
}
