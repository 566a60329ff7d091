//! A device comes, comes back or goes: what it says that it is in the middle of, what the server has of it, and what it is told.

use std::time::Duration;

use protocol::{
    CallId, CloseCode, DeviceId, ErrorCode, Outcome, ProtocolError, RingEvent, RingId, RingSide, Standing,
    Timestamp,
};

use super::{Rings, Speaker, millis, seconds};
use crate::lines::{Owner, Place};
use crate::ring::{Confirmed, Ring, Stage};
use crate::seat::other;
use crate::{Attachment, CallRecord, CallState, ConnectionId, Departure, Output, Readers};

/// A call can be said to have lasted for so long. What is taken from a device is never more than that.
const LONGEST_CALL: Duration = Duration::from_secs(24 * 60 * 60);

/// What a device says of the call that it is in.
#[derive(Clone, Copy)]
struct Claim {
    ring: RingId,
    peer: CallId,
    side: RingSide,
    talked: Duration,
}

/// Whether a device may go on with the ring that it names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// As far as storage knows.
    Open,
    /// It has been told that it may not.
    Closed,
}

impl Rings {
    pub(super) fn attach(&mut self, now: Duration, attachment: Attachment) {
        let Attachment { connection, call_id, device, identity, standing, row } = attachment;
        let owner = Owner { call_id, device };
        let seated: Vec<_> = self.seated(call_id).collect();
        let displaced = self.lines.attach(connection, owner, identity, &seated);
        if let Some(same) = displaced.same {
            self.send_away(same);
        }
        if let Some((oldest, device)) = displaced.oldest {
            self.send_away(oldest);
            self.lose_seats(now, Owner { call_id, device }, Departure::Broken);
        }
        self.send(connection, RingEvent::Welcome { call_id });
        let named = standing.ring();
        self.reconcile(now, owner, named);
        let row = row.filter(|row| Some(row.ring) == named);
        let kept = row.map_or(Kept::Open, |row| self.take_up(now, owner, connection, row));
        if kept == Kept::Open
            && let Standing::InCall { ring, peer, side, talked_ms } = standing
        {
            let talked = Duration::from_millis(talked_ms.into()).min(LONGEST_CALL);
            let from = Speaker { connection, owner, id: None };
            self.claim(now, from, Claim { ring, peer, side, talked });
        }
        self.tell_how_it_stands(now, owner, connection, named);
    }

    fn send_away(&mut self, connection: ConnectionId) {
        let error = ProtocolError::new(ErrorCode::SessionTakenOver, None);
        self.send(connection, RingEvent::Error(error));
        self.outputs.push_back(Output::Close { connection, code: CloseCode::TAKEN_OVER });
    }

    /// The device has the rings back that it names; what it does not name any more, it has given up.
    fn reconcile(&mut self, now: Duration, owner: Owner, named: Option<RingId>) {
        for place in [Place::Outgoing, Place::Call] {
            let Some(ring) = self.lines.occupant(owner.call_id, place) else { continue };
            let Some(one) = self.ring_mut(ring) else { continue };
            let Some(side) = one.side_of(owner.call_id) else { continue };
            // A ring into a call is its caller's for as long as they are in that.
            if one.device(side) != Some(owner.device) || !one.has(side) {
                continue;
            }
            // A ring that has become another one is named until that is known.
            let merged = named.and_then(|named| self.rings.get(&named)).map(Ring::stage);
            if named == Some(ring) || merged == Some(Stage::Merged(ring)) {
                if let Some(one) = self.ring_mut(ring) {
                    one.sit(side, owner.device);
                }
            } else if place == Place::Outgoing {
                self.leave(now, ring, side);
            } else {
                let talked = self.rings.get(&ring).map(|one| one.talked_together(now)).unwrap_or_default();
                self.part(now, (ring, side), Outcome::Lost { seconds: seconds(talked) });
            }
        }
    }

