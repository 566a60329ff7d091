//! The tables. They print figures and budgets, and judge nothing.

use super::measure::Found;
use super::stream::Rhythm;
use super::tally::Times;
use super::{Floor, Row};

/// What of a processor may be used before forwarding gets late.
const USABLE: f64 = 0.8;

pub(super) fn print(rows: &[Row], floors: &[Floor], growing: &[&Row]) {
    costs(rows, floors);
    growth(growing);
    quality(rows);
    clients(rows);
    say("");
    for floor in floors {
        self::floor(floor);
    }
    if rows.iter().all(|row| row.theirs.is_none()) {
        say(
            "Janus is not installed (Debian: apt-get install --no-install-recommends janus); these are our figures alone.",
        );
    }
}

fn costs(rows: &[Row], floors: &[Floor]) {
    say(&format!(
        "\n{:<17} {:>9} {:>9} {:>9} {:>11} {:>11} {:>12} {:>12}",
        "µs of CPU/packet",
        "Veranda",
        "Janus",
        "raw limit",
        "Janus/ours",
        "raw/ours",
        "ours pkt/s",
        "Janus pkt/s"
    ));
    for row in rows {
        let ours = row.ours.cost();
        // A server that forwarded nothing has no cost a packet.
        let theirs = row.theirs.as_ref().map(Found::cost).filter(|cost| cost.is_finite());
        let limit = floors.first().map(|floor| limit(row, floor));
        say(&format!(
            "{:<17} {ours:>9.2} {:>9} {:>9} {:>11} {:>11} {:>12.0} {:>12}",
            row.plan.name,
            or_none(theirs, |cost| format!("{cost:.2}")),
            or_none(limit, |cost| format!("{cost:.2}")),
            or_none(theirs, |cost| format!("{:.2} ×", cost / ours)),
            or_none(limit, |cost| format!("{:.0} %", cost / ours * 100.0)),
            USABLE * 1e6 / ours,
            or_none(theirs, |cost| format!("{:.0}", USABLE * 1e6 / cost)),
        ));
    }
    say(&format!("{:<17} {:>9} {:>9} {:>9} {:>11} {:>11}", "budget", "", "", "", "≥ 3 ×", "≥ 70 %"));
    say("Packets a second: at 80 % of one processor, extrapolated from the measured cost.");
    say(
        "Raw limit: encrypting and sending the same packets; in runs of 4 where a picture comes at once, one by one otherwise.",
    );
}

/// What the packets of a row would cost if they were encrypted and sent and nothing else.
fn limit(row: &Row, floor: &Floor) -> f64 {
    let [video, sound] = row.ours.came.map(|count| count as f64);
    let packet = match row.plan.video.map(|video| video.rhythm) {
        Some(Rhythm::AtOnce) => floor.video_runs.whole,
        Some(Rhythm::Even) | None => floor.video.whole,
    };
    (video * packet + sound * floor.sound.whole) / (video + sound)
}

fn growth(rows: &[&Row]) {
    let columns: String = rows.iter().map(|row| format!(" {:>10}", row.plan.name)).collect();
    say(&format!("\n{:<17}{columns}   most above the first (budget ±10 %)", "as it grows"));
    let line = |name: &str, costs: &[f64]| {
        let Some(first) = costs.first() else { return };
        let apart = |cost: &f64| (cost / first - 1.0) * 100.0;
        let most = costs
            .iter()
            .map(apart)
            .fold(0.0, |most: f64, next| if next.abs() > most.abs() { next } else { most });
        let columns: String = costs.iter().map(|cost| format!(" {cost:>10.2}")).collect();
        say(&format!("{name:<17}{columns}   {most:+.0} %"));
    };
    line("Veranda", &rows.iter().map(|row| row.ours.cost()).collect::<Vec<_>>());
    line("Janus", &rows.iter().filter_map(|row| row.theirs.as_ref().map(Found::cost)).collect::<Vec<_>>());
}

fn quality(rows: &[Row]) {
    say(&format!(
        "\n{:<17} {:<8} {:>9} {:>8} {:>24} {:>9} {:>10}",
        "", "", "packet/s", "lost", "delay p50/p99/p99.9 ms", "CPU", "KiB/person"
    ));
    each(rows, |name, server, found| {
        let seconds = found.took.as_secs_f64();
        say(&format!(
            "{name:<17} {server:<8} {:>9.0} {:>7.3}% {:>24} {:>8.0}% {:>10}",
            found.packets() as f64 / seconds,
            (1.0 - found.packets() as f64 / found.expected as f64) * 100.0,
            times(found.delays),
            found.processor.as_secs_f64() / seconds * 100.0,
            found.memory / 1024,
        ));
    });
    say(
        "Delay: from the sender's write to the receiver's kernel. CPU: the server's process, of one processor.",
    );
}

fn clients(rows: &[Row]) {
    say(&format!(
        "\n{:<17} {:<8} {:>9} {:>26} {:>9} {:>9}",
        "the load itself", "", "CPU", "sent late p50/p99/p99.9 ms", "dropped", "failures"
    ));
    each(rows, |name, server, found| {
        let client = &found.client;
        say(&format!(
            "{name:<17} {server:<8} {:>8.0}% {:>26} {:>9} {:>9}",
            client.processor.as_secs_f64() / found.took.as_secs_f64() * 100.0,
            times(client.lags),
            client.dropped,
            client.failures,
        ));
    });
    say("Dropped: datagrams for which a socket's buffer had no room, of all processes of the machine.");
}

fn each(rows: &[Row], print: impl Fn(&str, &str, &Found)) {
    for row in rows {
        print(row.plan.name, "Veranda", &row.ours);
        if let Some(theirs) = &row.theirs {
            print("", "Janus", theirs);
        }
    }
}

pub(super) fn floor(floor: &Floor) {
    let cost = |cost: &super::Cost| format!("{:.2} ({:.2} to send)", cost.whole, cost.sending);
    say(&format!(
        "raw limit, {:?}: picture alone {}, in runs {}, sound {} µs",
        floor.profile,
        cost(&floor.video),
        cost(&floor.video_runs),
        cost(&floor.sound)
    ));
}

pub(super) fn times(times: Times) -> String {
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    format!("{:.2} / {:.2} / {:.2}", millis(times.p50), millis(times.p99), millis(times.p999))
}

fn or_none(value: Option<f64>, write: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "—".to_owned(), write)
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(super) fn say(line: &str) {
    println!("{line}");
}
