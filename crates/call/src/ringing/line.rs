//! The one call of this device: the one that it places, the one that it has answered, the one it is in, or the last one.
//!
//! ```text
//!   Idle ──call──▶ LookingUp ──key──▶ Sealing ──sealed──▶ Calling ──answered, merged──▶ InCall
//!    ▲                 │                 │                   │  ▲                          ▲ │
//!    │                 └── no key, ──────┘        30 s: the verdict is waited for          │ │ over
//!    │                     wrong key ▶ Refused                                  answered ──┘ │
//!    └─────────────────── dismiss ────── Over ◀──── over, hang up ◀──── Answering ◀─ answer ─┘
//!                                                                           ▲
//!                         Idle, Over ──take over──▶ TakenOver ──said again──┘
//!
//!   Idle ──resume──▶ Resuming ──answered──▶ InCall       the page was loaded anew in the middle of a call
//! ```

use std::time::Duration;

use protocol::limits::{GRACE_SECONDS, RING_SECONDS};
use protocol::{
    CallId, IncomingRing, Invitation, Outcome, PlaceRing, Progress, PublicKey, RingId, RingMessage, RingSide,
    RoomCode, SealedNote, Standing,
};
use seal::KeyDigest;
use view::{RingPhase, RingRefusal};

use super::output::RingView;

/// How long the server may take to name a key, and a page to seal with it.
const LOOKED_UP_WITHIN: Duration = Duration::from_secs(15);

const RING_FOR: Duration = Duration::from_secs(RING_SECONDS);

/// How long after it has rung out a ring's verdict is waited for. An answer in the last moment still comes through; shorter loses it on a slow line.
const VERDICT_WITHIN: Duration = Duration::from_secs(10);

/// How long an answer may take to be confirmed, broken sockets included.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(15);

/// How long a page that was loaded anew waits for the server to say that its call goes on: for as long as that waits for a device whose connection
/// broke.
const RESUMED_WITHIN: Duration = Duration::from_secs(GRACE_SECONDS);

/// How long the server may take to speak again of a ring that was on the screen of another page. It does so when it welcomes the device.
const SAID_AGAIN_WITHIN: Duration = Duration::from_secs(15);

/// The call.
#[derive(Debug, Default)]
pub(super) enum Line {
    /// None.
    #[default]
    Idle,
    /// The key of the person called is asked for.
    LookingUp { ring: RingId, callee: CallId, expected: Option<KeyDigest>, since: Duration },
    /// The invitation is being sealed, to this key.
    Sealing { ring: RingId, callee: CallId, key: PublicKey, since: Duration },
    /// It rings at the other end, as far as is known.
    Calling(Box<Calling>),
    /// A ring was on the screen of another page of this browser. This one answers it as soon as the server says it.
    TakenOver { ring: RingId, peer: CallId, expected: Option<KeyDigest>, since: Duration },
    /// A ring that came was answered here; another device may have been first.
    Answering { incoming: Box<IncomingRing>, since: Duration },
    /// They talked when the page was loaded anew. The server has not said yet that the call goes on.
    Resuming { call: InCall, since: Duration },
    /// They talk.
    InCall(InCall),
    /// It is over.
    Over(Box<RingView>),
}

/// A ring that this device places.
#[derive(Debug)]
pub(super) struct Calling {
    place: PlaceRing,
    /// The key that its invitation is sealed to.
    key: PublicKey,
    since: Duration,
    /// When it was first sent to the server.
    placed_at: Option<Duration>,
    /// It was sent once more.
    is_repeated: bool,
    /// Where the call will be, once the server has said so.
    room: Option<RoomCode>,
    progress: Option<Progress>,
    /// It has rung out, and the server has not said how it ended.
    verdict_until: Option<Duration>,
}

/// A call.
#[derive(Clone, Debug)]
pub(super) struct InCall {
    ring: RingId,
    peer: CallId,
    /// The other one's key.
    key: PublicKey,
    side: RingSide,
    room: RoomCode,
    from: Duration,
    /// How long they had talked then.
    before: Duration,
}

/// A call that goes on, as a page that is loaded anew takes it up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OngoingCall {
    /// The ring.
    pub ring: RingId,
    /// The other one.
    pub peer: CallId,
    /// Their key.
    pub key: PublicKey,
    /// Which end this is.
    pub side: RingSide,
    /// Where it is.
    pub room: RoomCode,
    /// How long they have talked.
    pub talked: Duration,
}

