//! A ring is placed: whether it may be, whom it reaches, and what becomes of two people who ring each other.

use std::time::Duration;

use protocol::{CallId, ErrorCode, Outcome, PlaceRing, RingEvent, RingId, RingSide};

use super::{Rings, Speaker, millis};
use crate::lines::Place;
use crate::ring::{CALLER_GRACE, Offer, REACHED_WITHIN, RING_FOR, Ring, Stage};
use crate::{Admission, CallRecord, CallState, Output, Placement, Readers, Relation, Trace, Waking};

/// What is in the way of a ring.
enum InTheWay {
    Nothing,
    /// A ring of a stranger that nobody has answered: it gives way to one of somebody whom the person called knows, or whoever rings all the
    /// time would keep everybody out.
    Stranger(RingId),
    /// A ring of a stranger that nobody has seen yet, of somebody who can be woken. It waits behind one of somebody they know.
    Unseen(RingId),
    /// A ring that has reached nobody either, or one that they have placed themselves before they went away.
    Nobody,
    /// A ring that is on their screen.
    Screen(RingId),
    /// One that they place.
    Line,
}

impl Rings {
    pub(super) fn place(&mut self, now: Duration, from: Speaker, placement: Placement) {
        let PlaceRing { ring, callee, .. } = placement.place;
        let caller = from.owner.call_id;
        if callee == caller {
            return self.refuse(from, ErrorCode::PeerIsSelf);
        }
        if let Some(row) = &placement.row {
            if row.caller != caller || row.callee != callee {
                return self.refuse(from, ErrorCode::RingUnknown);
            }
            self.restore(now, row.clone(), None);
        }
        let known = self.rings.get(&ring).map(|one| {
            let is_same = one.person(RingSide::Caller) == caller && one.person(RingSide::Callee) == callee;
            is_same && one.may_sit(RingSide::Caller, from.owner.device)
        });
        match (known, &placement.row) {
            (Some(true), _) => self.place_again(now, from, placement),
            (Some(false), _) => self.refuse(from, ErrorCode::RingUnknown),
            (None, Some(CallRecord { state: CallState::Over { outcome }, .. })) => {
                let (outcome, message) = (*outcome, None);
                self.send(from.connection, RingEvent::Over { ring, outcome, message });
            }
            (None, _) => self.place_anew(now, from, placement),
        }
    }

    fn place_anew(&mut self, now: Duration, from: Speaker, placement: Placement) {
        let (caller, callee) = (from.owner.call_id, placement.place.callee);
        if let Some(into) = placement.place.into
            && let Err(code) = self.may_ring_into(from, into, &placement)
        {
            return self.refuse(from, code);
        }
        self.give_up_what_is_away(now, from);
        let is_into_call = placement.place.into.is_some();
        let is_taken = |place| self.lines.occupant(caller, place).is_some();
        if is_taken(Place::Outgoing) || is_taken(Place::Call) && !is_into_call {
            return self.refuse(from, ErrorCode::CallerBusy);
        }
        let program = placement.program.as_ref();
        let known = program.map(|program| program.identity.clone());
        let Some(caller_key) = known.or_else(|| self.lines.identity(from.connection)) else { return };
        let placed_by = program.map(|program| program.api_key.clone());
        let glare = self.lines.occupant(callee, Place::Outgoing).filter(|_| placed_by.is_none());
        let glare = glare.filter(|one| self.rings.get(one).is_some_and(|one| one.row().callee == caller));
        // Whoever is called is on this person's screen already, and would be answered by leaving the call.
        if glare.is_some() && is_into_call {
            return self.refuse(from, ErrorCode::CallerBusy);
        }
        if let Some(first) = glare.filter(|first| self.rings.get(first).is_some_and(Ring::rings_into_call)) {
            return self.show_instead(now, from, first);
        }
        let waited = Duration::from_millis(placement.place.waited_ms.into()).min(RING_FOR);
        let Placement {
            place: PlaceRing { ring, invitation, note, .. },
            callee_key,
            admission,
            waking,
            room,
            credential,
            ..
        } = placement;
        let placed = u64::try_from(waited.as_millis()).unwrap_or_default();
        let row = CallRecord {
            ring,
            caller,
            callee,
            caller_key,
            callee_key: Some(callee_key),
            room: Some(room),
            invitation: Some(invitation),
            note,
            readers: Readers::Both,
            placed_by,
            answered_by: None,
            answered_at: None,
            placed_at: protocol::Timestamp(self.wall(now).0.saturating_sub(placed)),
            state: CallState::Ringing,
            stays: None,
        };
        let mut one = Ring::placed(row, credential, from.owner.device, now + (RING_FOR - waited));
        if is_into_call {
            one.ring_into_call();
        }
        self.insert(one);
        if let Some(first) = glare {
            return self.merge(now, from, ring, first);
        }
        self.lines.occupy(caller, Place::Outgoing, ring);
        self.admit(now, from, ring, (admission, waking), waited);
    }

