//! How the server is, and how much it is used: totals, and nobody's name.

use leptos::prelude::*;
use protocol::{ErrorCode, Timestamp};

use super::facts::Period;
use super::rooms::{LiveRoom, Table};
use super::server::Problems;
use crate::text::admin as words;
use crate::text::moment;

/// The figures in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Rooms with somebody inside, now.
    pub live_rooms: usize,
    /// People inside, now.
    pub people: u64,
    /// The most at once in the period.
    pub peak: u64,
    /// The most at once in the period before.
    pub peak_before: u64,
    /// Who came in, in the period.
    pub joined: u64,
    /// Who could not.
    pub failed: u64,
    /// Seconds of people in rooms whose media goes directly.
    pub direct_seconds: u64,
    /// The same through the server.
    pub server_seconds: u64,
}

/// What the period has of one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// When it began.
    pub from: Timestamp,
    /// The most people at once.
    pub peak: u64,
    /// Rooms that were used.
    pub rooms: u64,
    /// Who came in.
    pub joined: u64,
    /// Who could not.
    pub failed: u64,
    /// Seconds that people were in calls.
    pub seconds: u64,
}

/// A drawing of people in calls over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleChart {
    /// The picture, an `svg` element.
    pub svg: String,
    /// What it is drawn from.
    pub rows: Vec<UsageRow>,
}

/// Why so many could not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub code: ErrorCode,
    /// How many.
    pub count: u64,
}

/// The page.
#[component]
pub fn Overview(
    /// How far back it looks.
    period: Period,
    /// The figures in front.
    figures: Figures,
    /// People over time.
    chart: PeopleChart,
    /// Why people could not come in.
    failures: Vec<Failure>,
    /// Live rooms, those with most people first.
    rooms: Vec<LiveRoom>,
    /// What does not work as it should.
    problems: Vec<String>,
    /// Whether the page asks for itself again and again.
    is_updating: bool,
) -> impl IntoView {
    let address = |period: Period, updates: bool| {
        let updates = if updates { "&update=on" } else { "" };
        format!("/admin?period={}{updates}", period.as_str())
    };
    let segment = |one: Period| {
        let current = (one == period).then_some("true");
        view! { <a href=address(one, is_updating) aria-current=current>{words::period(one)}</a> }
    };
    let update = if is_updating { words::STOP_UPDATING() } else { words::START_UPDATING() };
    let summary = words::people_chart(&figures.peak_before, &figures.peak);
    view! {
        <div class="admin-tools">
            <Problems problems/>
            <nav class="segments" aria-label=words::PERIOD()>{Period::ALL.map(segment)}</nav>
            <a class="button small" href=address(period, !is_updating)>{update}</a>
        </div>
        <Kpis figures/>
        <div class="charts">
            <section class="chart-card" aria-labelledby="people-chart">
                <header>
                    <h2 id="people-chart">{words::PEOPLE_IN_CALLS()}</h2>
                    <ul class="legend">
                        <li><i class="tone-1"></i>{words::THIS_PERIOD()}</li>
                        <li><i class="tone-2"></i>{words::PERIOD_BEFORE()}</li>
                    </ul>
                </header>
                <div class="chart" role="img" aria-label=summary inner_html=chart.svg></div>
                <UsageTable rows=chart.rows/>
            </section>
            <section class="chart-card">
                <Connections figures/>
                <Failures failures/>
            </section>
        </div>
        {(!rooms.is_empty()).then(|| view! {
            <section class="table-card" aria-labelledby="live-rooms">
                <header><h2 id="live-rooms">{words::LIVE_ROOMS()}</h2><a href="/admin/rooms">{words::TO_ALL_ROOMS()}</a></header>
                <Table rooms/>
            </section>
        })}
    }
}

