//! One ring, from when it is placed until it is forgotten: its two seats, its timers, and what each end sees of it. What a ring means for other
//! rings, and who is told, is in `rings/`.
//!
//! ```text
//!               ┌──────────── declined, cancelled, busy, no answer, offline, asked ────────────┐
//!   place ─▶ Ringing ──answer──▶ Talking ──hang up, seat given up──▶ Over ◀────────────────────┘
//!               │                  ▲                                  │
//!               └─ glare ─▶ Merged │ claim, after everything was lost  └── 60 s ──▶ forgotten
//! ```

mod company;

use std::time::Duration;

use protocol::limits::RING_SECONDS;
use protocol::{
    CallId, Credential, DeviceId, IncomingRing, Manner, Outcome, Progress, PublicKey, Receipt, RingId,
    RingSide, SealedNote, Timestamp,
};

use crate::seat::Seat;
use crate::{CallRecord, CallState, Departure, Readers, Relation, Waking};

/// How long a ring lasts, counted from when it was first placed.
pub const RING_FOR: Duration = Duration::from_secs(RING_SECONDS);

/// When a ring that has reached nobody is over, whatever the reason. Longer lets a device come that is being woken or is on its way back;
/// shorter tells a caller sooner.
pub const REACHED_WITHIN: Duration = Duration::from_millis(800);

/// After so long without a receipt a ring that devices were sent is taken not to be on any screen: the page may sleep, and its connection be broken
/// without a word. Longer keeps whoever can be woken asleep for longer; shorter wakes browsers whose page is about to ring.
pub const RECEIVED_WITHIN: Duration = Duration::from_secs(3);

/// For how long a ring goes on whose caller's connection broke, and how long one that its caller has placed before, on a server that was
/// there no longer, waits for devices that have to come back, too.
pub const CALLER_GRACE: Duration = Duration::from_secs(10);

/// For how long a ring that is over is remembered, so that whoever repeats something is told the same.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(60);

/// Why a ring is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// It has rung for [`RING_FOR`].
    RungOut,
    /// It has reached nobody within [`REACHED_WITHIN`].
    ReachedNobody,
    /// No device has said within [`RECEIVED_WITHIN`] that it has got it.
    NotReceived,
    /// The caller's device has been away for [`CALLER_GRACE`] while it rings.
    CallerGone,
    /// A device has been away for [`CALL_GRACE`](crate::CALL_GRACE) while they talk, or for [`RELOAD_GRACE`](crate::RELOAD_GRACE) since its page was closed.
    SeatGivenUp,
    /// It has been over for [`REMEMBERED_FOR`].
    Forgotten,
}

/// One ring.
#[derive(Debug)]
pub(crate) struct Ring {
    row: CallRecord,
    /// The caller's key of the room; unknown after everything was lost.
    credential: Option<Credential>,
    caller: Seat,
    callee: Seat,
    phase: Phase,
    /// It was there before this server.
    is_restored: bool,
}

#[derive(Debug)]
enum Phase {
    Ringing(Ringing),
    Talking(Talking),
    Over(Over),
    Merged { into: RingId, at: Duration },
}

#[derive(Debug)]
struct Over {
    /// Between the two.
    outcome: Outcome,
    message: Option<SealedNote>,
    at: Duration,
    /// For the one who was in the call for longer than the other one.
    stayed: Option<(RingSide, Outcome)>,
}

#[derive(Debug)]
struct Ringing {
    until: Duration,
    offer: Offer,
    /// When it has to have reached somebody.
    reach_until: Option<Duration>,
    manner: Manner,
    progress: Option<Progress>,
    /// What the caller is to the person called.
    relation: Relation,
    waking: Waking,
    /// Something was asked to wake a device.
    was_woken: bool,
    /// When somebody is woken for whom it was sent to devices that do not say that they have it.
    wake_at: Option<Duration>,
}

impl Ringing {
    /// One that nobody has been shown.
    fn until(until: Duration) -> Self {
        Self {
            until,
            offer: Offer::Unknown,
            reach_until: None,
            manner: Manner::Aloud,
            progress: None,
            relation: Relation::Stranger,
            waking: Waking::Impossible,
            was_woken: false,
            wake_at: None,
        }
    }
}

