//! What the server before this one has left: rings and calls that go on, rings of programs, which nobody else places again, rings that may never
//! have begun, and rooms that nobody needs any more.

use std::time::Duration;

use protocol::{Credential, PlaceRing, RoomCode, Timestamp};
use ring::{CALLER_GRACE, CallRecord, CallState, Placement, Program, RING_FOR, Rings, RingsInit, Waking};
use storage::{Storage, StorageError};

use super::records::from_storage;
use crate::call_rules::admission_of;
use crate::clock::Clock;
use crate::ids;

/// A call that was answered so long ago and is not over is one that this server has forgotten to end; what a device says of a call is believed
/// no longer either. Younger ones have the usual time to come back, however long the server was away.
const LONGEST_CALL: Duration = Duration::from_secs(24 * 60 * 60);

/// All of it.
pub(super) struct Left {
    pub(super) rings: Rings,
    /// Rings of programs.
    pub(super) placements: Vec<Placement>,
    /// Rings that are in doubt.
    pub(super) doubtful: Vec<storage::CallRecord>,
    /// Rooms of rings that are over.
    pub(super) rooms: Vec<RoomCode>,
}

impl Left {
    /// Reads it. What can no longer be going on is over first.
    pub(super) async fn read(clock: Clock, storage: &dyn Storage) -> Result<Self, StorageError> {
        let wall = clock.wall();
        let before = |age: Duration| {
            Timestamp(wall.0.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)))
        };
        let (rung, answered) = (before(RING_FOR + CALLER_GRACE), before(LONGEST_CALL));
        let settled = storage.settle_unfinished(rung, answered, wall).await?;
        // In this order: one that is confirmed meanwhile is in both, and in the other order it would be in neither.
        let mut doubtful = storage.doubtful_calls().await?;
        let unfinished: Vec<_> = storage.unfinished_calls().await?.into_iter().map(from_storage).collect();
        if settled > 0 || !unfinished.is_empty() {
            tracing::info!(settled, going_on = unfinished.len(), "there are calls from before");
        }
        let mut placements = Vec::new();
        for row in &unfinished {
            placements.extend(placement(storage, wall, row).await?);
        }
        let seen_at = storage.calls_noted_at().await?;
        doubtful.retain(|call| unfinished.iter().all(|row| row.ring != call.ring));
        let rooms = storage.rooms_of_past_rings().await?;
        let rings = Rings::new(clock.now(), RingsInit { wall, seen_at, unfinished });
        Ok(Self { rings, placements, doubtful, rooms })
    }
}

/// A ring that a program has placed, once more.
async fn placement(
    storage: &dyn Storage,
    wall: Timestamp,
    row: &CallRecord,
) -> Result<Option<Placement>, StorageError> {
    let parts = (row.state, &row.placed_by, &row.callee_key, &row.invitation, row.room);
    let (CallState::Ringing, Some(api_key), Some(callee_key), Some(invitation), Some(room)) = parts else {
        return Ok(None);
    };
    // It opens nothing: a program has its key of the room already.
    let Ok(credential) = Credential::new(ids::secret("k")) else { return Ok(None) };
    let callee = storage.identity_of(row.callee).await?;
    let is_pushed_to = storage.is_pushed_to(callee_key).await?;
    let contact = storage.contact(callee_key, &row.caller_key).await?;
    let place = PlaceRing {
        ring: row.ring,
        callee: row.callee,
        waited_ms: 0,
        into: None,
        invitation: invitation.clone(),
        note: None,
    };
    Ok(Some(Placement {
        place,
        callee_key: callee_key.clone(),
        admission: admission_of(callee.as_ref(), contact.map(|contact| contact.standing), wall),
        waking: if is_pushed_to { Waking::Possible } else { Waking::Impossible },
        room,
        credential,
        row: Some(row.clone()),
        program: Some(Program {
            call_id: row.caller,
            identity: row.caller_key.clone(),
            api_key: api_key.clone(),
        }),
    }))
}
