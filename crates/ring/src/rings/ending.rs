//! A ring ends, whoever ends it: its places are free, its row is final, and every end is told the same.

use std::time::Duration;

use protocol::{DeviceId, ErrorCode, HangUpReason, Outcome, RingEvent, RingId, RingSide, SealedNote};

use super::{Rings, Speaker, is_missed, seconds};
use crate::ring::{CALLER_GRACE, Confirmed, Offer, Ring, Stage};
use crate::seat::CALL_GRACE;
use crate::{CallRecord, Output, Readers, Trace};

impl Rings {
    pub(super) fn decline(
        &mut self,
        now: Duration,
        from: Speaker,
        ring: RingId,
        message: Option<SealedNote>,
    ) {
        let device = from.owner.device;
        let Some(one) = self.ring_for(ring, from) else { return self.refuse(from, ErrorCode::RingUnknown) };
        match one.stage() {
            // One that is unknown again may be on its screen from before this server started.
            Stage::Ringing(Offer::Shown | Offer::Unknown) => {
                let outcome = one.declined();
                self.finish(now, ring, outcome, message);
            }
            Stage::Over => _ = self.tell_outcome(from.connection, ring, RingSide::Callee, device),
            Stage::Talking if one.device(RingSide::Callee) != Some(device) => {
                let outcome = Outcome::AnsweredElsewhere;
                self.send(from.connection, RingEvent::Over { ring, outcome, message: None });
            }
            Stage::Ringing(Offer::Withheld(_) | Offer::Open) | Stage::Talking | Stage::Merged(_) => {
                self.refuse(from, ErrorCode::RingUnknown);
            }
        }
    }

    pub(super) fn cancel(&mut self, now: Duration, from: Speaker, ring: RingId) {
        let one = self.rings.get(&ring);
        let one = one.filter(|one| one.side_of(from.owner.call_id) == Some(RingSide::Caller));
        let one = one.filter(|one| one.may_sit(RingSide::Caller, from.owner.device));
        let Some(one) = one else { return self.refuse(from, ErrorCode::RingUnknown) };
        match one.stage() {
            // They are in the call by another ring and take this one back, which was answered meanwhile, or they have left it. What comes later than a
            // message may take is no taking back: who came into a call is nobody's to put out.
            Stage::Talking if !one.has(RingSide::Caller) && one.talked(now) > CALL_GRACE + CALLER_GRACE => {
                if !self.tell_outcome(from.connection, ring, RingSide::Caller, from.owner.device) {
                    self.refuse(from, ErrorCode::RingUnknown);
                }
            }
            Stage::Talking if !one.has(RingSide::Caller) => {
                let seconds = seconds(one.talked(now));
                if !self.tell_outcome(from.connection, ring, RingSide::Caller, from.owner.device) {
                    self.part(now, (ring, RingSide::Callee), Outcome::Answered { seconds });
                    _ = self.tell_outcome(from.connection, ring, RingSide::Caller, from.owner.device);
                }
            }
            Stage::Ringing(_) | Stage::Talking => {
                if let Some(one) = self.ring_mut(ring) {
                    one.sit(RingSide::Caller, from.owner.device);
                }
                self.leave(now, ring, RingSide::Caller);
            }
            Stage::Over => {
                _ = self.tell_outcome(from.connection, ring, RingSide::Caller, from.owner.device);
            }
            Stage::Merged(into) => {
                let is_mine = |one: &Ring| {
                    one.stage() == Stage::Talking && one.device(RingSide::Callee) == Some(from.owner.device)
                };
                if self.rings.get(&into).is_some_and(is_mine) {
                    self.leave(now, into, RingSide::Callee);
                }
                let outcome = Outcome::Cancelled;
                self.send(from.connection, RingEvent::Over { ring, outcome, message: None });
            }
        }
    }

    pub(super) fn hang_up(&mut self, now: Duration, from: Speaker, ring: RingId, reason: HangUpReason) {
        let device = from.owner.device;
        let one = self.rings.get(&ring);
        let Some((one, side)) = one.and_then(|one| Some((one, one.known_to(from.owner.call_id)?))) else {
            return self.refuse(from, ErrorCode::RingUnknown);
        };
        let (may_sit, is_in) = (one.may_sit(side, device), one.has(side));
        match (one.stage(), side) {
            (Stage::Talking, _) if may_sit && !is_in => {
                if !self.tell_outcome(from.connection, ring, side, device) {
                    self.refuse(from, ErrorCode::RingUnknown);
                }
            }
            (Stage::Talking, _) if may_sit => {
                let seconds = seconds(one.talked(now));
                let outcome = match reason {
                    HangUpReason::HungUp => Outcome::Answered { seconds },
                    HangUpReason::Lost => Outcome::Lost { seconds },
                };
                if let Some(one) = self.ring_mut(ring) {
                    one.sit(side, device);
                }
                self.part(now, (ring, side), outcome);
            }
            (Stage::Ringing(_), RingSide::Caller) => self.cancel(now, from, ring),
            // Its answer did not come through.
            (Stage::Ringing(_), RingSide::Callee) => self.decline(now, from, ring, None),
            (Stage::Over, _) => _ = self.tell_outcome(from.connection, ring, side, device),
            (Stage::Talking | Stage::Merged(_), _) => self.refuse(from, ErrorCode::RingUnknown),
        }
    }

    /// One end has given it up, in whatever stage.
    pub(super) fn leave(&mut self, now: Duration, ring: RingId, side: RingSide) {
        let Some(one) = self.rings.get(&ring) else { return };
        match (one.stage(), side) {
            (Stage::Ringing(_), RingSide::Caller) => self.finish(now, ring, Outcome::Cancelled, None),
            (Stage::Talking, _) => {
                let seconds = seconds(one.talked_together(now));
                self.part(now, (ring, side), Outcome::Answered { seconds });
            }
            (Stage::Ringing(_), RingSide::Callee) | (Stage::Over | Stage::Merged(_), _) => {}
        }
    }

