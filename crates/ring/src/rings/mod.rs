//! All rings of a server. Each input goes to a function of its own; what they decide is read with [`Rings::poll_output`].
//!
//! ```text
//!   of one ring (ring.rs)           Ringing ──▶ Talking ──▶ Over ──▶ forgotten
//!
//!   of one person's line            Outgoing ──answered──▶ Call
//!   (lines.rs), three places:       Incoming ──answered──▶ Call    one at a time in each
//!
//!   a ring comes, and the person …  is free                       it is shown aloud
//!                                   is in a call or a meeting     it is shown quietly; declined or run out, they were busy
//!                                   has a ring on the screen      busy; but one of a stranger gives way to somebody they know
//!                                   is ringing somebody else      busy
//!                                   has no device, and a ring     it waits as that does, and has its turn after it; one of
//!                                   that waits for one, or that   somebody they know goes before a stranger's that can be long
//!                                   they placed before they went
//!                                   is ringing this very caller   the two rings become the first one, answered;
//!                                                                 that of a program is busy: it answers nobody
//! ```
//!
//! | timer | what is due |
//! | --- | --- |
//! | `RungOut` | the ring has rung for [`RING_FOR`](crate::RING_FOR) |
//! | `ReachedNobody` | no device has got it within `REACHED_WITHIN`, or none may; of somebody who can be woken it is waited for until the end |
//! | `NotReceived` | devices were sent it, and none has said so within `RECEIVED_WITHIN`: whoever can be woken is |
//! | `CallerGone` | the caller's device has been away for `CALLER_GRACE` |
//! | `SeatGivenUp` | one of the two who talk has been away for [`CALL_GRACE`](crate::CALL_GRACE), or for [`RELOAD_GRACE`](crate::RELOAD_GRACE) since their page was closed |
//! | `Forgotten` | the ring has been over for [`REMEMBERED_FOR`](crate::REMEMBERED_FOR) |

mod answering;
mod attaching;
mod company;
mod ending;
mod placing;
mod timers;

pub use company::MOST_IN_CALL;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::{
    CallId, CloseCode, DeviceId, ErrorCode, Manner, MessageId, Outcome, ProtocolError, Receipt, RingEvent,
    RingId, RingMessage, RingSide, Timestamp,
};

use crate::calls::Calls;
use crate::deadlines::Deadlines;
use crate::lines::{Lines, Owner, Place};
use crate::ring::{Offer, Ring, Stage};
use crate::seat::BOTH_SIDES;
use crate::{CallRecord, ConnectionId, Departure, Input, Output};

/// The rings of a server and the devices that are there.
///
/// `now` is the time since an origin of the driver's choosing, the same in every call; only differences matter.
pub struct Rings {
    lines: Lines,
    calls: Calls,
    rings: BTreeMap<RingId, Ring>,
    deadlines: Deadlines,
    /// Rings whose deadline may be another one now.
    touched: Vec<RingId>,
    /// The moment the driver calls zero.
    origin: Timestamp,
    outputs: VecDeque<Output>,
}

/// What a server begins with.
pub struct RingsInit {
    /// What the world's clock shows at `now`.
    pub wall: Timestamp,
    /// When the server before was last there, as far as it is known.
    pub seen_at: Option<Timestamp>,
    /// The rows that are not over, and those by which somebody is still in a call. Their ends have the usual time to come back; then they are.
    pub unfinished: Vec<CallRecord>,
}

/// Who has said something, and where an answer goes.
#[derive(Clone, Copy)]
struct Speaker {
    connection: ConnectionId,
    owner: Owner,
    id: Option<MessageId>,
}

