//! A call of more than two: others are rung into it, and whoever goes while more than two are in it goes alone.
//!
//! ```text
//!   Ada rings Bob:             ring 1, a room         Ada ─1─ Bob          two are in the call
//!   Ada rings Cleo into it:    ring 2, the same room  Ada ─1─ Bob, Cleo─2  Cleo has a line in the call, Ada has hers already
//!   Ada hangs up:              1 and 2 are settled    Bob─1, Cleo─2        each stays by their own ring
//!   Bob hangs up:              1 and 2 are over                            two were left, so it ends for both
//! ```
//!
//! What is kept of a ring is about its two: they have talked for as long as both were in the call.

use std::time::Duration;

use protocol::{CallId, ErrorCode, Outcome, RingEvent, RingId, RingSide};

use super::{Rings, Speaker, seconds};
use crate::lines::Place;
use crate::ring::{Confirmed, Ring, Stage};
use crate::seat::{BOTH_SIDES, other};
use crate::{Placement, Trace};

/// People in a call at the most: as many as its room takes.
pub const MOST_IN_CALL: usize = 16;

/// Somebody in a call: by which ring, and at which end of it.
type Member = (RingId, RingSide);

impl Rings {
    /// Whether the device may ring somebody into the call that it says that it is in.
    pub(super) fn may_ring_into(
        &self,
        from: Speaker,
        into: RingId,
        placement: &Placement,
    ) -> Result<(), ErrorCode> {
        let caller = from.owner.call_id;
        let is_theirs = self.lines.occupant(caller, Place::Call) == Some(into);
        let one = self.rings.get(&into).filter(|_| is_theirs && placement.program.is_none());
        let one = one.filter(|one| one.stage() == Stage::Talking && room_of(one) == Some(placement.room));
        let sits = |one: &Ring| {
            let side = one.side_of(caller).filter(|side| one.has(*side));
            side.is_some_and(|side| one.device(side) == Some(from.owner.device))
        };
        if !one.is_some_and(sits) {
            return Err(ErrorCode::NotAllowed);
        }
        let members = self.members(&self.rings_of_call(into));
        if members.iter().any(|member| self.person_of(*member) == Some(placement.place.callee)) {
            return Err(ErrorCode::PeerInCall);
        }
        if members.len() >= MOST_IN_CALL {
            return Err(ErrorCode::RoomFull);
        }
        Ok(())
    }

    /// Somebody goes out of a call that was answered, and this is how it has ended for them. The last two end it for both.
    pub(super) fn part(&mut self, now: Duration, (ring, side): Member, outcome: Outcome) {
        let rings = self.rings_of_call(ring);
        let members = self.members(&rings);
        let Some(person) = self.person_of((ring, side)) else { return };
        let until = self.rings.get(&ring).map_or(now, |one| one.there_until(now, side));
        if members.len() > 2 {
            self.give_up_ring_into_call(now, person);
            for one in rings {
                let outcome = if one == ring { outcome } else { self.like(outcome, one, until) };
                self.settle(now, one, person, outcome);
            }
        } else {
            for (ring, side) in members {
                // Of a call that one end alone says that there is, the other one is not in it.
                let person = self.person_of((ring, side));
                let person = person.filter(|one| self.lines.occupant(*one, Place::Call) == Some(ring));
                person.into_iter().for_each(|person| self.give_up_ring_into_call(now, person));
            }
            for one in rings {
                let outcome = if one == ring { outcome } else { self.like(outcome, one, until) };
                self.finish(now, one, outcome, None);
            }
        }
    }

    /// The same end, of another ring of the call.
    fn like(&self, outcome: Outcome, ring: RingId, until: Duration) -> Outcome {
        let seconds = seconds(self.rings.get(&ring).map(|one| one.talked(until)).unwrap_or_default());
        outcome.after(seconds)
    }

    /// Between this person and the other one of a ring it is over, if they are one of its two; the other one stays in the call.
    fn settle(&mut self, now: Duration, ring: RingId, person: CallId, outcome: Outcome) {
        let Some(one) = self.ring_mut(ring) else { return };
        let Some(side) = one.side_of(person) else { return };
        let other = other(side);
        if !one.has(other) {
            return self.finish(now, ring, outcome, None);
        }
        let was_in = one.has(side);
        if !was_in && one.settled().is_some() {
            return;
        }
        let (device, peer) = (one.device(side), one.person(other));
        let is_known = one.confirmed() == Confirmed::ByBoth;
        one.settle(side, outcome);
        if is_known {
            self.record(ring);
        }
        if was_in {
            self.lines.vacate(person, ring);
            let connection = device.and_then(|device| self.lines.connection(person, device));
            if let (Some(connection), Some(device)) = (connection, device) {
                self.tell_outcome(connection, ring, side, device);
            }
        }
        // Both have another history now.
        for person in [person, peer] {
            self.tell_all(person, &RingEvent::Changed);
        }
        if was_in {
            self.review_manner(now, person);
            self.give_turn(now, person);
        }
    }