/// Whether the person called is shown a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Not known any more, until the caller places it again. Devices may have it on their screens.
    Unknown,
    /// To nobody; it will end so.
    Withheld(Outcome),
    /// To every device; none has been there yet.
    Open,
    /// To every device, of which there was one.
    Shown,
}

#[derive(Debug)]
struct Talking {
    /// They have talked since then,
    from: Duration,
    /// and so long before.
    before: Duration,
    /// What of that only an end could know that has not come back: the server was not there.
    unseen: Duration,
    /// Whether both ends were seen in it, or one end alone says so.
    confirmed: Confirmed,
}

/// Who says that there is a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmed {
    /// Both, or this server has seen the answer.
    ByBoth,
    /// One end, after everything was lost.
    ByOne,
}

/// What can be asked of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Ringing(Offer),
    Talking,
    Over,
    Merged(RingId),
}

impl Ring {
    /// A ring that is being placed, by this device, and rings until then.
    pub(crate) fn placed(row: CallRecord, credential: Credential, device: DeviceId, until: Duration) -> Self {
        let caller = Seat::of(device);
        let phase = Phase::Ringing(Ringing::until(until));
        let callee = Seat::default();
        Self { row, credential: Some(credential), caller, callee, phase, is_restored: false }
    }

    /// A ring that storage has and that is not over: each end has its usual time to come back. A call whose ends do not has gone on until the
    /// server was last there, as far as is known.
    pub(crate) fn restored(
        now: Duration,
        wall: Timestamp,
        row: CallRecord,
        seen_at: Option<Timestamp>,
    ) -> Self {
        let away = Seat::away(None, now);
        // A program was not connected before either.
        let mut caller = if row.placed_by.is_some() { Seat::default() } else { away };
        let age = row.placed_at.until(wall);
        let (mut callee, phase) = match (row.state, row.talking_since()) {
            (_, Some(at)) => {
                let confirmed = Confirmed::ByBoth;
                let callee = Seat::away(row.answered_by, now);
                let before = at.until(wall);
                let unseen = seen_at.map_or(Duration::ZERO, |seen_at| seen_at.until(wall)).min(before);
                (callee, Phase::Talking(Talking { from: now, before, unseen, confirmed }))
            }
            (CallState::Over { outcome }, None) => {
                (Seat::default(), Phase::Over(Over { outcome, message: None, at: now, stayed: None }))
            }
            (CallState::Ringing | CallState::Answered { .. }, None) => {
                let until = now + RING_FOR.saturating_sub(age);
                (Seat::default(), Phase::Ringing(Ringing::until(until)))
            }
        };
        match row.stays {
            None => {}
            Some(RingSide::Caller) => callee.vacate(),
            Some(RingSide::Callee) => caller.vacate(),
        }
        Self { row, credential: None, caller, callee, phase, is_restored: true }
    }

    /// A call of which one end says that there is one, and nobody knows better.
    pub(crate) fn claimed(now: Duration, row: CallRecord, talked: Duration) -> Self {
        let away = Seat::away(None, now);
        let phase = Phase::Talking(Talking {
            from: now,
            before: talked,
            unseen: Duration::ZERO,
            confirmed: Confirmed::ByOne,
        });
        Self { row, credential: None, caller: away, callee: away, phase, is_restored: false }
    }

    pub(crate) fn is_restored(&self) -> bool {
        self.is_restored
    }

    pub(crate) fn row(&self) -> &CallRecord {
        &self.row
    }

    pub(crate) fn stage(&self) -> Stage {
        match &self.phase {
            Phase::Ringing(ringing) => Stage::Ringing(ringing.offer),
            Phase::Talking(_) => Stage::Talking,
            Phase::Over(_) => Stage::Over,
            Phase::Merged { into, .. } => Stage::Merged(*into),
        }
    }

    /// Which end somebody is.
    pub(crate) fn side_of(&self, call_id: CallId) -> Option<RingSide> {
        if call_id == self.row.caller {
            Some(RingSide::Caller)
        } else if call_id == self.row.callee {
            Some(RingSide::Callee)
        } else {
            None
        }
    }

    /// Which end somebody is who may know of it: of one that did not reach them, because they have blocked its caller, they do not.
    pub(crate) fn known_to(&self, call_id: CallId) -> Option<RingSide> {
        self.side_of(call_id).filter(|side| *side == RingSide::Caller || self.row.readers == Readers::Both)
    }

