//! What somebody who asks much learns of others, which is nothing, and how much they may ask.

use std::time::{Duration, Instant};

use protocol::CallId;
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};
use storage::{
    CallOutcome, CallRepository as _, CallRules, ContactChange, ContactRepository as _, Creators,
    IdentityRepository as _, QuietHours, RoomRepository as _, WhoMayRing,
};

use crate::common::{Closed, TestServer};
use crate::ringing_people::{ADA, BOB, Device, EVE, Who, id, place, storage_of};

/// Tries of each kind, by two callers each.
const TRIES: u64 = 6;

/// What the machine that tests run on may add to one of two times.
const NOISE: Duration = Duration::from_millis(120);

/// A ring that reaches nobody is over after 0.8 s. So much later it is another answer, on whatever machine.
const LATEST: Duration = Duration::from_millis(2_400);

/// What a caller saw of one ring: every message, and after how long it came.
struct Seen {
    messages: Vec<Value>,
    placed_after: Duration,
    over_after: Duration,
}

#[expect(clippy::disallowed_methods, reason = "it is measured how long an answer takes")]
async fn look_and_ring(caller: &mut Device, ring: &str, callee: &str, waited_ms: u64) -> Seen {
    let begun = Instant::now();
    caller.say(json!({ "type": "look_up", "callee": callee })).await;
    let key = caller.client.hear().await;
    let mut message = place(ring, callee);
    message["waited_ms"] = json!(waited_ms);
    caller.say(message).await;
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

fn person(person: u64) -> Who {
    Who { person, device: 1 }
}

/// As many may do as much as these tests need; what they are about has its own limits.
fn generous() -> LimitsConfig {
    LimitsConfig {
        rings_at_once: 10_000,
        rings_of_address_at_once: 10_000,
        identities_at_once: 1_000,
        ..LimitsConfig::default()
    }
}

/// Everybody who cannot be reached, each in another way: nobody has the first ID, the second has blocked the callers, the third takes no calls,
/// the fourth has no device, the fifth has quiet hours, and the sixth is not to be disturbed for a while. Those who have a device, too.
async fn unreachable(server: &TestServer, callers: &[Who]) -> (Vec<String>, Vec<Device>) {
    let storage = storage_of(server).await;
    let mut callees = vec![CallId::nth(77).to_string()];
    let mut there = Vec::new();
    for number in 11..16 {
        let device = person(number).attach(server).await;
        callees.push(device.call_id.clone());
        if number == 13 { device.client.close().await } else { there.push(device) }
    }
    for caller in callers {
        let (blocking, blocked) = (person(11).identity(), caller.identity());
        let change = ContactChange::Blocked;
        storage.change_contact(blocking.key(), blocked.key(), change, protocol::Timestamp(1)).await.unwrap();
    }
    let minute = u16::try_from(server.now() / 60_000 % 1_440).unwrap();
    let quiet_hours = QuietHours::new((minute + 1_440 - 5) % 1_440, (minute + 60) % 1_440);
    assert!(quiet_hours.is_some());
    let none = CallRules::default();
    for (number, rules) in [
        (12, CallRules { who_may_ring: WhoMayRing::Nobody, ..none.clone() }),
        (14, CallRules { quiet_hours, ..none.clone() }),
        (15, CallRules { undisturbed_until: Some(protocol::Timestamp(server.now() + 600_000)), ..none }),
    ] {
        storage.set_call_rules(person(number).identity().key(), &rules).await.unwrap();
    }
    (callees, there)
}

/// Each caller has every kind in turn, all ring at the same time, and two of them the same person.
async fn ring_all(
    callers: &mut [Device],
    callees: &[String],
    round: u64,
    waited_ms: u64,
) -> Vec<(usize, Seen)> {
    let rings = callers.iter_mut().zip(0_u64..).map(|(caller, number)| {
        let kind = usize::try_from((number + round) % 6).unwrap();
        let (ring, callee) = (id(1_000 + round * 100 + number), callees[kind].clone());
        async move { (kind, look_and_ring(caller, &ring, &callee, waited_ms).await) }
    });
    futures::future::join_all(rings).await
}

/// In what the times of the kinds differ by more than a machine adds; empty when they do not.
fn difference(seen: &[Vec<Seen>]) -> String {
    for of in [|one: &Seen| one.placed_after, |one: &Seen| one.over_after] {
        let medians: Vec<_> = seen.iter().map(|kind| median(kind.iter().map(of).collect())).collect();
        let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        if *most - *least > NOISE || *most > LATEST {
            return format!("{medians:?}");
        }
    }
    String::new()
}

#[tokio::test]
async fn unknown_blocked_undisturbed_and_without_a_device_are_one_answer_at_one_time() {
    let server = TestServer::with(Config { limits: generous(), ..Config::default() }).await;
    let storage = storage_of(&server).await;
    let who: Vec<_> = (21..33).map(person).collect();
    let (callees, mut there) = unreachable(&server, &who).await;
    let mut callers = Vec::new();
    for caller in who {
        callers.push(caller.attach(&server).await);
    }
    let rooms_before = storage.count_rooms(Creators::Pages).await.unwrap();

    let mut seen: Vec<Vec<Seen>> = (0..6).map(|_| Vec::new()).collect();
    let mut tries = 0;
    // A machine that has much else to do is given more tries: what differs by itself differs still.
    let mut differs = String::new();
    while tries == 0 || (!differs.is_empty() && tries < 4 * TRIES) {
        for round in tries..tries + TRIES {
            for (kind, one) in ring_all(&mut callers, &callees, round, 0).await {
                seen[kind].push(one);
            }
        }
        tries += TRIES;
        differs = difference(&seen);
    }
    assert_eq!(differs, "", "after {tries} tries");
    let expected = bare(&seen[0][0]);
    assert!(expected[2].contains("offline"), "{expected:?}");
    for one in seen.iter().flatten() {
        assert_eq!(bare(one), expected);
    }
    // Counted from before it was placed, so that it is never less however late the answer is read.
    assert!(seen.iter().flatten().all(|one| one.over_after >= Duration::from_millis(800)));

    // One that has rung before, on a server that knows nothing of it, and one that has rung out.
    for (round, waited_ms) in [(tries, 28_000), (tries + 1, 30_000), (tries + 2, u64::from(u32::MAX))] {
        for (kind, one) in ring_all(&mut callers, &callees, round, waited_ms).await {
            assert_eq!(bare(&one), expected, "{waited_ms} {kind}");
            seen[kind].push(one);
        }
    }
    // Nothing that is kept tells the caller more, and as much is made for each.
    for one in seen.iter().flatten() {
        let ring = one.messages[1]["ring"].as_str().unwrap().parse().unwrap();
        let row = storage.call(ring).await.unwrap().expect("it is kept");
        assert_eq!((row.course.answered_at, row.course.end.unwrap().outcome), (None, CallOutcome::Offline));
    }
    let rooms = storage.count_rooms(Creators::Pages).await.unwrap() - rooms_before;
    assert_eq!(rooms, 12 * (tries + 3), "one for each ring");
    for device in &mut there {
        device.hears_of_no_ring().await;
    }
}

/// What the server says to each of so many rings, but for how they end.
async fn answers_to(device: &mut Device, rings: std::ops::Range<u64>) -> Vec<String> {
    for number in rings.clone() {
        device.place(&id(number), &CallId::nth(5).to_string()).await;
    }
    let mut answers = Vec::new();
    for _ in rings {
        let answer = loop {
            let message = device.client.hear().await;
            if message["type"] != "over" {
                break message;
            }
        };
        answers.push(answer["code"].as_str().unwrap_or("placed").to_owned());
    }
    answers
}

#[tokio::test]
async fn a_thousand_rings_of_one_identity_are_a_few() {
    let limits = LimitsConfig { rings_of_address_at_once: 10_000, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let mut answers = Vec::new();
    for socket in 0..5 {
        let mut device = Who { device: socket, ..ADA }.attach(&server).await;
        answers.extend(answers_to(&mut device, 1_000 + socket * 200..1_200 + socket * 200).await);
    }
    let limited = answers.iter().filter(|answer| *answer == "rate_limited").count();
    assert_eq!(answers.len(), 1_000);
    assert!((900..=990).contains(&limited), "{limited}");
    let rooms = storage_of(&server).await.count_rooms(Creators::Pages).await.unwrap();
    assert!(rooms <= 100, "{rooms} rooms were made");
    // It was no limit of the address, nor of a socket.
    let mut other = person(7).attach(&server).await;
    assert_eq!(answers_to(&mut other, 5_000..5_003).await, ["placed", "caller_busy", "caller_busy"]);
}

#[tokio::test]
async fn a_socket_says_so_much_whatever_its_identity_may_and_the_next_one_goes_on() {
    let server = TestServer::with(Config { limits: generous(), ..Config::default() }).await;
    let mut ada = ADA.attach(&server).await;
    let mut tablet = Who { device: 2, ..ADA }.attach(&server).await;
    for _ in 0..400 {
        ada.say(json!({ "type": "set_activity", "activity": "free" })).await;
    }
    let (error, closed) = ada.client.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("rate_limited"), Closed { code: 4429 }));
    tablet.hears_nothing_else().await;
}

#[tokio::test]
async fn a_ring_that_is_said_again_counts_once() {
    let limits = LimitsConfig { rings_at_once: 1, rings_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let (mut ada, bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let placed = ada.rings(&id(1), &bob.call_id).await;
    for _ in 0..5 {
        let again = ada.rings(&id(1), &bob.call_id).await;
        assert_eq!(again["room"], placed["room"]);
    }
    let mut ada = ADA.attach_with(&server, json!({ "placing": { "ring": id(1) } })).await;
    ada.rings(&id(1), &bob.call_id).await;
    // Neither another ring nor another's is one that was counted.
    ada.place(&id(2), &bob.call_id).await;
    assert_eq!(ada.hear_of("error").await["code"], "rate_limited");
    let mut eve = EVE.attach(&server).await;
    eve.place(&id(5), &bob.call_id).await;
    eve.hear_of("placed").await;
    eve.place(&id(1), &bob.call_id).await;
    assert_eq!(eve.hear_of("error").await["code"], "rate_limited");
    // Nor is it said as often as one likes.
    for _ in 0..100 {
        ada.place(&id(1), &bob.call_id).await;
    }
    assert_eq!(ada.hear_of("error").await["code"], "rate_limited");
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
