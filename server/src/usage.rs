//! How much this server is used, hour by hour, for its operator: totals, and nobody's name.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use protocol::{ErrorCode, RoomCode, Timestamp};
use storage::{Storage, UsageRecord};
use tokio::time::sleep;

use crate::clock::Clock;
use crate::rooms::RoomFigures;

/// How often it is looked who is in which room. Raising it misses those who come and go between.
const LOOKED_EVERY: Duration = Duration::from_secs(10);

/// After so many looks what was counted is kept. A server that is killed loses as much.
const LOOKS_UNTIL_KEPT: u32 = 6;

/// What waits to be kept at the most, in records; a database that is away for days costs no more memory.
const MOST_PENDING: usize = 10_000;

/// The length of what usage is counted by, in milliseconds.
pub(crate) const HOUR_MS: u64 = 60 * 60 * 1000;

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    /// People who came into a room.
    Joins,
    /// The most rooms that were used in an hour.
    Rooms,
    /// Seconds that people were in rooms whose media goes directly.
    MeshSeconds,
    /// Seconds that people were in rooms whose media goes through this server.
    SfuSeconds,
    /// The most people who were inside at once.
    PeakPeople,
}

impl Measure {
    const ALL: [Self; 5] = [Self::Joins, Self::Rooms, Self::MeshSeconds, Self::SfuSeconds, Self::PeakPeople];

    /// What a record counts, if it is one of these.
    pub(crate) fn of(record: &UsageRecord) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.key() == (&*record.measure, record.is_peak))
    }

    /// Under which name it is kept, and whether it is a greatest value.
    pub(crate) fn key(self) -> (&'static str, bool) {
        match self {
            Self::Joins => ("joins", false),
            Self::Rooms => ("rooms", true),
            Self::MeshSeconds => ("mesh_seconds", false),
            Self::SfuSeconds => ("sfu_seconds", false),
            Self::PeakPeople => ("people", true),
        }
    }
}

/// What the names of failures begin with.
const FAILED: &str = "failed.";

/// Whether somebody could not come in, for whatever reason.
pub(crate) fn is_failure(record: &UsageRecord) -> bool {
    record.measure.starts_with(FAILED)
}

/// The reason of a failure that was counted, if a record is one of those.
pub(crate) fn failure(record: &UsageRecord) -> Option<ErrorCode> {
    serde_json::from_value(record.measure.strip_prefix(FAILED)?.into()).ok()
}

/// What was counted and is not kept yet.
pub(crate) struct Usage {
    clock: Clock,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    /// By hour, name, and whether it is a greatest value.
    pending: BTreeMap<(u64, String, bool), u64>,
    hour: u64,
    /// Rooms that were counted in this hour.
    rooms: HashSet<RoomCode>,
}

impl Usage {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, counts: Mutex::default() }
    }

    /// Somebody came in.
    pub(crate) fn joined(&self) {
        self.count(Measure::Joins, 1);
    }

    /// Somebody wanted to come in and could not.
    pub(crate) fn refused(&self, code: ErrorCode) {
        // A page that is told to come again, or with a password, comes again.
        if matches!(code, ErrorCode::ServerStopping | ErrorCode::PasswordNeeded) {
            return;
        }
        let name = serde_json::to_value(code).ok();
        if let Some(name) = name.as_ref().and_then(|name| name.as_str()) {
            let hour = self.hour();
            self.counts().add((hour, format!("{FAILED}{name}"), false), 1);
        }
    }

    /// Who is in which room now, as it has been for so long.
    fn look(&self, rooms: &[(RoomCode, RoomFigures)], since: Duration) {
        let (mut people, mut mesh, mut sfu) = (0, 0, 0);
        let mut used = Vec::new();
        for (code, figures) in rooms.iter().filter(|(_, figures)| figures.present > 0) {
            used.push(*code);
            let present = u64::from(figures.present);
            people += present;
            *if figures.is_forwarded { &mut sfu } else { &mut mesh } += present * since.as_secs();
        }
        let hour = self.hour();
        let mut counts = self.counts();
        if counts.hour != hour {
            counts.hour = hour;
            counts.rooms.clear();
        }
        counts.rooms.extend(used);
        let used = counts.rooms.len() as u64;
        let measures = [
            (Measure::Rooms, used),
            (Measure::MeshSeconds, mesh),
            (Measure::SfuSeconds, sfu),
            (Measure::PeakPeople, people),
        ];
        for (measure, value) in measures.into_iter().filter(|(_, value)| *value > 0) {
            counts.add(key(hour, measure), value);
        }
    }

    /// Keeps what was counted. What could not be kept is kept the next time.
    pub(crate) async fn keep(&self, storage: &dyn Storage) {
        let pending = std::mem::take(&mut self.counts().pending);
        if pending.is_empty() {
            return;
        }
        // It is not given up half way: what is kept by then would be counted twice.
        if let Err(error) = storage.add_usage(&records(&pending)).await {
            tracing::warn!(%error, "how much the server was used could not be kept yet");
            let mut counts = self.counts();
            for (key, value) in pending {
                counts.add(key, value);
            }
        }
    }

    /// What is not kept yet.
    pub(crate) fn pending(&self) -> Vec<UsageRecord> {
        records(&self.counts().pending)
    }

    fn count(&self, measure: Measure, value: u64) {
        let hour = self.hour();
        self.counts().add(key(hour, measure), value);
    }

    fn hour(&self) -> u64 {
        let now = self.clock.wall().0;
        now - now % HOUR_MS
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, key: (u64, String, bool), value: u64) {
        let is_peak = key.2;
        if let Some(counted) = self.pending.get_mut(&key) {
            *counted = if is_peak { (*counted).max(value) } else { counted.saturating_add(value) };
        } else if self.pending.len() < MOST_PENDING {
            self.pending.insert(key, value);
        }
    }
}