    /// Whoever has come into the call need not be rung into it by anybody else.
    pub(super) fn end_other_ways_into(&mut self, now: Duration, ring: RingId, callee: CallId) {
        let Some(room) = self.rings.get(&ring).and_then(room_of) else { return };
        for other in self.lines.incoming(callee) {
            let one = self.rings.get(&other).filter(|one| one.rings_into_call());
            if one.is_some_and(|one| room_of(one) == Some(room)) {
                self.finish_leaving(now, other, (Outcome::Cancelled, None), Trace::None);
            }
        }
    }

    /// What is left of a ring to the person called when another one that is or was on their screen is the reason that it ends: of two into one
    /// call they know by the other one.
    pub(super) fn trace_beside(&self, ring: RingId, other: RingId) -> Trace {
        let [room, same] = [ring, other].map(|ring| {
            let one = self.rings.get(&ring).filter(|one| one.rings_into_call());
            one.and_then(room_of)
        });
        if room.is_some() && room == same { Trace::None } else { Trace::Missed }
    }

    /// What is left to the person called of a ring whose caller comes into a call: nothing, if that is the one in which they are.
    pub(super) fn trace_of_meeting(&self, outgoing: RingId, call: RingId) -> Trace {
        let callee = self.rings.get(&outgoing).map(|one| one.person(RingSide::Callee));
        let room = self.rings.get(&call).and_then(room_of);
        let members = self.members(room.map(|room| self.calls.of(room)).unwrap_or_default());
        let is_there = callee.is_some() && members.iter().any(|member| self.person_of(*member) == callee);
        if is_there { Trace::None } else { Trace::Missed }
    }

    /// Whether whoever rings somebody has no device at the moment: one who rings into a call is there by the ring of that call.
    pub(super) fn is_caller_away(&self, ring: RingId) -> bool {
        let Some(one) = self.rings.get(&ring) else { return false };
        if !one.rings_into_call() {
            return one.is_away(RingSide::Caller);
        }
        let caller = one.person(RingSide::Caller);
        let call = self.lines.occupant(caller, Place::Call).and_then(|call| self.rings.get(&call));
        call.is_some_and(|call| call.side_of(caller).is_some_and(|side| call.is_away(side)))
    }

    /// Whoever is in no call any more rings nobody into it.
    pub(super) fn give_up_ring_into_call(&mut self, now: Duration, person: CallId) {
        let Some(outgoing) = self.lines.occupant(person, Place::Outgoing) else { return };
        if self.rings.get(&outgoing).is_some_and(Ring::rings_into_call) {
            self.finish(now, outgoing, Outcome::Cancelled, None);
        }
    }

    /// Whether whoever placed a ring is in a call in its room: it rings somebody into that.
    pub(super) fn is_into_call(&self, ring: &Ring) -> bool {
        let call = self.lines.occupant(ring.person(RingSide::Caller), Place::Call);
        let call = call.filter(|call| *call != ring.row().ring).and_then(|call| self.rings.get(&call));
        let room = room_of(ring);
        room.is_some() && call.is_some_and(|call| room_of(call) == room)
    }

    /// Somebody is in the call by this ring from now on.
    pub(super) fn note_call(&mut self, ring: RingId) {
        if let Some(room) = self.rings.get(&ring).and_then(room_of) {
            self.calls.add(room, ring);
        }
    }

    /// Nobody is any more.
    pub(super) fn forget_call(&mut self, ring: RingId) {
        if let Some(room) = self.rings.get(&ring).and_then(room_of) {
            self.calls.remove(room, ring);
        }
    }

    /// The rings by which people are in the call of one of them.
    fn rings_of_call(&self, ring: RingId) -> Vec<RingId> {
        let room = self.rings.get(&ring).and_then(room_of);
        let rings = room.map(|room| self.calls.of(room)).unwrap_or_default();
        if rings.contains(&ring) { rings.to_vec() } else { vec![ring] }
    }

    fn members(&self, rings: &[RingId]) -> Vec<Member> {
        let talking = rings.iter().filter_map(|ring| Some((*ring, self.rings.get(ring)?)));
        let talking = talking.filter(|(_, one)| one.stage() == Stage::Talking);
        let seats =
            talking.flat_map(|(ring, one)| BOTH_SIDES.map(|side| one.has(side).then_some((ring, side))));
        seats.flatten().collect()
    }

    fn person_of(&self, (ring, side): Member) -> Option<CallId> {
        self.rings.get(&ring).map(|one| one.person(side))
    }
}

/// The room of a call that others can be rung into. Of a program each call is its own, whatever room it has named.
fn room_of(ring: &Ring) -> Option<protocol::RoomCode> {
    ring.row().room.filter(|_| ring.row().placed_by.is_none())
}
