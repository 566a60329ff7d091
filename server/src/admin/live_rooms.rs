//! Rooms as the admin page shows them.

use std::cmp::Reverse;

use app::plain::admin::{LiveRoom, OneRoom};
use protocol::{RoomCode, Timestamp};
use storage::{RoomRecord, StorageError};

use crate::AppState;
use crate::rooms::{RoomFigures, RoomHandle};

const MINUTE_MS: u64 = 60_000;

/// Rooms with somebody inside, those with most people first.
pub(super) fn all(state: &AppState) -> Vec<LiveRoom> {
    let now = state.clock.wall();
    let running = state.rooms.all_running();
    let inside =
        running.iter().map(|handle| (handle, handle.figures())).filter(|(_, figures)| figures.present > 0);
    let mut rooms: Vec<_> =
        inside.map(|(handle, figures)| live(&handle.record(), Some(figures), now)).collect();
    rooms.sort_by_key(|room| (Reverse(room.people), room.code));
    rooms
}

/// A room, be anybody inside or not.
pub(super) async fn one(state: &AppState, code: RoomCode) -> Result<Option<OneRoom>, StorageError> {
    let Some(record) = state.storage.room(code).await? else { return Ok(None) };
    let now = state.clock.wall();
    let figures =
        state.rooms.all_running().iter().find(|handle| handle.code() == code).map(RoomHandle::figures);
    Ok(Some(OneRoom {
        live: live(&record, figures.filter(|figures| figures.present > 0), now),
        created_at: record.created_at,
        used_at: record.used_at,
        has_ended: record.settings.ends_at.is_some_and(|end| end <= now),
    }))
}

fn live(record: &RoomRecord, figures: Option<RoomFigures>, now: Timestamp) -> LiveRoom {
    LiveRoom {
        code: record.code,
        name: record.settings.name.clone(),
        people: figures.map_or(0, |figures| figures.present),
        is_forwarded: figures.is_some_and(|figures| figures.is_forwarded),
        minutes: figures.map_or(0, |figures| now.0.saturating_sub(figures.since.0) / MINUTE_MS),
        is_locked: record.settings.locked.is_on(),
    }
}
