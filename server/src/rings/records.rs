//! A ring as its machine has it, and as storage keeps it. The one place that converts.

use std::time::Duration;

use protocol::{Outcome, RingSide, Timestamp};
use ring::{CallState, Readers};
use storage::{CallCourse, CallEnd, CallOutcome, CallParty, CallReaders, CallSide};

/// As storage keeps it, at this moment. `None` while one of the two is not known.
pub(super) fn to_storage(row: &ring::CallRecord, now: Timestamp) -> Option<storage::CallRecord> {
    let note = row.note.as_ref().and_then(|note| storage::SealedNote::new(note.as_str().to_owned()).ok());
    let (answered_at, end) = match row.state {
        CallState::Ringing => (None, None),
        CallState::Answered { at } => (Some(at), None),
        CallState::Over { outcome } => (row.answered_at, Some(end_of(outcome, row.answered_at, now))),
    };
    Some(storage::CallRecord {
        ring: row.ring,
        caller: CallParty { key: row.caller_key.clone(), call_id: row.caller, note },
        callee: CallParty { key: row.callee_key.clone()?, call_id: row.callee, note: None },
        readers: match row.readers {
            Readers::Both => CallReaders::Both,
            Readers::Caller => CallReaders::Caller,
        },
        placed_by: row.placed_by.clone(),
        room: row.room,
        invitation: row.invitation.clone(),
        answered_by: row.answered_by,
        course: CallCourse { started_at: row.placed_at, answered_at, end },
        stays: row.stays.map(|side| match side {
            RingSide::Caller => CallSide::Caller,
            RingSide::Callee => CallSide::Callee,
        }),
    })
}

/// The end of a call in which somebody talked is when they talked last, so that its two moments say for how long.
fn end_of(outcome: Outcome, answered_at: Option<Timestamp>, now: Timestamp) -> CallEnd {
    let talked_until =
        |seconds: u32| answered_at.map_or(now, |at| at.after(Duration::from_secs(seconds.into())));
    let (outcome, at) = match outcome {
        Outcome::Answered { seconds } => (CallOutcome::Answered, talked_until(seconds)),
        Outcome::Lost { seconds } => (CallOutcome::Lost, talked_until(seconds)),
        // Which of the devices has answered is kept apart.
        Outcome::AnsweredElsewhere => (CallOutcome::Answered, now),
        Outcome::Declined => (CallOutcome::Declined, now),
        Outcome::Busy => (CallOutcome::Busy, now),
        Outcome::NoAnswer => (CallOutcome::NoAnswer, now),
        Outcome::Cancelled => (CallOutcome::Cancelled, now),
        Outcome::Offline => (CallOutcome::Offline, now),
        Outcome::Asked => (CallOutcome::Asked, now),
    };
    CallEnd { at, outcome }
}

/// As the machine has it.
pub(crate) fn from_storage(call: storage::CallRecord) -> ring::CallRecord {
    let storage::CallRecord {
        ring,
        caller,
        callee,
        readers,
        placed_by,
        room,
        invitation,
        answered_by,
        course,
        stays,
    } = call;
    let state = match (course.answered_at, course.end) {
        (_, Some(end)) => CallState::Over { outcome: outcome_of(end, course.answered_at) },
        (Some(at), None) => CallState::Answered { at },
        (None, None) => CallState::Ringing,
    };
    ring::CallRecord {
        ring,
        caller: caller.call_id,
        callee: callee.call_id,
        caller_key: caller.key,
        callee_key: Some(callee.key),
        // Whoever has a ring's room made has sealed an invitation to it. A row without one was made of what two devices say, by whichever
        // version of this server, and a room in it is nobody's to give away or to delete.
        room: room.filter(|_| invitation.is_some()),
        invitation,
        note: caller.note.and_then(|note| protocol::SealedNote::new(note.as_str().to_owned()).ok()),
        readers: match readers {
            CallReaders::Both => Readers::Both,
            CallReaders::Caller => Readers::Caller,
        },
        placed_by,
        placed_at: course.started_at,
        answered_by,
        answered_at: course.answered_at,
        state,
        stays: stays.map(|side| match side {
            CallSide::Caller => RingSide::Caller,
            CallSide::Callee => RingSide::Callee,
        }),
    }
}

/// How a call ended, with how long they talked.
pub(crate) fn outcome_of(end: CallEnd, answered_at: Option<Timestamp>) -> Outcome {
    let talked = answered_at.map_or(Duration::ZERO, |at| at.until(end.at)).as_secs();
    let seconds = u32::try_from(talked).unwrap_or(u32::MAX);
    match end.outcome {
        CallOutcome::Answered => Outcome::Answered { seconds },
        CallOutcome::Lost => Outcome::Lost { seconds },
        CallOutcome::Declined => Outcome::Declined,
        CallOutcome::Busy => Outcome::Busy,
        CallOutcome::NoAnswer => Outcome::NoAnswer,
        CallOutcome::Cancelled => Outcome::Cancelled,
        CallOutcome::Offline => Outcome::Offline,
        CallOutcome::Asked => Outcome::Asked,
    }
}

#[cfg(test)]
mod tests {
    use protocol::{CallId, DeviceId, Invitation, PublicKey, RingId, RoomCode, SealedNote};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_kept_of_a_ring_is_what_its_machine_had() {
        let at = Timestamp(1_782_000_000_123);
        let row = ring::CallRecord {
            ring: RingId::new(Uuid::from_u128(1)),
            caller: CallId::nth(1),
            callee: CallId::nth(2),
            caller_key: PublicKey::new("A".repeat(43)).unwrap(),
            callee_key: PublicKey::new("Q".repeat(43)).ok(),
            room: Some(RoomCode::from_random(3)),
            invitation: Invitation::new("sealed".into()).ok(),
            note: SealedNote::new("sealed-too".into()).ok(),
            readers: Readers::Caller,
            placed_by: Some("program".into()),
            placed_at: Timestamp(1_782_000_000_000),
            answered_by: None,
            answered_at: None,
            state: CallState::Ringing,
            stays: None,
        };
        let device = Some(DeviceId::new(Uuid::from_u128(9)));
        let talking = ring::CallRecord {
            readers: Readers::Both,
            answered_by: device,
            answered_at: Some(at),
            state: CallState::Answered { at },
            ..row.clone()
        };
        let outcomes = [
            Outcome::Answered { seconds: 61 },
            Outcome::Lost { seconds: 0 },
            Outcome::Lost { seconds: 4 },
            Outcome::Answered { seconds: 0 },
        ];
        let after_talking = outcomes
            .map(|outcome| ring::CallRecord { state: CallState::Over { outcome }, ..talking.clone() });
        let stayed = [RingSide::Caller, RingSide::Callee].map(|side| {
            let outcome = Outcome::Answered { seconds: 7 };
            let state = CallState::Over { outcome };
            ring::CallRecord { state, stays: Some(side), ..talking.clone() }
        });
        let outcomes = [
            Outcome::Declined,
            Outcome::Busy,
            Outcome::NoAnswer,
            Outcome::Cancelled,
            Outcome::Offline,
            Outcome::Asked,
            Outcome::Lost { seconds: 0 },
        ];
        let unanswered =
            outcomes.map(|outcome| ring::CallRecord { state: CallState::Over { outcome }, ..row.clone() });
        for row in [row, talking].into_iter().chain(after_talking).chain(stayed).chain(unanswered) {
            // However late it is written.
            let kept = to_storage(&row, Timestamp(at.0 + 99_999)).unwrap();
            assert_eq!(from_storage(kept), row);
        }
    }
}
