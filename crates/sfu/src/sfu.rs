//! The forwarding unit of one shard: finds the peer of a datagram, hands packets on, and keeps everybody's slots filled.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use protocol::{LinkId, MediaState, RoomCode, Signal, SignalNumber};
use slotmap::SlotMap;
use str0m::bwe::BweKind;
use str0m::config::DtlsCert;

use crate::egress::Purpose;
use crate::key::{PeerKey, RecorderKey};
use crate::peer::{Incoming, Peer, Received};
use crate::recorder::Recorder;
use crate::room::RoomMedia;
#[cfg(debug_assertions)]
use crate::sink::counting::CountingSink;
use crate::sink::{SinkKey, Subscriber};
use crate::{Config, Counters, Datagram, Event, Input, Misrouted, Output, Who, stun};

/// How often rates are measured and subscriptions looked at again.
const TICK: Duration = Duration::from_millis(200);

/// How often a transport is asked what it wants at one moment, before others have their turn. It gives out one packet each time.
const AT_ONCE: usize = 32;

/// How soon a peer that has more to send has its next turn.
const SOON: Duration = Duration::from_millis(1);

/// Buffers of datagrams that are kept to be used again, and how much they hold: more than networks carry in one.
const SPARE: usize = 256;
const DATAGRAM: usize = 1_536;

/// A forwarding unit. `now` never goes back.
pub struct Sfu {
    pub(crate) config: Config,
    pub(crate) certificate: DtlsCert,
    pub(crate) peers: SlotMap<PeerKey, Peer>,
    pub(crate) recorders: SlotMap<RecorderKey, Recorder>,
    pub(crate) rooms: HashMap<RoomCode, RoomMedia>,
    pub(crate) by_address: HashMap<SocketAddr, PeerKey>,
    pub(crate) by_ufrag: HashMap<String, PeerKey>,
    /// When a peer's transport has something to do, at the latest known time or earlier.
    pub(crate) timers: BTreeSet<(Instant, PeerKey)>,
    pub(crate) next_tick: Option<Instant>,
    pub(crate) now: Option<Instant>,
    /// Peers to which something was written.
    pub(crate) dirty: VecDeque<PeerKey>,
    spare: Vec<Vec<u8>>,
    pub(crate) incoming: VecDeque<(PeerKey, Incoming)>,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) counters: Counters,
    /// On whose behalf something is done at the moment: theirs is the link that ends if that panics.
    pub(crate) active_peer: Option<PeerKey>,
    /// Whether the next datagram of a link makes the unit panic, for tests.
    #[cfg(debug_assertions)]
    panics: bool,
    /// Sinks that count, for tests.
    #[cfg(debug_assertions)]
    pub(crate) counting: Vec<CountingSink>,
}

impl Sfu {
    /// A unit that nobody is linked to. `None` when no certificate for its links can be made.
    pub fn new(config: Config) -> Option<Self> {
        let certificate = str0m::crypto::from_feature_flags().dtls_provider.generate_certificate()?;
        Some(Self {
            config,
            certificate,
            peers: SlotMap::with_key(),
            recorders: SlotMap::with_key(),
            rooms: HashMap::new(),
            by_address: HashMap::new(),
            by_ufrag: HashMap::new(),
            timers: BTreeSet::new(),
            next_tick: None,
            now: None,
            dirty: VecDeque::new(),
            spare: Vec::new(),
            incoming: VecDeque::new(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
            active_peer: None,
            #[cfg(debug_assertions)]
            panics: false,
            #[cfg(debug_assertions)]
            counting: Vec::new(),
        })
    }

    /// Takes one event. What several of them write to one peer goes out together, when outputs are read.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = Some(now);
        self.guarded(now, |unit| match input {
            Input::Datagram(datagram) => unit.datagram(now, &datagram),
            Input::Signal { who, link, number, signal } => {
                unit.active_peer = unit.find(who);
                unit.signal(now, who, link, number, signal);
            }
            Input::Slots { who, link, subscriptions } => {
                unit.active_peer = unit.find(who);
                unit.subscribe(now, who, link, subscriptions);
            }
            Input::Media { who, media } => unit.media(who, media),
            Input::Record { who } => {
                unit.active_peer = unit.find(who);
                unit.record(now, who);
            }
            Input::StopRecording { who } => unit.stop_recording(who),
            Input::RecorderWantsKeyframe { who, source } => unit.recorder_wants_keyframe(now, who, source),
            Input::Overflowed { who, link } => unit.overflowed(who, link),
            Input::Left { who } => unit.left(who),
        });
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = Some(now);
        self.guarded(now, |unit| unit.timeout(now));
    }

