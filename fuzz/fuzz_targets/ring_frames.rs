//! Whatever strangers say as devices and as programs, a line a frame, the call of two honest people comes about and lasts until one of them hangs
//! up; nobody is in two calls, and nothing rings for longer than thirty seconds.
//!
//! A line is a frame (`place` rings, `prove` attaches with its `standing`), or begins with words: `device N` speaks for another device, `lose` and
//! `close` end its socket, `wait MILLIS` lets time pass, `program FRAME` has a program say `place` or `cancel`.

#![no_main]

use std::collections::BTreeMap;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use protocol::{
    CallId, Credential, DeviceId, HangUpReason, Invitation, Outcome, PlaceRing, PublicKey, RingEvent, RingFrame,
    RingId, RingMessage, RoomCode, Standing, Timestamp,
};
use ring::{
    Admission, Attachment, CallRecord, CallState, ConnectionId, Departure, Input, Output, Placement, Program,
    RING_FOR, Relation, Rings, RingsInit,
};
use uuid::Uuid;

/// What the world's clock shows in the beginning.
const START: Timestamp = Timestamp(1_782_000_000_000);

const ADA: Device = (1, 1);
const BOB: Device = (2, 1);

/// Whose, and which of theirs.
type Device = (u32, u128);

/// Strangers: as many as can be in two calls at once, and how many devices each has.
const STRANGERS: [u32; 3] = [8, 9, 10];
const DEVICES: u32 = 20;

/// The honest wait no longer than so for an answer, while the ring still rings.
const PATIENCE: Duration = Duration::from_secs(20);

fuzz_target!(|data: &[u8]| {
    let lines: Vec<_> = data.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()).collect();
    let mut world = World::new(ring_of(data));
    let third = lines.len().div_ceil(3).max(1);
    for (number, line) in lines.iter().enumerate() {
        if number == third {
            world.ada_rings();
        } else if number == third * 2 {
            world.bob_answers();
        }
        world.hear(line);
    }
    world.finish();
});

