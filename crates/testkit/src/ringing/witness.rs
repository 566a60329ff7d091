//! Who sees everything and says what must not be: of the rows that a server keeps, of what screens show, and of how the two agree in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call::RingPhase;
use protocol::{CallId, Outcome, RingId, RingSide, RoomCode};
use ring::{CallRecord, CallState};

use super::page::{Page, Shown, id_of, is_ringing};

/// A ring rings for so long.
const RING_FOR: Duration = Duration::from_secs(30);

/// How much longer than [`RING_FOR`] after it was first placed a ring may be on another screen: it takes so long to get there, at the most.
pub(super) const ON_THE_WAY: Duration = Duration::from_millis(1_000);

/// How long after the end of a ring everybody who is connected has heard of it.
const HEARD_WITHIN: Duration = Duration::from_secs(3);

/// What was seen.
#[derive(Default)]
pub(super) struct Witness {
    /// When each ring was first sent to the server.
    placed: BTreeMap<RingId, Duration>,
    /// Rings that people have answered and not ended, by person, and the call that each is of: a room, or a ring of which no room is known.
    talking: BTreeMap<CallId, BTreeMap<RingId, Result<RoomCode, RingId>>>,
    /// Who has stayed in a call that the other one of a ring has left.
    stayed: BTreeMap<RingId, RingSide>,
    /// Rings by which somebody came into a call that there was.
    added: BTreeSet<RingId>,
    /// When each row was begun and when it was over.
    begun: BTreeMap<RingId, Duration>,
    over: BTreeMap<RingId, Duration>,
    /// Which devices of the person called have been in a call.
    answered: BTreeMap<RingId, BTreeSet<usize>>,
}

impl Witness {
    /// A page has sent a ring to the server, perhaps again.
    pub(super) fn placed(&mut self, now: Duration, ring: RingId) {
        self.placed.entry(ring).or_insert(now);
    }

    /// The ring is another one from now on.
    pub(super) fn placed_anew(&mut self, now: Duration, ring: RingId) {
        self.placed.insert(ring, now);
    }

    /// How many rings brought somebody into a call that there was.
    pub(super) fn added(&self) -> u64 {
        self.added.len() as u64
    }

    pub(super) fn rings(&self) -> Vec<RingId> {
        self.placed.keys().copied().collect()
    }

    /// A page has gone to the room of a ring that it has answered.
    pub(super) fn answered(&mut self, ring: RingId, page: usize) {
        let pages = self.answered.entry(ring).or_default();
        pages.insert(page);
        assert!(pages.len() == 1, "two devices have answered {ring}: {pages:?}");
    }

    /// The server keeps a row.
    pub(super) fn kept(&mut self, now: Duration, rows: &BTreeMap<RingId, CallRecord>, row: &CallRecord) {
        let before = rows.get(&row.ring);
        assert!(
            before.is_none_or(|before| (before.caller, before.callee) == (row.caller, row.callee)),
            "{} is another's now",
            row.ring
        );
        let is_later = match (before.map(|before| before.state), row.state) {
            (None | Some(CallState::Ringing), _)
            | (Some(CallState::Answered { .. }), CallState::Over { .. }) => true,
            (Some(CallState::Answered { at }), CallState::Answered { at: again }) => at == again,
            (Some(CallState::Over { .. }), CallState::Over { .. }) => {
                // Whoever has stayed goes, and nothing else changes.
                before.is_some_and(|before| {
                    before.stays.is_some() && *before == CallRecord { stays: before.stays, ..row.clone() }
                })
            }
            (Some(CallState::Answered { .. } | CallState::Over { .. }), _) => false,
        };
        assert!(is_later, "{} was {:?} and is {:?}", row.ring, before.map(|before| before.state), row.state);
        self.begun.entry(row.ring).or_insert(now);
        if let Some(stays) = row.stays {
            self.stayed.insert(row.ring, stays);
        }
        for (side, person) in [(RingSide::Caller, row.caller), (RingSide::Callee, row.callee)] {
            let talking = self.talking.entry(person).or_default();
            match row.state {
                CallState::Answered { .. } => {
                    talking.insert(row.ring, row.room.ok_or(row.ring));
                    if talking.len() > 1 {
                        self.added.insert(row.ring);
                    }
                }
                CallState::Over { .. } if row.stays == Some(side) => {}
                CallState::Ringing | CallState::Over { .. } => _ = talking.remove(&row.ring),
            }
            let calls: BTreeSet<_> = talking.values().collect();
            assert!(calls.len() <= 1, "somebody is in two calls: {talking:?}");
        }
        match row.state {
            CallState::Over { outcome } => {
                self.over.insert(row.ring, now);
                assert!(outcome != Outcome::AnsweredElsewhere, "that is no end of a ring");
                let was_answered =
                    matches!(before.map(|before| before.state), Some(CallState::Answered { .. }));
                let says_answered = outcome.was_answered();
                let was_over = before.is_some_and(|before| before.stays.is_some());
                assert!(was_over || was_answered == says_answered, "{} ended {outcome:?}", row.ring);
            }
            CallState::Ringing | CallState::Answered { .. } => Self::look_for_glare(rows, row),
        }
    }

