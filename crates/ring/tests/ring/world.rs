//! A server's rings, the devices that lead to it, what each of them heard, and what storage has.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::{
    CallId, CloseCode, Credential, DeviceId, ErrorCode, IncomingRing, Invitation, Outcome, PlaceRing,
    Progress, ProtocolError, PublicKey, Receipt, RingEvent, RingId, RingMessage, RoomCode, Standing,
    Timestamp,
};
use ring::{
    Admission, Attachment, CallRecord, CallState, ConnectionId, Departure, Input, Output, Placement, Program,
    Relation, Rings, RingsInit, Waking,
};
use uuid::Uuid;

/// A device: whose, and which of theirs.
pub(crate) type Device = (u32, u128);

pub(crate) const ADA: Device = (1, 1);
pub(crate) const ADA_2: Device = (1, 2);
pub(crate) const BOB: Device = (2, 1);
pub(crate) const BOB_2: Device = (2, 2);
pub(crate) const BOB_3: Device = (2, 3);
pub(crate) const CEM: Device = (3, 1);
pub(crate) const CEM_2: Device = (3, 2);
pub(crate) const DAN: Device = (4, 1);
pub(crate) const EVE: Device = (9, 1);

/// What the world's clock shows when a test begins: in the summer of 2026.
const START: Timestamp = Timestamp(1_782_000_000_000);