/// Nobody guesses the id of a ring.
fn ring_of(data: &[u8]) -> RingId {
    let hash = data.iter().fold(0xcbf2_9ce4_8422_2325_8422_2325_cbf2_9ce4_u128, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    RingId::new(Uuid::from_u128(hash | 1 << 127))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Ringing { waited: Duration },
    Talking { since: Duration },
}

struct World {
    rings: Rings,
    now: Duration,
    /// The honest ring.
    ring: RingId,
    stage: Stage,
    rows: BTreeMap<RingId, CallRecord>,
    sockets: BTreeMap<Device, ConnectionId>,
    sockets_made: u128,
    speaking: Device,
    /// What the honest were told of their ring.
    told: Vec<(Device, RingEvent)>,
}

impl World {
    fn new(ring: RingId) -> Self {
        let mut world = Self {
            rings: Rings::new(Duration::ZERO, RingsInit { wall: START, seen_at: None, unfinished: Vec::new() }),
            now: Duration::ZERO,
            ring,
            stage: Stage::Before,
            rows: BTreeMap::new(),
            sockets: BTreeMap::new(),
            sockets_made: 0,
            speaking: (STRANGERS[0], 1),
            told: Vec::new(),
        };
        for device in [ADA, BOB, (STRANGERS[0], 1), (STRANGERS[1], 1), (STRANGERS[2], 1)] {
            world.attach(device, Standing::Idle);
        }
        world
    }

    /// A stranger does something.
    fn hear(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "device" => {
                let number = rest.trim().parse::<u32>().unwrap_or_default();
                let person = STRANGERS[(number / DEVICES) as usize % STRANGERS.len()];
                self.speaking = (person, u128::from(number % DEVICES));
            }
            "lose" => self.disconnect(Departure::Broken),
            "close" => self.disconnect(Departure::Closed),
            "wait" => self.wait(Duration::from_millis(rest.trim().parse().unwrap_or_default())),
            "program" => {
                if let Ok(frame) = RingFrame::parse(rest) {
                    self.program_says(frame.message);
                }
            }
            _ => {
                if let Ok(frame) = RingFrame::parse(line) {
                    self.say(self.speaking, frame.message);
                }
            }
        }
    }

    fn say(&mut self, device: Device, message: RingMessage) {
        match message {
            RingMessage::Prove { standing, .. } => self.attach(device, standing),
            RingMessage::Place(place) => self.place(device, *place, None),
            message => {
                let Some(connection) = self.sockets.get(&device).copied() else { return };
                self.input(Input::Message { connection, id: None, message });
            }
        }
    }

    fn program_says(&mut self, message: RingMessage) {
        let device = self.speaking;
        match message {
            RingMessage::Place(place) => {
                let program = Program { call_id: id(device), identity: key(device), api_key: "key".into() };
                self.place(device, *place, Some(program));
            }
            RingMessage::Cancel { ring } => {
                let connection = self.new_socket();
                self.input(Input::Withdraw { connection, call_id: id(device), ring });
            }
            _ => {}
        }
    }

    fn attach(&mut self, device: Device, standing: Standing) {
        let connection = self.new_socket();
        self.sockets.insert(device, connection);
        let row = standing.ring().and_then(|ring| self.rows.get(&ring)).cloned();
        self.input(Input::Attach(Box::new(Attachment {
            connection,
            call_id: id(device),
            device: DeviceId::new(Uuid::from_u128(u128::from(device.0) * 1_000 + device.1)),
            identity: key(device),
            standing,
            row,
        })));
    }

    /// As the server does: what another has placed is refused before anything is made for it.
    fn place(&mut self, device: Device, place: PlaceRing, program: Option<Program>) {
        let connection = match &program {
            Some(_) => self.new_socket(),
            None => match self.sockets.get(&device) {
                Some(connection) => *connection,
                None => return,
            },
        };
        let row = self.rows.get(&place.ring).cloned();
        let placed_by = program.as_ref().map(|program| program.api_key.clone());
        let is_this = |row: &CallRecord| {
            row.caller == id(device) && row.callee == place.callee && row.placed_by == placed_by
        };
        if row.as_ref().is_some_and(|row| !is_this(row)) {
            return;
        }
        let is_honest = device == ADA || device == BOB;
        let relation = if is_honest { Relation::Known } else { Relation::Stranger };
        let made = RoomCode::from_random(u64::try_from(self.sockets_made).unwrap_or_default());
        let placement = Placement {
            callee_key: PublicKey::new("A".repeat(43)).unwrap(),
            admission: Admission::Rings(relation),
            room: row.as_ref().and_then(|row| row.room).unwrap_or(made),
            credential: Credential::new("key".into()).unwrap(),
            place,
            row,
            program,
        };
        self.input(Input::Place { connection, id: None, placement: Box::new(placement) });
    }

    fn disconnect(&mut self, departure: Departure) {
        if let Some(connection) = self.sockets.remove(&self.speaking) {
            self.input(Input::Disconnect { connection, departure });
        }
    }

    fn ada_rings(&mut self) {
        let invitation = Invitation::new("sealed".into()).unwrap();
        let place = PlaceRing { ring: self.ring, callee: id(BOB), waited_ms: 0, into: None, invitation, note: None };
        self.stage = Stage::Ringing { waited: Duration::ZERO };
        self.say(ADA, RingMessage::Place(Box::new(place)));
        assert!(self.was_told(ADA, |event| matches!(event, RingEvent::Placed { .. })));
        assert!(self.was_told(BOB, |event| matches!(event, RingEvent::Incoming(_))), "it does not ring");
    }

    fn bob_answers(&mut self) {
        self.stage = Stage::Talking { since: self.now };
        self.say(BOB, RingMessage::Answer { ring: self.ring });
        for device in [ADA, BOB] {
            assert!(self.was_told(device, |event| matches!(event, RingEvent::Answered { .. })), "no call");
        }
    }

    /// What has not come about so far does now, and then both are told the same.
    fn finish(&mut self) {
        if self.stage == Stage::Before {
            self.ada_rings();
        }
        if matches!(self.stage, Stage::Ringing { .. }) {
            self.bob_answers();
        }
        let Stage::Talking { since } = self.stage else { unreachable!() };
        let talked = u32::try_from((self.now - since).as_secs()).unwrap();
        self.stage = Stage::Before;
        self.say(ADA, RingMessage::HangUp { ring: self.ring, reason: HangUpReason::HungUp });
        let outcome = Outcome::Answered { seconds: talked };
        for device in [ADA, BOB] {
            let is_end = |event: &RingEvent| matches!(event, RingEvent::Over { outcome: told, .. } if *told == outcome);
            assert!(self.was_told(device, is_end), "{:?}", self.told);
        }
        assert_eq!(self.rows[&self.ring].state, CallState::Over { outcome });
    }

    fn was_told(&self, device: Device, is_it: impl Fn(&RingEvent) -> bool) -> bool {
        self.told.iter().any(|(told, event)| *told == device && is_it(event))
    }

    /// Lets time pass, and does what is due in it.
    fn wait(&mut self, duration: Duration) {
        let mut duration = duration.min(Duration::from_secs(3_600));
        if let Stage::Ringing { waited } = &mut self.stage {
            duration = duration.min(PATIENCE.saturating_sub(*waited));
            *waited += duration;
        }
        let until = self.now + duration;
        while let Some(due) = self.rings.poll_timeout().filter(|due| *due <= until) {
            assert!(due >= self.now, "what was due has been done");
            self.now = due;
            self.rings.handle_timeout(self.now);
            self.check();
        }
        self.now = until;
        self.check();
    }

    fn input(&mut self, input: Input) {
        self.rings.handle_input(self.now, input);
        self.check();
    }

    fn new_socket(&mut self) -> ConnectionId {
        self.sockets_made += 1;
        ConnectionId(self.sockets_made)
    }

    fn check(&mut self) {
        while let Some(output) = self.rings.poll_output() {
            match output {
                Output::Send { to, event } => self.told_to(to, *event),
                Output::Close { connection, .. } => {
                    assert!(!self.is_honest(connection), "an honest socket is closed");
                }
                Output::Record(row) => _ = self.rows.insert(row.ring, *row),
                Output::Wake { .. } | Output::Missed { .. } => {}
            }
        }
        let mut talking = BTreeMap::new();
        let wall = Timestamp(START.0 + u64::try_from(self.now.as_millis()).unwrap());
        for row in self.rows.values() {
            match row.state {
                CallState::Answered { .. } => {
                    for person in [row.caller, row.callee] {
                        let other = talking.insert(person, row.ring);
                        assert_eq!(other, None, "{person:?} is in two calls");
                    }
                }
                CallState::Ringing => assert!(row.placed_at.until(wall) <= RING_FOR, "it rings on"),
                CallState::Over { .. } => {}
            }
        }
    }

    /// The honest hear of strangers what these do; of their own ring what they do themselves.
    fn told_to(&mut self, to: ConnectionId, event: RingEvent) {
        let honest = [ADA, BOB].into_iter().find(|device| self.sockets.get(device) == Some(&to));
        let Some(device) = honest else { return };
        let ring = match &event {
            RingEvent::Error(error) => panic!("{device:?} is refused: {error:?}"),
            RingEvent::Incoming(incoming) => incoming.ring,
            RingEvent::Placed { ring, .. }
            | RingEvent::Progress { ring, .. }
            | RingEvent::Answered { ring, .. }
            | RingEvent::Merged { ring, .. }
            | RingEvent::Over { ring, .. } => *ring,
            RingEvent::Challenge { .. }
            | RingEvent::Welcome { .. }
            | RingEvent::KeyOf { .. }
            | RingEvent::History { .. }
            | RingEvent::Blocked { .. }
            | RingEvent::Rules { .. }
            | RingEvent::Push { .. }
            | RingEvent::Changed
            | RingEvent::Pong => return,
        };
        if ring == self.ring {
            let is_over = matches!(event, RingEvent::Over { .. });
            assert!(!is_over || self.stage == Stage::Before, "their ring is ended by others: {event:?}");
            self.told.push((device, event));
        } else {
            let is_theirs = matches!(event, RingEvent::Incoming(_) | RingEvent::Over { .. });
            assert!(is_theirs, "a call that nobody has answered: {event:?}");
        }
    }

    fn is_honest(&self, connection: ConnectionId) -> bool {
        [ADA, BOB].iter().any(|device| self.sockets.get(device) == Some(&connection))
    }
}

fn id(device: Device) -> CallId {
    CallId::nth(device.0)
}

fn key(device: Device) -> PublicKey {
    PublicKey::new(format!("{:A>42}A", device.0)).unwrap()
}
