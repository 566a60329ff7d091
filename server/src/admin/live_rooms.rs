//! Rooms as the admin page shows them.

use std::cmp::Reverse;
use std::collections::HashSet;

use app::plain::admin::{LiveRoom, OneRoom};
use protocol::{RoomCode, RoomName, Timestamp};
use storage::{RoomRecord, StorageError};

use super::page::in_time;
use crate::AppState;
use crate::nodes::ReportedRoom;
use crate::rooms::RoomFigures;

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

/// Those of all nodes that are wanted, and of these the first so many, with most people first.
pub(super) async fn first(
    state: &AppState,
    most: usize,
    is_wanted: impl Fn(RoomCode, Option<&RoomName>) -> bool,
) -> Live {
    let now = state.clock.wall();
    let running = state.rooms.all_running().into_iter().map(|handle| (handle.figures(), handle));
    let here = running.filter(|(figures, _)| figures.present > 0);
    let mut inside: Vec<_> =
        here.map(|(figures, handle)| live(&handle.record(), Some(figures), now)).collect();
    if let Some(cluster) = &state.cluster {
        let neighbours = cluster.neighbours().await;
        let here: HashSet<_> = inside.iter().map(|room| room.code).collect();
        // One that has just moved here, the node before may have told of a moment ago.
        inside.extend(neighbours.rooms().filter(|room| !here.contains(&room.code)).map(reported));
    }
    inside.retain(|room| is_wanted(room.code, room.name.as_ref()));
    inside.sort_by_key(|room| (Reverse(room.people), room.code));
    let (count, people) = (inside.len(), inside.iter().map(|room| u64::from(room.people)).sum());
    inside.truncate(most);
    Live { count, people, rooms: inside }
}

/// One of another node.
fn reported(room: &ReportedRoom) -> LiveRoom {
    LiveRoom {
        code: room.code,
        name: room.name.clone(),
        people: room.people,
        is_forwarded: room.is_forwarded,
        minutes: room.minutes,
        is_locked: room.is_locked,
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
