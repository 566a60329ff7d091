//! What is counted: as much as real sockets have said and heard, under names that Prometheus likes, without anybody in it, and quickly.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};
use stun_types::AddressFamily;
use testkit::TurnWish::{Allocate, Permit};
use tokio::net::UdpSocket;

use crate::common::{Client, TestServer, join_message, signal_message};
use crate::ringing_people::{ADA, BOB, id};
use crate::scraping::{Scraped, Series};
use crate::sessions::with;
use crate::turn_client::TurnClient;

type Tally = BTreeMap<String, f64>;

/// Hears until a message of a type comes, and counts.
async fn hear_until(client: &mut Client, kind: &str, heard: &mut Tally) -> Value {
    loop {
        let message = client.hear().await;
        let is_it = message["type"] == kind;
        *heard.entry(message["type"].as_str().unwrap().to_owned()).or_default() += 1.0;
        if is_it {
            return message;
        }
    }
}

async fn say(client: &mut Client, message: Value, said: &mut Tally) {
    *said.entry(message["type"].as_str().unwrap().to_owned()).or_default() += 1.0;
    client.say(message).await;
}

/// Sent by the room, or come to it.
fn of_room(series: &Series, name: &str, destination: &str) -> Tally {
    series.by_with(name, destination, "type")
}

#[tokio::test]
async fn as_many_messages_are_counted_as_were_said_and_heard() {
    let server = TestServer::start().await;
    let scraped = Scraped::of(&server).await;
    let room = server.new_room().await;
    let (mut said, mut heard) = (Tally::new(), Tally::new());
    let mut people = Vec::new();
    for name in ["Ada", "Bob", "Cleo"] {
        let mut client = server.connect().await;
        client.say(join_message(&room, name)).await;
        hear_until(&mut client, "joined", &mut heard).await;
        people.push(client);
    }
    for (number, client) in people.iter_mut().enumerate() {
        for round in 0..5 {
            let chat = format!("00000000-0000-4000-8000-{:012}", number * 100 + round);
            let envelope = json!({ "version": 1, "body": "eA" });
            let message = json!({ "type": "chat", "chat": chat, "to": "everyone", "envelope": envelope });
            say(client, message, &mut said).await;
            hear_until(client, "chat_kept", &mut heard).await;
        }
        say(client, json!({ "type": "react", "reaction": "heart" }), &mut said).await;
        let nobody = json!("00000000-0000-4000-8000-00000000dead");
        say(client, signal_message(&nobody, "v=0"), &mut said).await;
        hear_until(client, "error", &mut heard).await;
    }
    let steps = json!({ "joined": 40, "connected": 120, "first_frame": 300, "said": 310 });
    say(&mut people[0], json!({ "type": "report_join", "steps": steps }), &mut said).await;
    // What cannot be is not believed.
    let steps = json!({ "joined": 999_999, "first_frame": 500, "said": 310 });
    say(&mut people[1], json!({ "type": "report_join", "steps": steps }), &mut said).await;
    for client in &mut people {
        say(client, json!({ "type": "ping" }), &mut said).await;
        hear_until(client, "pong", &mut heard).await;
    }
    let series =
        scraped.until(|series| of_room(series, "veranda_messages_sent_total", "by=\"room\"") == heard).await;
    assert_eq!(of_room(&series, "veranda_messages_sent_total", "by=\"room\""), heard);
    assert_eq!(of_room(&series, "veranda_messages_received_total", "to=\"room\""), said);
    assert_eq!(series.of("veranda_messages_received_total{to=\"opening\",type=\"join\"}"), 3.0);
    assert_eq!(series.of("veranda_joins_total{how=\"join\"}"), 3.0);
    for step in ["find", "check", "enter"] {
        let count = format!("veranda_join_step_duration_seconds_count{{step=\"{step}\"}}");
        assert_eq!(series.of(&count), 3.0);
    }
    for (step, count) in
        [("page_joined", 1.0), ("page_connected", 1.0), ("page_first_frame", 1.0), ("page_devices", 0.0)]
    {
        let told = format!("veranda_join_step_duration_seconds_count{{step=\"{step}\"}}");
        assert_eq!(series.of(&told), count, "{step}");
    }
    assert_eq!(series.of("veranda_join_step_duration_seconds_sum{step=\"page_first_frame\"}"), 0.3);
    assert_eq!(series.of("veranda_refusals_total{at=\"room\",reason=\"peer_unknown\"}"), 3.0);
    assert_eq!(series.of("veranda_rooms{made_by=\"page\",path=\"mesh\"}"), 1.0);
    assert_eq!(series.of("veranda_participants{made_by=\"page\",path=\"mesh\"}"), 3.0);
    assert!(series.of("veranda_storage_operation_duration_seconds_count{repository=\"journal\"}") >= 1.0);
    assert_eq!(series.by("veranda_storage_failures_total", "repository"), Tally::new());

    people.remove(0).close().await;
    let left = "veranda_participants{made_by=\"page\",path=\"mesh\"}";
    assert_eq!(scraped.until(|series| series.of(left) == 2.0).await.of(left), 2.0);
}

