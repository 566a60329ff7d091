//! What somebody who asks much learns of others, which is nothing, and how much they may ask.

use std::time::{Duration, Instant};

use protocol::CallId;
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};
use storage::{
    CallRules, ContactChange, ContactRepository as _, Creators, IdentityRepository as _, RoomRepository as _,
    WhoMayRing,
};

use crate::common::{Closed, TestServer};
use crate::ringing_people::{ADA, Device, Who, id, place, storage_of};

/// Tries of each kind.
const TRIES: u64 = 10;

/// What the machine that tests run on may add to one of two times.
const NOISE: Duration = Duration::from_millis(120);

/// What a caller saw of one ring: every message, and after how long it came.
struct Seen {
    messages: Vec<Value>,
    placed_after: Duration,
    over_after: Duration,
}

#[expect(clippy::disallowed_methods, reason = "it is measured how long an answer takes")]
async fn look_and_ring(caller: &mut Device, ring: &str, callee: &str) -> Seen {
    let begun = Instant::now();
    caller.say(json!({ "type": "look_up", "callee": callee })).await;
    let key = caller.client.hear().await;
    caller.say(place(ring, callee)).await;
    let placed = caller.client.hear().await;
    let placed_after = begun.elapsed();
    let over = caller.client.hear().await;
    Seen { messages: vec![key, placed, over], placed_after, over_after: begun.elapsed() }
}

/// The messages without what is drawn or asked: their lengths stay.
fn bare(seen: &Seen) -> Vec<String> {
    let bare = seen.messages.iter().cloned().map(|mut message| {
        for field in ["callee", "key", "ring", "room", "credential"] {
            if let Some(value) = message.get_mut(field) {
                *value = json!("x".repeat(value.as_str().unwrap().len()));
            }
        }
        message.to_string()
    });
    bare.collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
async fn unknown_blocked_undisturbed_and_without_a_device_are_one_answer_at_one_time() {
    let limits =
        LimitsConfig { rings_at_once: 1_000, rings_of_address_at_once: 1_000, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let storage = storage_of(&server).await;
    let person = |person: u64| Who { person, device: 1 };
    let mut callees = vec![CallId::nth(77).to_string()];
    let mut there = Vec::new();
    for number in [11, 12, 13] {
        let device = person(number).attach(&server).await;
        callees.push(device.call_id.clone());
        // The last one has no device.
        if number == 13 { device.client.close().await } else { there.push(device) }
    }
    let mut callers = Vec::new();
    for number in 21..25 {
        callers.push(person(number).attach(&server).await);
        let (blocking, blocked) = (person(11).identity(), person(number).identity());
        let change = ContactChange::Blocked;
        storage.change_contact(blocking.key(), blocked.key(), change, protocol::Timestamp(1)).await.unwrap();
    }
    let undisturbed = CallRules { who_may_ring: WhoMayRing::Nobody, ..CallRules::default() };
    storage.set_call_rules(person(12).identity().key(), &undisturbed).await.unwrap();

    let mut seen: Vec<Vec<Seen>> = (0..4).map(|_| Vec::new()).collect();
    for round in 0..TRIES {
        // Each caller has every kind in turn, and all four ring at the same time.
        let rings = callers.iter_mut().zip(0_u64..).map(|(caller, number)| {
            let kind = usize::try_from((number + round) % 4).unwrap();
            let (ring, callee) = (id(100 + round * 10 + number), callees[kind].clone());
            async move { (kind, look_and_ring(caller, &ring, &callee).await) }
        });
        for (kind, one) in futures::future::join_all(rings).await {
            seen[kind].push(one);
        }
    }
    let expected = bare(&seen[0][0]);
    assert!(expected[2].contains("offline"), "{expected:?}");
    for one in seen.iter().flatten() {
        assert_eq!(bare(one), expected);
    }
    for of in [|one: &Seen| one.placed_after, |one: &Seen| one.over_after] {
        let medians: Vec<_> = seen.iter().map(|kind| median(kind.iter().map(of).collect())).collect();
        let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        assert!(*most - *least <= NOISE, "{medians:?}");
    }
    // Counted from before it was placed, so that it is never less however late the answer is read.
    assert!(seen.iter().flatten().all(|one| one.over_after >= Duration::from_millis(800)));
    for device in &mut there {
        device.hears_of_no_ring().await;
    }
}

#[tokio::test]
async fn a_thousand_rings_of_one_identity_are_a_few() {
    let server = TestServer::start().await;
    let mut answers = Vec::new();
    for socket in 0..5 {
        let mut device = Who { device: socket, ..ADA }.attach(&server).await;
        for number in 0..200 {
            device.place(&id(1_000 + socket * 200 + number), &CallId::nth(5).to_string()).await;
        }
        for _ in 0..200 {
            let answer = loop {
                let message = device.client.hear().await;
                if message["type"] != "over" {
                    break message;
                }
            };
            answers.push(answer["code"].as_str().unwrap_or("placed").to_owned());
        }
    }
    let limited = answers.iter().filter(|answer| *answer == "rate_limited").count();
    assert_eq!(answers.len(), 1_000);
    assert!((900..=990).contains(&limited), "{limited}");
    let rooms = storage_of(&server).await.count_rooms(Creators::Pages).await.unwrap();
    assert!(rooms <= 100, "{rooms} rooms were made");
}

#[tokio::test]
async fn an_address_rings_and_asks_so_often_whoever_is_behind_it() {
    let limits = LimitsConfig {
        rings_of_address_at_once: 3,
        rings_of_address_per_minute: 1,
        ..LimitsConfig::default()
    };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let mut answers = Vec::new();
    for person in 1..=5 {
        let mut device = Who { person, device: 1 }.attach(&server).await;
        for _ in 0..2 {
            device.say(json!({ "type": "look_up", "id": 9, "callee": CallId::nth(5) })).await;
            answers.push(device.client.hear().await["code"].as_str().unwrap_or("key").to_owned());
        }
        device.place(&id(person), &CallId::nth(5).to_string()).await;
        answers.push(device.client.hear().await["code"].as_str().unwrap_or("placed").to_owned());
        device.hears_no_end_to_the_connection().await;
    }
    let count = |what: &str| answers.iter().filter(|answer| *answer == what).count();
    assert_eq!((count("key"), count("placed"), count("rate_limited")), (6, 3, 6), "{answers:?}");
}

#[tokio::test]
async fn an_address_makes_so_many_identities_and_those_that_it_has_stay() {
    let limits = LimitsConfig { identities_at_once: 2, identities_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let person = |person: u64| Who { person, device: 1 };
    let first = person(1).attach(&server).await;
    person(2).attach(&server).await;
    let mut client = server.connect().await;
    let refused = person(3).introduce(&mut client, json!("idle")).await;
    assert_eq!((&refused["code"], &refused["in_reply_to"]), (&json!("rate_limited"), &json!(2)));
    assert_eq!(client.next().await, Err(Closed { code: 4429 }));
    assert_eq!(person(1).attach(&server).await.call_id, first.call_id);
}

impl Device {
    async fn hears_no_end_to_the_connection(&mut self) {
        self.say(json!({ "type": "ping" })).await;
        self.hear_of("pong").await;
    }
}