    /// Storage has a row of the ring that a device names. What is over, or another's, the device cannot go on with.
    fn take_up(&mut self, now: Duration, owner: Owner, connection: ConnectionId, row: CallRecord) -> Kept {
        let ring = row.ring;
        if self.rings.contains_key(&ring) {
            return Kept::Open;
        }
        let is_theirs = match row.readers {
            Readers::Both => row.caller == owner.call_id || row.callee == owner.call_id,
            Readers::Caller => row.caller == owner.call_id,
        };
        let outcome = match row.state {
            _ if !is_theirs => Outcome::Lost { seconds: 0 },
            CallState::Over { outcome } if row.caller == owner.call_id => outcome,
            CallState::Over { outcome } => row.outcome_for_callee(outcome, owner.device),
            CallState::Ringing | CallState::Answered { .. } => {
                self.restore(now, row, None);
                return Kept::Open;
            }
        };
        self.send(connection, RingEvent::Over { ring, outcome, message: None });
        Kept::Closed
    }

    /// A device says that it is in a call.
    fn claim(&mut self, now: Duration, from: Speaker, claim: Claim) {
        let Claim { ring, peer, side, .. } = claim;
        let owner = from.owner;
        let Some(one) = self.rings.get(&ring) else { return self.claim_unknown(now, from, claim) };
        let is_theirs =
            one.person(side) == owner.call_id && one.person(other(side)) == peer && peer != owner.call_id;
        let stage = one.stage();
        let is_in = one.has(side);
        match stage {
            Stage::Talking if is_theirs && !is_in => {
                if !self.tell_outcome(from.connection, ring, side, owner.device) {
                    self.deny(from, ring);
                }
            }
            Stage::Talking if is_theirs && one.may_sit(side, owner.device) => {
                self.rejoin(now, from, ring, side);
            }
            Stage::Ringing(_) if is_theirs && side == RingSide::Callee => {
                self.take_call(now, ring, owner.device);
                self.tell_of_call(now, from, ring);
            }
            Stage::Ringing(_) if is_theirs && one.may_sit(side, owner.device) => {
                if let Some(one) = self.ring_mut(ring) {
                    one.sit(side, owner.device);
                }
            }
            Stage::Over if is_theirs => _ = self.tell_outcome(from.connection, ring, side, owner.device),
            Stage::Talking | Stage::Ringing(_) | Stage::Over | Stage::Merged(_) => self.deny(from, ring),
        }
    }

    fn rejoin(&mut self, now: Duration, from: Speaker, ring: RingId, side: RingSide) {
        let call_id = from.owner.call_id;
        let current = self.lines.occupant(call_id, Place::Call);
        if current.is_some_and(|current| current != ring) {
            return self.deny(from, ring);
        }
        self.lines.occupy(call_id, Place::Call, ring);
        let wall = self.wall(now);
        let key = self.lines.identity(from.connection);
        let Some(one) = self.ring_mut(ring) else { return };
        one.sit(side, from.owner.device);
        one.learn_key(side, key);
        if one.confirmed() == Confirmed::ByOne && one.device(other(side)).is_some() {
            one.confirm(now, wall);
            self.record(ring);
        }
        self.tell_of_call(now, from, ring);
        self.review_manner(now, call_id);
    }

    /// Neither this server nor storage knows of it. The other end is not in a call before it says so, too.
    fn claim_unknown(&mut self, now: Duration, from: Speaker, claim: Claim) {
        let Claim { ring, peer, side, talked } = claim;
        let Owner { call_id, device } = from.owner;
        let is_free = self.lines.occupant(call_id, Place::Call).is_none();
        let Some(key) = self.lines.identity(from.connection).filter(|_| is_free && peer != call_id) else {
            return self.deny(from, ring);
        };
        let (caller, callee) = match side {
            RingSide::Caller => (call_id, peer),
            RingSide::Callee => (peer, call_id),
        };
        let since = u64::try_from(talked.as_millis()).unwrap_or_default();
        let at = Timestamp(self.wall(now).0.saturating_sub(since));
        let row = CallRecord {
            ring,
            caller,
            callee,
            // Of a person called it stands for that of the caller, until that one comes back.
            caller_key: key.clone(),
            callee_key: (side == RingSide::Callee).then_some(key),
            room: None,
            invitation: None,
            note: None,
            readers: Readers::Both,
            placed_by: None,
            answered_by: None,
            answered_at: Some(at),
            placed_at: at,
            state: CallState::Answered { at },
            stays: None,
        };
        let mut one = Ring::claimed(now, row, talked);
        one.sit(side, device);
        self.insert(one);
        self.lines.occupy(call_id, Place::Call, ring);
        self.tell_of_call(now, from, ring);
        self.review_manner(now, call_id);
    }