#[tokio::test]
async fn what_is_suspicious_is_counted_for_what_it_is() {
    let limits = LimitsConfig { joins_at_once: 9, joins_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let scraped = Scraped::of(&server).await;
    let (room, _) = server.new_room_with(json!({ "password": "sesame" })).await;
    let (_ada, joined) = server.join_with(with(join_message(&room, "Ada"), "password", "sesame")).await;
    let own = joined["session"].as_str().unwrap();
    let forged = format!("{}.{}", own.rsplit_once('.').unwrap().0, "A".repeat(43));
    let resume = |token: &str| {
        json!({ "type": "resume", "version": 1, "room": room, "session": token, "last": 0,
                "media": { "microphone": "off", "camera": "off" }, "hand": "off" })
    };
    let guesses = [
        with(join_message(&room, "Eve"), "password", "open"),
        with(join_message(&room, "Eve"), "password", "door"),
        with(join_message(&room, "Eve"), "credential", "k_nothing_that_there_is"),
        with(join_message(&room, "Eve"), "credential", "a.b.c"),
        resume(&forged),
    ];
    for guess in guesses {
        let mut eve = server.connect().await;
        eve.say(guess).await;
        eve.hear_of("error").await;
    }
    while server.try_connect(None).await.is_ok() {}
    let series = scraped.series().await;
    assert_eq!(series.of("veranda_wrong_passwords_total"), 2.0);
    let forged = series.by("veranda_forged_total", "what");
    let one = |what: &str| (what.to_owned(), 1.0);
    assert_eq!(forged, [one("access"), one("credential"), one("session")].into());
    assert_eq!(series.of("veranda_refusals_total{at=\"upgrade\",reason=\"rate_limited\"}"), 1.0);
    assert_eq!(series.of("veranda_http_responses_total{surface=\"websocket\",status=\"429\"}"), 1.0);
    let refused = series.of("veranda_refusals_total{at=\"room\",reason=\"password_wrong\"}")
        + series.of("veranda_refusals_total{at=\"connection\",reason=\"password_wrong\"}");
    assert_eq!(refused, 2.0);
}

#[tokio::test]
async fn rings_and_how_they_end_are_counted() {
    let server = TestServer::start().await;
    let scraped = Scraped::of(&server).await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    for (ring, end) in [(1, "decline"), (2, "decline"), (3, "cancel")] {
        let ring = id(ring);
        ada.rings(&ring, &bob.call_id.clone()).await;
        bob.hear_of("incoming").await;
        if end == "decline" {
            bob.about(end, &ring).await;
        } else {
            ada.about(end, &ring).await;
        }
        ada.hears_end_of(&ring).await;
        bob.hears_end_of(&ring).await;
    }
    let series = scraped.until(|series| series.of("veranda_rings_total") == 3.0).await;
    assert_eq!(series.of("veranda_rings_total"), 3.0);
    let outcomes = series.by("veranda_ring_outcomes_total", "outcome");
    assert_eq!(outcomes, [("declined".to_owned(), 2.0), ("cancelled".to_owned(), 1.0)].into());
    assert_eq!(series.of("veranda_rooms{made_by=\"ring\",path=\"mesh\"}"), 0.0);
}

#[tokio::test]
async fn datagrams_and_allocations_are_counted_and_go_on_after_a_shard_was_started_again() {
    let mut config = Config::default();
    config.media.port = 0;
    config.media.shards = 1;
    config.media.addresses = vec!["127.0.0.1".parse().unwrap()];
    let server = TestServer::with(config).await;
    let scraped = Scraped::of(&server).await;
    let (_ada, joined) = server.join(&server.new_room().await, "Ada").await;
    let given = &joined["ice_servers"]["servers"][0];
    let text = |field: &str| given[field].as_str().unwrap();
    let port = given["urls"][0].as_str().unwrap().split('?').next().unwrap().rsplit(':').next().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
    let mut turn = TurnClient::new(address, text("username"), text("credential")).await;
    turn.ask(Allocate(AddressFamily::IPV4)).await.unwrap();
    turn.ask(Permit("8.8.8.8:53".parse().unwrap())).await.unwrap();
    assert!(turn.ask(Permit("10.1.2.3:53".parse().unwrap())).await.is_err());
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // What media begins with; it is nobody's.
    let send = async |count| {
        for _ in 0..count {
            stranger.send_to(&[0x90; 100], address).await.unwrap();
        }
    };
    send(30).await;
    let came = "veranda_media_datagrams_total{direction=\"in\"}";
    let series = scraped.until(|series| series.of(came) == 30.0).await;
    assert_eq!(series.of(came), 30.0);
    assert_eq!(series.of("veranda_media_bytes_total{direction=\"in\"}"), 3_000.0);
    assert_eq!(series.of("veranda_media_datagrams_dropped_total{reason=\"unknown\"}"), 30.0);
    assert_eq!(series.of("veranda_relay_allocations"), 1.0);
    assert_eq!(series.of("veranda_relay_allocations_made_total"), 1.0);
    assert_eq!(series.of("veranda_relay_refusals_total{reason=\"forbidden\"}"), 1.0);
    // An allocation that nobody uses keeps the thread from nothing.
    assert_eq!((series.of("veranda_media_shards"), series.of("veranda_media_shards_down")), (1.0, 0.0));

    server.state.panic_media();
    let restarts = "veranda_media_shard_restarts_total";
    scraped.until(|series| series.of(restarts) == 1.0 && series.of("veranda_media_shards_down") == 0.0).await;
    send(12).await;
    let series = scraped.until(|series| series.of(came) == 42.0).await;
    assert_eq!((series.of(came), series.of(restarts)), (42.0, 1.0));
    assert_eq!(series.of("veranda_relay_allocations"), 0.0, "they ended with it");
    assert_eq!(series.of("veranda_relay_allocations_made_total"), 1.0);
}

#[tokio::test]
async fn names_and_help_are_as_prometheus_wants_them_and_nobody_is_in_them() {
    let server = TestServer::start().await;
    let scraped = Scraped::of(&server).await;
    let room = server.new_room().await;
    let (_zenobia, joined) = server.join(&room, "Zenobia").await;
    let series = scraped.series().await;
    let judged = promtool(&["check", "metrics"], &series.text);
    assert!(judged.is_empty(), "{judged}");
    let participant =
        joined["you"]["id"].as_str().or(joined["participant"]["id"].as_str()).unwrap_or("Zenobia");
    for secret in [&*room, "Zenobia", participant, "127.0.0.1"] {
        assert!(!series.text.contains(secret), "{secret} is in the metrics");
    }
    assert!(series.names().count() > 300, "everything is there before it happens");
    for name in ["process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"] {
        assert!(series.of(name) > 0.0, "{name}");
    }
    assert!(series.of("veranda_data_free_bytes") > 0.0 && series.of("process_threads") >= 1.0);
    assert!(series.text.contains("veranda_build_info{version=\""));
    assert!(!series.text.contains("e+308"), "infinity has a name of its own");
    for part in ["storage", "journal", "lock", "media"] {
        assert_eq!(series.of(&format!("veranda_degraded{{part=\"{part}\"}}")), 0.0);
    }
}

#[tokio::test]
async fn nothing_but_metrics_is_at_their_address() {
    let server = TestServer::start().await;
    let scraped = Scraped::of(&server).await;
    let of = async |line: &str| {
        scraped.request(&format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await
    };
    assert!(of("GET /").await.starts_with("HTTP/1.1 404"));
    assert!(of("GET /api/v1/rooms").await.starts_with("HTTP/1.1 404"));
    assert!(of("POST /metrics").await.starts_with("HTTP/1.1 405"));
    let (status, ..) = server.request("GET", "/metrics", "", "").await;
    assert_eq!(status, 404, "and they are nowhere else");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_rooms_are_read_quickly_while_people_talk() {
    let limits = LimitsConfig {
        joins_at_once: 2_000,
        rooms_at_once: 2_000,
        lookups_at_once: 10_000,
        ..LimitsConfig::default()
    };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let scraped = Scraped::of(&server).await;
    let mut people = Vec::new();
    for _ in 0..1_000 {
        people.push(server.join(&server.new_room().await, "Ada").await.0);
    }
    let (mut ada, _) = server.join(&server.new_room().await, "Ada").await;
    let talking = async {
        let mut pongs = 0_u32;
        loop {
            ada.say(json!({ "type": "ping" })).await;
            ada.hear_of("pong").await;
            pongs += 1;
            tokio::time::sleep(Duration::from_millis(5)).await;
            if pongs == 100 {
                return;
            }
        }
    };
    let scraping = async {
        let mut took = Vec::new();
        for _ in 0..20 {
            let began = tokio::time::Instant::now();
            let series = scraped.series().await;
            took.push(began.elapsed());
            assert_eq!(series.of("veranda_rooms{made_by=\"page\",path=\"mesh\"}"), 1_001.0);
        }
        took.sort();
        took
    };
    let ((), took) = tokio::join!(talking, scraping);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "a scrape of 1,001 rooms: median {:.1} ms, longest {:.1} ms",
        milliseconds(took[took.len() / 2]),
        milliseconds(took[took.len() - 1])
    );
    drop(people);
}

/// What promtool says of a text.
fn promtool(arguments: &[&str], text: &str) -> String {
    let mut promtool = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("scripts/setup.sh prometheus has it");
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    String::from_utf8(said).unwrap()
}