    /// Between two people there is one ring or call, and no second one the other way round.
    fn look_for_glare(rows: &BTreeMap<RingId, CallRecord>, row: &CallRecord) {
        let pair = |row: &CallRecord| BTreeSet::from([row.caller, row.callee]);
        let other = rows.values().find(|other| {
            let is_open = !matches!(other.state, CallState::Over { .. });
            other.ring != row.ring && is_open && pair(other) == pair(row)
        });
        assert!(
            other.is_none(),
            "{} and {} are between the same two",
            row.ring,
            other.map_or(row.ring, |o| o.ring)
        );
    }

    /// The rows that have not ended, and for how long they have rung.
    pub(super) fn look_at_rows(&self, now: Duration, rows: &BTreeMap<RingId, CallRecord>) {
        for row in rows.values().filter(|row| row.state == CallState::Ringing) {
            let begun = self.begun.get(&row.ring).copied().unwrap_or(now);
            assert!(now <= begun + RING_FOR, "{} rings on at the server", row.ring);
        }
    }

    /// What a page shows of a ring.
    pub(super) fn look_at_screen(&self, now: Duration, page: &Page, ring: RingId, shown: &Shown) {
        if !is_ringing(shown.phase) || shown.last < now {
            return;
        }
        if let Some(placed) = self.placed.get(&ring) {
            let slack = if shown.side == RingSide::Caller { Duration::ZERO } else { ON_THE_WAY };
            assert!(
                now <= *placed + RING_FOR + slack,
                "{ring}, placed at {placed:?}, rings on at {} of {} at {now:?}: {shown:?}",
                page.device,
                page.person
            );
        }
    }

    /// What everybody was shown in the end is what the row says, wherever they could know.
    pub(super) fn compare(&self, now: Duration, pages: &[Page], rows: &BTreeMap<RingId, CallRecord>) -> u64 {
        let mut compared = 0;
        for (index, page) in pages.iter().enumerate() {
            for (ring, shown) in &page.shown {
                let is_shown = shown.last == now && !page.is_closed;
                assert!(
                    !is_shown || !is_ringing(shown.phase) && shown.phase != RingPhase::Answered,
                    "{ring} has not come to rest at page {index}: {shown:?}"
                );
                let (Some(row), Some(begun), Some(over)) =
                    (rows.get(ring), self.begun.get(ring), self.over.get(ring))
                else {
                    continue;
                };
                let CallState::Over { outcome } = row.state else { continue };
                let heard = *over + HEARD_WITHIN;
                let from = begun.saturating_sub(ON_THE_WAY);
                let person = if shown.side == RingSide::Caller { row.caller } else { row.callee };
                // A ring that was refused may be another's now.
                if person != id_of(page.person) {
                    continue;
                }
                if shown.last < heard || !page.was_connected(from, heard) {
                    continue;
                }
                compared += 1;
                let expected = expected(page, row, outcome);
                // Who has talked on with others reads for how long in all, and whether that was lost.
                let has_stayed = self.stayed.get(ring) == Some(&shown.side);
                assert!(
                    shown.phase == RingPhase::Over(expected)
                        || has_stayed && is_longer(shown.phase, expected),
                    "page {index} was shown {:?} of {ring}, whose row says {expected:?}",
                    shown.phase
                );
            }
        }
        compared
    }
}

/// Whether somebody was in a call for at least as long as they talked with the other one of a ring.
fn is_longer(shown: RingPhase, expected: Outcome) -> bool {
    let RingPhase::Over(shown) = shown else { return false };
    shown.seconds().zip(expected.seconds()).is_some_and(|(shown, expected)| shown >= expected)
}

/// What a page is to show of a ring that has ended.
fn expected(page: &Page, row: &CallRecord, outcome: Outcome) -> Outcome {
    let has_answered = row.answered_by == Some(page.device);
    let is_callee = row.callee == id_of(page.person);
    if is_callee && outcome.was_answered() && !has_answered { Outcome::AnsweredElsewhere } else { outcome }
}
