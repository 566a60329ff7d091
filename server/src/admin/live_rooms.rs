//! Rooms as the admin page shows them.

use std::cmp::Reverse;

use app::plain::admin::{LiveRoom, OneRoom};
use protocol::{RoomCode, Timestamp};
use storage::{RoomRecord, StorageError};

use super::page::in_time;
use crate::AppState;
use crate::rooms::{RoomFigures, RoomHandle};

const MINUTE_MS: u64 = 60_000;

/// Rooms with somebody inside.
pub(super) struct Live {
    /// How many.
    pub(super) count: usize,
    /// How many people are in them.
    pub(super) people: u64,
    /// The first of them.
    pub(super) rooms: Vec<LiveRoom>,
}

/// Those that are wanted, and of these the first so many, with most people first.
pub(super) fn first(state: &AppState, most: usize, is_wanted: impl Fn(&RoomHandle) -> bool) -> Live {
    let now = state.clock.wall();
    let running = state.rooms.all_running().into_iter().map(|handle| (handle.figures(), handle));
    let mut inside: Vec<_> =
        running.filter(|(figures, handle)| figures.present > 0 && is_wanted(handle)).collect();
    inside.sort_by_key(|(figures, handle)| (Reverse(figures.present), handle.code()));
    Live {
        count: inside.len(),
        people: inside.iter().map(|(figures, _)| u64::from(figures.present)).sum(),
        rooms: inside
            .iter()
            .take(most)
            .map(|(figures, handle)| live(&handle.record(), Some(*figures), now))
            .collect(),
    }
}

/// A room, be anybody inside or not.
pub(super) async fn one(state: &AppState, code: RoomCode) -> Result<Option<OneRoom>, StorageError> {
    let Some(record) = in_time(state.storage.room(code)).await? else { return Ok(None) };
    let now = state.clock.wall();
    let figures = state.rooms.figures(code);
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