/// What was sealed for a ring.
#[derive(Clone)]
pub(super) struct Sealed {
    pub(super) invitation: Invitation,
    /// For one's own history.
    pub(super) note: Option<SealedNote>,
}

/// What is due of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineTimer {
    /// No key has come, or nothing was sealed.
    NotPlaced,
    /// The ring has rung for 30 s by this device's own clock.
    RungOut,
    /// The server has not said how it ended.
    NoVerdict,
    /// The server has not confirmed the answer, or that the call goes on.
    NotConfirmed,
    /// The server has not spoken of the ring that was taken over.
    NotSaidAgain,
}

impl Calling {
    pub(super) fn new(now: Duration, place: PlaceRing, key: PublicKey) -> Self {
        Self {
            place,
            key,
            since: now,
            placed_at: None,
            is_repeated: false,
            room: None,
            progress: None,
            verdict_until: None,
        }
    }

    /// The message, with how long it has rung.
    pub(super) fn message(&mut self, now: Duration) -> RingMessage {
        self.is_repeated |= self.placed_at.is_some();
        let placed_at = *self.placed_at.get_or_insert(now);
        let waited = now.saturating_sub(placed_at).as_millis();
        let waited_ms = u32::try_from(waited).unwrap_or(u32::MAX);
        RingMessage::Place(Box::new(PlaceRing { waited_ms, ..self.place.clone() }))
    }

    /// Whether somebody else is the person that is called: another ID, or another key than the one that the invitation is sealed to.
    pub(super) fn is_to_another(&self, caller: CallId, key: &PublicKey) -> bool {
        (self.place.callee, &self.key) != (caller, key)
    }

    /// Whether the server may have the ring though it refuses the message that places it: it has said so, or an earlier message may have come
    /// through.
    pub(super) fn may_ring(&self) -> bool {
        self.room.is_some() || self.is_repeated
    }

    /// The server has made the room; true when that is news.
    pub(super) fn enter_room(&mut self, room: RoomCode) -> bool {
        self.room.replace(room) != Some(room)
    }

    /// It was answered. The server names the room before that; one that does not leads nowhere.
    pub(super) fn answered(&self, now: Duration, talked_ms: u32) -> Option<InCall> {
        let room = self.room?;
        let before = Duration::from_millis(talked_ms.into());
        let (ring, peer, key) = (self.place.ring, self.place.callee, self.key.clone());
        Some(InCall { ring, peer, key, side: RingSide::Caller, room, from: now, before })
    }

    pub(super) fn note_progress(&mut self, progress: Progress) {
        self.progress = self.progress.max(Some(progress));
    }

    /// It rings no longer.
    pub(super) fn rung_out(&mut self, now: Duration) {
        self.verdict_until = Some(now + VERDICT_WITHIN);
    }

    fn phase(&self) -> RingPhase {
        match (self.verdict_until, self.progress) {
            (Some(_), _) => RingPhase::Over(Outcome::NoAnswer),
            (None, Some(Progress::Ringing)) => RingPhase::Ringing,
            (None, progress) => RingPhase::Calling(progress),
        }
    }
}

impl InCall {
    /// As whoever answered.
    pub(super) fn as_callee(now: Duration, incoming: &IncomingRing, talked_ms: u32) -> Self {
        let before = Duration::from_millis(talked_ms.into());
        let (ring, peer, key) = (incoming.ring, incoming.caller, incoming.caller_key.clone());
        Self { ring, peer, key, side: RingSide::Callee, room: incoming.room, from: now, before }
    }

    fn resumed(now: Duration, call: OngoingCall) -> Self {
        let OngoingCall { ring, peer, key, side, room, talked } = call;
        Self { ring, peer, key, side, room, from: now, before: talked }
    }

    pub(super) fn room(&self) -> RoomCode {
        self.room
    }

    fn ongoing(&self, now: Duration) -> OngoingCall {
        let Self { ring, peer, side, room, .. } = *self;
        OngoingCall { ring, peer, key: self.key.clone(), side, room, talked: self.talked(now) }
    }

    fn talked(&self, now: Duration) -> Duration {
        self.before + now.saturating_sub(self.from)
    }
}