impl Rings {
    /// Begins, with what storage has of before.
    pub fn new(now: Duration, init: RingsInit) -> Self {
        let RingsInit { wall, seen_at, mut unfinished } = init;
        // A call is before the rings into it.
        unfinished.sort_by_key(|row| (row.placed_at, row.ring));
        let origin = wall.0.saturating_sub(u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
        let mut rings = Self {
            lines: Lines::default(),
            calls: Calls::default(),
            rings: BTreeMap::new(),
            deadlines: Deadlines::default(),
            touched: Vec::new(),
            origin: Timestamp(origin),
            outputs: VecDeque::new(),
        };
        for row in unfinished {
            rings.restore(now, row, seen_at);
        }
        rings.reschedule();
        rings
    }

    /// Takes one event.
    pub fn handle_input(&mut self, now: Duration, input: Input) {
        match input {
            Input::Attach(attachment) => self.attach(now, *attachment),
            Input::Place { connection, id, placement } => {
                let program = placement.program.as_ref().map(|program| Owner::program(program.call_id));
                if let Some(owner) = program.or_else(|| self.lines.owner(connection)) {
                    self.place(now, Speaker { connection, owner, id }, *placement);
                }
            }
            Input::Withdraw { connection, call_id, ring } => {
                let owner = Owner::program(call_id);
                self.cancel(now, Speaker { connection, owner, id: None }, ring);
            }
            Input::Message { connection, id, message } => {
                if let Some(owner) = self.lines.owner(connection) {
                    self.message(now, Speaker { connection, owner, id }, message);
                }
            }
            Input::Unkept { ring } => self.revoke(now, ring),
            Input::Changed { call_id } => self.tell_all(call_id, &RingEvent::Changed),
            Input::Renumbered { before } => self.renumbered(now, before),
            Input::Disconnect { connection, departure } => self.disconnect(now, connection, departure),
        }
        self.reschedule();
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many rings are known, those included that are over and remembered.
    pub fn len(&self) -> usize {
        self.rings.len()
    }

    /// Whether no ring is known.
    pub fn has_no_rings(&self) -> bool {
        self.rings.is_empty()
    }

    /// Whether no ring is known and no device is there.
    pub fn is_empty(&self) -> bool {
        self.rings.is_empty() && self.lines.len() == 0 && self.calls.len() == 0
    }

    fn message(&mut self, now: Duration, from: Speaker, message: RingMessage) {
        match message {
            RingMessage::Receipt { ring, receipt } => self.receive(from, ring, receipt),
            RingMessage::Answer { ring } => self.answer(now, from, ring),
            RingMessage::Decline { ring, message } => self.decline(now, from, ring, message),
            RingMessage::Cancel { ring } => self.cancel(now, from, ring),
            RingMessage::HangUp { ring, reason } => self.hang_up(now, from, ring, reason),
            RingMessage::SetActivity { activity } => {
                self.lines.set_activity(from.owner, activity);
                self.review_manner(now, from.owner.call_id);
            }
            RingMessage::Prove { .. } => self.refuse(from, ErrorCode::AlreadyJoined),
            RingMessage::LookUp { .. }
            | RingMessage::Place(_)
            | RingMessage::ReadHistory { .. }
            | RingMessage::ChangeHistory { .. }
            | RingMessage::SetContact { .. }
            | RingMessage::ReadBlocked { .. }
            | RingMessage::ReadRules
            | RingMessage::SetRules { .. }
            | RingMessage::ReadPush
            | RingMessage::SubscribePush(_)
            | RingMessage::UnsubscribePush { .. }
            | RingMessage::ReplaceCallId
            | RingMessage::Ping => self.refuse(from, ErrorCode::NotAllowed),
        }
    }

    /// A device says what it did with a ring. One about a ring that has ended meanwhile is nothing.
    fn receive(&mut self, from: Speaker, ring: RingId, receipt: Receipt) {
        let Some(one) = self.rings.get_mut(&ring) else { return };
        let is_shown = matches!(one.stage(), Stage::Ringing(Offer::Shown));
        if !is_shown || one.side_of(from.owner.call_id) != Some(RingSide::Callee) {
            return;
        }
        if let Some(progress) = one.receive(receipt) {
            self.tell_seat(ring, RingSide::Caller, RingEvent::Progress { ring, progress });
        }
    }

    /// The ring, if it is for this person and they may know of it.
    fn ring_for(&self, ring: RingId, person: Speaker) -> Option<&Ring> {
        let one = self.rings.get(&ring)?;
        (one.known_to(person.owner.call_id) == Some(RingSide::Callee)).then_some(one)
    }

    /// Says something to every device of a person.
    fn tell_all(&mut self, call_id: CallId, event: &RingEvent) {
        let devices: Vec<_> = self.lines.devices(call_id).collect();
        for (_, connection) in devices {
            self.send(connection, event.clone());
        }
    }

    /// Nobody has this ID any more: whose devices they were comes back with another one.
    fn renumbered(&mut self, now: Duration, before: CallId) {
        let devices: Vec<_> = self.lines.devices(before).collect();
        for (_, connection) in devices {
            self.outputs.push_back(Output::Close { connection, code: CloseCode::GOING_AWAY });
            self.disconnect(now, connection, Departure::Broken);
        }
    }

    /// The ring, to be changed: its deadline is looked at again.
    fn ring_mut(&mut self, ring: RingId) -> Option<&mut Ring> {
        self.touched.push(ring);
        self.rings.get_mut(&ring)
    }

    fn insert(&mut self, ring: Ring) {
        let id = ring.row().ring;
        self.touched.push(id);
        self.rings.insert(id, ring);
    }

    fn reschedule(&mut self) {
        for ring in std::mem::take(&mut self.touched) {
            let at = self.rings.get(&ring).and_then(Ring::poll_timeout).map(|(at, _)| at);
            self.deadlines.set(ring, at);
        }
    }

    /// Takes up what storage has, unless it is known or over.
    fn restore(&mut self, now: Duration, row: CallRecord, seen_at: Option<Timestamp>) {
        let is_over = matches!(row.state, crate::CallState::Over { .. });
        if is_over && row.stays.is_none() || self.rings.contains_key(&row.ring) {
            return;
        }
        let mut ring = Ring::restored(now, self.wall(now), row, seen_at);
        if self.is_into_call(&ring) {
            ring.ring_into_call();
        }
        let (id, is_call) = (ring.row().ring, ring.stage() == Stage::Talking);
        let place = if is_call { Place::Call } else { Place::Outgoing };
        let sides = BOTH_SIDES.into_iter();
        let sides = sides.filter(|side| if is_call { ring.has(*side) } else { *side == RingSide::Caller });
        let people: Vec<_> = sides.map(|side| ring.person(side)).collect();
        // Of two rows that cannot both be true, the second is closed when its time has come.
        let is_true = people.iter().all(|one| self.lines.occupant(*one, place).is_none());
        self.insert(ring);
        if is_true {
            people.into_iter().for_each(|one| self.lines.occupy(one, place, id));
        }
        if is_true && is_call {
            self.note_call(id);
        }
    }

    /// Has everybody who is called shown a ring, as it is now.
    fn show(&mut self, now: Duration, ring: RingId) {
        let Some(one) = self.rings.get(&ring) else { return };
        let callee = one.person(RingSide::Callee);
        let devices: Vec<_> = self.lines.devices(callee).collect();
        for (_, connection) in devices {
            self.show_to(now, ring, connection);
        }
    }

    fn show_to(&mut self, now: Duration, ring: RingId, connection: ConnectionId) {
        let Some(one) = self.ring_mut(ring) else { return };
        let Some(incoming) = one.incoming(now) else { return };
        one.was_shown();
        one.was_reached();
        self.send(connection, RingEvent::Incoming(Box::new(incoming)));
    }

    /// What somebody does has changed: the ring that is on their screen is shown in another manner.
    fn review_manner(&mut self, now: Duration, call_id: CallId) {
        let manner = self.manner(call_id);
        let Some(ring) = self.lines.occupant(call_id, Place::Incoming) else { return };
        if self.ring_mut(ring).is_some_and(|one| one.set_manner(manner)) {
            self.show(now, ring);
        }
    }

    fn manner(&self, call_id: CallId) -> Manner {
        if self.lines.is_engaged(call_id) { Manner::Quietly } else { Manner::Aloud }
    }

    fn send(&mut self, to: ConnectionId, event: RingEvent) {
        self.outputs.push_back(Output::Send { to, event: Box::new(event) });
    }

    /// Tells the device at one end, if it is there.
    fn tell_seat(&mut self, ring: RingId, side: RingSide, event: RingEvent) {
        let Some(one) = self.rings.get(&ring) else { return };
        let device = one.device(side);
        let connection = device.and_then(|device| self.lines.connection(one.person(side), device));
        if let Some(connection) = connection {
            self.send(connection, event);
        }
    }

    fn refuse(&mut self, to: Speaker, code: ErrorCode) {
        self.send(to.connection, RingEvent::Error(ProtocolError::new(code, to.id)));
    }

    /// Says to a device how a ring ended. False when it is not over.
    fn tell_outcome(&mut self, to: ConnectionId, ring: RingId, side: RingSide, device: DeviceId) -> bool {
        let Some((outcome, message)) = self.rings.get(&ring).and_then(|one| one.outcome_for(side, device))
        else {
            return false;
        };
        self.send(to, RingEvent::Over { ring, outcome, message });
        true
    }

    fn record(&mut self, ring: RingId) {
        if let Some(one) = self.rings.get(&ring) {
            self.outputs.push_back(Output::Record(Box::new(one.row().clone())));
        }
    }

    fn wall(&self, now: Duration) -> Timestamp {
        Timestamp(self.origin.0.saturating_add(u64::try_from(now.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Whole seconds, as outcomes have them.
fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// Milliseconds, as messages have them.
fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// Whether the person called is told of it as of a call that they have missed.
fn is_missed(outcome: Outcome) -> bool {
    match outcome {
        Outcome::NoAnswer | Outcome::Busy | Outcome::Cancelled | Outcome::Offline => true,
        Outcome::Answered { .. }
        | Outcome::Declined
        | Outcome::Lost { .. }
        | Outcome::AnsweredElsewhere
        | Outcome::Asked => false,
    }
}
