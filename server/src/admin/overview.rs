//! `/admin`: how the server is, and how much it is used.

use std::collections::BTreeMap;

use app::plain::admin::{AdminSection, Failure, Figures, Overview, PeopleChart, Period, UsageRow};
use axum::extract::{Query, State};
use axum::response::Response;
use leptos::prelude::*;
use protocol::Timestamp;
use serde::Deserialize;
use storage::UsageRecord;

use super::chart::{self, Label, Series};
use super::live_rooms;
use super::page::{AdminPage, AdminProblem, in_time};
use super::session::Admin;
use crate::usage::{self, HOUR_MS, Measure};
use crate::{AppState, health};

/// Live rooms on the page; the list has all.
const MOST_ROOMS: usize = 10;

/// How often a page asks for itself that is to be up to date.
const UPDATED_EVERY_SECS: u32 = 10;

/// How far back, and whether to update.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    period: String,
    update: Option<String>,
}

/// `GET`
pub(super) async fn overview(
    State(state): State<AppState>,
    _: Admin,
    Query(asked): Query<Asked>,
) -> Response {
    let period = Period::ALL.into_iter().find(|period| period.as_str() == asked.period).unwrap_or_default();
    let is_updating = asked.update.as_deref() == Some("on");
    let stretch = Stretch::until(period, state.clock.wall());
    let kept = in_time(state.storage.usage(stretch.before(), stretch.end)).await;
    let mut records = match kept {
        Ok(records) => records,
        // The page says that, and who is in calls now.
        Err(_) if !state.database.answers(&state.storage).await => Vec::new(),
        Err(error) => return AdminProblem::Storage(error).into_page(&state).await,
    };
    records.extend(state.rooms.usage().pending());
    let live_rooms::Live { count, people, rooms } = live_rooms::first(&state, MOST_ROOMS, |_, _| true).await;
    let (before, during): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record| record.hour < stretch.from());
    let (rows, rows_before) =
        (stretch.rows(stretch.from(), &during), stretch.rows(stretch.before(), &before));
    let figures = Figures {
        live_rooms: count,
        people,
        peak: peak(&rows).max(people),
        peak_before: peak(&rows_before),
        joined: rows.iter().map(|row| row.joined).sum(),
        failed: rows.iter().map(|row| row.failed).sum(),
        direct_seconds: sum(&during, Measure::MeshSeconds),
        server_seconds: sum(&during, Measure::SfuSeconds),
    };
    let svg = chart::people(Series {
        now: &rows.iter().map(|row| row.peak).collect::<Vec<_>>(),
        before: &rows_before.iter().map(|row| row.peak).collect::<Vec<_>>(),
        labels: &stretch.labels(),
    });
    let has_figures = !during.is_empty();
    let chart = PeopleChart { svg, rows: if has_figures { rows } else { Vec::new() } };
    let (failures, problems) = (failures(&during), health::problems(&state).await);
    let content =
        move || view! { <Overview period figures chart failures rooms problems is_updating/> }.into_any();
    let refresh_secs = is_updating.then_some(UPDATED_EVERY_SECS);
    AdminPage { refresh_secs, ..AdminPage::of(AdminSection::Overview) }.with(&state, content).await
}

/// A period, cut into equal parts.
#[derive(Clone, Copy)]
struct Stretch {
    /// After the last part.
    end: Timestamp,
    /// The length of a part, in milliseconds.
    part: u64,
    parts: u64,
}

impl Stretch {
    fn until(period: Period, now: Timestamp) -> Self {
        let (part, parts) = match period {
            Period::Day => (HOUR_MS, 24),
            Period::Week => (6 * HOUR_MS, 28),
            Period::Month => (24 * HOUR_MS, 30),
        };
        Self { end: Timestamp(now.0 - now.0 % part + part), part, parts }
    }

    fn from(self) -> Timestamp {
        Timestamp(self.end.0.saturating_sub(self.parts * self.part))
    }

    /// Where the period before begins.
    fn before(self) -> Timestamp {
        Timestamp(self.end.0.saturating_sub(2 * self.parts * self.part))
    }

    /// What was counted, part by part.
    fn rows(self, from: Timestamp, records: &[UsageRecord]) -> Vec<UsageRow> {
        let start = |index: u64| Timestamp(from.0 + index * self.part);
        let empty = |from| UsageRow { from, peak: 0, rooms: 0, joined: 0, failed: 0, seconds: 0 };
        let mut rows: Vec<_> = (0..self.parts).map(|index| empty(start(index))).collect();
        for record in records {
            let index = record.hour.0.saturating_sub(from.0) / self.part;
            let row = usize::try_from(index).ok().and_then(|index| rows.get_mut(index));
            let Some(row) = row else { continue };
            if usage::is_failure(record) {
                row.failed += record.value;
                continue;
            }
            match Measure::of(record) {
                Some(Measure::Joins) => row.joined += record.value,
                Some(Measure::Rooms) => row.rooms = row.rooms.max(record.value),
                Some(Measure::MeshSeconds | Measure::SfuSeconds) => row.seconds += record.value,
                Some(Measure::PeakPeople) => row.peak = row.peak.max(record.value),
                None => {}
            }
        }
        rows
    }

    /// What stands below the chart.
    fn labels(self) -> Vec<Label> {
        let every = match self.parts {
            28 => 4,
            _ => 6,
        };
        let label = |index: u64| {
            let utc = app::documents::utc(Timestamp(self.from().0 + index * self.part));
            let text = if self.parts == 24 { utc.get(11..16) } else { utc.get(5..10) };
            Label { index, text: text.unwrap_or_default().to_owned() }
        };
        (0..self.parts).step_by(every).map(label).collect()
    }
}

fn peak(rows: &[UsageRow]) -> u64 {
    rows.iter().map(|row| row.peak).max().unwrap_or(0)
}

fn sum(records: &[UsageRecord], of: Measure) -> u64 {
    records.iter().filter(|record| Measure::of(record) == Some(of)).map(|record| record.value).sum()
}

/// Why people could not come in, the most frequent first.
fn failures(records: &[UsageRecord]) -> Vec<Failure> {
    let mut counts = BTreeMap::new();
    for record in records {
        if let Some(code) = usage::failure(record) {
            let (_, count) = counts.entry(&record.measure).or_insert((code, 0));
            *count += record.value;
        }
    }
    let mut failures: Vec<_> = counts.into_values().map(|(code, count)| Failure { code, count }).collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
    failures
}