    /// The ring could not be kept: it was never there. One that was before this server is, on the screens of the person called and in storage:
    /// it is over. What others are told because of it they are told: their rings may have ended for its sake.
    pub(super) fn revoke(&mut self, now: Duration, ring: RingId) {
        self.outputs.retain(|output| output.ring() != Some(ring));
        if self.rings.get(&ring).is_some_and(Ring::is_restored) {
            return self.finish(now, ring, Outcome::Cancelled, None);
        }
        let Some(one) = self.rings.remove(&ring) else { return };
        self.touched.push(ring);
        for side in [RingSide::Caller, RingSide::Callee] {
            self.lines.vacate(one.person(side), ring);
            self.lines.forget(one.person(side), ring);
            self.give_turn(now, one.person(side));
        }
    }

    /// A call or a ring of this person whose device is away: whoever rings somebody else has given it up.
    fn give_up_what_is_away(&mut self, now: Duration, from: Speaker) {
        let call_id = from.owner.call_id;
        for place in [Place::Call, Place::Outgoing] {
            let Some(ring) = self.lines.occupant(call_id, place) else { continue };
            let Some(one) = self.rings.get(&ring) else { continue };
            let Some(side) = one.side_of(call_id).filter(|side| one.is_away(*side)) else { continue };
            self.leave(now, ring, side);
        }
    }

    /// The same ring again: its caller has come back, or has not heard what became of it.
    fn place_again(&mut self, now: Duration, from: Speaker, placement: Placement) {
        let ring = placement.place.ring;
        let is_current = self.is_current(from, &placement);
        let Placement { admission, waking, room, credential, .. } = placement;
        let Some(one) = self.ring_mut(ring) else { return };
        match one.stage() {
            Stage::Ringing(Offer::Unknown) if !is_current => self.refuse(from, ErrorCode::CallerBusy),
            Stage::Ringing(offer) => {
                one.sit(RingSide::Caller, from.owner.device);
                one.adopt(room, credential);
                let progress = one.progress();
                if offer == Offer::Unknown {
                    return self.admit(now, from, ring, (admission, waking), CALLER_GRACE);
                }
                self.say_placed(from, ring);
                if let Some(progress) = progress {
                    self.send(from.connection, RingEvent::Progress { ring, progress });
                }
            }
            Stage::Talking => {
                one.sit(RingSide::Caller, from.owner.device);
                one.adopt(room, credential);
                let talked_ms = millis(one.talked(now));
                self.say_placed(from, ring);
                self.send(from.connection, RingEvent::Answered { ring, talked_ms });
            }
            Stage::Over => _ = self.tell_outcome(from.connection, ring, RingSide::Caller, from.owner.device),
            Stage::Merged(into) => self.say_merged(now, from, ring, into),
        }
    }

    /// Whether a ring that was placed before is still what its caller does. One into a call may not have been known as that by a server that has
    /// started anew: it is from now on.
    fn is_current(&mut self, from: Speaker, placement: &Placement) -> bool {
        let (ring, caller) = (placement.place.ring, from.owner.call_id);
        let is_free = |place| self.lines.occupant(caller, place).is_none_or(|occupant| occupant == ring);
        let is_ringing = |one: &&mut Ring| matches!(one.stage(), Stage::Ringing(_));
        match placement.place.into {
            None => is_free(Place::Call) && is_free(Place::Outgoing),
            Some(into) if is_free(Place::Outgoing) && self.may_ring_into(from, into, placement).is_ok() => {
                if let Some(one) = self.ring_mut(ring).filter(is_ringing) {
                    one.ring_into_call();
                    self.lines.occupy(caller, Place::Outgoing, ring);
                }
                true
            }
            Some(_) => false,
        }
    }

