//! Lines of which there are too many alike: whoever finds out how to make the server warn does not fill its disk.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, Filter};

use crate::clock;
use crate::metrics::LogCounts;

/// How long a line counts.
const SECOND: Duration = Duration::from_secs(1);

/// How many lines there were of each kind, which is a place in the program.
pub(super) struct Repeats {
    per_second: u32,
    seen: Mutex<HashMap<Identifier, Seen>>,
    counts: LogCounts,
}

/// Lets through so many lines of a kind a second as the settings say. What is more detailed than information was asked for, and is not counted.
pub(super) struct FewRepeats(pub(super) Arc<Repeats>);

struct Seen {
    since: Instant,
    lines: u32,
    left_out: u64,
    /// The place in the program.
    like: &'static str,
}

impl Repeats {
    pub(super) fn new(per_second: u32, counts: LogCounts) -> Self {
        Self { per_second, seen: Mutex::default(), counts }
    }

    fn lets_through(&self, now: Instant, line: &'static Metadata<'static>) -> bool {
        if self.per_second == 0 || *line.level() > Level::INFO {
            return true;
        }
        let mut seen = self.seen();
        let new = || Seen { since: now, lines: 0, left_out: 0, like: line.name() };
        let seen = seen.entry(line.callsite()).or_insert_with(new);
        if now.saturating_duration_since(seen.since) >= SECOND {
            (seen.since, seen.lines) = (now, 0);
        }
        seen.lines = seen.lines.saturating_add(1);
        let is_one_of_few = seen.lines <= self.per_second;
        if !is_one_of_few {
            seen.left_out += 1;
            self.counts.note_repeated();
        }
        is_one_of_few
    }

    /// Where in the program how many lines were left out since this was asked last.
    pub(super) fn take_left_out(&self) -> Vec<(&'static str, u64)> {
        let mut seen = self.seen();
        let left_out = seen.values_mut().filter(|seen| seen.left_out > 0);
        left_out.map(|seen| (seen.like, std::mem::take(&mut seen.left_out))).collect()
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Identifier, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Filter<S> for FewRepeats {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    /// Which levels there are others say.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::TRACE)
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        self.0.lets_through(clock::moment(), event.metadata())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::super::{Colours, layer};
    use super::*;
    use crate::config::{LogConfig, LogFormat};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is in the log after that, line by line, and what was left out.
    fn logged(config: &LogConfig, work: impl FnOnce()) -> (Vec<String>, u64, Vec<u64>) {
        let (lines, counts) = (Lines::default(), LogCounts::default());
        let writer = lines.clone();
        let (layer, repeats) = layer(config, move || writer.clone(), Colours::None, &counts).unwrap();
        tracing::subscriber::with_default(Registry::default().with(layer), work);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let left_out = repeats.take_left_out().into_iter().map(|(_, lines)| lines).collect();
        (text.lines().map(str::to_owned).collect(), counts.repeated(), left_out)
    }

    #[test]
    fn of_many_lines_alike_some_are_written_and_the_others_counted() {
        let config = LogConfig { repeats_per_second: 3, ..LogConfig::default() };
        let (lines, repeated, left_out) = logged(&config, || {
            for number in 0..100 {
                tracing::warn!(number, "somebody makes the server warn");
            }
            tracing::warn!("something else");
            for _ in 0..100 {
                tracing::debug!("nobody asked for this");
            }
        });
        // At the turn of a second there are some more.
        let alike = lines.iter().filter(|line| line.contains("somebody")).count();
        assert!(alike >= 3 && lines.iter().any(|line| line.contains("something else")), "{lines:?}");
        assert_eq!((alike as u64 + repeated, lines.len()), (100, alike + 1));
        assert_eq!(left_out, [repeated]);
    }

    #[test]
    fn each_second_has_its_own_lines_and_each_place_in_the_program() {
        let repeats = Repeats::new(2, LogCounts::default());
        let (now, place) = (clock::moment(), Identifier(&PLACE));
        assert_eq!(place, PLACE_IS.callsite());
        let through = |after: u64| repeats.lets_through(now + Duration::from_millis(after), &PLACE_IS);
        assert_eq!([0, 1, 2, 999].map(through), [true, true, false, false]);
        assert_eq!([1_000, 1_001, 1_002].map(through), [true, true, false]);
        assert_eq!(repeats.take_left_out(), [("a place", 3)]);
        assert!(repeats.take_left_out().is_empty(), "it is told once");
    }

    struct Place;

    static PLACE: Place = Place;
    static PLACE_IS: Metadata<'static> = tracing::metadata! {
        name: "a place",
        target: "server",
        level: Level::WARN,
        fields: &[],
        callsite: &PLACE,
        kind: tracing::metadata::Kind::EVENT,
    };

    impl tracing::callsite::Callsite for Place {
        fn set_interest(&self, _: tracing::subscriber::Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            &PLACE_IS
        }
    }

    #[test]
    fn a_line_for_programs_is_an_object_with_its_fields() {
        let config = LogConfig { format: LogFormat::Json, ..LogConfig::default() };
        let (lines, ..) = logged(&config, || tracing::warn!(count = 3, "messages were refused"));
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&line["level"], &line["count"]), (&"WARN".into(), &3.into()));
        assert_eq!(line["message"], "messages were refused");
        assert!(line["timestamp"].is_string());
        let (lines, ..) =
            logged(&LogConfig::default(), || tracing::warn!(count = 3, "messages were refused"));
        assert!(lines[0].contains("WARN messages were refused count=3"), "{lines:?}");
    }
}
