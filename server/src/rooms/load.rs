//! Between what a room keeps and what storage keeps. The one file that converts.

use protocol::{Consent, ParticipantId, RecordingState, RoomCode, Timestamp};
use room::{Change, KeptRecording, SeatChange, SeatState};
use serde::{Deserialize, Serialize};
use storage::{AuditEvent, BrowserId, Digest, SeatRecord};

use crate::ids;

/// A recording that goes on, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    state: RecordingState,
    answers: Vec<(ParticipantId, Consent)>,
}

pub(super) fn to_storage(room: RoomCode, change: Change, now: Timestamp) -> storage::Change {
    match change {
        Change::Recording(kept) => storage::Change::Recording(room, kept.and_then(written)),
        Change::Chat(entry) => storage::Change::Chat(room, entry),
        Change::Seat(seat) => storage::Change::Seat(record(room, seat)),
        Change::Blocked(browser) => storage::Change::Blocked(room, BrowserId(Digest(browser)), now),
        Change::Used(at) => storage::Change::Used(room, at),
        Change::Done { at, by, action } => storage::Change::Audit(AuditEvent {
            id: ids::uuid().to_string(),
            at,
            room: Some(room),
            actor: by.to_string(),
            action: action.to_owned(),
            subject: None,
        }),
    }
}

fn written(KeptRecording { state, answers }: KeptRecording) -> Option<String> {
    serde_json::to_string(&Kept { state, answers }).ok()
}

/// What another version has written differently is not gone on with.
pub(super) fn recording(kept: &str) -> Option<KeptRecording> {
    let Kept { state, answers } = serde_json::from_str(kept).ok()?;
    Some(KeptRecording { state, answers })
}

fn record(room: RoomCode, seat: SeatChange) -> SeatRecord {
    SeatRecord {
        room,
        participant: seat.participant,
        session: seat.session,
        name: seat.name,
        role: seat.role,
        hand: seat.hand,
        forbidden: seat.forbidden,
        state: match seat.state {
            SeatState::Taken => storage::SeatState::Taken,
            SeatState::Left => storage::SeatState::Left,
            SeatState::Removed => storage::SeatState::Removed,
        },
        generation: seat.generation,
        browser: seat.browser.map(|browser| BrowserId(Digest(browser))),
        key: seat.key,
        changed_at: seat.at,
    }
}

pub(super) fn seat(record: SeatRecord) -> SeatChange {
    SeatChange {
        participant: record.participant,
        session: record.session,
        name: record.name,
        role: record.role,
        hand: record.hand,
        forbidden: record.forbidden,
        state: match record.state {
            storage::SeatState::Taken => SeatState::Taken,
            storage::SeatState::Left => SeatState::Left,
            storage::SeatState::Removed => SeatState::Removed,
        },
        generation: record.generation,
        browser: record.browser.map(|browser| browser.0.0),
        key: record.key,
        at: record.changed_at,
    }
}