pub(crate) struct World {
    pub(crate) rings: Rings,
    pub(crate) now: Duration,
    pub(crate) admission: Admission,
    /// When a server was last there, as the next one is told.
    pub(crate) seen_at: Option<Timestamp>,
    pub(crate) waking: Waking,
    heard: BTreeMap<Device, Vec<RingEvent>>,
    pub(crate) sockets: BTreeMap<Device, ConnectionId>,
    pub(crate) closed: Vec<(ConnectionId, CloseCode)>,
    /// The rows that storage has, and each state that they have been in.
    pub(crate) rows: BTreeMap<RingId, CallRecord>,
    /// Storage takes no row of a ring that begins.
    pub(crate) takes_none_anew: bool,
    pub(crate) states: Vec<(RingId, CallState)>,
    pub(crate) woken: Vec<CallId>,
    pub(crate) missed: Vec<(CallId, RingId)>,
    pub(crate) settled: Vec<(CallId, RingId)>,
    sockets_made: u128,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            rings: Rings::new(Duration::ZERO, RingsInit { wall: START, seen_at: None, unfinished: vec![] }),
            now: Duration::ZERO,
            admission: Admission::Rings(Relation::Stranger),
            seen_at: None,
            waking: Waking::Impossible,
            heard: BTreeMap::new(),
            sockets: BTreeMap::new(),
            closed: vec![],
            rows: BTreeMap::new(),
            takes_none_anew: false,
            states: vec![],
            woken: vec![],
            missed: vec![],
            settled: vec![],
            sockets_made: 0,
        }
    }

    /// A world in which these devices are there.
    pub(crate) fn with<const N: usize>(devices: [Device; N]) -> Self {
        let mut world = Self::new();
        devices.into_iter().for_each(|device| world.attach(device));
        world.forget();
        world
    }

    /// Bob's devices ring with ring 1, by Ada.
    pub(crate) fn ringing<const N: usize>(devices: [Device; N]) -> Self {
        let mut world = Self::with(devices);
        world.place(ADA, 1, BOB);
        world.forget();
        world
    }

    /// Ada and Bob talk; it was ring 1.
    pub(crate) fn talking<const N: usize>(others: [Device; N]) -> Self {
        let mut world = Self::ringing([ADA, BOB]);
        others.into_iter().for_each(|device| world.attach(device));
        world.answer(BOB, 1);
        world.forget();
        world
    }

    pub(crate) fn attach(&mut self, device: Device) {
        self.attach_as(device, Standing::Idle);
    }

    /// A device attaches, or does so again.
    pub(crate) fn attach_as(&mut self, device: Device, standing: Standing) {
        self.sockets_made += 1;
        let connection = ConnectionId(self.sockets_made);
        self.sockets.insert(device, connection);
        let named = standing.ring().and_then(|ring| self.rows.get(&ring).cloned());
        self.input(Input::Attach(Box::new(Attachment {
            connection,
            call_id: id(device),
            device: device_id(device),
            identity: key(device),
            standing,
            row: named,
        })));
    }

    pub(crate) fn place(&mut self, device: Device, number: u128, callee: Device) {
        self.place_after(device, number, callee, 0);
    }

    pub(crate) fn place_after(&mut self, device: Device, number: u128, callee: Device, waited_ms: u32) {
        let connection = self.sockets[&device];
        self.place_as(connection, None, (number, callee), (waited_ms, None));
    }

    /// A device rings somebody into the call of another ring. Storage has the room of that.
    pub(crate) fn place_into(&mut self, device: Device, number: u128, callee: Device, into: u128) {
        self.place_into_after(device, number, callee, (into, 0));
    }

    pub(crate) fn place_into_after(
        &mut self,
        device: Device,
        number: u128,
        callee: Device,
        (into, waited_ms): (u128, u32),
    ) {
        let connection = self.sockets[&device];
        self.place_as(connection, None, (number, callee), (waited_ms, Some(ring(into))));
    }

    /// A program rings, as the identity of this device. Returns what it is told.
    pub(crate) fn place_as_program(
        &mut self,
        device: Device,
        number: u128,
        callee: Device,
    ) -> Vec<RingEvent> {
        self.sockets_made += 1;
        let connection = ConnectionId(self.sockets_made);
        let told = (u32::MAX, self.sockets_made);
        self.sockets.insert(told, connection);
        let program = Program { call_id: id(device), identity: key(device), api_key: "program".into() };
        self.place_as(connection, Some(program), (number, callee), (0, None));
        self.hears(told)
    }

    /// A program gives a ring up, or hangs up.
    pub(crate) fn withdraw(&mut self, device: Device, number: u128) {
        let connection = ConnectionId(u128::MAX);
        self.input(Input::Withdraw { connection, call_id: id(device), ring: ring(number) });
    }

    fn place_as(
        &mut self,
        connection: ConnectionId,
        program: Option<Program>,
        (number, callee): (u128, Device),
        (waited_ms, into): (u32, Option<RingId>),
    ) {
        let invitation = Invitation::new(format!("invitation-{number}")).unwrap();
        let place =
            PlaceRing { ring: ring(number), callee: id(callee), waited_ms, into, invitation, note: None };
        let row = self.rows.get(&place.ring).cloned();
        let made = RoomCode::from_random(u64::try_from(number).unwrap());
        let named = into.and_then(|into| self.rows.get(&into)?.room);
        let room = row.as_ref().and_then(|row| row.room).or(named).unwrap_or(made);
        let credential = Credential::new(format!("key of {number}")).unwrap();
        let callee_key = key(callee);
        let (admission, waking) = (self.admission, self.waking);
        let placement = Placement { place, callee_key, admission, waking, room, credential, row, program };
        self.input(Input::Place { connection, id: None, placement: Box::new(placement) });
    }

    pub(crate) fn say(&mut self, device: Device, message: RingMessage) {
        let connection = self.sockets[&device];
        self.input(Input::Message { connection, id: None, message });
    }

    pub(crate) fn answer(&mut self, device: Device, number: u128) {
        self.say(device, RingMessage::Answer { ring: ring(number) });
    }

    pub(crate) fn decline(&mut self, device: Device, number: u128) {
        self.say(device, RingMessage::Decline { ring: ring(number), message: None });
    }

    pub(crate) fn cancel(&mut self, device: Device, number: u128) {
        self.say(device, RingMessage::Cancel { ring: ring(number) });
    }

    pub(crate) fn hang_up(&mut self, device: Device, number: u128) {
        let reason = protocol::HangUpReason::HungUp;
        self.say(device, RingMessage::HangUp { ring: ring(number), reason });
    }

    pub(crate) fn receipt(&mut self, device: Device, number: u128, receipt: Receipt) {
        self.say(device, RingMessage::Receipt { ring: ring(number), receipt });
    }

    pub(crate) fn lose(&mut self, device: Device) {
        let connection = self.sockets[&device];
        self.input(Input::Disconnect { connection, departure: Departure::Broken });
    }

    pub(crate) fn close(&mut self, device: Device) {
        let connection = self.sockets[&device];
        self.input(Input::Disconnect { connection, departure: Departure::Closed });
    }

    /// The server ends and starts again; nobody is connected. Storage may have been lost, too.
    pub(crate) fn restart(&mut self, storage: Storage) {
        if storage == Storage::Lost {
            self.rows.clear();
        }
        let goes_on = |row: &&CallRecord| !matches!(row.state, CallState::Over { .. }) || row.stays.is_some();
        let unfinished = self.rows.values().filter(goes_on);
        let unfinished = unfinished.cloned().collect();
        let wall = Timestamp(START.0 + u64::try_from(self.now.as_millis()).unwrap());
        self.rings = Rings::new(self.now, RingsInit { wall, seen_at: self.seen_at, unfinished });
        self.collect();
    }

    /// Lets time pass, and does what is due in it.
    pub(crate) fn wait(&mut self, duration: Duration) {
        let until = self.now + duration;
        while let Some(due) = self.rings.poll_timeout().filter(|due| *due <= until) {
            assert!(due >= self.now, "what was due has been done");
            self.now = due;
            self.rings.handle_timeout(self.now);
            self.collect();
        }
        self.now = until;
    }

    /// Time in which nothing is done, because there is no server.
    pub(crate) fn wait_without_a_server(&mut self, secs: u64) {
        self.now += Duration::from_secs(secs);
    }

    pub(crate) fn wait_secs(&mut self, secs: u64) {
        self.wait(Duration::from_secs(secs));
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.rings.handle_input(self.now, input);
        self.collect();
    }

    fn collect(&mut self) {
        while let Some(output) = self.rings.poll_output() {
            match output {
                Output::Send { to, event } => {
                    let device = self.sockets.iter().find(|(_, connection)| **connection == to);
                    if let Some((device, _)) = device {
                        self.heard.entry(*device).or_default().push(*event);
                    }
                }
                Output::Close { connection, code } => self.closed.push((connection, code)),
                Output::Record(row) if self.takes_none_anew && row.state == CallState::Ringing => {
                    self.rings.handle_input(self.now, Input::Unkept { ring: row.ring });
                }
                Output::Record(row) => {
                    self.states.push((row.ring, row.state));
                    self.rows.insert(row.ring, *row);
                }
                Output::Wake { callee, .. } => self.woken.push(callee),
                Output::Missed { callee, ring, .. } => self.missed.push((callee, ring)),
                Output::Settled { callee, ring, .. } => self.settled.push((callee, ring)),
            }
        }
    }

    /// What a device heard since it was asked last.
    pub(crate) fn hears(&mut self, device: Device) -> Vec<RingEvent> {
        self.heard.remove(&device).unwrap_or_default()
    }

    /// Forgets what was heard so far.
    pub(crate) fn forget(&mut self) {
        self.heard.clear();
        self.states.clear();
    }

    /// How far a ring is in storage.
    pub(crate) fn state(&self, number: u128) -> CallState {
        self.rows[&ring(number)].state
    }

    /// How a ring ended in storage.
    pub(crate) fn outcome(&self, number: u128) -> Option<Outcome> {
        if let CallState::Over { outcome } = self.state(number) { Some(outcome) } else { None }
    }
}

