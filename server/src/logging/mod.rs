//! The log: written by a thread of its own, so that nobody waits for whoever reads it. Lines for which there is no room are
//! counted, and so are those of which there are too many alike; both counts are logged, and in `/metrics`.

mod repeats;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tracing::Subscriber;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::FilterExt as _;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{LogConfig, LogFormat};
use crate::metrics::LogCounts;
use crate::tasks;
use crate::traces::Traces;
use repeats::{FewRepeats, Repeats};

/// Libraries that warn of what a participant can bring about, packet by packet. The filter of the settings comes after it.
const QUIET: &str = "goog_cc=error,stun_types=off,turn_types=off";

/// Lines that wait for whoever reads them: some megabytes. With more, a longer pause of the reader loses nothing.
const WAITING_LINES: usize = 16_384;

/// How often it is looked whether lines were left out.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A log that goes on until this is dropped. What still waits is written then, unless nobody reads.
pub struct Log {
    /// What it leaves out.
    pub counts: LogCounts,
    _writer: WorkerGuard,
}

/// Begins to log.
///
/// # Errors
///
/// When the filter of the settings is none.
pub fn start(config: &LogConfig, traces: &Traces) -> anyhow::Result<Log> {
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(WAITING_LINES)
        .thread_name("log")
        .finish(std::io::stdout());
    let counts = LogCounts::of(writer.error_counter());
    let (layer, repeats) = layer(config, writer, Colours::where_seen(), &counts)?;
    Registry::default().with(layer).with(traces.layer()).init();
    tasks::spawn(tell(counts.clone(), repeats));
    Ok(Log { counts, _writer: guard })
}

/// Everything but the thread that writes, for tests of what is in a log.
///
/// # Errors
///
/// When the filter of the settings is none.
pub fn subscriber<W>(
    config: &LogConfig,
    writer: W,
    traces: &Traces,
) -> anyhow::Result<impl Subscriber + Send + Sync + use<W>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let (layer, _) = layer(config, writer, Colours::None, &LogCounts::default())?;
    Ok(Registry::default().with(layer).with(traces.layer()))
}

/// Whether lines have colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colours {
    Some,
    None,
}

impl Colours {
    /// A file has none.
    fn where_seen() -> Self {
        if std::io::stdout().is_terminal() { Self::Some } else { Self::None }
    }
}

fn layer<S, W>(
    config: &LogConfig,
    writer: W,
    colours: Colours,
    counts: &LogCounts,
) -> anyhow::Result<(impl Layer<S> + use<S, W>, Arc<Repeats>)>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = EnvFilter::try_new(format!("{QUIET},{}", config.filter))
        .with_context(|| format!("[log] filter = \"{}\" cannot be used", config.filter))?;
    let repeats = Arc::new(Repeats::new(config.repeats_per_second, counts.clone()));
    let lines = fmt::layer().with_target(false).with_ansi(colours == Colours::Some).with_writer(writer);
    let lines = match config.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    Ok((lines.with_filter(wanted.and(FewRepeats(Arc::clone(&repeats)))), repeats))
}

async fn tell(counts: LogCounts, repeats: Arc<Repeats>) {
    let mut told = 0;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let dropped = counts.dropped();
        if dropped > told {
            tracing::warn!(lines = dropped - told, "lines of the log were dropped: no one read them in time");
            told = dropped;
        }
        for (like, lines) in repeats.take_left_out() {
            tracing::warn!(lines, like, "lines of the log were left out: there were too many alike");
        }
    }
}