    /// Who is at an end.
    pub(crate) fn person(&self, side: RingSide) -> CallId {
        match side {
            RingSide::Caller => self.row.caller,
            RingSide::Callee => self.row.callee,
        }
    }

    /// Which device is at an end.
    pub(crate) fn device(&self, side: RingSide) -> Option<DeviceId> {
        self.seat(side).device()
    }

    /// Whether the device at an end has no connection.
    pub(crate) fn is_away(&self, side: RingSide) -> bool {
        self.seat(side).away_since().is_some()
    }

    /// Whether the device may act at this end: it has the seat, or nobody is known to.
    pub(crate) fn may_sit(&self, side: RingSide, device: DeviceId) -> bool {
        self.seat(side).device().is_none_or(|seated| seated == device)
    }

    /// The device at an end is there.
    pub(crate) fn sit(&mut self, side: RingSide, device: DeviceId) {
        self.seat_mut(side).sit(device);
        if let Phase::Talking(talking) = &mut self.phase {
            talking.unseen = Duration::ZERO;
        }
    }

    /// The device at an end has lost its connection.
    pub(crate) fn leave_seat(&mut self, now: Duration, side: RingSide, departure: Departure) {
        self.seat_mut(side).lose(now, departure);
    }

    fn seat(&self, side: RingSide) -> &Seat {
        match side {
            RingSide::Caller => &self.caller,
            RingSide::Callee => &self.callee,
        }
    }

    fn seat_mut(&mut self, side: RingSide) -> &mut Seat {
        match side {
            RingSide::Caller => &mut self.caller,
            RingSide::Callee => &mut self.callee,
        }
    }

    pub(crate) fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// Takes the caller's key of the room from whoever has just made one, unless it has one.
    pub(crate) fn adopt(&mut self, room: protocol::RoomCode, credential: Credential) {
        if self.credential.is_none() {
            self.row.room = Some(room);
            self.credential = Some(credential);
        }
    }

    /// To whom it is shown, and until when it has to have reached somebody: where a device can be woken, until it has rung out.
    pub(crate) fn offer(&mut self, offer: Offer, waking: Waking, reach_until: Duration, readers: Readers) {
        if let Phase::Ringing(ringing) = &mut self.phase {
            ringing.offer = offer;
            ringing.waking = waking;
            ringing.reach_until = match waking {
                Waking::Impossible => Some(reach_until),
                Waking::Possible => None,
            };
            self.row.readers = readers;
        }
    }

    /// Whether a device of the person called can be woken for it.
    pub(crate) fn waking(&self) -> Waking {
        match &self.phase {
            Phase::Ringing(ringing) => ringing.waking,
            Phase::Talking(_) | Phase::Over(_) | Phase::Merged { .. } => Waking::Impossible,
        }
    }

    /// Something is asked to wake a device. False when nothing can, or it was asked before.
    pub(crate) fn wake(&mut self) -> bool {
        let Phase::Ringing(ringing) = &mut self.phase else { return false };
        ringing.wake_at = None;
        ringing.waking == Waking::Possible && !std::mem::replace(&mut ringing.was_woken, true)
    }

    /// It was sent to devices; one of them has to say soon that it has it.
    pub(crate) fn was_sent(&mut self, now: Duration) {
        if let Phase::Ringing(ringing) = &mut self.phase
            && ringing.waking == Waking::Possible
            && !ringing.was_woken
        {
            ringing.wake_at = ringing.wake_at.or(Some(now + RECEIVED_WITHIN));
        }
    }

    /// Whether something was asked to wake a device, while it rings.
    pub(crate) fn was_woken(&self) -> bool {
        match &self.phase {
            Phase::Ringing(ringing) => ringing.was_woken,
            Phase::Talking(_) | Phase::Over(_) | Phase::Merged { .. } => false,
        }
    }

    /// What its caller is to the person called.
    pub(crate) fn set_relation(&mut self, relation: Relation) {
        if let Phase::Ringing(ringing) = &mut self.phase {
            ringing.relation = relation;
        }
    }

    /// What its caller is to the person called, while it rings.
    pub(crate) fn relation(&self) -> Relation {
        match &self.phase {
            Phase::Ringing(ringing) => ringing.relation,
            Phase::Talking(_) | Phase::Over(_) | Phase::Merged { .. } => Relation::Known,
        }
    }

