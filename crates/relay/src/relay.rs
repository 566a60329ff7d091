//! The relay of one shard: finds whose a message is, checks who sent it, and carries out what they may ask.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

use slotmap::{SecondaryMap, SlotMap};
use stun_types::attribute::{ErrorCode, MessageIntegrity, Nonce, Realm, Username};
use stun_types::message::{IntegrityKey, Message, MessageClass};
use stun_types::prelude::AttributeStaticType as _;
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH, SEND};

use crate::allocation::Client;
use crate::bucket::Allowance;
use crate::credentials::{is_test, who};
use crate::reply::Asked;
use crate::request::{self, BINDING};
use crate::socket::Socket;
use crate::unverified::{Stranger, Unverified, client_prefix};
use crate::users::{Holder, Users};
use crate::{Config, Counters, Flow, Input, Now, Output, SocketKey, Transport, channel_data, nonce};

/// Buffers that are kept to be used again.
const SPARE: usize = 256;

/// A relay. `now` never goes back.
pub struct Relay {
    pub(crate) config: Config,
    pub(crate) allowance: Allowance,
    pub(crate) sockets: SlotMap<SocketKey, Socket>,
    pub(crate) by_flow: HashMap<Flow, SocketKey>,
    pub(crate) users: Users,
    /// When a socket ends by itself, or earlier.
    pub(crate) timers: BTreeSet<(Instant, SocketKey)>,
    watched: SecondaryMap<SocketKey, Instant>,
    /// Sockets that wait for whoever knows the token.
    pub(crate) by_token: HashMap<u64, SocketKey>,
    pub(crate) counters: Counters,
    pub(crate) outputs: VecDeque<Output>,
    pub(crate) indications: u128,
    unverified: Unverified,
    spare: Vec<Vec<u8>>,
}