    /// Decides whom the ring reaches, and says to its caller what every caller is told.
    fn admit(
        &mut self,
        now: Duration,
        from: Speaker,
        ring: RingId,
        (admission, waking): (Admission, Waking),
        waited: Duration,
    ) {
        let Some(one) = self.rings.get(&ring) else { return };
        // Nobody is woken whom it does not reach, and nothing waits for that.
        let (offer, waking, readers) = match admission {
            Admission::Rings(_) => (Offer::Open, waking, Readers::Both),
            Admission::AsksFirst => (Offer::Withheld(Outcome::Asked), Waking::Impossible, Readers::Both),
            Admission::Unreachable(Trace::Missed) => {
                (Offer::Withheld(Outcome::Offline), Waking::Impossible, Readers::Both)
            }
            Admission::Unreachable(Trace::None) => {
                (Offer::Withheld(Outcome::Offline), Waking::Impossible, Readers::Caller)
            }
        };
        // A caller who was there before this server was: those who are called have to come back, too.
        let within = if waited.is_zero() { REACHED_WITHIN } else { CALLER_GRACE };
        let is_late = one.left(now).is_zero();
        if let Some(one) = self.ring_mut(ring) {
            one.offer(offer, waking, now + within, readers);
            if let Admission::Rings(relation) = admission {
                one.set_relation(relation);
            }
        }
        self.record(ring);
        self.say_placed(from, ring);
        match offer {
            // One that comes too late has reached nobody, whether or not it could have.
            Offer::Open if is_late => self.finish(now, ring, Outcome::Offline, None),
            Offer::Open => self.reach(now, ring, admission),
            Offer::Withheld(outcome) if is_late => self.finish(now, ring, outcome, None),
            Offer::Withheld(_) | Offer::Unknown | Offer::Shown => {}
        }
    }

    /// Rings somebody who may be rung, unless something is in the way.
    fn reach(&mut self, now: Duration, ring: RingId, admission: Admission) {
        match self.in_the_way(ring, admission) {
            InTheWay::Nothing => self.ring_out(now, ring),
            InTheWay::Stranger(other) => {
                let trace = self.trace_beside(other, ring);
                self.finish_leaving(now, other, (Outcome::Busy, None), trace);
                self.ring_out(now, ring);
            }
            // It waits as long as everything that reaches nobody, and ends as that does, unless its turn comes.
            InTheWay::Nobody => self.wait_for_turn(ring),
            InTheWay::Unseen(other) => {
                self.wait_for_turn(other);
                self.ring_out(now, ring);
            }
            InTheWay::Screen(other) => {
                let trace = self.trace_beside(ring, other);
                self.finish_leaving(now, ring, (Outcome::Busy, None), trace);
            }
            InTheWay::Line => self.finish(now, ring, Outcome::Busy, None),
        }
    }

    /// What the person called is doing. Somebody who has no device is not busy, whoever else rings them or was rung by them: who asks twice at
    /// once learns no more than who asks once.
    fn in_the_way(&self, ring: RingId, admission: Admission) -> InTheWay {
        let Some(callee) = self.rings.get(&ring).map(|one| one.person(RingSide::Callee)) else {
            return InTheWay::Nobody;
        };
        let other = |place| self.lines.occupant(callee, place).filter(|other| *other != ring);
        if let Some(outgoing) = other(Place::Outgoing) {
            return if self.is_caller_away(outgoing) { InTheWay::Nobody } else { InTheWay::Line };
        }
        let Some(incoming) = other(Place::Incoming) else { return InTheWay::Nothing };
        let Some(one) = self.rings.get(&incoming) else { return InTheWay::Nothing };
        let gives_way = one.relation() == Relation::Stranger;
        if one.stage() == Stage::Ringing(Offer::Open) {
            let is_known = admission == Admission::Rings(Relation::Known);
            let is_long = one.waking() == Waking::Possible;
            return if gives_way && is_known && is_long {
                InTheWay::Unseen(incoming)
            } else {
                InTheWay::Nobody
            };
        }
        match admission {
            Admission::Rings(Relation::Known) if gives_way => InTheWay::Stranger(incoming),
            Admission::Rings(_) | Admission::AsksFirst | Admission::Unreachable(_) => {
                InTheWay::Screen(incoming)
            }
        }
    }