    /// A device has it on its screen.
    pub(crate) fn was_shown(&mut self) {
        if let Phase::Ringing(ringing) = &mut self.phase
            && ringing.offer == Offer::Open
        {
            ringing.offer = Offer::Shown;
        }
    }

    /// Takes the manner in which it is shown; false when it was so already.
    pub(crate) fn set_manner(&mut self, manner: Manner) -> bool {
        let Phase::Ringing(ringing) = &mut self.phase else { return false };
        std::mem::replace(&mut ringing.manner, manner) != manner
    }

    pub(crate) fn progress(&self) -> Option<Progress> {
        if let Phase::Ringing(ringing) = &self.phase { ringing.progress } else { None }
    }

    /// Takes what a device has said; the progress, when that is better than before.
    pub(crate) fn receive(&mut self, receipt: Receipt) -> Option<Progress> {
        let Phase::Ringing(ringing) = &mut self.phase else { return None };
        ringing.wake_at = None;
        let progress = match (ringing.manner, receipt) {
            (Manner::Quietly, _) => Progress::InAnotherCall,
            (Manner::Aloud, Receipt::Shown) => Progress::Shown,
            (Manner::Aloud, Receipt::Silent) => Progress::Silent,
            (Manner::Aloud, Receipt::Ringing) => Progress::Ringing,
        };
        let is_better = ringing.progress < Some(progress);
        is_better.then(|| *ringing.progress.insert(progress))
    }

    /// As the devices of the person called are shown it. `None` where the invitation or the room was lost.
    pub(crate) fn incoming(&self, now: Duration) -> Option<IncomingRing> {
        let (manner, until) = match &self.phase {
            Phase::Ringing(ringing) => (ringing.manner, ringing.until),
            Phase::Talking(_) | Phase::Over(_) | Phase::Merged { .. } => (Manner::Aloud, now),
        };
        let left = until.saturating_sub(now).as_millis();
        Some(IncomingRing {
            ring: self.row.ring,
            caller: self.row.caller,
            caller_key: self.row.caller_key.clone(),
            room: self.row.room?,
            into_call: !self.has(RingSide::Caller),
            invitation: self.row.invitation.clone()?,
            manner,
            expires_in_ms: u32::try_from(left).unwrap_or(u32::MAX),
        })
    }

