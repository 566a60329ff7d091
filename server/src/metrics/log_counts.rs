//! What the log has left out. The log begins before there is a server, and so does this.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_appender::non_blocking::ErrorCounter;

/// Lines that the log has left out; a clone is another handle to the same.
#[derive(Clone, Default)]
pub struct LogCounts {
    repeated: Arc<AtomicU64>,
    dropped: Option<ErrorCounter>,
}

impl LogCounts {
    /// Of a log whose writer counts lines that no one reads.
    pub(crate) fn of(dropped: ErrorCounter) -> Self {
        Self { repeated: Arc::default(), dropped: Some(dropped) }
    }

    /// A line was left out because there were many like it.
    pub(crate) fn note_repeated(&self) {
        self.repeated.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were left out because of that.
    pub(crate) fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// How many were left out because no one has read those before in time.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.as_ref().map_or(0, |dropped| dropped.dropped_lines() as u64)
    }
}