    /// The ring waits behind another one until the person called is free for it.
    fn wait_for_turn(&mut self, ring: RingId) {
        if let Some(callee) = self.rings.get(&ring).map(|one| one.person(RingSide::Callee)) {
            self.lines.wait(callee, ring);
        }
    }

    /// Whatever was in the way of rings that wait is over: the first of them has its turn.
    pub(super) fn give_turn(&mut self, now: Duration, callee: CallId) {
        let is_free = [Place::Incoming, Place::Outgoing]
            .iter()
            .all(|place| self.lines.occupant(callee, *place).is_none());
        if !is_free {
            return;
        }
        while let Some(ring) = self.lines.next_waiting(callee) {
            if self.rings.get(&ring).is_some_and(|one| one.stage() == Stage::Ringing(Offer::Open)) {
                return self.ring_out(now, ring);
            }
        }
    }

    fn ring_out(&mut self, now: Duration, ring: RingId) {
        let Some(one) = self.rings.get(&ring) else { return };
        let callee = one.person(RingSide::Callee);
        self.lines.occupy(callee, Place::Incoming, ring);
        let manner = self.manner(callee);
        if let Some(one) = self.ring_mut(ring) {
            one.set_manner(manner);
        }
        if self.lines.devices(callee).next().is_none() {
            self.wake(now, ring);
        } else if let Some(one) = self.ring_mut(ring) {
            one.was_sent(now);
        }
        self.show(now, ring);
    }

    /// Has whatever can wake a device of the person called do so, once.
    pub(super) fn wake(&mut self, now: Duration, ring: RingId) {
        let Some(one) = self.ring_mut(ring) else { return };
        let [caller, callee] = [RingSide::Caller, RingSide::Callee].map(|side| one.person(side));
        let expires_in = one.left(now);
        if one.wake() {
            self.outputs.push_back(Output::Wake { callee, caller, ring, expires_in });
        }
    }

    /// Two people ring each other, and the first ring is into a call. Whoever comes there has to know that others are in it, so they do not ring,
    /// and answer the one that is on their screen; whatever they want of others, they want to talk to its caller.
    fn show_instead(&mut self, now: Duration, from: Speaker, first: RingId) {
        self.refuse(from, ErrorCode::CallerBusy);
        let is_free = self.lines.occupant(from.owner.call_id, Place::Incoming).is_none();
        let Some(one) = self.ring_mut(first) else { return };
        match one.stage() {
            Stage::Ringing(Offer::Shown | Offer::Unknown) => self.show_to(now, first, from.connection),
            Stage::Ringing(Offer::Withheld(_)) if is_free => {
                one.offer(Offer::Open, Waking::Impossible, now, Readers::Both);
                self.ring_out(now, first);
            }
            // Another one is on their screen, after which this one may have its turn.
            Stage::Ringing(Offer::Withheld(_) | Offer::Open)
            | Stage::Talking
            | Stage::Over
            | Stage::Merged(_) => {}
        }
    }

    /// Two people ring each other. The ring that was there first is answered by the device that has placed the second.
    fn merge(&mut self, now: Duration, from: Speaker, second: RingId, first: RingId) {
        if let Some(one) = self.ring_mut(second) {
            one.merge(now, first);
        }
        self.remember(second);
        self.say_merged(now, from, second, first);
        self.take_call(now, first, from.owner.device);
    }

    fn say_merged(&mut self, now: Duration, from: Speaker, ring: RingId, into: RingId) {
        if let Some(incoming) = self.rings.get(&into).and_then(|one| one.incoming(now)) {
            self.send(from.connection, RingEvent::Merged { ring, into: Box::new(incoming) });
        }
        let is_over = self.tell_outcome(from.connection, into, RingSide::Callee, from.owner.device);
        if !is_over && !self.rings.contains_key(&into) {
            let outcome = Outcome::Lost { seconds: 0 };
            self.send(from.connection, RingEvent::Over { ring, outcome, message: None });
        }
    }

    fn say_placed(&mut self, from: Speaker, ring: RingId) {
        let Some(one) = self.rings.get(&ring) else { return };
        if let (Some(room), Some(credential)) = (one.row().room, one.credential().cloned()) {
            self.send(from.connection, RingEvent::Placed { ring, room, credential });
        }
    }
}