    /// The ring is over.
    pub(super) fn finish(
        &mut self,
        now: Duration,
        ring: RingId,
        outcome: Outcome,
        message: Option<SealedNote>,
    ) {
        self.finish_leaving(now, ring, (outcome, message), Trace::Missed);
    }

    /// The ring is over. The one way in which any ends. The person called has missed it, if nobody took it, or is none the worse for it.
    pub(super) fn finish_leaving(
        &mut self,
        now: Duration,
        ring: RingId,
        (outcome, message): (Outcome, Option<SealedNote>),
        trace: Trace,
    ) {
        let Some(one) = self.ring_mut(ring) else { return };
        let stage = one.stage();
        if stage == Stage::Over {
            return;
        }
        let (caller, callee) = (one.person(RingSide::Caller), one.person(RingSide::Callee));
        let is_known = one.confirmed() == Confirmed::ByBoth;
        let was_woken = one.was_woken();
        one.end(now, outcome, message);
        let is_read_by_both = one.row().readers == Readers::Both;
        self.lines.vacate(caller, ring);
        self.lines.vacate(callee, ring);
        self.forget_call(ring);
        match trace {
            _ if !is_known => {}
            Trace::Missed => self.record(ring),
            Trace::None => self.record_for_caller(ring),
        }
        self.tell_end(ring, stage);
        if is_known {
            self.tell_the_others(ring, stage);
        }
        if is_known && is_read_by_both && is_missed(outcome) && trace == Trace::Missed {
            self.outputs.push_back(Output::Missed { callee, caller, ring });
        } else if was_woken {
            self.outputs.push_back(Output::Settled { callee, caller, ring });
        }
        self.remember(ring);
        for person in [caller, callee] {
            self.review_manner(now, person);
            self.give_turn(now, person);
        }
    }

    /// Keeps a ring for its caller's history alone.
    fn record_for_caller(&mut self, ring: RingId) {
        if let Some(one) = self.rings.get(&ring) {
            let row = CallRecord { readers: Readers::Caller, ..one.row().clone() };
            self.outputs.push_back(Output::Record(Box::new(row)));
        }
    }

    /// Tells everybody who knows of the ring.
    fn tell_end(&mut self, ring: RingId, before: Stage) {
        let Some(one) = self.rings.get(&ring) else { return };
        for side in [RingSide::Caller, RingSide::Callee] {
            let person = one.person(side);
            let seated = who_was_in(one, side, before);
            let all_were_shown = side == RingSide::Callee
                && matches!(before, Stage::Ringing(Offer::Shown | Offer::Unknown))
                && one.row().readers == Readers::Both;
            let told = self.lines.devices(person);
            let told: Vec<_> = told.filter(|(device, _)| all_were_shown || seated == Some(*device)).collect();
            let ends = told.into_iter().filter_map(|(device, connection)| {
                one.outcome_for(side, device).map(|(outcome, message)| (connection, outcome, message))
            });
            for (to, outcome, message) in ends.collect::<Vec<_>>() {
                let event = Box::new(RingEvent::Over { ring, outcome, message });
                self.outputs.push_back(Output::Send { to, event });
            }
        }
    }

    /// The devices of the two that had no part in it read their history again.
    fn tell_the_others(&mut self, ring: RingId, before: Stage) {
        let Some(one) = self.rings.get(&ring) else { return };
        let mut others = Vec::new();
        for side in [RingSide::Caller, RingSide::Callee] {
            // Who was called hears of a ring that was not answered on every device, or as of a missed call.
            if side == RingSide::Caller || before == Stage::Talking {
                let seated = who_was_in(one, side, before);
                let devices = self.lines.devices(one.person(side));
                others.extend(
                    devices.filter(|(device, _)| seated != Some(*device)).map(|(_, connection)| connection),
                );
            }
        }
        for connection in others {
            self.send(connection, RingEvent::Changed);
        }
    }

    /// The devices at an end that have no part in the ring read their history again.
    pub(super) fn tell_others_of(&mut self, ring: RingId, side: RingSide) {
        let Some(one) = self.rings.get(&ring) else { return };
        let devices = self.lines.devices(one.person(side));
        let others: Vec<_> = devices.filter(|(device, _)| one.device(side) != Some(*device)).collect();
        for (_, connection) in others {
            self.send(connection, RingEvent::Changed);
        }
    }

    /// Keeps a ring that is over for those who ask again. Of one person only so many are.
    pub(super) fn remember(&mut self, ring: RingId) {
        let Some(one) = self.rings.get(&ring) else { return };
        let (caller, callee) = (one.person(RingSide::Caller), one.person(RingSide::Callee));
        let is_read_by_both = one.row().readers == Readers::Both;
        if let Some(oldest) = self.lines.remember(caller, ring) {
            self.forget(oldest);
        }
        if is_read_by_both {
            // One that is not told any more to those who were called is still known to its caller.
            _ = self.lines.remember(callee, ring);
        }
    }

    pub(super) fn forget(&mut self, ring: RingId) {
        let Some(one) = self.rings.remove(&ring) else { return };
        self.touched.push(ring);
        for side in [RingSide::Caller, RingSide::Callee] {
            self.lines.forget(one.person(side), ring);
        }
    }
}

/// The device at an end that has to hear of it. Who has left a call of more than two before has heard then.
fn who_was_in(one: &Ring, side: RingSide, before: Stage) -> Option<DeviceId> {
    one.device(side).filter(|_| before != Stage::Talking || one.has(side))
}
