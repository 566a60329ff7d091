//! What happens in rooms, written many at a time in one transaction.

use async_trait::async_trait;
use protocol::{ChatEntry, ChatTarget, RoomCode};
use sqlx::AnyConnection;

use crate::rows::{role_text, signed, state_text};
use crate::{AuditEvent, Change, Journal, SeatRecord, SqlStorage, StorageError};

#[async_trait]
impl Journal for SqlStorage {
    async fn keep(&self, changes: &[Change]) -> Result<(), StorageError> {
        let mut transaction = self.writing().await?;
        for change in changes {
            match change {
                Change::Chat(room, entry) => chat(&mut transaction, *room, entry).await?,
                Change::Seat(seat) => self::seat(&mut transaction, seat).await?,
                Change::Audit(event) => audit(&mut transaction, event).await?,
                Change::Blocked(room, browser, at) => {
                    let statement =
                        "INSERT INTO blocked_browsers (room, browser, blocked_at) VALUES ($1, $2, $3)
                                     ON CONFLICT (room, browser) DO NOTHING";
                    sqlx::query(statement)
                        .bind(room.to_string())
                        .bind(browser.0.0.clone())
                        .bind(signed(at.0))
                        .execute(&mut *transaction)
                        .await?;
                }
                Change::Used(room, at) => {
                    sqlx::query("UPDATE rooms SET used_at = $1 WHERE code = $2 AND used_at < $3")
                        .bind(signed(at.0))
                        .bind(room.to_string())
                        .bind(signed(at.0))
                        .execute(&mut *transaction)
                        .await?;
                }
            }
        }
        Ok(transaction.commit().await?)
    }
}

async fn chat(connection: &mut AnyConnection, room: RoomCode, entry: &ChatEntry) -> Result<(), StorageError> {
    let recipient = match entry.to {
        ChatTarget::Everyone => None,
        ChatTarget::Participant(id) => Some(id.to_string()),
    };
    sqlx::query(
        "INSERT INTO chat
             (room, number, id, sender, sender_name, recipient, sent_at, envelope_version, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT DO NOTHING",
    )
    .bind(room.to_string())
    .bind(signed(entry.number.0))
    .bind(entry.id.0.to_string())
    .bind(entry.from.to_string())
    .bind(entry.name.to_string())
    .bind(recipient)
    .bind(signed(entry.at.0))
    .bind(i64::from(entry.envelope.version()))
    .bind(entry.envelope.body().to_owned())
    .execute(connection)
    .await?;
    Ok(())
}

async fn seat(connection: &mut AnyConnection, seat: &SeatRecord) -> Result<(), StorageError> {
    let forbidden =
        serde_json::to_string(&seat.forbidden).map_err(|_| StorageError::Unreadable("forbidden"))?;
    sqlx::query(
        "INSERT INTO seats
             (room, participant, session, name, role, hand, forbidden, state, generation, browser, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (room, participant) DO UPDATE SET
             session = excluded.session, name = excluded.name, role = excluded.role, hand = excluded.hand,
             forbidden = excluded.forbidden, state = excluded.state, generation = excluded.generation,
             browser = excluded.browser, changed_at = excluded.changed_at",
    )
    .bind(seat.room.to_string())
    .bind(seat.participant.to_string())
    .bind(seat.session.to_string())
    .bind(seat.name.to_string())
    .bind(role_text(seat.role))
    .bind(seat.hand.map(|hand| signed(hand.0)))
    .bind(forbidden)
    .bind(state_text(seat.state))
    .bind(i64::from(seat.generation))
    .bind(seat.browser.as_ref().map(|browser| browser.0.0.clone()))
    .bind(signed(seat.changed_at.0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn audit(connection: &mut AnyConnection, event: &AuditEvent) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO audit_events (id, at, room, actor, action) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(event.id.clone())
    .bind(signed(event.at.0))
    .bind(event.room.map(|room| room.to_string()))
    .bind(event.actor.clone())
    .bind(event.action.clone())
    .execute(connection)
    .await?;
    Ok(())
}
