//! The table `calls`: what happened to a ring, and in whose history it is.

use std::collections::BTreeSet;

use async_trait::async_trait;
use protocol::{PublicKey, RingId, Timestamp};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use crate::rows::{self, outcome_text, readers_text, side_text, signed, unsigned};
use crate::{
    CallCursor, CallReaders, CallRecord, CallRepository, HistoryPage, OutboxEntry, SealedNote, SqlStorage,
    StorageError, outbox,
};

type Statement = Query<'static, Any, AnyArguments>;

#[async_trait]
impl CallRepository for SqlStorage {
    async fn keep_call(&self, call: &CallRecord, outbox: &[OutboxEntry]) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        self.check_rings(&mut transaction).await?;
        let went_on = upsert(&mut transaction, call, Begun::Known).await?;
        if went_on {
            delete_hidden(&mut transaction).await?;
            outbox::insert(&mut transaction, outbox).await?;
        } else if is_between_others(&mut transaction, call).await? {
            return Err(StorageError::Exists);
        }
        transaction.commit().await?;
        Ok(went_on)
    }

    async fn begin_call(&self, call: &CallRecord) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        self.check_rings(&mut transaction).await?;
        let is_new = upsert(&mut transaction, call, Begun::InDoubt).await?;
        if !is_new && is_between_others(&mut transaction, call).await? {
            return Err(StorageError::Exists);
        }
        transaction.commit().await?;
        Ok(is_new)
    }

    async fn confirm_call(&self, ring: RingId) -> Result<(), StorageError> {
        let mut transaction = self.writing().await?;
        self.check_rings(&mut transaction).await?;
        sqlx::query("UPDATE calls SET begun = 1 WHERE ring = $1 AND begun = 0")
            .bind(ring.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn doubtful_calls(&self) -> Result<Vec<CallRecord>, StorageError> {
        let rows =
            sqlx::query("SELECT * FROM calls WHERE ended_at IS NULL AND begun = 0 ORDER BY started_at, ring")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(rows::call).collect()
    }

    async fn note_calls(&self, now: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO calls_clock (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at
             WHERE calls_clock.at < excluded.at",
        )
        .bind(signed(now.0))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn calls_noted_at(&self) -> Result<Option<Timestamp>, StorageError> {
        let row = sqlx::query("SELECT at FROM calls_clock WHERE id = 1").fetch_optional(&self.pool).await?;
        row.map(|row| unsigned(&row, "at").map(Timestamp)).transpose()
    }

    async fn call(&self, ring: RingId) -> Result<Option<CallRecord>, StorageError> {
        let mut connection = self.pool.acquire().await?;
        find(&mut connection, ring).await
    }

    async fn settle_unfinished(
        &self,
        rung_before: Timestamp,
        answered_before: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StorageError> {
        let mut transaction = self.writing().await?;
        let settled = sqlx::query(
            "UPDATE calls SET ended_at = CASE WHEN answered_at IS NULL THEN $1
                     ELSE COALESCE((SELECT CASE WHEN at < answered_at THEN answered_at WHEN at < $1 THEN at ELSE $1 END
                         FROM calls_clock), $1) END,
                 outcome = CASE WHEN answered_at IS NULL THEN 'no_answer' ELSE 'lost' END,
                 unseen = CASE WHEN answered_at IS NULL AND hidden_by_callee = 0 THEN 1 ELSE 0 END
             WHERE ended_at IS NULL AND begun = 1 AND CASE WHEN answered_at IS NULL THEN started_at < $2 ELSE answered_at < $3 END",
        )
        .bind(signed(now.0))
        .bind(signed(rung_before.0))
        .bind(signed(answered_before.0))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE calls SET stays = NULL WHERE stays IS NOT NULL AND answered_at < $1")
            .bind(signed(answered_before.0))
            .execute(&mut *transaction)
            .await?;
        delete_hidden(&mut transaction).await?;
        transaction.commit().await?;
        Ok(settled.rows_affected())
    }

    async fn unfinished_calls(&self) -> Result<Vec<CallRecord>, StorageError> {
        let rows =
            sqlx::query(
                "SELECT * FROM calls WHERE (ended_at IS NULL AND begun = 1) OR stays IS NOT NULL ORDER BY started_at, ring",
            )
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(rows::call).collect()
    }

    async fn is_in_call(&self, key: &PublicKey) -> Result<bool, StorageError> {
        // One statement: between two, a ring that is confirmed just then would be seen by neither.
        let row = sqlx::query(
            "SELECT ring FROM calls WHERE ended_at IS NULL AND (caller = $1 OR callee = $1)
             UNION ALL SELECT ring FROM calls WHERE stays = 'caller' AND caller = $1
             UNION ALL SELECT ring FROM calls WHERE stays = 'callee' AND callee = $1 LIMIT 1",
        )
        .bind(key.as_str().to_owned())
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.is_some())
    }

    async fn history(
        &self,
        owner: &PublicKey,
        before: Option<CallCursor>,
        limit: u32,
    ) -> Result<HistoryPage, StorageError> {
        let rows = before_cursor(HISTORY, owner, before, limit).fetch_all(&self.pool).await?;
        page(&rows, owner, limit)
    }

    async fn note_call(
        &self,
        owner: &PublicKey,
        ring: RingId,
        note: Option<&SealedNote>,
    ) -> Result<bool, StorageError> {
        let noted = sqlx::query(
            "UPDATE calls SET
                 caller_note = CASE WHEN caller = $1 THEN $2 ELSE caller_note END,
                 callee_note = CASE WHEN callee = $1 THEN $2 ELSE callee_note END
             WHERE ring = $3 AND ((caller = $1 AND hidden_by_caller = 0) OR (callee = $1 AND hidden_by_callee = 0))",
        )
        .bind(owner.as_str().to_owned())
        .bind(note.map(|note| note.as_str().to_owned()))
        .bind(ring.to_string())
        .execute(&self.pool)
        .await?;
        Ok(noted.rows_affected() > 0)
    }

    async fn hide_call(&self, owner: &PublicKey, ring: RingId) -> Result<bool, StorageError> {
        let mut transaction = self.writing().await?;
        let mut hidden = 0;
        for statement in [HIDE_FROM_CALLER, HIDE_FROM_CALLEE] {
            hidden += sqlx::query(AssertSqlSafe(format!("{statement} AND ring = $2")))
                .bind(owner.as_str().to_owned())
                .bind(ring.to_string())
                .execute(&mut *transaction)
                .await?
                .rows_affected();
        }
        delete_hidden(&mut transaction).await?;
        transaction.commit().await?;
        Ok(hidden > 0)
    }

    async fn hide_calls(&self, owner: &PublicKey) -> Result<u64, StorageError> {
        let mut transaction = self.writing().await?;
        let hidden = hide_all(&mut transaction, self.lock_rows, owner).await?;
        transaction.commit().await?;
        Ok(hidden)
    }

    async fn count_unseen(&self, callee: &PublicKey) -> Result<u64, StorageError> {
        // The number stands in the statement, as in the index, or SQLite would not use that.
        let row = sqlx::query("SELECT COUNT(*) AS calls FROM calls WHERE callee = $1 AND unseen = 1")
            .bind(callee.as_str().to_owned())
            .fetch_one(&self.pool)
            .await?;
        unsigned(&row, "calls")
    }

    async fn unseen_calls(
        &self,
        callee: &PublicKey,
        before: Option<CallCursor>,
        limit: u32,
    ) -> Result<HistoryPage, StorageError> {
        let rows = before_cursor(UNSEEN, callee, before, limit).fetch_all(&self.pool).await?;
        page(&rows, callee, limit)
    }

    async fn mark_seen(&self, callee: &PublicKey, rings: &[RingId]) -> Result<u64, StorageError> {
        let mut transaction = self.writing().await?;
        let mut marked = 0;
        for ring in rings.iter().collect::<BTreeSet<_>>() {
            marked +=
                sqlx::query("UPDATE calls SET unseen = 0 WHERE ring = $1 AND callee = $2 AND unseen = 1")
                    .bind(ring.to_string())
                    .bind(callee.as_str().to_owned())
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected();
        }
        transaction.commit().await?;
        Ok(marked)
    }

    async fn delete_calls(&self, ended_before: Timestamp) -> Result<u64, StorageError> {
        let mut transaction = self.writing().await?;
        lock(&mut transaction, OLD, self.lock_rows, |query| query.bind(signed(ended_before.0))).await?;
        let deleted = sqlx::query("DELETE FROM calls WHERE ended_at < $1")
            .bind(signed(ended_before.0))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(deleted.rows_affected())
    }
}

/// Takes every call out of one side's history.
pub(crate) async fn hide_all(
    connection: &mut AnyConnection,
    lock_rows: &str,
    owner: &PublicKey,
) -> Result<u64, StorageError> {
    lock(connection, OWN, lock_rows, |query| query.bind(owner.as_str().to_owned())).await?;
    let mut hidden = 0;
    for statement in [HIDE_FROM_CALLER, HIDE_FROM_CALLEE] {
        hidden += sqlx::query(statement)
            .bind(owner.as_str().to_owned())
            .execute(&mut *connection)
            .await?
            .rows_affected();
    }
    delete_hidden(connection).await?;
    Ok(hidden)
}

/// Locks the rows that a statement finds, in the order of their rings: who changes many of them has to, or two who have them in common
/// wait for each other.
async fn lock(
    connection: &mut AnyConnection,
    statement: &str,
    lock_rows: &str,
    bind: impl FnOnce(Statement) -> Statement,
) -> Result<(), StorageError> {
    // Without locks of rows there is one writer at a time.
    if !lock_rows.is_empty() {
        let query = sqlx::query(AssertSqlSafe(format!("{statement} ORDER BY ring{lock_rows}")));
        bind(query).fetch_all(connection).await?;
    }
    Ok(())
}

/// What both sides have taken out of their histories. One that is not over stays until it is, so that it still only goes on, and so does one
/// by which somebody is in a call.
async fn delete_hidden(connection: &mut AnyConnection) -> Result<(), StorageError> {
    sqlx::query(
        "DELETE FROM calls WHERE hidden_by_caller = 1 AND hidden_by_callee = 1 AND ended_at IS NOT NULL AND stays IS NULL",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether it is known of a call that it has begun.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begun {
    Known,
    InDoubt,
}

/// False when the call is kept already, or is between others.
async fn upsert(
    connection: &mut AnyConnection,
    call: &CallRecord,
    begun: Begun,
) -> Result<bool, StorageError> {
    let CallRecord { ring, caller, callee, readers, placed_by, room, invitation, answered_by, course, stays } =
        call;
    let is_hidden = match readers {
        CallReaders::Both => false,
        CallReaders::Caller => true,
    };
    let note = |note: &Option<SealedNote>| note.as_ref().map(|note| note.as_str().to_owned());
    let kept = sqlx::query(UPSERT)
        .bind(ring.to_string())
        .bind(caller.key.as_str().to_owned())
        .bind(i64::from(caller.call_id.number()))
        .bind(note(&caller.note))
        .bind(callee.key.as_str().to_owned())
        .bind(i64::from(callee.call_id.number()))
        .bind(note(&callee.note))
        .bind(signed(course.started_at.0))
        .bind(course.answered_at.map(|time| signed(time.0)))
        .bind(course.end.map(|end| signed(end.at.0)))
        .bind(course.end.map(|end| outcome_text(end.outcome)))
        .bind(i64::from(is_hidden))
        .bind(i64::from(course.is_missed() && !is_hidden))
        .bind(room.map(|room| room.to_string()))
        .bind(invitation.as_ref().map(|invitation| invitation.as_str().to_owned()))
        .bind(answered_by.map(|device| device.to_string()))
        .bind(readers_text(*readers))
        .bind(placed_by.clone())
        .bind(i64::from(begun == Begun::Known))
        .bind(stays.map(side_text))
        .execute(connection)
        .await?;
    Ok(kept.rows_affected() > 0)
}

/// Whether a call with the same id is between other people: the ids are drawn by pages.
async fn is_between_others(connection: &mut AnyConnection, call: &CallRecord) -> Result<bool, StorageError> {
    let kept = find(connection, call.ring).await?;
    Ok(kept.is_some_and(|kept| {
        (kept.caller.key, kept.callee.key) != (call.caller.key.clone(), call.callee.key.clone())
    }))
}

async fn find(connection: &mut AnyConnection, ring: RingId) -> Result<Option<CallRecord>, StorageError> {
    let row = sqlx::query("SELECT * FROM calls WHERE ring = $1")
        .bind(ring.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(rows::call).transpose()
}

/// A statement over the calls of somebody ($1) before a cursor ($2, $3), at most $4 of them.
fn before_cursor(
    statement: &'static str,
    owner: &PublicKey,
    before: Option<CallCursor>,
    limit: u32,
) -> Statement {
    sqlx::query(statement)
        .bind(owner.as_str().to_owned())
        .bind(before.map_or(i64::MAX, |cursor| signed(cursor.started_at.0)))
        .bind(before.map(|cursor| cursor.ring.to_string()).unwrap_or_default())
        .bind(i64::from(limit) + 1) // One more, to know whether there is one.
}

fn page(rows: &[AnyRow], owner: &PublicKey, limit: u32) -> Result<HistoryPage, StorageError> {
    let more = rows.len() > limit as usize;
    let entries = rows.iter().take(limit as usize).map(|row| rows::history_entry(row, owner));
    Ok(HistoryPage { entries: entries.collect::<Result<_, _>>()?, more })
}

/// A call that goes on. What says who it is between, and what each side has done with it, stays.
const UPSERT: &str = "INSERT INTO calls
        (ring, caller, caller_call_id, caller_note, callee, callee_call_id, callee_note, started_at, answered_at,
         ended_at, outcome, hidden_by_caller, hidden_by_callee, unseen, room, invitation, answered_by, readers,
         placed_by, begun, stays)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $14, $15, $16, $17, $18, $19, $20)
    ON CONFLICT (ring) DO UPDATE SET
        answered_at = COALESCE(calls.answered_at, excluded.answered_at),
        ended_at = COALESCE(calls.ended_at, excluded.ended_at), outcome = COALESCE(calls.outcome, excluded.outcome),
        begun = 1, stays = excluded.stays,
        room = COALESCE(excluded.room, calls.room),
        answered_by = COALESCE(calls.answered_by, excluded.answered_by),
        hidden_by_callee = CASE
            WHEN excluded.hidden_by_callee = 1 THEN 1
            WHEN calls.readers = 'caller' AND excluded.answered_at IS NOT NULL THEN 0
            ELSE calls.hidden_by_callee END,
        readers = CASE WHEN excluded.readers = 'both' AND excluded.answered_at IS NULL THEN calls.readers ELSE excluded.readers END,
        unseen = CASE WHEN calls.hidden_by_callee = 1 OR calls.answered_at IS NOT NULL THEN 0 ELSE excluded.unseen END
    WHERE calls.caller = excluded.caller AND calls.callee = excluded.callee
        AND (calls.ended_at IS NULL OR (calls.stays IS NOT NULL AND excluded.ended_at IS NOT NULL))
        AND (excluded.ended_at IS NOT NULL OR (calls.answered_at IS NULL AND excluded.answered_at IS NOT NULL))";

/// The calls in one side's history.
const OWN: &str = "SELECT ring FROM calls
    WHERE (caller = $1 AND hidden_by_caller = 0) OR (callee = $1 AND hidden_by_callee = 0)";

/// The calls that ended before a moment.
const OLD: &str = "SELECT ring FROM calls WHERE ended_at < $1";

const HIDE_FROM_CALLER: &str =
    "UPDATE calls SET hidden_by_caller = 1, caller_note = NULL WHERE caller = $1 AND hidden_by_caller = 0";

const HIDE_FROM_CALLEE: &str = "UPDATE calls SET hidden_by_callee = 1, callee_note = NULL, unseen = 0,
        invitation = CASE WHEN ended_at IS NULL OR stays IS NOT NULL THEN invitation ELSE NULL END
    WHERE callee = $1 AND hidden_by_callee = 0";

/// Each half is a short way along an index of its own. What the other one is to whose history it is stands beside each call.
const HISTORY: &str = "SELECT history.*, call_contacts.standing AS standing FROM (
        SELECT * FROM (
            SELECT * FROM calls WHERE caller = $1 AND hidden_by_caller = 0 AND (started_at, ring) < ($2, $3)
            ORDER BY started_at DESC, ring DESC LIMIT $4) AS outgoing
        UNION ALL
        SELECT * FROM (
            SELECT * FROM calls WHERE callee = $1 AND hidden_by_callee = 0 AND (started_at, ring) < ($2, $3)
            ORDER BY started_at DESC, ring DESC LIMIT $4) AS incoming
        ORDER BY started_at DESC, ring DESC LIMIT $4) AS history
    LEFT JOIN call_contacts ON call_contacts.owner = $1
        AND call_contacts.peer = CASE WHEN history.caller = $1 THEN history.callee ELSE history.caller END
    ORDER BY history.started_at DESC, history.ring DESC";

const UNSEEN: &str = "SELECT history.*, call_contacts.standing AS standing FROM (
        SELECT * FROM calls WHERE callee = $1 AND unseen = 1 AND (started_at, ring) < ($2, $3)
        ORDER BY started_at DESC, ring DESC LIMIT $4) AS history
    LEFT JOIN call_contacts ON call_contacts.owner = $1 AND call_contacts.peer = history.caller
    ORDER BY history.started_at DESC, history.ring DESC";
