//! What forwarding media costs: our server and Janus under the same synthetic media, and the least it can cost on this machine,
//! which is to encrypt the same bytes and to send them.

pub(crate) mod clock;
mod endpoint;
mod engine;
mod janus;
mod measure;
mod network;
mod plan;
pub(crate) mod process;
mod raw;
mod recording;
mod report;
mod stream;
mod tally;
mod veranda;

use std::time::Duration;

use anyhow::Context;

use crate::peer::Peer;
use measure::Found;
use plan::{Plan, Which};
use raw::{Cost, Load};
use stream::{Rhythm, SOUND_BYTES, VIDEO_BYTES, Video};
use tally::Profile;

/// For how long each room is measured.
const LENGTH: Duration = Duration::from_secs(4);

/// A camera of 1.1 Mbit/s, whose pictures go out at once.
const CAMERA: Video = Video { per_second: 30, packets: 4, rhythm: Rhythm::AtOnce };

/// The same with its packets spread out: each reaches the server alone.
const SPREAD: Video = Video { rhythm: Rhythm::Even, ..CAMERA };

/// A smaller one of 370 kbit/s, where there are so many receivers that two processors would not carry more.
const SMALL: Video = Video { per_second: 10, ..CAMERA };

/// What is measured, the growing audience first.
const PLANS: [Plan; 10] = [
    audience("1 to 10", 10, SMALL),
    audience("1 to 50", 50, SMALL),
    audience("1 to 200", 200, SMALL),
    // A room takes 500 people.
    audience("1 to 499", 499, SMALL),
    audience("1 to 200, 1.1 Mb", 200, CAMERA),
    audience("… spread out", 200, SPREAD),
    meeting("meeting of 10", 10, CAMERA),
    meeting("meeting of 25", 25, SMALL),
    speech("10 speak to 100", 100),
    speech("10 speak to 300", 300),
];

/// How many of them are an audience that grows.
const GROWING: usize = 4;

/// The figures of one room.
struct Row {
    plan: Plan,
    ours: Found,
    theirs: Option<Found>,
}

/// What encrypting and sending costs, in the ways that rows are compared with.
struct Floor {
    profile: Profile,
    video: Cost,
    video_runs: Cost,
    sound: Cost,
}

/// Everything, as tables.
pub(crate) async fn run() -> anyhow::Result<()> {
    let has_janus = janus::is_installed();
    let mut rows = Vec::new();
    let mut failed = 0;
    let mut found = async |which: Which, plan: &Plan| {
        report::say(&format!("{}: {which:?}", plan.name));
        let found = measure::run(which, plan, LENGTH).await;
        found.map_err(|error| report::say(&format!("could not be run: {error:#}"))).ok().or_else(|| {
            failed += 1;
            None
        })
    };
    for plan in PLANS {
        let ours = found(Which::Veranda, &plan).await;
        let theirs = if has_janus { found(Which::Janus, &plan).await } else { None };
        rows.extend(ours.map(|ours| Row { plan, ours, theirs }));
    }
    anyhow::ensure!(!rows.is_empty(), "no case could be run");
    report::say("encrypting and sending alone");
    let profiles = [rows[0].ours.profile, rows[0].theirs.as_ref().and_then(|found| found.profile)];
    let mut profiles: Vec<_> = profiles.into_iter().flatten().collect();
    profiles.dedup();
    let floors = profiles.into_iter().map(floor).collect::<anyhow::Result<Vec<_>>>()?;
    let growing: Vec<_> = rows.iter().filter(|row| is_growing(&row.plan)).collect();
    report::print(&rows, &floors, &growing);
    anyhow::ensure!(failed == 0, "{failed} cases could not be run");
    Ok(())
}

fn is_growing(plan: &Plan) -> bool {
    PLANS[..GROWING].iter().any(|growing| growing.name == plan.name)
}

/// One case against one server, for development and for a profile.
pub(crate) async fn one(which: &str, name: &str, seconds: u64) -> anyhow::Result<()> {
    let which = match which {
        "veranda" => Which::Veranda,
        "janus" => Which::Janus,
        _ => anyhow::bail!("no server {which}"),
    };
    let plan = PLANS.into_iter().find(|plan| plan.name == name).context("no such case")?;
    let found = measure::run(which, &plan, Duration::from_secs(seconds)).await?;
    report::say(&format!("{:.2} µs a packet; {found:#?}", found.cost()));
    Ok(())
}

/// What a packet costs in a room of one node whose people came to another one, or to it.
pub(crate) async fn packets(owner: &Peer, entry: &Peer) -> anyhow::Result<String> {
    let plan = &PLANS[1];
    let found = measure::run_by_way_of(owner, entry, plan, LENGTH).await?;
    Ok(format!(
        "{}: {:.2} µs a packet, {} of {} packets came",
        plan.name,
        found.cost(),
        found.packets(),
        found.expected
    ))
}

/// What recording costs.
pub(crate) async fn recording() -> anyhow::Result<()> {
    recording::run(&meeting("meeting of 10", 10, CAMERA)).await
}

/// The floor alone.
pub(crate) fn raw_only() -> anyhow::Result<()> {
    for profile in [Profile::AesGcm128, Profile::AesGcm256, Profile::AesCm128Sha1] {
        report::floor(&floor(profile)?);
    }
    Ok(())
}

fn floor(profile: Profile) -> anyhow::Result<Floor> {
    let packets = CAMERA.packets as usize;
    Ok(Floor {
        profile,
        video: raw::measure(Load { profile, payload: VIDEO_BYTES, run: 1 })?,
        video_runs: raw::measure(Load { profile, payload: VIDEO_BYTES, run: packets })?,
        sound: raw::measure(Load { profile, payload: SOUND_BYTES, run: 1 })?,
    })
}

const fn audience(name: &'static str, listeners: usize, video: Video) -> Plan {
    Plan { name, senders: 1, people: listeners + 1, video: Some(video), sound: false, most_feeds: 1 }
}

/// Ours forwards the loudest four; so a client of Janus asks for four of the ten.
const fn speech(name: &'static str, listeners: usize) -> Plan {
    Plan { name, senders: 10, people: 10 + listeners, video: None, sound: true, most_feeds: 4 }
}

const fn meeting(name: &'static str, people: usize, video: Video) -> Plan {
    Plan { name, senders: people, people, video: Some(video), sound: true, most_feeds: people }
}