    fn timeout(&mut self, now: Instant) {
        while let Some(&(due, key)) = self.timers.first().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, key));
            self.active_peer = Some(key);
            if let Some(peer) = self.peers.get_mut(key) {
                peer.noted_due = None;
                peer.advance(now);
                self.drain(now, key);
                self.plan_flush(now, key);
            }
        }
        if self.next_tick.is_some_and(|due| due <= now) {
            self.tick(now);
        }
        self.read_incoming(now);
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(due, _)| *due).into_iter().chain(self.next_tick).min()
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        while self.outputs.is_empty()
            && let Some(now) = self.now
            && let Some(key) = self.dirty.pop_front()
        {
            self.guarded(now, |unit| {
                unit.active_peer = Some(key);
                unit.flush(now, key);
            });
        }
        self.outputs.pop_front()
    }

    /// Takes back the buffer of a datagram that was sent, to use it again.
    pub fn recycle(&mut self, mut bytes: Vec<u8>) {
        if self.spare.len() < SPARE && bytes.capacity() >= DATAGRAM {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    /// What was done so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many links there are.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether somebody at this address has shown the password of a link that is still there.
    pub fn serves(&self, address: SocketAddr) -> bool {
        self.by_address.contains_key(&address)
    }

    /// Makes the unit panic at the next datagram of a link, for tests of what that costs.
    #[cfg(debug_assertions)]
    pub fn panic_soon(&mut self) {
        self.panics = true;
    }

    /// Whether there is no link.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    fn datagram(&mut self, now: Instant, datagram: &Datagram<'_>) {
        self.counters.datagrams_in += 1;
        self.counters.bytes_in += datagram.bytes.len() as u64;
        let known = self.by_address.get(&datagram.source).copied();
        // A check can be for another link than the one the address had before.
        let ufrag = if stun::is_stun(datagram.bytes) { stun::ufrag(datagram.bytes) } else { None };
        let named = ufrag.and_then(|ufrag| self.by_ufrag.get(ufrag)).copied();
        if named.is_none()
            && (known.is_none() || ufrag.is_some())
            && let Some(shard) = self.stray(ufrag, datagram.source)
        {
            return self.pass_on(shard, datagram);
        }
        let Some(key) = named.or(known) else {
            self.counters.datagrams_dropped += 1;
            return;
        };
        self.active_peer = Some(key);
        #[cfg(debug_assertions)]
        assert!(!std::mem::take(&mut self.panics), "a test asked for it");
        let Some(peer) = self.peers.get_mut(key).filter(|peer| known == Some(key) || peer.may_move()) else {
            self.counters.datagrams_dropped += 1;
            return;
        };
        match peer.receive(now, datagram) {
            Received::Nothing => self.counters.datagrams_dropped += 1,
            Received::Rtcp => return self.plan_flush(now, key),
            Received::ByTransport if known != Some(key) => {
                // It was authenticated by the link's password.
                let Config { shard, directory, .. } = &self.config;
                if let Some(forgotten) = peer.remember(datagram.source) {
                    self.by_address.remove(&forgotten);
                    directory.remove_address(*shard, forgotten);
                }
                self.by_address.insert(datagram.source, key);
                directory.add_address(*shard, datagram.source);
            }
            Received::ByTransport => {}
        }
        self.drain(now, key);
        self.read_incoming(now);
        self.plan_flush(now, key);
    }

    /// The other shard that has the link of a datagram that is not for a link here.
    fn stray(&self, ufrag: Option<&str>, source: SocketAddr) -> Option<u16> {
        let Config { shard, directory, .. } = &self.config;
        let of = match ufrag {
            Some(ufrag) => directory.of_ufrag(ufrag),
            None => directory.of_address(source),
        };
        of.filter(|of| of != shard)
    }

    fn pass_on(&mut self, shard: u16, datagram: &Datagram<'_>) {
        self.counters.datagrams_misrouted += 1;
        // The address had another link here, until the other shard heard a good check from it. A check alone proves nothing.
        if self.config.directory.of_address(datagram.source) == Some(shard) {
            self.by_address.remove(&datagram.source);
        }
        let &Datagram { transport, source, destination, came, bytes } = datagram;
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.extend_from_slice(bytes);
        let misrouted = Misrouted { shard, transport, source, destination, came, bytes: copy };
        self.outputs.push_back(Output::PassOn(misrouted));
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
        self.active_peer = Some(key);
        let peer = &mut self.peers[key];
        if number != peer.expected {
            return; // It was said again, because its sender could not know that it had come.
        }
        peer.expected = peer.expected.next();
        let name = peer.ufrag.clone();
        match signal {
            Signal::Offer { sdp, sections } => match peer.accept(&sdp, sections) {
                Ok(sdp) => {
                    let (number, expects) = (peer.next, peer.expected);
                    peer.next = peer.next.next();
                    self.tell(who, link, Event::Signal { number, expects, signal: Signal::Answer { sdp } });
                }
                Err(_) => peer.end(),
            },
            // It never offers, and ways to a participant show themselves by the checks that come from them.
            Signal::Answer { .. } | Signal::Candidate { .. } | Signal::EndOfCandidates => {}
        }
        let ufrag = &self.peers[key].ufrag;
        if *ufrag != name {
            let Config { shard, directory, .. } = &self.config;
            self.by_ufrag.remove(&name);
            directory.remove_ufrag(*shard, &name);
            directory.add_ufrag(*shard, ufrag);
            self.by_ufrag.insert(ufrag.clone(), key);
        }
        self.drain(now, key);
        self.read_incoming(now);
    }

    fn open(&mut self, now: Instant, who: Who, link: LinkId) -> Option<PeerKey> {
        if let Some(old) = self.find(who) {
            self.remove(old);
        }
        let mut peer = Peer::new(now, &self.config, &self.certificate, who, link)?;
        let room = self.rooms.entry(who.room).or_insert_with(RoomMedia::new);
        if let Some((_, subscriptions)) =
            room.early_subscriptions.remove(&who.participant).filter(|(of, _)| *of == link)
        {
            peer.subscriptions = subscriptions;
        }
        let ufrag = peer.ufrag.clone();
        self.config.directory.add_ufrag(self.config.shard, &ufrag);
        let key = self.peers.insert(peer);
        self.by_ufrag.insert(ufrag, key);
        room.add(who.participant, key);
        self.next_tick.get_or_insert(now + TICK);
        Some(key)
    }

    fn overflowed(&mut self, who: Who, link: LinkId) {
        match self.find(who).map(|key| (key, self.peers[key].link)) {
            Some((_, newer)) if newer > link => {}
            Some((key, _)) => self.remove(key),
            None => {}
        }
        self.tell(who, link, Event::Closed);
    }

    fn left(&mut self, who: Who) {
        self.stop_recording(who);
        if let Some(room) = self.rooms.get_mut(&who.room) {
            room.media.remove(&who.participant);
            room.early_subscriptions.remove(&who.participant);
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
        let Some((key, peer)) =
            room.by_participant.get(&who.participant).and_then(|key| Some((*key, self.peers.get(*key)?)))
        else {
            return;
        };
        let is_silent =
            |track: usize| peer.tracks.get(track).is_none_or(|track| !media.of(track.source).is_on());
        if room.speakers.remove_if(|speaker| speaker.peer == key && is_silent(speaker.track)) {
            self.tell_speakers(who.room);
        }
    }

    pub(crate) fn remove(&mut self, key: PeerKey) {
        let Some(mut peer) = self.peers.remove(key) else { return };
        peer.end();
        let Config { shard, directory, .. } = &self.config;
        self.by_ufrag.remove(&peer.ufrag);
        directory.remove_ufrag(*shard, &peer.ufrag);
        for address in &peer.addresses {
            if self.by_address.get(address) == Some(&key) {
                self.by_address.remove(address);
                directory.remove_address(*shard, *address);
            }
        }
        if let Some(due) = peer.noted_due {
            self.timers.remove(&(due, key));
        }
        for (index, slot) in peer.video.iter().enumerate() {
            if let Some(selection) = slot.selection {
                self.unsubscribe(selection.track, Subscriber { sink: SinkKey::Peer(key), index });
            }
        }
        let layers = peer.tracks.iter().flat_map(|track| &track.layers);
        for subscriber in layers.flat_map(|layer| &layer.subscribers) {
            if let Some(sink) = self.sink_mut(subscriber.sink) {
                sink.select(subscriber.index, None);
            }
        }
        let Who { room: code, participant } = peer.who;
        let Some(room) = self.rooms.get_mut(&code) else { return };
        room.remove(participant, key);
        if room.speakers.remove_if(|speaker| speaker.peer == key) {
            self.tell_speakers(code);
        }
    }

    /// Reads what a peer's transport wants done, until it wants nothing at this moment: its packets go out one behind the
    /// other, in one run.
    fn drain(&mut self, now: Instant, key: PeerKey) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        let (outputs, incoming, counters) = (&mut self.outputs, &mut self.incoming, &mut self.counters);
        let mut due = None;
        for _ in 0..AT_ONCE {
            due = peer.drain(
                now,
                |transmit| {
                    counters.datagrams_out += 1;
                    counters.bytes_out += transmit.bytes.len() as u64;
                    outputs.push_back(Output::Transmit(transmit));
                },
                |one| incoming.push_back((key, one)),
            );
            match due {
                Some(due) if due <= now => peer.advance(now),
                Some(_) | None => break,
            }
        }
        self.note_due(key, due);
    }

    /// A timer that comes too early costs one look; moving it each time would cost more.
    pub(crate) fn note_due(&mut self, key: PeerKey, due: Option<Instant>) {
        if let Some(due) = due
            && let Some(peer) = self.peers.get_mut(key)
            && peer.noted_due.is_none_or(|noted| due < noted)
        {
            if let Some(noted) = peer.noted_due.replace(due) {
                self.timers.remove(&(noted, key));
            }
            self.timers.insert((due, key));
        }
    }

    /// Puts a peer among those that are flushed.
    pub(crate) fn touch(&mut self, key: PeerKey) {
        if let Some(peer) = self.peers.get_mut(key)
            && !peer.is_dirty
        {
            peer.is_dirty = true;
            self.dirty.push_back(key);
        }
    }

    /// Sees to it that a peer is flushed when it has something to send by itself.
    fn plan_flush(&mut self, now: Instant, key: PeerKey) {
        match self.peers.get(key).and_then(|peer| peer.flush_due(now)) {
            Some(due) if due <= now => self.touch(key),
            due => self.note_due(key, due),
        }
    }

    /// Sends what was written to a peer since the last time, in one run.
    fn flush(&mut self, now: Instant, key: PeerKey) {
        let Self { peers, outputs, counters, spare, .. } = self;
        let Some(peer) = peers.get_mut(key) else { return };
        peer.is_dirty = false;
        let buffer = || spare.pop().unwrap_or_else(|| Vec::with_capacity(DATAGRAM));
        peer.flush(now, buffer, |transmit, purpose| {
            counters.datagrams_out += 1;
            counters.bytes_out += transmit.bytes.len() as u64;
            counters.packets_retransmitted += u64::from(purpose == Purpose::Extra);
            outputs.push_back(Output::Transmit(transmit));
        });
        let wants_transport = peer.takes_transport();
        let gone = peer.gone();
        // What is due at once goes at the next look, so that others have their turn.
        let due = peer.flush_due(now).map(|due| due.max(now + SOON));
        self.note_due(key, due);
        self.request_keyframes_for(now, key, &gone);
        if wants_transport {
            if let Some(peer) = self.peers.get_mut(key) {
                peer.advance(now);
            }
            self.drain(now, key);
            self.read_incoming(now);
        }
    }

    pub(crate) fn read_incoming(&mut self, now: Instant) {
        while let Some((key, one)) = self.incoming.pop_front() {
            self.active_peer = Some(key);
            match one {
                Incoming::Packet(packet) => self.forward(now, key, &packet),
                Incoming::Event(event) => self.event(now, key, &event),
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a library's events grow; these are what forwarding needs"
    )]
    fn event(&mut self, now: Instant, key: PeerKey, event: &str0m::Event) {
        let Some(peer) = self.peers.get_mut(key) else { return };
        match event {
            str0m::Event::Connected => {
                peer.connected(now);
                self.newcomer(now, key);
            }
            str0m::Event::IceConnectionStateChange(state) => {
                peer.path_changed(now, *state);
            }
            str0m::Event::MediaAdded(added) => {
                peer.add_section(added);
                self.assign_subscriptions(now, key);
            }
            str0m::Event::MediaChanged(changed) => peer.section_changed(changed.mid, changed.direction),
            str0m::Event::KeyframeRequest(request) => {
                let slot = peer.video.iter().find(|slot| slot.mid == request.mid);
                if let Some(selection) = slot.and_then(|slot| slot.selection)
                    && let Some(layer) = selection.current.or(selection.target)
                {
                    self.counters.keyframes_wanted += 1;
                    self.want_keyframe(now, selection.track, layer);
                }
            }
            str0m::Event::EgressBitrateEstimate(BweKind::Remb { estimate, .. }) => {
                peer.on_remb(estimate.as_u64());
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
        self.reallocate(now, key);
    }

    fn tick(&mut self, now: Instant) {
        self.next_tick = (!self.peers.is_empty()).then_some(now + TICK);
        let keys: Vec<_> = self.peers.keys().collect();
        for key in keys {
            self.active_peer = Some(key);
            let Some(peer) = self.peers.get_mut(key) else { continue };
            peer.check_health(now);
            if peer.is_over() {
                let (who, link) = (peer.who, peer.link);
                self.remove(key);
                self.tell(who, link, Event::Closed);
                continue;
            }
            let mut asked = Vec::new();
            for (index, track) in peer.tracks.iter_mut().enumerate() {
                track.tick(now, TICK);
                for (layer, sent) in track.layers.iter_mut().enumerate() {
                    if !sent.subscribers.is_empty() && sent.keyframe_due(now) {
                        asked.push((index, layer));
                    }
                }
            }
            for (track, layer) in asked {
                self.ask_for_keyframe(key, track, layer);
            }
            self.reallocate(now, key);
            if let Some(who) = self.peers.get(key).map(|peer| peer.who) {
                self.assign_recorder(now, who);
            }
            if let Some(peer) = self.peers.get_mut(key) {
                self.counters.note(peer.tick(now));
            }
            self.plan_flush(now, key);
        }
        self.tell_wanted_layers(now);
        self.log_figures(now);
    }

    pub(crate) fn tell(&mut self, who: Who, link: LinkId, event: Event) {
        self.outputs.push_back(Output::Event { who, link, event });
    }

    pub(crate) fn find(&self, who: Who) -> Option<PeerKey> {
        let key = self.rooms.get(&who.room)?.by_participant.get(&who.participant).copied();
        key.filter(|key| self.peers.contains_key(*key))
    }
}
