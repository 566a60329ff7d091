//! Everything about signalling, for our server and for Socket.IO, as a table.

use std::time::Duration;

use crate::dialect::Dialect;
use crate::peer::Peer;
use crate::{fan_out, idle, relay, storm};

/// What trickle ICE does: some candidates at once, again and again. 33 a second, less than our server allows one socket.
const BURSTS: relay::Load =
    relay::Load { clients: 600, burst: 10, every: Duration::from_millis(300), bursts: 30 };

/// The worst for a server: every message alone.
const SINGLE: relay::Load =
    relay::Load { clients: 600, burst: 1, every: Duration::from_millis(40), bursts: 200 };

const IDLE: usize = 2_000;
const CHAT_MESSAGES: u64 = 300;
const STORM: usize = 2_000;

/// One row: a figure of each, and whether more is better.
struct Row {
    what: String,
    ours: f64,
    theirs: f64,
    unit: &'static str,
    more_is_better: bool,
    budget: &'static str,
}

struct Figures {
    bursts: relay::Relayed,
    single: relay::Relayed,
    idle: u64,
    fan_out: fan_out::Latencies,
    storm: storm::Storm,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let theirs = measure(Dialect::SocketIo).await?;
    let ours = measure(Dialect::Veranda).await?;
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let row = |what: &str, unit, figure: &dyn Fn(&Figures) -> f64, more_is_better, budget| Row {
        what: what.to_owned(),
        ours: figure(&ours),
        theirs: figure(&theirs),
        unit,
        more_is_better,
        budget,
    };
    let rows = [
        row("signals in bursts of 10", "/CPU s", &|f| f.bursts.per_processor_second(), true, "≥ 10 ×"),
        row("signals one at a time", "/CPU s", &|f| f.single.per_processor_second(), true, ""),
        row("idle connection in a room of 4", "bytes", &|f| f.idle as f64, false, "≤ 8192 bytes"),
        row("chat to a room of 100, median", "ms", &|f| millis(f.fan_out.p50), false, ""),
        row("chat to a room of 100, p99", "ms", &|f| millis(f.fan_out.p99), false, "< 10 ms"),
        row("chat to a room of 100, most", "ms", &|f| millis(f.fan_out.most), false, ""),
        row("2,000 come back after a restart", "ms", &|f| millis(f.storm.took), false, ""),
        row("… time on the processors", "ms", &|f| millis(f.storm.processor), false, ""),
    ];
    report(&format!("\n{:<34} {:>12} {:>12} {:<7} {:>7}  budget", "", "Veranda", "Socket.IO", "", "ratio"));
    for row in rows {
        let ratio = if row.more_is_better { row.ours / row.theirs } else { row.theirs / row.ours };
        let digits = if row.unit == "ms" { 1 } else { 0 };
        report(&format!(
            "{:<34} {:>12.digits$} {:>12.digits$} {:<7} {ratio:>6.1}×  {}",
            row.what, row.ours, row.theirs, row.unit, row.budget
        ));
    }
    for (name, figures) in [("Veranda", &ours), ("Socket.IO", &theirs)] {
        for (what, relayed) in [("bursts", &figures.bursts), ("single", &figures.single)] {
            report(&format!(
                "{name}, {what}: {} messages in {:.1} s, {:.1} s on the processors, {:.1} % arrived",
                relayed.messages,
                relayed.took.as_secs_f64(),
                relayed.processor.as_secs_f64(),
                relayed.share * 100.0
            ));
        }
        report(&format!("{name}, chat: {} deliveries", figures.fan_out.count));
    }
    Ok(())
}

/// Our server alone, on one line.
pub(crate) async fn alone() -> anyhow::Result<()> {
    let Figures { bursts, single, idle, fan_out, storm } = measure(Dialect::Veranda).await?;
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    report(&format!(
        "bursts {:.0} /CPU s, single {:.0} /CPU s, idle {idle} bytes, chat p50 {:.1} ms p99 {:.1} ms, storm {:.0} ms, {:.0} ms on the processors",
        bursts.per_processor_second(),
        single.per_processor_second(),
        millis(fan_out.p50),
        millis(fan_out.p99),
        millis(storm.took),
        millis(storm.processor)
    ));
    Ok(())
}

/// Our server alone under a steady load of bursts, 33 messages a second and client.
pub(crate) async fn relay_only(burst: u64, seconds: u64) -> anyhow::Result<()> {
    let every = Duration::from_millis(30 * burst);
    let bursts = seconds * 1000 / (30 * burst);
    let load = relay::Load { clients: 600, burst, every, bursts };
    let relayed = relay::run(&Peer::start(Dialect::Veranda).await?, load).await?;
    report(&format!("{} messages a second of processor time", relayed.per_processor_second().round()));
    Ok(())
}

/// What an idle connection costs our server.
pub(crate) async fn idle_only(count: usize) -> anyhow::Result<()> {
    let bytes = idle::bytes(&mut Peer::start(Dialect::Veranda).await?, count).await?;
    report(&format!("{bytes} bytes a connection"));
    Ok(())
}

/// Every figure of one server, each with a process of its own.
async fn measure(dialect: Dialect) -> anyhow::Result<Figures> {
    let say = |what: &str| report(&format!("{dialect:?}: {what}"));
    say("signals");
    let bursts = relay::run(&Peer::start(dialect).await?, BURSTS).await?;
    let single = relay::run(&Peer::start(dialect).await?, SINGLE).await?;
    say("idle connections");
    let idle = idle::bytes(&mut Peer::start(dialect).await?, IDLE).await?;
    say("a room of a hundred");
    let fan_out = fan_out::run(&Peer::start(dialect).await?, CHAT_MESSAGES).await?;
    say("everybody comes back");
    let storm = storm::run(&mut Peer::start(dialect).await?, STORM).await?;
    Ok(Figures { bursts, single, idle, fan_out, storm })
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn report(line: &str) {
    println!("{line}");
}