    /// A page that was loaded anew waits for that before it goes into the room.
    fn tell_of_call(&mut self, now: Duration, to: Speaker, ring: RingId) {
        let talked_ms = self.rings.get(&ring).map_or(0, |one| millis(one.talked(now)));
        self.send(to.connection, RingEvent::Answered { ring, talked_ms });
    }

    fn deny(&mut self, to: Speaker, ring: RingId) {
        let outcome = Outcome::Lost { seconds: 0 };
        self.send(to.connection, RingEvent::Over { ring, outcome, message: None });
    }

    /// The ring that is for this person, the call that another of their devices has, and what has ended of late.
    fn tell_how_it_stands(
        &mut self,
        now: Duration,
        owner: Owner,
        connection: ConnectionId,
        named: Option<RingId>,
    ) {
        let Owner { call_id, device } = owner;
        if let Some(ring) = self.lines.occupant(call_id, Place::Incoming) {
            self.show_to(now, ring, connection);
        }
        if let Some(ring) = self.lines.occupant(call_id, Place::Call)
            && self.rings.get(&ring).is_some_and(|one| {
                one.side_of(call_id) == Some(RingSide::Callee) && one.device(RingSide::Callee) != Some(device)
            })
        {
            let outcome = Outcome::AnsweredElsewhere;
            self.send(connection, RingEvent::Over { ring, outcome, message: None });
        }
        for ring in self.lines.ended(call_id).into_iter().filter(|ring| Some(*ring) != named) {
            let Some(side) = self.rings.get(&ring).and_then(|one| one.side_of(call_id)) else { continue };
            let is_theirs = self.rings.get(&ring).is_some_and(|one| one.device(side) == Some(device));
            if side == RingSide::Callee || is_theirs {
                _ = self.tell_outcome(connection, ring, side, device);
            }
        }
    }

    pub(super) fn disconnect(&mut self, now: Duration, connection: ConnectionId, departure: Departure) {
        let Some(owner) = self.lines.detach(connection) else { return };
        match departure {
            Departure::Broken => {}
            Departure::Closed => self.give_up_rings(now, owner),
        }
        self.lose_seats(now, owner, departure);
        self.review_manner(now, owner.call_id);
        let incoming = self.lines.occupant(owner.call_id, Place::Incoming);
        if let Some(ring) = incoming.filter(|_| self.lines.devices(owner.call_id).next().is_none()) {
            self.wake(now, ring);
        }
    }

    /// The page was closed: whom it rings, it rings no longer. The call that it is in goes on for as long as it may take to be loaded anew.
    fn give_up_rings(&mut self, now: Duration, owner: Owner) {
        let seats = self.seats(owner);
        for (ring, side) in seats {
            match self.rings.get(&ring).map(Ring::stage) {
                Some(Stage::Talking) => self.give_up_ring_into_call(now, owner.call_id),
                Some(Stage::Ringing(_) | Stage::Over | Stage::Merged(_)) => self.leave(now, ring, side),
                None => {}
            }
        }
    }

    fn lose_seats(&mut self, now: Duration, owner: Owner, departure: Departure) {
        for (ring, side) in self.seats(owner) {
            if let Some(one) = self.ring_mut(ring) {
                one.leave_seat(now, side, departure);
            }
        }
    }

    /// Which devices of a person are in a ring that they place, or in a call.
    fn seated(&self, call_id: CallId) -> impl Iterator<Item = DeviceId> {
        let rings = [Place::Outgoing, Place::Call].map(|place| self.lines.occupant(call_id, place));
        rings.into_iter().flatten().filter_map(move |ring| {
            let one = self.rings.get(&ring)?;
            one.device(one.side_of(call_id)?)
        })
    }

    /// Where a device sits.
    fn seats(&self, owner: Owner) -> Vec<(RingId, RingSide)> {
        let rings = [Place::Outgoing, Place::Call].map(|place| self.lines.occupant(owner.call_id, place));
        let seats = rings.into_iter().flatten().filter_map(|ring| {
            let one = self.rings.get(&ring)?;
            let side = one.side_of(owner.call_id)?;
            (one.has(side) && one.device(side) == Some(owner.device)).then_some((ring, side))
        });
        seats.collect()
    }
}
