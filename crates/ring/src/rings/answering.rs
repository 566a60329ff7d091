//! A ring is answered. The first device has it; whoever else says something about it is told so, and changes nothing.

use std::time::Duration;

use protocol::{DeviceId, ErrorCode, Outcome, RingEvent, RingId, RingSide};

use super::{Rings, Speaker, millis, seconds};
use crate::Output;
use crate::lines::Place;
use crate::ring::{Offer, Ring, Stage};

impl Rings {
    pub(super) fn answer(&mut self, now: Duration, from: Speaker, ring: RingId) {
        let device = from.owner.device;
        let Some(one) = self.ring_for(ring, from) else { return self.refuse(from, ErrorCode::RingUnknown) };
        let is_mine = one.device(RingSide::Callee) == Some(device);
        match one.stage() {
            // One that is unknown again may be on its screen from before this server started.
            Stage::Ringing(Offer::Shown | Offer::Unknown) => {
                self.take_call(now, ring, device);
                self.send_answered(now, from, ring);
            }
            Stage::Talking if is_mine && !one.has(RingSide::Callee) => {
                _ = self.tell_outcome(from.connection, ring, RingSide::Callee, device);
            }
            Stage::Talking if is_mine => self.send_answered(now, from, ring),
            Stage::Talking => {
                let outcome = Outcome::AnsweredElsewhere;
                self.send(from.connection, RingEvent::Over { ring, outcome, message: None });
            }
            Stage::Over => _ = self.tell_outcome(from.connection, ring, RingSide::Callee, device),
            Stage::Ringing(Offer::Withheld(_) | Offer::Open) | Stage::Merged(_) => {
                self.refuse(from, ErrorCode::RingUnknown);
            }
        }
    }

    fn send_answered(&mut self, now: Duration, to: Speaker, ring: RingId) {
        let Some(one) = self.ring_mut(ring) else { return };
        if one.stage() != Stage::Talking {
            return self.refuse(to, ErrorCode::RingUnknown);
        }
        one.sit(RingSide::Callee, to.owner.device);
        let talked_ms = millis(one.talked(now));
        self.send(to.connection, RingEvent::Answered { ring, talked_ms });
    }

    /// The device of the person called is in the call from now on, and everybody but that device is told. What the person was in before is
    /// over first.
    pub(super) fn take_call(&mut self, now: Duration, ring: RingId, device: DeviceId) {
        let Some(one) = self.rings.get(&ring) else { return };
        let (caller, callee) = (one.person(RingSide::Caller), one.person(RingSide::Callee));
        // Who rings somebody into a call has their place in it.
        let coming = if one.rings_into_call() { vec![callee] } else { vec![caller, callee] };
        // First, so that the ring that is being answered is not shown aloud because the call before it is over.
        self.lines.vacate(caller, ring);
        self.lines.vacate(callee, ring);
        if let Some(call) = self.lines.occupant(callee, Place::Call)
            && let Some(one) = self.rings.get(&call)
            && let Some(side) = one.side_of(callee)
        {
            let outcome = Outcome::Answered { seconds: seconds(one.talked(now)) };
            self.part(now, (call, side), outcome);
        }
        if let Some(outgoing) = self.lines.occupant(callee, Place::Outgoing) {
            let trace = self.trace_of_meeting(outgoing, ring);
            self.finish_leaving(now, outgoing, (Outcome::Cancelled, None), trace);
        }
        // It was into the call that has just ended because nobody was left in it.
        if self.rings.get(&ring).is_none_or(|one| !matches!(one.stage(), Stage::Ringing(_))) {
            return;
        }
        for person in coming {
            self.lines.occupy(person, Place::Call, ring);
        }
        self.note_call(ring);
        let wall = self.wall(now);
        let was_woken = self.rings.get(&ring).is_some_and(Ring::was_woken);
        if let Some(one) = self.ring_mut(ring) {
            one.answer(now, wall, device);
        }
        self.record(ring);
        self.tell_seat(ring, RingSide::Caller, RingEvent::Answered { ring, talked_ms: 0 });
        self.tell_others_of(ring, RingSide::Caller);
        let others: Vec<_> = self.lines.devices(callee).filter(|(other, _)| *other != device).collect();
        for (_, connection) in others {
            let outcome = Outcome::AnsweredElsewhere;
            self.send(connection, RingEvent::Over { ring, outcome, message: None });
        }
        if was_woken {
            self.outputs.push_back(Output::Settled { callee, caller, ring });
        }
        self.end_other_ways_into(now, ring, callee);
        for person in [caller, callee] {
            self.review_manner(now, person);
            self.give_turn(now, person);
        }
    }
}