/// Whether a restarted server finds what it has kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    Kept,
    Lost,
}

pub(crate) fn id(device: Device) -> CallId {
    CallId::nth(device.0)
}

pub(crate) fn device_id((person, number): Device) -> DeviceId {
    DeviceId::new(Uuid::from_u128(u128::from(person) * 100 + number))
}

pub(crate) fn ring(number: u128) -> RingId {
    RingId::new(Uuid::from_u128(number))
}

pub(crate) fn key(device: Device) -> PublicKey {
    PublicKey::new(format!("{:A>42}A", device.0)).unwrap()
}

pub(crate) fn over(number: u128, outcome: Outcome) -> RingEvent {
    RingEvent::Over { ring: ring(number), outcome, message: None }
}

pub(crate) fn answered(number: u128) -> RingEvent {
    RingEvent::Answered { ring: ring(number), talked_ms: 0 }
}

pub(crate) fn progress(number: u128, progress: Progress) -> RingEvent {
    RingEvent::Progress { ring: ring(number), progress }
}

pub(crate) fn error(code: ErrorCode) -> RingEvent {
    RingEvent::Error(ProtocolError::new(code, None))
}

/// The rings that were shown among what somebody heard.
pub(crate) fn incoming(events: &[RingEvent]) -> Vec<&IncomingRing> {
    let incoming = events
        .iter()
        .filter_map(|event| if let RingEvent::Incoming(incoming) = event { Some(&**incoming) } else { None });
    incoming.collect()
}
