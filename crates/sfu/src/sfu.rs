//! The forwarding unit of one shard: finds the peer of a datagram, hands packets on, and keeps everybody's slots filled.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::{LinkId, MediaState, ParticipantId, RoomCode, Signal, SignalNumber, SlotWishes};
use slotmap::SlotMap;
use str0m::bwe::BweKind;
use str0m::config::DtlsCert;
use str0m::format::PayloadParams;
use str0m::media::MediaKind;
use str0m::rtp::RtpPacket;

use crate::allocate::{Allocation, Demand};
use crate::peer::{Forwarded, News, Peer};
use crate::rewrite::Incoming;
use crate::room::RoomMedia;
use crate::slot::{SlotSource, VideoPacket};
use crate::vp8::Vp8;
use crate::{Config, Counters, Datagram, Event, Input, Output, Who, stun};

slotmap::new_key_type! {
    /// One peer; never used twice.
    pub(crate) struct PeerKey;
}

/// How often rates are measured and wishes looked at again.
const TICK: Duration = Duration::from_millis(200);

/// A forwarding unit. `now` never goes back.
pub struct Sfu {
    config: Config,
    certificate: DtlsCert,
    peers: SlotMap<PeerKey, Peer>,
    rooms: HashMap<RoomCode, RoomMedia>,
    by_address: HashMap<SocketAddr, PeerKey>,
    by_fragment: HashMap<String, PeerKey>,
    /// When a peer's transport has something to do, at the latest known time or earlier.
    timers: BTreeSet<(Instant, PeerKey)>,
    next_tick: Option<Instant>,
    now: Option<Instant>,
    /// Peers to which something was written.
    dirty: Vec<PeerKey>,
    news: VecDeque<(PeerKey, News)>,
    outputs: VecDeque<Output>,
    counters: Counters,
}

