//! The driver of a server's rings, as short as it can be: storage is a map, which outlives the server.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{
    CallId, ChallengeNonce, Credential, DeviceId, MessageId, PlaceRing, PublicKey, RingEvent, RingFrame,
    RingId, RingMessage, RoomCode, Standing, Timestamp,
};
use ring::{
    Admission, Attachment, CallRecord, CallState, ConnectionId, Departure, Input, Output, Placement,
    Relation, Rings, RingsInit, Trace, Waking,
};

use super::page::{STRANGER, id_of, key_of};

/// What the world's clock shows at the beginning.
const START: Timestamp = Timestamp(1_782_000_000_000);

/// A server and its storage.
pub(super) struct Server {
    rings: Rings,
    rows: BTreeMap<RingId, CallRecord>,
    /// Who has opened which socket.
    opened: BTreeMap<u64, Opened>,
    /// Nothing answers before then.
    down_until: Duration,
    rooms_made: u64,
    /// What decides who may ring whom; everybody may without.
    rules: Option<u64>,
}

#[derive(Clone, Debug)]
struct Opened {
    person: usize,
    device: DeviceId,
    identity: PublicKey,
}

impl Server {
    pub(super) fn new(rules: Option<u64>) -> Self {
        Self {
            rings: Rings::new(Duration::ZERO, RingsInit { wall: START, unfinished: vec![], seen_at: None }),
            rows: BTreeMap::new(),
            opened: BTreeMap::new(),
            down_until: Duration::ZERO,
            rooms_made: 0,
            rules,
        }
    }

    /// Ends, and is there again at `until`.
    pub(super) fn restart(&mut self, now: Duration, until: Duration) {
        let is_open = |row: &&CallRecord| !matches!(row.state, CallState::Over { .. }) || row.stays.is_some();
        let open = self.rows.values().filter(is_open);
        let unfinished = open.cloned().collect();
        let wall = Timestamp(START.0 + u64::try_from(now.as_millis()).unwrap_or_default());
        self.rings = Rings::new(now, RingsInit { wall, seen_at: None, unfinished });
        self.opened.clear();
        self.down_until = until;
    }

    pub(super) fn is_down(&self, now: Duration) -> bool {
        now < self.down_until
    }

    pub(super) fn rows(&self) -> &BTreeMap<RingId, CallRecord> {
        &self.rows
    }

    pub(super) fn keep(&mut self, row: CallRecord) {
        self.rows.insert(row.ring, row);
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.rings.poll_timeout()
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        self.rings.handle_timeout(now);
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.rings.poll_output()
    }

    /// How many rings are remembered.
    pub(super) fn remembered(&self) -> usize {
        self.rings.len()
    }

    /// The first message of a socket. The answer.
    pub(super) fn open(
        &mut self,
        socket: u64,
        person: usize,
        device: DeviceId,
        identity: PublicKey,
    ) -> RingEvent {
        self.opened.insert(socket, Opened { person, device, identity: identity.clone() });
        let nonce = ChallengeNonce::new("N".repeat(43)).expect("43 characters");
        RingEvent::Challenge { nonce, key: identity }
    }

    pub(super) fn close(&mut self, now: Duration, socket: u64, departure: Departure) {
        if self.opened.remove(&socket).is_some() {
            self.rings.handle_input(now, Input::Disconnect { connection: connection(socket), departure });
        }
    }

    /// A later message of a socket. The answer, where storage alone gives it.
    pub(super) fn hear(&mut self, now: Duration, socket: u64, frame: RingFrame) -> Option<RingEvent> {
        let opened = self.opened.get(&socket)?.clone();
        let RingFrame { id, message } = frame;
        match message {
            RingMessage::Prove { standing, .. } => self.attach(now, socket, opened, standing),
            RingMessage::LookUp { callee } => {
                let person = (0..=STRANGER).find(|person| id_of(*person) == callee).unwrap_or(STRANGER);
                return Some(RingEvent::KeyOf { callee, key: key_of(person) });
            }
            RingMessage::Ping => return Some(RingEvent::Pong),
            RingMessage::Place(place) => self.place(now, socket, (opened.person, id), *place),
            RingMessage::Receipt { .. }
            | RingMessage::Answer { .. }
            | RingMessage::Decline { .. }
            | RingMessage::Cancel { .. }
            | RingMessage::HangUp { .. }
            | RingMessage::SetActivity { .. }
            | RingMessage::ReadHistory { .. }
            | RingMessage::ChangeHistory { .. }
            | RingMessage::SetContact { .. }
            | RingMessage::ReadBlocked { .. }
            | RingMessage::ReadRules
            | RingMessage::SetRules { .. }
            | RingMessage::ReadPush
            | RingMessage::SubscribePush(_)
            | RingMessage::UnsubscribePush { .. }
            | RingMessage::ReplaceCallId => {
                self.rings.handle_input(now, Input::Message { connection: connection(socket), id, message });
            }
        }
        None
    }

    fn attach(&mut self, now: Duration, socket: u64, opened: Opened, standing: Standing) {
        let attachment = Attachment {
            connection: connection(socket),
            call_id: id_of(opened.person),
            device: opened.device,
            identity: opened.identity,
            standing,
            row: standing.ring().and_then(|ring| self.rows.get(&ring)).cloned(),
        };
        self.rings.handle_input(now, Input::Attach(Box::new(attachment)));
    }

    fn place(
        &mut self,
        now: Duration,
        socket: u64,
        (person, id): (usize, Option<MessageId>),
        place: PlaceRing,
    ) {
        let row = self.rows.get(&place.ring).cloned();
        self.rooms_made += 1;
        let made = RoomCode::from_random(self.rooms_made);
        let into = place.into.and_then(|into| self.rows.get(&into));
        let into = into.filter(|row| [row.caller, row.callee].contains(&id_of(person)));
        let room = row.as_ref().or(into).and_then(|row| row.room);
        let placement = Placement {
            // Nobody opens anything here, so one key is as good as another.
            callee_key: PublicKey::new("A".repeat(43)).expect("43 characters"),
            admission: self.admission(id_of(person), place.callee),
            waking: self.waking(place.callee),
            room: room.unwrap_or(made),
            credential: Credential::new(format!("key {}", self.rooms_made)).expect("not empty"),
            place,
            row,
            program: None,
        };
        let connection = connection(socket);
        self.rings.handle_input(now, Input::Place { connection, id, placement: Box::new(placement) });
    }

    /// Half of the people have asked to be woken.
    fn waking(&self, callee: CallId) -> Waking {
        let is_possible = self.rules.is_some_and(|rules| (rules ^ u64::from(callee.number())) % 2 == 0);
        if is_possible { Waking::Possible } else { Waking::Impossible }
    }

    /// Most may ring each other; it stays as it is between two people.
    fn admission(&self, caller: CallId, callee: CallId) -> Admission {
        let Some(rules) = self.rules else { return Admission::Rings(Relation::Stranger) };
        // Nobody knows the stranger, who changes nothing of what others do.
        let friend = if caller == id_of(STRANGER) { Relation::Stranger } else { Relation::Known };
        let mixed = rules ^ u64::from(caller.number()) ^ (u64::from(callee.number()) << 7);
        match mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60 {
            0 => Admission::AsksFirst,
            1 => Admission::Unreachable(Trace::Missed),
            2 => Admission::Unreachable(Trace::None),
            3..8 => Admission::Rings(friend),
            8.. => Admission::Rings(Relation::Stranger),
        }
    }
}

fn connection(socket: u64) -> ConnectionId {
    ConnectionId(socket.into())
}
