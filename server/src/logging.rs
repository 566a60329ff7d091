//! The log: written by a thread of its own, so that nobody waits for whoever reads it. Lines for which there is no room are
//! counted, and the count is logged once there is room again.

use std::time::Duration;

use anyhow::Context;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::LogConfig;
use crate::tasks;

/// Libraries that warn of what a participant can bring about, packet by packet. The filter of the settings comes after it.
const QUIET: &str = "goog_cc=error,stun_types=off,turn_types=off";

/// Lines that wait for whoever reads them: some megabytes. With more, a longer pause of the reader loses nothing.
const WAITING_LINES: usize = 16_384;

/// How often it is looked whether lines were dropped.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Begins to log. What still waits is written when the guard goes, unless nobody reads.
///
/// # Errors
///
/// When the filter of the settings is none.
pub fn start(config: &LogConfig) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::try_new(format!("{QUIET},{}", config.filter))
        .with_context(|| format!("[log] filter = \"{}\" cannot be used", config.filter))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(std::io::stdout());
    let dropped = writer.error_counter();
    tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(writer).init();
    tasks::spawn(tell_dropped(dropped));
    Ok(guard)
}

async fn tell_dropped(counter: ErrorCounter) {
    let mut told = 0;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let dropped = counter.dropped_lines();
        if dropped > told {
            tracing::warn!(lines = dropped - told, "lines of the log were dropped: no one read them in time");
            told = dropped;
        }
    }
}
