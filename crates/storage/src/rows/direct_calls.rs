//! From rows of direct calls and of the outbox to records and back.

use protocol::{
    CallId, Invitation, PublicKey, PushAuth, PushEndpoint, PushKey, PushSubscription, RoomCode, Timestamp,
};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{optional_time, parsed, time, unsigned};
use crate::StorageError;
use crate::records::{
    CallCourse, CallDirection, CallEnd, CallIdentity, CallOutcome, CallParty, CallReaders, CallRecord,
    CallRules, CallSide, Claim, ClaimedEntry, ContactRecord, Digest, HistoryEntry, OutboxCount, OutboxEntry,
    Payload, PushRecord, QuietHours, RequestNote, SealedNote, Standing, Topic, WhoMayRing,
};

pub(crate) fn identity(row: &AnyRow) -> Result<CallIdentity, StorageError> {
    let who_may_ring: String = row.try_get("who_may_ring")?;
    let who_may_ring = [WhoMayRing::Anyone, WhoMayRing::Known, WhoMayRing::Nobody]
        .into_iter()
        .find(|one| who_may_ring_text(*one) == who_may_ring)
        .ok_or(StorageError::Unreadable("who_may_ring"))?;
    Ok(CallIdentity {
        key: public_key(row, "public_key")?,
        call_id: call_id(row, "call_id")?,
        rules: CallRules {
            who_may_ring,
            quiet_hours: quiet_hours(row)?,
            quiet_zone: row.try_get("quiet_zone")?,
            undisturbed_until: optional_time(row, "undisturbed_until")?,
        },
        seen_at: time(row, "seen_at")?,
    })
}

fn quiet_hours(row: &AnyRow) -> Result<Option<QuietHours>, StorageError> {
    let minute = |column| -> Result<Option<i64>, StorageError> { Ok(row.try_get(column)?) };
    let (Some(from), Some(until)) = (minute("quiet_from")?, minute("quiet_until")?) else { return Ok(None) };
    let hours = u16::try_from(from).ok().zip(u16::try_from(until).ok());
    let hours = hours.and_then(|(from, until)| QuietHours::new(from, until));
    hours.map(Some).ok_or(StorageError::Unreadable("quiet_from"))
}

pub(crate) fn contact(row: &AnyRow) -> Result<ContactRecord, StorageError> {
    let request: Option<String> = row.try_get("request")?;
    Ok(ContactRecord {
        peer: public_key(row, "peer")?,
        standing: standing(row)?,
        note: note(row, "note")?,
        request: request
            .map(RequestNote::new)
            .transpose()
            .map_err(|_| StorageError::Unreadable("request"))?,
        changed_at: time(row, "changed_at")?,
    })
}

fn standing(row: &AnyRow) -> Result<Standing, StorageError> {
    let standing: String = row.try_get("standing")?;
    standing_of(&standing).ok_or(StorageError::Unreadable("standing"))
}

fn standing_of(text: &str) -> Option<Standing> {
    let standings = [Standing::Known, Standing::Blocked, Standing::Asked];
    standings.into_iter().find(|one| standing_text(*one) == text)
}

pub(crate) fn call(row: &AnyRow) -> Result<CallRecord, StorageError> {
    Ok(CallRecord {
        ring: parsed(row, "ring")?,
        caller: party(row, ["caller", "caller_call_id", "caller_note"])?,
        callee: party(row, ["callee", "callee_call_id", "callee_note"])?,
        readers: readers(row)?,
        placed_by: row.try_get("placed_by")?,
        room: optional(row, "room", |text| RoomCode::parse(&text).ok())?,
        invitation: optional(row, "invitation", |text| Invitation::new(text).ok())?,
        answered_by: optional(row, "answered_by", |text| text.parse().ok())?,
        course: course(row)?,
        stays: optional(row, "stays", |text| {
            [CallSide::Caller, CallSide::Callee].into_iter().find(|side| side_text(*side) == text)
        })?,
    })
}

fn readers(row: &AnyRow) -> Result<CallReaders, StorageError> {
    let readers: String = row.try_get("readers")?;
    [CallReaders::Both, CallReaders::Caller]
        .into_iter()
        .find(|one| readers_text(*one) == readers)
        .ok_or(StorageError::Unreadable("readers"))
}

/// A column that may be empty, and what is in it.
fn optional<T>(
    row: &AnyRow,
    column: &'static str,
    read: impl FnOnce(String) -> Option<T>,
) -> Result<Option<T>, StorageError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| read(text).ok_or(StorageError::Unreadable(column))).transpose()
}

/// As the side whose key is `owner` sees it.
pub(crate) fn history_entry(row: &AnyRow, owner: &PublicKey) -> Result<HistoryEntry, StorageError> {
    let CallRecord { ring, caller, callee, course, invitation, .. } = call(row)?;
    let is_caller = caller.key == *owner;
    let (direction, own, other) = if is_caller {
        (CallDirection::Outgoing, caller, callee)
    } else {
        (CallDirection::Incoming, callee, caller)
    };
    let is_unseen = !is_caller && unsigned(row, "unseen")? > 0;
    let standing = optional(row, "standing", |text| standing_of(&text))?;
    let peer = CallParty { note: own.note, ..other };
    let invitation = invitation.filter(|_| !is_caller);
    Ok(HistoryEntry { ring, direction, peer, standing, invitation, course, is_unseen })
}

