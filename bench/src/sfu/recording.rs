//! What it costs to record a room: the same people are not recorded, recorded, and not recorded again, by ours and by Janus.

use std::time::Duration;

use super::engine::Engine;
use super::janus::{self, Janus};
use super::measure::{self, Found, VERANDA, WARM_UP};
use super::plan::{Plan, Which};
use super::report::{say, times};
use super::{clock, process, veranda};
use crate::dialect::Dialect;
use crate::peer::Peer;

/// How often it is looked how much memory there is.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// For how long a room is recorded, unless `VERANDA_MINUTES` says otherwise; before and after it goes on for half as long.
const MINUTES: f64 = 10.0;

/// One room, before it is recorded, while it is, and afterwards.
struct Row {
    which: Which,
    before: Looked,
    recorded: Looked,
    after: Looked,
    /// How many files there are, and their bytes.
    files: (usize, u64),
}

/// What was found while one of these lasted.
struct Looked {
    found: Found,
    /// How much resident memory grew, in KiB a minute.
    growth: f64,
}

/// Ours, and Janus where it is installed.
pub(super) async fn run(plan: &Plan) -> anyhow::Result<()> {
    let minutes = std::env::var("VERANDA_MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(MINUTES);
    let length = Duration::from_secs_f64(minutes * 60.0);
    say(&format!("{}: Veranda, {minutes} min recorded", plan.name));
    let mut rows = vec![ours(plan, length).await?];
    if janus::is_installed() {
        say(&format!("{}: Janus, {minutes} min recorded", plan.name));
        rows.push(theirs(plan, length).await?);
    }
    print(plan, &rows);
    Ok(())
}

async fn ours(plan: &Plan, length: Duration) -> anyhow::Result<Row> {
    let engine = Engine::start(plan.senders + plan.people)?;
    let peer = Peer::start_with(Dialect::Veranda, &VERANDA).await?;
    let mut people = veranda::connect_with_host(&peer, &engine, plan).await?;
    let look = async |part: Duration| look(&engine, peer.id()?, Which::Veranda, plan, part).await;
    engine.send_media()?;
    tokio::time::sleep(WARM_UP).await;
    let before = look(length / 2).await?;
    people.record().await?;
    tokio::time::sleep(WARM_UP).await;
    let recorded = look(length).await?;
    people.stop_recording().await?;
    tokio::time::sleep(WARM_UP).await;
    let after = look(length / 2).await?;
    people.check()?;
    Ok(Row { which: Which::Veranda, before, recorded, after, files: peer.recorded()? })
}

async fn theirs(plan: &Plan, length: Duration) -> anyhow::Result<Row> {
    let engine = Engine::start(plan.senders + plan.people)?;
    let janus = Janus::start().await?;
    let people = janus.connect(&engine, plan).await?;
    let look = async |part: Duration| look(&engine, janus.id()?, Which::Janus, plan, part).await;
    engine.send_media()?;
    tokio::time::sleep(WARM_UP).await;
    let before = look(length / 2).await?;
    people.record(true).await?;
    tokio::time::sleep(WARM_UP).await;
    let recorded = look(length).await?;
    people.record(false).await?;
    tokio::time::sleep(WARM_UP).await;
    let after = look(length / 2).await?;
    people.check()?;
    Ok(Row { which: Which::Janus, before, recorded, after, files: janus.recorded()? })
}

async fn look(engine: &Engine, id: u32, which: Which, plan: &Plan, part: Duration) -> anyhow::Result<Looked> {
    let ids = [id];
    let measured = measure::look(engine, &ids, which, plan, part, 0);
    let (found, growth) = tokio::join!(measured, watch_memory(id, part));
    Ok(Looked { found: found?, growth: growth? })
}

/// The slope of the line of least squares through what memory there is, once the first tenth of the time is over.
async fn watch_memory(id: u32, part: Duration) -> anyhow::Result<f64> {
    let began = clock::moment();
    let mut points = Vec::new();
    while began.elapsed() + LOOK_EVERY < part {
        tokio::time::sleep(LOOK_EVERY).await;
        if began.elapsed() > part / 10 {
            points.push((began.elapsed().as_secs_f64() / 60.0, process::resident(id)? as f64 / 1024.0));
        }
    }
    Ok(slope(&points))
}

fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
    let (x, y) = (x / count, y / count);
    let apart: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    apart / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

fn print(plan: &Plan, rows: &[Row]) {
    let senders = plan.senders;
    say(&format!(
        "\n{:<18} {:>11} {:>9} {:>23} {:>8} {:>7} {:>11}",
        format!("{senders} senders"),
        "µs/forward.",
        "CPU",
        "delay p50/p99/p99.9 ms",
        "lost",
        "late",
        "KiB/min"
    ));
    for row in rows {
        let parts = [("before", &row.before), ("recorded", &row.recorded), ("afterwards", &row.after)];
        for (name, Looked { found, growth }) in parts {
            let seconds = found.took.as_secs_f64();
            say(&format!(
                "{:<18} {:>11.2} {:>8.1}% {:>23} {:>7.3}% {:>4.1} ms {growth:>11.0}",
                format!("{:?}, {name}", row.which),
                found.cost(),
                found.processor.as_secs_f64() / seconds * 100.0,
                times(found.delays),
                (1.0 - found.packets() as f64 / found.expected as f64) * 100.0,
                found.client.lags.p99.as_secs_f64() * 1_000.0,
            ));
        }
    }
    for row in rows {
        let which = row.which;
        let [plain, recorded] = [[&row.before, &row.after].as_slice(), &[&row.recorded]]
            .map(|looked| looked.iter().map(|looked| &looked.found).collect::<Vec<_>>());
        // The server's time for each packet that was sent to it: that what is recorded is also forwarded is in both.
        let each = |found: &[&Found], count: fn(&Found) -> u64| {
            let time: f64 = found.iter().map(|found| found.processor.as_secs_f64()).sum();
            time * 1e6 / found.iter().map(|found| count(found)).sum::<u64>() as f64
        };
        let sent = each(&recorded, |found| found.sent) - each(&plain, |found| found.sent);
        let forwarded = each(&recorded, Found::packets) - each(&plain, Found::packets);
        let p99 = |found: &Found| found.delays.p99.as_secs_f64();
        let usual = plain.iter().map(|found| p99(found)).sum::<f64>() / 2.0;
        let (files, bytes) = row.files;
        say(&format!(
            "{which:?}: {sent:+.2} µs for each packet that is recorded (budget 3), {forwarded:+.2} µs for each that is forwarded; p99 {:+.0} % \
             (budget ±10 %); {files} files, {:.1} MB",
            (p99(&row.recorded.found) / usual - 1.0) * 100.0,
            bytes as f64 / 1e6,
        ));
    }
    say(
        "Late: how much later than planned packets were sent, p99. KiB/min: how resident memory grew. CPU: the server's process, of one processor.",
    );
    if rows.len() == 1 {
        say("Janus is not installed (Debian: apt-get install --no-install-recommends janus).");
    }
}
