//! A program that rings learns no more of those who cannot be reached than a page does: one answer, at one time.

use std::time::Duration;

use protocol::CallId;
use serde_json::Value;
use server::config::{Config, LimitsConfig};
use storage::{
    CallRules, ContactChange, ContactRepository as _, IdentityRepository as _, QuietHours, WhoMayRing,
};
use testkit::Identity;
use tokio::time::Instant;

use crate::calls::Program;
use crate::common::TestServer;
use crate::ringing_people::{Device, Who, id, storage_of};

/// How often each of the kinds is tried.
const TRIES: u64 = 12;

/// Why somebody cannot be reached.
const KINDS: usize = 6;

/// What a program sees of one try.
struct Seen {
    answer: Value,
    end: Value,
    looked_up: Duration,
    placed: Duration,
    /// By the server's clock, in milliseconds.
    lasted: u64,
}

/// Everybody who cannot be reached: nobody has the first ID, the second has blocked the callers, the third takes no calls, the fourth has no
/// device, the fifth has quiet hours, and the sixth is not to be disturbed for a while.
async fn unreachable(server: &TestServer, callers: &[Identity]) -> (Vec<String>, Vec<Device>) {
    let storage = storage_of(server).await;
    let person = |number| Who { person: number, device: 1 };
    let mut callees = vec![CallId::nth(77).to_string()];
    let mut there = Vec::new();
    for number in 11..16 {
        let device = person(number).attach(server).await;
        callees.push(device.call_id.clone());
        if number == 13 { device.client.close().await } else { there.push(device) }
    }
    for caller in callers {
        let (blocking, change) = (person(11).identity(), ContactChange::Blocked);
        storage.change_contact(blocking.key(), caller.key(), change, protocol::Timestamp(1)).await.unwrap();
    }
    let minute = u16::try_from(server.now() / 60_000 % 1_440).unwrap();
    let quiet_hours = QuietHours::new((minute + 1_440 - 5) % 1_440, (minute + 60) % 1_440);
    let undisturbed_until = Some(protocol::Timestamp(server.now() + 600_000));
    let none = CallRules::default();
    for (number, rules) in [
        (12, CallRules { who_may_ring: WhoMayRing::Nobody, ..none.clone() }),
        (14, CallRules { quiet_hours, quiet_zone: Some("Etc/UTC".into()), ..none.clone() }),
        (15, CallRules { undisturbed_until, ..none }),
    ] {
        storage.set_call_rules(person(number).identity().key(), &rules).await.unwrap();
    }
    (callees, there)
}

async fn one_try(program: &Program<'_>, ring: &str, callee: &str) -> Seen {
    let began = Instant::now();
    let order = program.order(ring, callee).await;
    let looked_up = began.elapsed();
    let began = Instant::now();
    let answer = program.post(order).await;
    let placed = began.elapsed();
    assert_eq!(answer.status, 201, "{}", answer.body);
    let end = program.waits_for_end(ring).await;
    let lasted = end["ended_at"].as_u64().unwrap() - end["placed_at"].as_u64().unwrap();
    Seen { answer: without_names(answer.body), end: without_names(end), looked_up, placed, lasted }
}

/// What is another one each time: ids, times, the room and its key.
fn without_names(mut call: Value) -> Value {
    for field in ["id", "caller", "callee", "room", "placed_at", "ended_at", "host_key"] {
        if let Some(value) = call.get_mut(field) {
            *value = Value::from(value.as_str().map_or(0, str::len));
        }
    }
    call
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut sorted: Vec<_> = values.collect();
    sorted.sort();
    sorted[sorted.len() / 2]
}

#[tokio::test]
async fn unknown_blocked_undisturbed_and_without_a_device_are_one_answer_at_one_time() {
    let limits = LimitsConfig {
        rings_at_once: 10_000,
        rings_of_address_at_once: 10_000,
        identities_at_once: 1_000,
        requests_at_once: 100_000,
        ..LimitsConfig::default()
    };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let first = Program::new(&server).await;
    let callers: Vec<_> = (100..100 + KINDS as u64).map(Identity::new).collect();
    let (callees, mut there) = unreachable(&server, &callers).await;
    let programs: Vec<_> = callers
        .into_iter()
        .map(|identity| Program { server: &server, key: first.key.clone(), identity })
        .collect();

    let mut seen: Vec<Vec<Seen>> = (0..KINDS).map(|_| Vec::new()).collect();
    for round in 0..TRIES {
        let tries = programs.iter().zip(0..).map(|(program, number)| {
            let kind = usize::try_from((number + round) % KINDS as u64).unwrap();
            let (ring, callee) = (id(1_000 + round * 100 + number), &callees[kind]);
            async move { (kind, one_try(program, &ring, callee).await) }
        });
        for (kind, one) in futures::future::join_all(tries).await {
            seen[kind].push(one);
        }
    }
    let one = &seen[0][0];
    let mut figures = Vec::new();
    for (kind, tries) in seen.iter().enumerate() {
        for seen in tries {
            assert_eq!((&seen.answer, &seen.end), (&one.answer, &one.end), "{kind}");
        }
        let looked_up = median(tries.iter().map(|seen| seen.looked_up));
        let placed = median(tries.iter().map(|seen| seen.placed));
        let (lasted, longest) = (
            median(tries.iter().map(|seen| seen.lasted)),
            tries.iter().map(|seen| seen.lasted).max().unwrap(),
        );
        println!(
            "kind {kind}: looked up in {looked_up:?}, placed in {placed:?}, lasted {lasted} ms, {longest} at the most"
        );
        assert!(tries.iter().all(|seen| seen.lasted >= 800), "{kind}: shorter than what reaches nobody");
        figures.push((looked_up + placed, lasted));
    }
    for device in &mut there {
        device.hears_of_no_ring().await;
    }
    // All rang side by side on one machine: none of the kinds takes twice as long as another.
    let (least, most) = (figures.iter().min().unwrap(), figures.iter().max().unwrap());
    assert!(most.0 < least.0 * 2 + Duration::from_millis(10), "{figures:?}");
    let lasted = figures.iter().map(|(_, lasted)| *lasted);
    assert!(lasted.clone().max().unwrap() - lasted.min().unwrap() < 50, "{figures:?}");
}