impl Sfu {
    /// A unit that nobody is linked to. `None` when no certificate for its links can be made.
    pub fn new(config: Config) -> Option<Self> {
        let certificate = str0m::crypto::from_feature_flags().dtls_provider.generate_certificate()?;
        Some(Self {
            config,
            certificate,
            peers: SlotMap::with_key(),
            rooms: HashMap::new(),
            by_address: HashMap::new(),
            by_fragment: HashMap::new(),
            timers: BTreeSet::new(),
            next_tick: None,
            now: None,
            dirty: Vec::new(),
            news: VecDeque::new(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
        })
    }

    /// Takes one event. What several of them write to one peer goes out together, when outputs are read.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = Some(now);
        match input {
            Input::Datagram(datagram) => self.datagram(now, &datagram),
            Input::Signal { who, link, number, signal } => self.signal(now, who, link, number, signal),
            Input::Slots { who, link, wishes } => self.wish(now, who, link, wishes),
            Input::Media { who, media } => self.media(who, media),
            Input::Left { who } => self.left(who),
        }
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = Some(now);
        while let Some(&(due, key)) = self.timers.first().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, key));
            if let Some(peer) = self.peers.get_mut(key) {
                peer.noted_due = None;
                peer.advance(now);
                self.drain(key);
            }
        }
        if self.next_tick.is_some_and(|due| due <= now) {
            self.tick(now);
        }
        self.read_news(now);
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(due, _)| *due).into_iter().chain(self.next_tick).min()
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty()
            && let Some(now) = self.now
        {
            self.flush(now);
        }
        self.outputs.pop_front()
    }

    /// What was done so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many links there are.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether there is no link.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    fn datagram(&mut self, now: Instant, datagram: &Datagram<'_>) {
        self.counters.datagrams_in += 1;
        let known = self.by_address.get(&datagram.source).copied();
        // A check can be for another link than the one the address had before.
        let named = if known.is_none() || stun::is_stun(datagram.bytes) {
            stun::fragment(datagram.bytes).and_then(|fragment| self.by_fragment.get(fragment)).copied()
        } else {
            None
        };
        let Some(key) = named.or(known) else {
            self.counters.datagrams_dropped += 1;
            return;
        };
        let Some(peer) = self.peers.get_mut(key) else { return };
        if !peer.receive(now, datagram) {
            self.counters.datagrams_dropped += 1;
        } else if known != Some(key) {
            // It was authenticated by the link's password.
            if let Some(forgotten) = peer.remember(datagram.source) {
                self.by_address.remove(&forgotten);
            }
            self.by_address.insert(datagram.source, key);
        }
        self.drain(key);
        self.read_news(now);
    }

    fn signal(&mut self, now: Instant, who: Who, link: LinkId, number: SignalNumber, signal: Signal) {
        let known = self.find(who).map(|key| (key, self.peers[key].link));
        let key = match known {
            Some((_, newer)) if newer > link => return,
            Some((key, same)) if same == link => key,
            Some(_) | None if number == SignalNumber::default() => {
                let Some(key) = self.open(now, who, link) else { return self.tell(who, link, Event::Closed) };
                key
            }
            // The link that this belongs to is gone.
            Some(_) | None => return self.tell(who, link, Event::Closed),
        };
        let peer = &mut self.peers[key];
        if number != peer.expected {
            return; // It was said again, because its sender could not know that it had come.
        }
        peer.expected = peer.expected.next();
        match signal {
            Signal::Offer { sdp } => match peer.accept(&sdp) {
                Ok(sdp) => {
                    let (number, expects) = (peer.next, peer.expected);
                    peer.next = peer.next.next();
                    self.tell(who, link, Event::Signal { number, expects, signal: Signal::Answer { sdp } });
                }
                Err(_) => peer.end(),
            },
            Signal::Candidate { candidate } => peer.add_candidate(&candidate.candidate),
            // It never offers, and candidates come with each check anyway.
            Signal::Answer { .. } | Signal::EndOfCandidates => {}
        }
        self.drain(key);
        self.read_news(now);
    }

    fn open(&mut self, now: Instant, who: Who, link: LinkId) -> Option<PeerKey> {
        if let Some(old) = self.find(who) {
            self.remove(old);
        }
        let mut peer = Peer::new(now, &self.config, &self.certificate, who, link)?;
        let room = self.rooms.entry(who.room).or_insert_with(RoomMedia::new);
        if let Some((_, wishes)) = room.early_wishes.remove(&who.participant).filter(|(of, _)| *of == link) {
            peer.wishes = wishes;
        }
        let fragment = peer.fragment.clone();
        let key = self.peers.insert(peer);
        self.by_fragment.insert(fragment, key);
        room.add(who.participant, key);
        self.next_tick.get_or_insert(now + TICK);
        Some(key)
    }

    fn left(&mut self, who: Who) {
        if let Some(room) = self.rooms.get_mut(&who.room) {
            room.media.remove(&who.participant);
            room.early_wishes.remove(&who.participant);
        }
        if let Some(key) = self.find(who) {
            self.remove(key);
        }
        if self.rooms.get(&who.room).is_some_and(RoomMedia::is_empty) {
            self.rooms.remove(&who.room);
        }
    }

    fn media(&mut self, who: Who, media: MediaState) {
        let room = self.rooms.entry(who.room).or_insert_with(RoomMedia::new);
        room.media.insert(who.participant, media);
        if !media.microphone.is_on()
            && let Some(key) = room.by_participant.get(&who.participant)
            && room.speakers.remove(*key)
        {
            self.tell_speakers(who.room);
        }
    }

    fn remove(&mut self, key: PeerKey) {
        let Some(mut peer) = self.peers.remove(key) else { return };
        peer.end();
        self.by_fragment.remove(&peer.fragment);
        for address in &peer.addresses {
            if self.by_address.get(address) == Some(&key) {
                self.by_address.remove(address);
            }
        }
        if let Some(due) = peer.noted_due {
            self.timers.remove(&(due, key));
        }
        for (place, slot) in peer.video.iter().enumerate() {
            if let Some(source) = slot.source {
                self.untake(source, (key, place));
            }
        }
        let takers = peer.tracks.iter().flat_map(|track| &track.layers).flat_map(|layer| &layer.takers);
        for &(taker, place) in takers {
            if let Some(other) = self.peers.get_mut(taker) {
                other.video[place].source = None;
                other.is_unsettled = true;
            }
        }
        let Who { room: code, participant } = peer.who;
        let Some(room) = self.rooms.get_mut(&code) else { return };
        room.remove(participant, key);
        if room.speakers.remove(key) {
            self.tell_speakers(code);
        }
    }

    /// Reads what a peer's transport wants done.
    fn drain(&mut self, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let (outputs, news, counters) = (&mut self.outputs, &mut self.news, &mut self.counters);
        let due = peer.drain(
            |transmit| {
                counters.datagrams_out += 1;
                counters.bytes_out += transmit.bytes.len() as u64;
                outputs.push_back(Output::Transmit(transmit));
            },
            |one| news.push_back((key, one)),
        );
        // A timer that comes too early costs one look; moving it each time would cost more.
        if let Some(due) = due
            && peer.noted_due.is_none_or(|noted| due < noted)
        {
            if let Some(noted) = peer.noted_due.replace(due) {
                self.timers.remove(&(noted, key));
            }
            self.timers.insert((due, key));
        }
    }

    /// Sends what was written since the last time, each peer's together.
    fn flush(&mut self, now: Instant) {
        while !self.dirty.is_empty() {
            let mut dirty = std::mem::take(&mut self.dirty);
            for key in dirty.drain(..) {
                if let Some(peer) = self.peers.get_mut(key) {
                    peer.is_dirty = false;
                    peer.advance(now);
                    self.drain(key);
                }
            }
            if self.dirty.is_empty() {
                self.dirty = dirty; // Its memory is used again.
            }
            self.read_news(now);
        }
    }

    fn read_news(&mut self, now: Instant) {
        while let Some((key, news)) = self.news.pop_front() {
            match news {
                News::Packet(packet) => self.forward(now, key, &packet),
                News::Event(event) => self.event(now, key, &event),
            }
        }
    }

    fn event(&mut self, now: Instant, key: PeerKey, event: &str0m::Event) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        match event {
            str0m::Event::Connected => {
                peer.connected();
                peer.is_unsettled = true;
                self.newcomer(now, key);
            }
            str0m::Event::IceConnectionStateChange(state) => {
                if peer.path_changed(now, *state) {
                    peer.is_unsettled = true;
                }
            }
            str0m::Event::MediaAdded(added) => {
                peer.add_section(added);
                self.grant_wishes(now, key);
            }
            str0m::Event::MediaChanged(changed) => peer.section_changed(changed.mid, changed.direction),
            str0m::Event::KeyframeRequest(request) => {
                let slot = peer.video.iter().find(|slot| slot.mid == request.mid);
                if let Some(source) = slot.and_then(|slot| slot.source)
                    && let Some(layer) = source.current.or(source.target)
                {
                    self.counters.keyframes_wanted += 1;
                    self.want_keyframe(now, source, layer);
                }
            }
            str0m::Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                peer.downlink = estimate.as_u64();
                peer.is_unsettled = true;
            }
            str0m::Event::Closed => peer.end(),
            _ => {}
        }
    }

    /// Tells somebody who has just connected who speaks.
    fn newcomer(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get(key) else { return };
        let (who, link) = (peer.who, peer.link);
        if let Some(slots) = self.speakers_of(who.room) {
            self.tell(who, link, Event::AudioSlots(slots));
        }
        self.settle(now, key);
    }

    fn forward(&mut self, now: Instant, from: PeerKey, packet: &RtpPacket) {
        self.counters.packets_in += 1;
        let Some(peer) = self.peers.get_mut(from) else { return };
        let Some((track, layer)) = peer.place_of(packet.header.ssrc) else { return };
        let (who, source) = (peer.who, peer.tracks[track].source);
        let Some(room) = self.rooms.get(&who.room) else { return };
        if !room.media.get(&who.participant).is_some_and(|media| media.of(source).is_on()) {
            return;
        }
        let Some(params) = peer.payload_params(packet.header.payload_type) else { return };
        peer.tracks[track].layers[layer].count(now, packet.payload.len());
        match params.spec().codec.kind() {
            MediaKind::Audio => self.forward_audio(now, from, track, packet, &params),
            MediaKind::Video => self.forward_video(now, from, (track, layer), packet, &params),
        }
    }

    fn forward_video(
        &mut self,
        now: Instant,
        from: PeerKey,
        (track, layer): (usize, usize),
        packet: &RtpPacket,
        params: &PayloadParams,
    ) {
        let Some(peer) = self.peers.get_mut(from) else { return };
        let codec = params.spec().codec;
        let vp8 = if codec == str0m::format::Codec::Vp8 { Vp8::parse(&packet.payload) } else { None };
        let starts_keyframe = match &vp8 {
            Some(vp8) => vp8.starts_keyframe,
            None => starts_keyframe(codec, &packet.payload),
        };
        let sent = &mut peer.tracks[track].layers[layer];
        if starts_keyframe {
            sent.keyframe_came();
        }
        if let Some(height) = vp8.and_then(|vp8| vp8.height) {
            sent.has_height(height);
        }
        let incoming = Incoming::new(*packet.seq_no, packet.header.timestamp, vp8.as_ref());
        let seen = VideoPacket { layer, incoming, starts_keyframe, vp8: vp8.as_ref() };
        // The list is taken out while it is gone through: the receivers are peers like the sender.
        let takers = std::mem::take(&mut sent.takers);
        let mut switched = false;
        for &(taker, place) in &takers {
            let Some(receiver) = self.peers.get_mut(taker) else { continue };
            let Some(slot) = receiver.video.get_mut(place) else { continue };
            let before = slot.source.and_then(|source| source.current);
            let Some(numbers) = slot.video(now, &seen) else { continue };
            switched |= before != Some(layer);
            let ssrc = slot.ssrc;
            let Some(payload_type) = receiver.type_in(MediaKind::Video, place, from, params) else {
                continue;
            };
            let patch = vp8.and_then(|vp8| vp8.renumbered(numbers.picture, numbers.tl0));
            let forwarded = Forwarded { payload_type, numbers, packet, patch, nackable: true, now };
            receiver.write(ssrc, forwarded);
            self.counters.packets_forwarded += 1;
            if !receiver.is_dirty {
                receiver.is_dirty = true;
                self.dirty.push(taker);
            }
        }
        if let Some(peer) = self.peers.get_mut(from) {
            peer.tracks[track].layers[layer].takers = takers;
        }
        if switched {
            self.leave_old_layers(from, track, layer);
        }
    }

    /// Slots that show a layer now need no other of the same track any more.
    fn leave_old_layers(&mut self, from: PeerKey, track: usize, layer: usize) {
        let Self { peers, .. } = self;
        let Some(mut sender) = peers.get_mut(from).map(|peer| std::mem::take(&mut peer.tracks)) else {
            return;
        };
        for (place, other) in sender[track].layers.iter_mut().enumerate() {
            if place == layer {
                continue;
            }
            other.takers.retain(|(taker, slot)| {
                let source =
                    peers.get(*taker).and_then(|peer| peer.video.get(*slot)).and_then(|slot| slot.source);
                source.is_some_and(|source| source.current == Some(place) || source.target == Some(place))
            });
        }
        if let Some(peer) = peers.get_mut(from) {
            peer.tracks = sender;
        }
    }

    fn forward_audio(
        &mut self,
        now: Instant,
        from: PeerKey,
        track: usize,
        packet: &RtpPacket,
        params: &PayloadParams,
    ) {
        let Self { peers, rooms, dirty, counters, .. } = self;
        let Some(peer) = peers.get_mut(from) else { return };
        let code = peer.who.room;
        let Some(room) = rooms.get_mut(&code) else { return };
        peer.tracks[track].loudness.hear(now, packet.header.ext_vals.audio_level.unwrap_or(-40));
        let loudness = peer.tracks[track].loudness;
        let mut is_new = false;
        if room.speakers.place_of(from).is_none() {
            let of = |key: PeerKey| {
                let tracks = peers.get(key).map(|peer| &peer.tracks);
                let audio = tracks
                    .and_then(|tracks| tracks.iter().find(|one| one.source == protocol::Source::Microphone));
                audio.map(|track| track.loudness).unwrap_or_default()
            };
            is_new = room.speakers.offer(now, from, loudness, of);
        }
        let Some(place) = room.speakers.place_of(from) else { return };
        let incoming = Incoming::new(*packet.seq_no, packet.header.timestamp, None);
        for &taker in room.peers.iter().filter(|key| **key != from) {
            let Some(receiver) = peers.get_mut(taker).filter(|peer| peer.is_connected()) else { continue };
            let Some(slot) = receiver.audio.get_mut(place) else { continue };
            let ssrc = slot.ssrc;
            let Some(numbers) = slot.audio(now, from, track, incoming) else { continue };
            let Some(payload_type) = receiver.type_in(MediaKind::Audio, place, from, params) else {
                continue;
            };
            receiver
                .write(ssrc, Forwarded { payload_type, numbers, packet, patch: None, nackable: false, now });
            counters.packets_forwarded += 1;
            if !receiver.is_dirty {
                receiver.is_dirty = true;
                dirty.push(taker);
            }
        }
        if is_new {
            self.tell_speakers(code);
        }
    }

    fn tick(&mut self, now: Instant) {
        self.next_tick = (!self.peers.is_empty()).then_some(now + TICK);
        let keys: Vec<_> = self.peers.keys().collect();
        for key in keys {
            let peer = &mut self.peers[key];
            peer.check_health(now);
            if peer.is_over() {
                let (who, link) = (peer.who, peer.link);
                self.remove(key);
                self.tell(who, link, Event::Closed);
                continue;
            }
            let mut asked = Vec::new();
            for (place, track) in peer.tracks.iter_mut().enumerate() {
                track.tick(now, TICK);
                for (layer, sent) in track.layers.iter_mut().enumerate() {
                    if sent.keyframe_due(now) {
                        asked.push((place, layer));
                    }
                }
            }
            for (track, layer) in asked {
                self.ask_for_keyframe(key, track, layer);
            }
            self.settle(now, key);
        }
        self.tell_wanted_layers(now);
    }

    fn wish(&mut self, now: Instant, who: Who, link: LinkId, wishes: SlotWishes) {
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
    fn grant_wishes(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let mut left = Vec::new();
        for (place, slot) in peer.video.iter_mut().enumerate() {
            let wish = peer.wishes.as_slice().get(place).copied().flatten();
            let shown = |wish: Option<protocol::SlotWish>| wish.map(|wish| (wish.participant, wish.source));
            if shown(slot.wish) != shown(wish)
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
    fn settle(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.is_unsettled = false;
        if !peer.is_connected() {
            return;
        }
        let (code, downlink) = (peer.who.room, peer.downlink.min(self.config.max_downlink));
        let wishes: Vec<_> = peer.video.iter().map(|slot| (slot.wish, slot.source)).collect();
        let room = self.rooms.get(&code);
        let speakers =
            room.into_iter().flat_map(|room| room.speakers.places()).flatten().filter(|one| *one != key);
        let sound: u64 = speakers.filter_map(|speaker| self.peers.get(speaker)).map(Peer::sound_rate).sum();
        let budget = downlink.saturating_sub(sound);
        let mut places = Vec::new();
        let mut demands = Vec::new();
        for (place, (wish, source)) in wishes.into_iter().enumerate() {
            let Some(wish) = wish else { continue };
            let found = room.and_then(|room| room.by_participant.get(&wish.participant)).and_then(|sender| {
                let tracks = &self.peers.get(*sender)?.tracks;
                let track = tracks.iter().position(|track| track.source == wish.source)?;
                Some((*sender, track))
            });
            let Some((sender, track)) = found else { continue };
            let sent = &self.peers[sender].tracks[track];
            demands.push(Demand {
                wanted: sent.layer_for(wish.height),
                rates: sent.rates(now),
                has: source.filter(|source| source.peer == sender).and_then(|source| source.current),
                height: wish.height,
            });
            places.push((place, sender, track));
        }
        let peer = &mut self.peers[key];
        let Allocation { grants, granted, next, desired } = peer.divide(now, budget, &demands);
        for ((place, sender, track), grant) in places.into_iter().zip(grants) {
            self.peers[key].video[place].temporal = grant.temporal;
            self.point(now, (key, place), (sender, track), grant.layer);
        }
        let minimum = if next > granted { next + sound } else { 0 };
        self.peers[key].set_rates(minimum, desired + sound);
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

    fn untake(&mut self, source: SlotSource, taker: (PeerKey, usize)) {
        let Some(sender) = self.peers.get_mut(source.peer) else { return };
        let Some(track) = sender.tracks.get_mut(source.track) else { return };
        for layer in &mut track.layers {
            layer.drop_taker(taker);
        }
    }

    fn want_keyframe(&mut self, now: Instant, source: SlotSource, layer: usize) {
        let Some(sender) = self.peers.get_mut(source.peer) else { return };
        let Some(track) = sender.tracks.get_mut(source.track) else { return };
        if track.layers[layer].want_keyframe(now) {
            self.ask_for_keyframe(source.peer, source.track, layer);
        }
    }

    fn ask_for_keyframe(&mut self, key: PeerKey, track: usize, layer: usize) {
        self.counters.keyframes_requested += 1;
        let Some(peer) = self.peers.get_mut(key) else { return };
        peer.request_keyframe(track, layer);
        if !peer.is_dirty {
            peer.is_dirty = true;
            self.dirty.push(key);
        }
    }

    /// Tells every sender how many of their layers anybody takes.
    fn tell_wanted_layers(&mut self, now: Instant) {
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

    fn speakers_of(&self, code: RoomCode) -> Option<Vec<Option<ParticipantId>>> {
        let places = self.rooms.get(&code)?.speakers.places();
        Some(places.map(|key| self.peers.get(key?).map(|peer| peer.who.participant)).collect())
    }

    fn tell_speakers(&mut self, code: RoomCode) {
        let Some(slots) = self.speakers_of(code) else { return };
        let Some(room) = self.rooms.get(&code) else { return };
        for peer in
            room.peers.iter().filter_map(|key| self.peers.get(*key)).filter(|peer| peer.is_connected())
        {
            let event = Event::AudioSlots(slots.clone());
            self.outputs.push_back(Output::Event { who: peer.who, link: peer.link, event });
        }
    }

    fn tell(&mut self, who: Who, link: LinkId, event: Event) {
        self.outputs.push_back(Output::Event { who, link, event });
    }

    fn find(&self, who: Who) -> Option<PeerKey> {
        self.rooms.get(&who.room)?.by_participant.get(&who.participant).copied()
    }
}

fn starts_keyframe(codec: str0m::format::Codec, payload: &[u8]) -> bool {
    use str0m::format::Codec;
    match codec {
        Codec::H264 => str0m::format::detect_h264_keyframe(payload),
        Codec::Vp9 => str0m::format::detect_vp9_keyframe(payload),
        Codec::Av1 => str0m::format::detect_av1_keyframe(payload),
        _ => false,
    }
}
