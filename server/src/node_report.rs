//! What this server says of itself to other nodes, and to its own admin page.

use std::cmp::Reverse;

use crate::AppState;
use crate::nodes::{Cluster, MOST_ROOMS, NodeReport, ReportedRoom};
use crate::version::VERSION;

const MINUTE_MS: u64 = 60_000;

/// How this node is, and who is where.
pub(crate) async fn own(state: &AppState, cluster: &Cluster) -> NodeReport {
    let now = state.clock.wall();
    let mut rooms = Vec::new();
    for handle in state.rooms.all_running() {
        let figures = handle.figures();
        if figures.present > 0 {
            let settings = handle.record().settings;
            rooms.push(ReportedRoom {
                code: handle.code(),
                is_locked: settings.locked.is_on(),
                name: settings.name,
                people: figures.present,
                is_forwarded: figures.is_forwarded,
                minutes: now.0.saturating_sub(figures.since.0) / MINUTE_MS,
                is_listed: handle.is_listed(),
            });
        }
    }
    rooms.sort_by_key(|room| (Reverse(room.people), room.code));
    let people = rooms.iter().map(|room| u64::from(room.people)).sum();
    let left_out = rooms.len().saturating_sub(MOST_ROOMS);
    rooms.truncate(MOST_ROOMS);
    NodeReport {
        name: cluster.name().to_owned(),
        version: VERSION.to_owned(),
        build: state.build.id().to_owned(),
        stage: cluster.stage(),
        since: cluster.since(),
        // The rings are owned like a room, and are none.
        owned: cluster.rooms_owned().saturating_sub(usize::from(state.rings.is_here())),
        people,
        has_redis: !cluster.is_without_redis(),
        has_database: state.database.answers(&state.storage).await,
        rooms,
        left_out,
    }
}