impl Relay {
    /// A relay without clients.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let limits = config.limits;
        Self {
            allowance: Allowance::of_a_second(limits.bytes_per_second),
            users: Users::new(Allowance::of_a_second(limits.user_bytes_per_second)),
            config,
            sockets: SlotMap::with_key(),
            by_flow: HashMap::new(),
            timers: BTreeSet::new(),
            watched: SecondaryMap::new(),
            by_token: HashMap::new(),
            counters: Counters::default(),
            outputs: VecDeque::new(),
            indications: 0,
            unverified: Unverified::default(),
            spare: Vec::new(),
        }
    }

    /// Takes one event.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        match input {
            Input::FromClient { flow, bytes } => self.take_from_client(now, flow, bytes),
            Input::FromPeer { socket, source, bytes } => {
                self.take_from_peer(now.moment, socket, source, bytes);
            }
            Input::Opened { socket, result } => self.opened(now.moment, socket, result),
            Input::Closed { flow } => {
                if let Some(socket) = self.by_flow.get(&flow) {
                    self.end(*socket);
                }
            }
            Input::Failed { socket } => self.end(socket),
        }
    }

    /// Ends what has expired at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(&(due, key)) = self.timers.first().filter(|(due, _)| *due <= now) {
            self.timers.remove(&(due, key));
            self.watched.remove(key);
            match self.sockets.get(key).and_then(Socket::due) {
                Some(due) if now < due => self.watch(key),
                Some(_) => self.end(key),
                None => {}
            }
        }
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Takes back the buffer of something that was sent, to use it again.
    pub fn recycle(&mut self, mut bytes: Vec<u8>) {
        if self.spare.len() < SPARE {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    /// What was done so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters { allocations: self.by_flow.len() as u64, ..self.counters }
    }

    /// Whether a client has an allocation, or is about to have one.
    #[must_use]
    pub fn serves(&self, flow: Flow) -> bool {
        self.by_flow.contains_key(&flow)
    }

    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    fn take_from_client(&mut self, now: Now, flow: Flow, bytes: &[u8]) {
        if let Some((channel, payload)) = channel_data::read(bytes) {
            return self.channel_data(now.moment, flow, channel, payload);
        }
        let Some(message) = request::parse(bytes) else {
            self.counters.dropped += 1;
            return;
        };
        match (message.class(), message.method()) {
            (MessageClass::Request, BINDING) => self.binding(now.moment, flow, &message),
            (MessageClass::Request, _) => self.request(now, flow, &message),
            (MessageClass::Indication, SEND) => self.send_indication(now.moment, flow, &message),
            (MessageClass::Indication | MessageClass::Success | MessageClass::Error, _) => {
                self.counters.dropped += 1;
            }
        }
    }

    fn binding(&mut self, now: Instant, flow: Flow, message: &Message<'_>) {
        let asked = Asked::of(message);
        let unknown = request::not_understood(message);
        let answer =
            if unknown.is_empty() { asked.mapped(flow.client) } else { asked.unknown(None, &unknown) };
        self.answer_stranger(now, flow, Stranger::AsksAddress, answer);
    }

    /// Anything but Binding is for those who prove who they are (RFC 8489 §9.2.4).
    fn request(&mut self, now: Now, flow: Flow, message: &Message<'_>) {
        let asked = Asked::of(message);
        let (username, key) = match self.authenticate(now, flow, message) {
            Ok(client) => client,
            Err(code) => return self.refuse(now, flow, asked, code),
        };
        let answer = self.answer(now.moment, flow, message, username, &key);
        if let Some(answer) = answer {
            self.outputs.push_back(Output::ToClient { flow, bytes: answer });
        }
    }

    /// The name and the key of whoever sent a request, or the code of the refusal.
    fn authenticate(
        &self,
        now: Now,
        flow: Flow,
        message: &Message<'_>,
    ) -> Result<(String, IntegrityKey), u16> {
        if !message.has_attribute(MessageIntegrity::TYPE) {
            return Err(ErrorCode::UNAUTHORIZED);
        }
        let (Ok(username), Ok(realm), Ok(nonce)) =
            (message.attribute::<Username>(), message.attribute::<Realm>(), message.attribute::<Nonce>())
        else {
            return Err(ErrorCode::BAD_REQUEST);
        };
        let Config { secret, realm: own, .. } = &self.config;
        let username = username.username();
        // Whoever has an allocation keeps it after the credentials have expired: calls last longer than they do.
        let known = self
            .client(flow)
            .filter(|client| client.username == username && !is_test(username))
            .map(|client| client.key.clone());
        let key = known.or_else(|| secret.key(now.unix, own, username)).ok_or(ErrorCode::UNAUTHORIZED)?;
        if realm.realm() != own || message.validate_integrity_with_key(&key).is_err() {
            return Err(ErrorCode::UNAUTHORIZED);
        }
        if !nonce::is_good(secret, now.unix, flow.client, nonce.nonce()) {
            return Err(ErrorCode::STALE_NONCE);
        }
        Ok((username.to_owned(), key))
    }

    fn refuse(&mut self, now: Now, flow: Flow, asked: Asked, code: u16) {
        self.counters.unauthorized += 1;
        let answer = if code == ErrorCode::BAD_REQUEST {
            asked.refusal(code)
        } else {
            let nonce = nonce::make(&self.config.secret, now.unix, flow.client);
            asked.challenge(code, &self.config.realm, &nonce)
        };
        if code == ErrorCode::STALE_NONCE {
            // Whoever this was made by knows a password; that it is said again is all that is wrong.
            self.outputs.push_back(Output::ToClient { flow, bytes: answer });
        } else {
            self.answer_stranger(now.moment, flow, Stranger::AsksRelay, answer);
        }
    }

    /// Over a stream, a client has shown that it is where it says it is.
    fn answer_stranger(&mut self, now: Instant, flow: Flow, stranger: Stranger, answer: Vec<u8>) {
        let may_answer = flow.transport != Transport::Udp
            || self.unverified.may_answer(now, flow.client, stranger, answer.len());
        if !may_answer {
            self.counters.withheld += 1;
            return;
        }
        self.outputs.push_back(Output::ToClient { flow, bytes: answer });
    }

    fn answer(
        &mut self,
        now: Instant,
        flow: Flow,
        message: &Message<'_>,
        username: String,
        key: &IntegrityKey,
    ) -> Option<Vec<u8>> {
        let asked = Asked::of(message);
        if self.client(flow).is_some_and(|client| client.username != username) {
            return Some(asked.error(key, ErrorCode::WRONG_CREDENTIALS));
        }
        let unknown = request::not_understood(message);
        if !unknown.is_empty() {
            return Some(asked.unknown(Some(key), &unknown));
        }
        let result = match message.method() {
            ALLOCATE => {
                let holder =
                    Holder { user: who(&username).to_owned(), address: client_prefix(flow.client.ip()) };
                self.allocate(now, Client { flow, username, key: key.clone(), holder }, message)
            }
            REFRESH => self.refresh(now, flow, message, key).map(Some),
            CREATE_PERMISSION => self.create_permission(now, flow, message, key).map(Some),
            CHANNEL_BIND => self.channel_bind(now, flow, message, key).map(Some),
            _ => Err(ErrorCode::BAD_REQUEST),
        };
        result.unwrap_or_else(|code| Some(asked.error(key, code)))
    }

    pub(crate) fn client(&self, flow: Flow) -> Option<&Client> {
        match self.sockets.get(*self.by_flow.get(&flow)?)? {
            Socket::Opening(opening) => Some(&opening.client),
            Socket::Open(allocation) => Some(&allocation.client),
            Socket::Reserving(_) | Socket::Reserved(_) => None,
        }
    }

    /// Closes a socket and forgets what was about it.
    pub(crate) fn end(&mut self, key: SocketKey) {
        let Some(socket) = self.sockets.remove(key) else { return };
        self.users.remove(socket.holder());
        if let Some(address) = socket.address() {
            self.config.live.remove(address);
        }
        if let Some(due) = self.watched.remove(key) {
            self.timers.remove(&(due, key));
        }
        match socket {
            Socket::Open(allocation) => _ = self.by_flow.remove(&allocation.client.flow),
            Socket::Opening(opening) => {
                self.by_flow.remove(&opening.client.flow);
                if let Some(next) = opening.next {
                    self.end(next);
                }
            }
            Socket::Reserved(reservation) => _ = self.by_token.remove(&reservation.token),
            Socket::Reserving(_) => {}
        }
        self.outputs.push_back(Output::Close { socket: key });
    }

    /// Looks at a socket again when it is due to end, or has been refreshed since.
    pub(crate) fn watch(&mut self, key: SocketKey) {
        if let Some(due) = self.sockets.get(key).and_then(Socket::due) {
            if let Some(before) = self.watched.insert(key, due) {
                self.timers.remove(&(before, key));
            }
            self.timers.insert((due, key));
        }
    }

    /// How long an allocation lasts that is asked to last so many seconds (RFC 8656 §7.2).
    pub(crate) fn lifetime(&self, asked: Option<u32>) -> Duration {
        let longest = self.config.limits.lifetime.max(SHORTEST);
        asked.map_or(SHORTEST, |seconds| Duration::from_secs(seconds.into())).clamp(SHORTEST, longest)
    }
}

// A relay that ends, by a panic too, leaves no port that others take for relayed from.
impl Drop for Relay {
    fn drop(&mut self) {
        for address in self.sockets.values().filter_map(Socket::address) {
            self.config.live.remove(address);
        }
    }
}

/// RFC 8656 §7.2: the default, and the least that is given.
const SHORTEST: Duration = Duration::from_secs(600);