impl Line {
    /// The ring that it is about.
    pub(super) fn ring(&self) -> Option<RingId> {
        match self {
            Self::Idle => None,
            Self::LookingUp { ring, .. } | Self::Sealing { ring, .. } | Self::TakenOver { ring, .. } => {
                Some(*ring)
            }
            Self::Calling(calling) => Some(calling.place.ring),
            Self::Answering { incoming, .. } => Some(incoming.ring),
            Self::Resuming { call, .. } | Self::InCall(call) => Some(call.ring),
            Self::Over(view) => Some(view.ring),
        }
    }

    /// A call of the page before, which the server may still have.
    pub(super) fn resume(now: Duration, call: OngoingCall) -> Self {
        Self::Resuming { call: InCall::resumed(now, call), since: now }
    }

    /// The call that a page that is loaded anew would take up again.
    pub(super) fn ongoing(&self, now: Duration) -> Option<OngoingCall> {
        match self {
            Self::Resuming { call, .. } | Self::InCall(call) => Some(call.ongoing(now)),
            Self::Idle
            | Self::LookingUp { .. }
            | Self::Sealing { .. }
            | Self::Calling(_)
            | Self::TakenOver { .. }
            | Self::Answering { .. }
            | Self::Over(_) => None,
        }
    }

    /// The key of whoever is called has come. What follows.
    pub(super) fn take_key(&mut self, now: Duration, of: CallId, key: &PublicKey) -> Option<RingId> {
        let Self::LookingUp { ring, callee, expected, since } = &*self else { return None };
        let (ring, callee, since) = (*ring, *callee, *since);
        if callee != of {
            return None;
        }
        if expected.is_some_and(|expected| expected != KeyDigest::of(key)) {
            self.refuse(now, RingRefusal::WrongKey);
            return None;
        }
        *self = Self::Sealing { ring, callee, key: key.clone(), since };
        Some(ring)
    }

    /// The invitation is sealed: the ring is to be placed, into a call that there is or into none. False for another ring than this one.
    pub(super) fn take_sealed(
        &mut self,
        now: Duration,
        of: RingId,
        into: Option<RingId>,
        sealed: Sealed,
    ) -> bool {
        let Self::Sealing { ring, callee, key, .. } = &*self else { return false };
        let (ring, callee, key) = (*ring, *callee, key.clone());
        let Sealed { invitation, note } = sealed;
        if ring == of {
            let place = PlaceRing { ring, callee, waited_ms: 0, into, invitation, note };
            *self = Self::Calling(Box::new(Calling::new(now, place, key)));
        }
        ring == of
    }