fn party(row: &AnyRow, [key, id, text]: [&'static str; 3]) -> Result<CallParty, StorageError> {
    Ok(CallParty { key: public_key(row, key)?, call_id: call_id(row, id)?, note: note(row, text)? })
}

fn course(row: &AnyRow) -> Result<CallCourse, StorageError> {
    let outcome: Option<String> = row.try_get("outcome")?;
    let end = optional_time(row, "ended_at")?.zip(outcome);
    let end = end.map(|(at, text)| Ok::<_, StorageError>(CallEnd { at, outcome: outcome_of(&text)? }));
    Ok(CallCourse {
        started_at: time(row, "started_at")?,
        answered_at: optional_time(row, "answered_at")?,
        end: end.transpose()?,
    })
}

fn outcome_of(text: &str) -> Result<CallOutcome, StorageError> {
    [
        CallOutcome::Answered,
        CallOutcome::Declined,
        CallOutcome::Busy,
        CallOutcome::NoAnswer,
        CallOutcome::Cancelled,
        CallOutcome::Offline,
        CallOutcome::Lost,
        CallOutcome::Asked,
    ]
    .into_iter()
    .find(|one| outcome_text(*one) == text)
    .ok_or(StorageError::Unreadable("outcome"))
}

pub(crate) fn claimed_entry(row: &AnyRow) -> Result<ClaimedEntry, StorageError> {
    let claim = Claim { number: unsigned(row, "number")?, claims: unsigned(row, "claims")? };
    Ok(ClaimedEntry { claim, attempts: unsigned(row, "attempts")?, entry: outbox_entry(row)? })
}

fn outbox_entry(row: &AnyRow) -> Result<OutboxEntry, StorageError> {
    Ok(OutboxEntry {
        topic: Topic(row.try_get("topic")?),
        ordering_key: row.try_get("ordering_key")?,
        tag: row.try_get("tag")?,
        payload: Payload::parse(row.try_get("payload")?).map_err(|_| StorageError::Unreadable("payload"))?,
        created_at: time(row, "created_at")?,
        not_before: time(row, "not_before")?,
        expires_at: optional_time(row, "expires_at")?,
    })
}

pub(crate) fn outbox_count(row: &AnyRow) -> Result<OutboxCount, StorageError> {
    Ok(OutboxCount {
        topic: Topic(row.try_get("topic")?),
        entries: unsigned(row, "entries")?,
        oldest: Timestamp(unsigned(row, "oldest")?),
    })
}

pub(crate) fn push(row: &AnyRow) -> Result<PushRecord, StorageError> {
    let unreadable = StorageError::Unreadable;
    Ok(PushRecord {
        id: Digest(row.try_get("id")?),
        owner: public_key(row, "owner")?,
        subscription: PushSubscription {
            endpoint: PushEndpoint::new(row.try_get("endpoint")?).map_err(|_| unreadable("endpoint"))?,
            p256dh: PushKey::new(row.try_get("p256dh")?).map_err(|_| unreadable("p256dh"))?,
            auth: PushAuth::new(row.try_get("auth")?).map_err(|_| unreadable("auth"))?,
        },
    })
}

pub(crate) fn who_may_ring_text(who: WhoMayRing) -> &'static str {
    match who {
        WhoMayRing::Anyone => "anyone",
        WhoMayRing::Known => "known",
        WhoMayRing::Nobody => "nobody",
    }
}

pub(crate) fn standing_text(standing: Standing) -> &'static str {
    match standing {
        Standing::Known => "known",
        Standing::Blocked => "blocked",
        Standing::Asked => "asked",
    }
}

pub(crate) fn outcome_text(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Answered => "answered",
        CallOutcome::Declined => "declined",
        CallOutcome::Busy => "busy",
        CallOutcome::NoAnswer => "no_answer",
        CallOutcome::Cancelled => "cancelled",
        CallOutcome::Offline => "offline",
        CallOutcome::Lost => "lost",
        CallOutcome::Asked => "asked",
    }
}

pub(crate) fn side_text(side: CallSide) -> &'static str {
    match side {
        CallSide::Caller => "caller",
        CallSide::Callee => "callee",
    }
}

pub(crate) fn readers_text(readers: CallReaders) -> &'static str {
    match readers {
        CallReaders::Both => "both",
        CallReaders::Caller => "caller",
    }
}

pub(crate) fn public_key(row: &AnyRow, column: &'static str) -> Result<PublicKey, StorageError> {
    PublicKey::new(row.try_get(column)?).map_err(|_| StorageError::Unreadable(column))
}

/// A number is kept as a number, of nine digits.
fn call_id(row: &AnyRow, column: &'static str) -> Result<CallId, StorageError> {
    let number = unsigned(row, column)?;
    CallId::parse(&number.to_string()).map_err(|_| StorageError::Unreadable(column))
}

fn note(row: &AnyRow, column: &'static str) -> Result<Option<SealedNote>, StorageError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(SealedNote::new).transpose().map_err(|_| StorageError::Unreadable(column))
}