    /// For how long it still rings.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        match &self.phase {
            Phase::Ringing(ringing) => ringing.until.saturating_sub(now),
            Phase::Talking(_) | Phase::Over(_) | Phase::Merged { .. } => Duration::ZERO,
        }
    }

    /// This device has answered.
    pub(crate) fn answer(&mut self, now: Duration, wall: Timestamp, device: DeviceId) {
        self.callee = Seat::of(device);
        self.phase = Phase::Talking(Talking {
            from: now,
            before: Duration::ZERO,
            unseen: Duration::ZERO,
            confirmed: Confirmed::ByBoth,
        });
        self.row.readers = Readers::Both;
        self.row.answered_by = Some(device);
        self.row.answered_at = Some(wall);
        self.row.state = CallState::Answered { at: wall };
    }

    /// Both ends say that there is a call.
    pub(crate) fn confirm(&mut self, now: Duration, wall: Timestamp) {
        self.row.answered_by = self.callee.device();
        if let Phase::Talking(talking) = &mut self.phase {
            talking.confirmed = Confirmed::ByBoth;
            let talked = talking.before + now.saturating_sub(talking.from);
            let millis = u64::try_from(talked.as_millis()).unwrap_or(u64::MAX);
            let at = Timestamp(wall.0.saturating_sub(millis));
            self.row.answered_at = Some(at);
            self.row.state = CallState::Answered { at };
        }
    }

    /// One end of a call that only the other has told of is there, with its key.
    pub(crate) fn learn_key(&mut self, side: RingSide, key: Option<PublicKey>) {
        let is_known = self.confirmed() == Confirmed::ByBoth;
        match (key.filter(|_| !is_known), side) {
            (Some(key), RingSide::Caller) => self.row.caller_key = key,
            (key @ Some(_), RingSide::Callee) => self.row.callee_key = key,
            (None, _) => {}
        }
    }

    pub(crate) fn confirmed(&self) -> Confirmed {
        match &self.phase {
            Phase::Talking(talking) => talking.confirmed,
            Phase::Ringing(_) | Phase::Over(_) | Phase::Merged { .. } => Confirmed::ByBoth,
        }
    }

    /// The ring has become another one.
    pub(crate) fn merge(&mut self, now: Duration, into: RingId) {
        self.phase = Phase::Merged { into, at: now };
    }

    /// It is over. For the two it is as it was settled, if it was.
    pub(crate) fn end(&mut self, now: Duration, outcome: Outcome, message: Option<SealedNote>) {
        let stayed = self.stayed(outcome);
        self.row.stays = None;
        let outcome = self.settled().unwrap_or(outcome);
        self.phase = Phase::Over(Over { outcome, message, at: now, stayed });
        self.row.state = CallState::Over { outcome };
    }

    /// How it ends when nobody answers any more.
    pub(crate) fn unanswered(&self) -> Outcome {
        let Phase::Ringing(ringing) = &self.phase else { return Outcome::NoAnswer };
        match (ringing.offer, ringing.manner) {
            (Offer::Withheld(outcome), _) => outcome,
            (Offer::Open, _) if ringing.waking == Waking::Impossible => Outcome::Offline,
            (Offer::Open | Offer::Unknown, _) | (Offer::Shown, Manner::Aloud) => Outcome::NoAnswer,
            (Offer::Shown, Manner::Quietly) => Outcome::Busy,
        }
    }

    /// How it ends when the person called does not want to talk. Somebody in a call is busy, and need not explain.
    pub(crate) fn declined(&self) -> Outcome {
        match &self.phase {
            Phase::Ringing(Ringing { manner: Manner::Quietly, .. }) => Outcome::Busy,
            Phase::Ringing(_) | Phase::Talking(_) | Phase::Over(_) | Phase::Merged { .. } => {
                Outcome::Declined
            }
        }
    }

    /// How it ended, as a device at an end sees it.
    pub(crate) fn outcome_for(
        &self,
        side: RingSide,
        device: DeviceId,
    ) -> Option<(Outcome, Option<SealedNote>)> {
        let over = if let Phase::Over(over) = &self.phase { Some(over) } else { None };
        let stayed = over.and_then(|over| over.stayed).filter(|(stayed, _)| *stayed == side);
        let settled = self.settled().filter(|_| !self.has(side));
        let outcome = stayed.map(|(_, outcome)| outcome).or(over.map(|over| over.outcome)).or(settled)?;
        let message = over.and_then(|over| over.message.clone());
        match side {
            RingSide::Caller => Some((outcome, message)),
            RingSide::Callee => Some((self.row.outcome_for_callee(outcome, device), None)),
        }
    }

    /// What it waits for, and until when.
    fn timers(&self) -> [(Timer, Option<Duration>); 6] {
        let mut timers = [
            (Timer::RungOut, None),
            (Timer::ReachedNobody, None),
            (Timer::NotReceived, None),
            (Timer::CallerGone, None),
            (Timer::SeatGivenUp, None),
            (Timer::Forgotten, None),
        ];
        let [rung_out, reached_nobody, not_received, caller_gone, seat_given_up, forgotten] = &mut timers;
        match &self.phase {
            Phase::Ringing(ringing) => {
                rung_out.1 = Some(ringing.until);
                reached_nobody.1 = ringing.reach_until;
                not_received.1 = ringing.wake_at;
                caller_gone.1 = self.caller.away_since().map(|since| since + CALLER_GRACE);
            }
            Phase::Talking(_) => {
                seat_given_up.1 = self.first_given_up().map(|(at, ..)| at);
            }
            Phase::Over(Over { at, .. }) | Phase::Merged { at, .. } => {
                forgotten.1 = Some(*at + REMEMBERED_FOR);
            }
        }
        timers
    }

    /// The next moment at which it is to be looked at, and why.
    pub(crate) fn poll_timeout(&self) -> Option<(Duration, Timer)> {
        let timers = self.timers().into_iter().filter_map(|(timer, at)| Some((at?, timer)));
        timers.min_by_key(|(at, _)| *at)
    }

    /// Somebody was reached in time.
    pub(crate) fn was_reached(&mut self) {
        if let Phase::Ringing(ringing) = &mut self.phase {
            ringing.reach_until = None;
        }
    }
}