    /// Whether somebody can be called.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Self::Idle | Self::Over(_) => true,
            Self::Calling(calling) => calling.verdict_until.is_some(),
            Self::LookingUp { .. }
            | Self::Sealing { .. }
            | Self::TakenOver { .. }
            | Self::Answering { .. }
            | Self::Resuming { .. }
            | Self::InCall(_) => false,
        }
    }

    /// Whether the call is, or may come to be, in the room of a ring.
    pub(super) fn wants_room(&self, ring: RingId) -> bool {
        let is_open = match self {
            Self::Calling(_) | Self::Answering { .. } | Self::InCall(_) => true,
            Self::Idle
            | Self::LookingUp { .. }
            | Self::Sealing { .. }
            | Self::TakenOver { .. }
            | Self::Resuming { .. }
            | Self::Over(_) => false,
        };
        is_open && self.ring() == Some(ring)
    }

    /// What the server may have of it.
    pub(super) fn standing(&self, now: Duration) -> Standing {
        match self {
            Self::Idle
            | Self::LookingUp { .. }
            | Self::Sealing { .. }
            | Self::TakenOver { .. }
            | Self::Over(_) => Standing::Idle,
            Self::Calling(calling) if calling.placed_at.is_none() => Standing::Idle,
            Self::Calling(calling) => Standing::Placing { ring: calling.place.ring },
            Self::Answering { incoming, .. } => Standing::Answering { ring: incoming.ring },
            Self::Resuming { call, .. } | Self::InCall(call) => Standing::InCall {
                ring: call.ring,
                peer: call.peer,
                side: call.side,
                talked_ms: u32::try_from(call.talked(now).as_millis()).unwrap_or(u32::MAX),
            },
        }
    }

    /// What is to be said on a new socket.
    pub(super) fn message(&mut self, now: Duration) -> Option<RingMessage> {
        match self {
            Self::LookingUp { callee, .. } => Some(RingMessage::LookUp { callee: *callee }),
            Self::Calling(calling) => Some(calling.message(now)),
            Self::Answering { incoming, .. } => Some(RingMessage::Answer { ring: incoming.ring }),
            Self::Idle
            | Self::Sealing { .. }
            | Self::TakenOver { .. }
            | Self::Resuming { .. }
            | Self::InCall(_)
            | Self::Over(_) => None,
        }
    }

    /// What the person's own hanging up looks like, until the server says how it ended.
    pub(super) fn own_end(&self, now: Duration) -> Outcome {
        match self {
            Self::Resuming { call, .. } | Self::InCall(call) => {
                Outcome::Answered { seconds: u32::try_from(call.talked(now).as_secs()).unwrap_or(u32::MAX) }
            }
            Self::Answering { .. } => Outcome::Answered { seconds: 0 },
            Self::TakenOver { .. } => Outcome::Declined,
            Self::Idle | Self::LookingUp { .. } | Self::Sealing { .. } | Self::Calling(_) | Self::Over(_) => {
                Outcome::Cancelled
            }
        }
    }

    /// The call is over, as the server says or as this device thinks.
    pub(super) fn end(&mut self, now: Duration, outcome: Outcome, message: Option<SealedNote>) {
        self.close(now, RingPhase::Over(outcome), message);
    }

    /// It was not placed.
    pub(super) fn refuse(&mut self, now: Duration, why: RingRefusal) {
        self.close(now, RingPhase::Refused(why), None);
    }

    fn close(&mut self, now: Duration, phase: RingPhase, message: Option<SealedNote>) {
        let Some(mut view) = self.view() else { return };
        view.phase = phase;
        view.message = message;
        view.since = now;
        *self = Self::Over(Box::new(view));
    }

    pub(super) fn view(&self) -> Option<RingView> {
        let (ring, peer, key) = match self {
            Self::Idle => return None,
            Self::LookingUp { ring, callee, .. } => (*ring, *callee, None),
            Self::Sealing { ring, callee, key, .. } => (*ring, *callee, Some(key)),
            Self::Calling(calling) => (calling.place.ring, calling.place.callee, Some(&calling.key)),
            Self::TakenOver { ring, peer, .. } => (*ring, *peer, None),
            Self::Answering { incoming, .. } => (incoming.ring, incoming.caller, Some(&incoming.caller_key)),
            Self::Resuming { call, .. } | Self::InCall(call) => (call.ring, call.peer, Some(&call.key)),
            Self::Over(view) => return Some((**view).clone()),
        };
        let (side, phase, since) = match self {
            Self::Idle | Self::Over(_) => return None,
            Self::LookingUp { since, .. } | Self::Sealing { since, .. } => {
                (RingSide::Caller, RingPhase::Calling(None), *since)
            }
            Self::Calling(calling) => (RingSide::Caller, calling.phase(), calling.since),
            Self::TakenOver { since, .. } | Self::Answering { since, .. } => {
                (RingSide::Callee, RingPhase::Answered, *since)
            }
            Self::Resuming { call, .. } | Self::InCall(call) => {
                (call.side, RingPhase::Answered, call.from.saturating_sub(call.before))
            }
        };
        Some(RingView { ring, peer, side, phase, since, key: key.cloned(), invitation: None, message: None })
    }

    /// What is due, and when.
    pub(super) fn poll_timeout(&self) -> Option<(Duration, LineTimer)> {
        match self {
            Self::LookingUp { since, .. } | Self::Sealing { since, .. } => {
                Some((*since + LOOKED_UP_WITHIN, LineTimer::NotPlaced))
            }
            Self::Calling(calling) => match (calling.verdict_until, calling.placed_at) {
                (Some(until), _) => Some((until, LineTimer::NoVerdict)),
                (None, placed_at) => {
                    Some((placed_at.unwrap_or(calling.since) + RING_FOR, LineTimer::RungOut))
                }
            },
            Self::TakenOver { since, .. } => Some((*since + SAID_AGAIN_WITHIN, LineTimer::NotSaidAgain)),
            Self::Answering { since, .. } => Some((*since + CONFIRMED_WITHIN, LineTimer::NotConfirmed)),
            Self::Resuming { since, .. } => Some((*since + RESUMED_WITHIN, LineTimer::NotConfirmed)),
            Self::Idle | Self::InCall(_) | Self::Over(_) => None,
        }
    }
}