fn records(pending: &BTreeMap<(u64, String, bool), u64>) -> Vec<UsageRecord> {
    let record = |((hour, measure, is_peak), value): (&(u64, String, bool), &u64)| UsageRecord {
        hour: Timestamp(*hour),
        measure: measure.clone(),
        value: *value,
        is_peak: *is_peak,
    };
    pending.iter().map(record).collect()
}

fn key(hour: u64, measure: Measure) -> (u64, String, bool) {
    let (name, is_peak) = measure.key();
    (hour, name.to_owned(), is_peak)
}

/// What usage is counted from, and where it is kept.
pub(crate) trait Counted: Send + Sync {
    fn usage(&self) -> &Usage;
    fn storage(&self) -> &dyn Storage;
    fn figures(&self) -> Vec<(RoomCode, RoomFigures)>;
}

/// Looks who is where, as long as there is a server.
pub(crate) async fn watch<T: Counted>(of: Weak<T>) {
    let (mut looks, mut looked_at) = (0, None);
    loop {
        sleep(LOOKED_EVERY).await;
        let Some(of) = of.upgrade() else { return };
        let now = of.usage().clock.now();
        let since = looked_at.replace(now).map_or(LOOKED_EVERY, |before| now.saturating_sub(before));
        of.usage().look(&of.figures(), since);
        looks += 1;
        if looks % LOOKS_UNTIL_KEPT == 0 {
            of.usage().keep(of.storage()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(usage: &Usage) -> Vec<(String, u64)> {
        usage.counts().pending.iter().map(|((_, name, _), value)| (name.clone(), *value)).collect()
    }

    #[test]
    fn people_are_counted_by_how_their_media_goes_and_a_room_once_an_hour() {
        let usage = Usage::new(Clock::start());
        let figures = |present, is_forwarded| RoomFigures { present, is_forwarded, since: Timestamp(0) };
        let room = RoomCode::from_random;
        let rooms = [(room(1), figures(2, false)), (room(2), figures(9, true)), (room(3), figures(0, true))];
        for rooms in [&rooms[..], &rooms[..1]] {
            usage.look(rooms, Duration::from_secs(10));
        }
        usage.joined();
        usage.refused(ErrorCode::RoomFull);
        usage.refused(ErrorCode::RoomFull);
        usage.refused(ErrorCode::ServerStopping);
        let expected = [
            ("failed.room_full", 2),
            ("joins", 1),
            ("mesh_seconds", 40),
            ("people", 11),
            ("rooms", 2),
            ("sfu_seconds", 90),
        ];
        assert_eq!(counted(&usage), expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn a_failure_is_read_back_by_its_reason() {
        let record = |measure: &str| UsageRecord {
            hour: Timestamp(0),
            measure: measure.to_owned(),
            value: 1,
            is_peak: false,
        };
        assert_eq!(failure(&record("failed.room_full")), Some(ErrorCode::RoomFull));
        assert_eq!(failure(&record("failed.of_a_later_version")), None);
        assert_eq!(failure(&record("joins")), None);
    }
}