#[component]
fn Kpis(figures: Figures) -> impl IntoView {
    let tried = figures.joined + figures.failed;
    let failed = percent(figures.failed, tried);
    let through = percent(figures.server_seconds, figures.server_seconds + figures.direct_seconds);
    let percent = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |value| words::percent(&value));
    view! {
        <dl class="kpis">
            <div><dt>{words::LIVE_ROOMS()}</dt><dd>{figures.live_rooms}</dd></div>
            <div><dt>{words::PEOPLE_IN_CALLS()}</dt><dd>{figures.people}" "<small>{words::peak(&figures.peak)}</small></dd></div>
            <div><dt>{words::JOINED()}</dt><dd>{figures.joined}</dd></div>
            <div><dt>{words::THROUGH_SERVER()}</dt><dd>{percent(through)}</dd></div>
            <div><dt>{words::FAILED_JOINS()}</dt><dd>{percent(failed)}</dd></div>
        </dl>
    }
}

#[component]
fn UsageTable(rows: Vec<UsageRow>) -> impl IntoView {
    let line = |row: UsageRow| {
        let hours = row.seconds.div_ceil(60) as f64 / 60.0;
        view! {
            <tr>
                <th scope="row">{moment::in_words(row.from)}</th>
                <td class="amount">{row.peak}</td>
                <td class="amount">{row.rooms}</td>
                <td class="amount">{format!("{hours:.1}")}</td>
                <td class="amount">{row.joined}</td>
                <td class="amount">{row.failed}</td>
            </tr>
        }
    };
    if rows.is_empty() {
        return view! { <p class="nothing">{words::NO_FIGURES()}</p> }.into_any();
    }
    view! {
        <details>
            <summary>{words::AS_TABLE()}</summary>
            <div class="table-card"><table>
                <thead><tr>
                    <th scope="col">{words::WHEN()}</th>
                    <th scope="col" class="amount">{words::PEOPLE_IN_CALLS()}</th>
                    <th scope="col" class="amount">{words::ROOMS_USED()}</th>
                    <th scope="col" class="amount">{words::HOURS_IN_CALLS()}</th>
                    <th scope="col" class="amount">{words::JOINED()}</th>
                    <th scope="col" class="amount">{words::FAILED_JOINS()}</th>
                </tr></thead>
                <tbody>{rows.into_iter().map(line).collect_view()}</tbody>
            </table></div>
        </details>
    }
    .into_any()
}

#[component]
fn Connections(figures: Figures) -> impl IntoView {
    let all = figures.direct_seconds + figures.server_seconds;
    let through = percent(figures.server_seconds, all);
    through.map(|server| {
        let direct = 100 - server;
        let bar = |tone: &'static str, name: &'static str, part: u64| {
            view! { <li><i class=tone></i>{name}" "{words::percent(&part)}</li> }
        };
        view! {
            <h2>{words::HOW_CALLS_CONNECT()}</h2>
            <meter min="0" max="100" value=direct aria-label=words::connect_chart(&direct, &server)></meter>
            <ul class="legend">
                {bar("tone-1", words::DIRECTLY(), direct)}
                {bar("tone-3", words::THROUGH_SERVER(), server)}
            </ul>
        }
    })
}

#[component]
fn Failures(failures: Vec<Failure>) -> impl IntoView {
    let most = failures.iter().map(|failure| failure.count).max().unwrap_or(0);
    let (named, others): (Vec<_>, Vec<_>) = failures
        .into_iter()
        .map(|failure| (words::failure(failure.code), failure.count))
        .partition(|(name, _)| name.is_some());
    let others: u64 = others.into_iter().map(|(_, count)| count).sum();
    let others = (others > 0).then_some((Some(words::OTHER_REASONS()), others));
    let line = |(name, count): (Option<&'static str>, u64)| {
        let name = name.unwrap_or_default();
        view! { <li>{name}<meter min="0" max=most.max(count) value=count aria-label=name></meter><span class="number">{count}</span></li> }
    };
    let lines: Vec<_> = named.into_iter().chain(others).map(line).collect();
    view! {
        <h2>{words::WHY_FAILED()}</h2>
        {if lines.is_empty() {
            view! { <p class="nothing">{words::NOBODY_FAILED()}</p> }.into_any()
        } else {
            view! { <ul class="bars">{lines}</ul> }.into_any()
        }}
    }
}

fn percent(part: u64, of: u64) -> Option<u64> {
    (part * 100 + of / 2).checked_div(of)
}
