//! Guests who say as much as they can, while others talk; and people who come back to a lively room. Real sockets.

use futures::future::join_all;
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};

use crate::common::{Client, TestServer, join_message, signal_message};
use crate::sessions::{resume_message, with};

/// Rounds of every message there is. More than the queue of anybody takes.
const ROUNDS: usize = 60;

/// How often two people speak to each other meanwhile.
const TURNS: u32 = 40;

fn many() -> Config {
    let limits = LimitsConfig { joins_at_once: 500, joins_per_minute: 500, ..LimitsConfig::default() };
    Config { limits, ..Config::default() }
}

/// Every message with which a guest causes something in the queue of somebody else.
fn everything(round: usize, target: &Value) -> Vec<Value> {
    let switch = if round.is_multiple_of(2) { "on" } else { "off" };
    let key_message = json!({ "to": target, "key_message": "A".repeat(200) });
    let chat = format!("00000000-0000-4000-8000-{round:012}");
    let envelope = json!({ "version": 1, "body": "x".repeat(2000) });
    vec![
        json!({ "type": "send_key_messages", "key_messages": [key_message, key_message] }),
        signal_message(target, &"x".repeat(2000)),
        json!({ "type": "react", "reaction": "heart" }),
        json!({ "type": "set_hand", "hand": switch }),
        json!({ "type": "set_media", "media": { "microphone": switch, "camera": switch } }),
        json!({ "type": "chat", "chat": chat, "to": { "participant": target }, "envelope": envelope }),
        json!({ "type": "moderate", "moderation": { "action": "end" } }),
        json!({ "type": "report_trouble", "trouble": { "no_path_to": target } }),
        json!({ "type": "ping" }),
    ]
}

/// Says all of it without waiting, and hears what comes, until it is said or the socket is closed.
async fn flood(client: Client, targets: Vec<Value>) {
    let (mut says, mut hears) = client.split();
    let saying = async {
        for round in 0..ROUNDS {
            for target in &targets {
                for message in everything(round, target) {
                    if says.try_say(message).await.is_err() {
                        return;
                    }
                }
            }
        }
    };
    tokio::select! {
        () = saying => {}
        () = hears.hear_all() => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_who_flood_a_room_cut_off_nobody_and_others_go_on_talking() {
    let server = TestServer::with(many()).await;
    let (room, host_key) = server.new_room_with(json!({ "capacity": 20 })).await;
    let (mut ada, told_ada) =
        server.join_with(with(join_message(&room, "Ada"), "credential", &host_key)).await;
    let (mut bob, told_bob) = server.join(&room, "Bob").await;
    let (ada_id, bob_id) = (told_ada["you"]["id"].clone(), told_bob["you"]["id"].clone());
    let mut floods = Vec::new();
    for guest in ["Eve", "Mallory"] {
        let (client, _) = server.join(&room, guest).await;
        floods.push(flood(client, vec![ada_id.clone(), bob_id.clone()]));
    }
    let talk = async {
        for turn in 0..TURNS {
            let words = format!("v={turn}");
            ada.say(signal_message(&bob_id, &words)).await;
            hear_words(&mut bob, &words).await;
            bob.say(signal_message(&ada_id, &words)).await;
            hear_words(&mut ada, &words).await;
        }
    };
    tokio::join!(talk, join_all(floods));
    for one in [&mut ada, &mut bob] {
        one.say(json!({ "type": "ping" })).await;
        one.hear_of("pong").await;
    }
}

#[tokio::test]
async fn two_messages_of_key_messages_throw_nobody_out() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let (mut ada, told_ada) = server.join(&room, "Ada").await;
    let (mut eve, _) = server.join(&room, "Eve").await;
    let key_message = json!({ "to": told_ada["you"]["id"], "key_message": "A".repeat(20) });
    let key_messages = vec![key_message; 200];
    eve.say(json!({ "type": "send_key_messages", "key_messages": key_messages })).await;
    assert_eq!(eve.hear_end().await.0["code"], "malformed");
    ada.say(json!({ "type": "ping" })).await;
    ada.hear_of("pong").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_who_missed_as_much_as_is_kept_resumes() {
    const AWAY: usize = 24;
    const MISSED: u64 = 450;
    let server = TestServer::with(many()).await;
    let (room, _) = server.new_room_with(json!({ "capacity": 60 })).await;
    let mut speakers = Vec::new();
    for number in 0..15 {
        speakers.push(server.join(&room, &format!("Speaker {number}")).await.0);
    }
    let mut away = Vec::new();
    for number in 0..AWAY {
        let (client, joined) = server.join(&room, &format!("Away {number}")).await;
        away.push((client, joined["session"].clone()));
    }
    for (client, _) in &mut away {
        client.say(json!({ "type": "ping" })).await;
        client.hear_of("pong").await;
    }
    let seats: Vec<_> = away.into_iter().map(|(client, session)| (session, client.last)).collect();
    let each = MISSED as usize / speakers.len();
    join_all(speakers.iter_mut().map(|speaker| async move {
        for _ in 0..each {
            speaker.say(json!({ "type": "react", "reaction": "heart" })).await;
        }
        speaker.say(json!({ "type": "ping" })).await;
        speaker.hear_of("pong").await;
    }))
    .await;

    let resumed = join_all(seats.iter().map(async |(session, last)| {
        let mut client = server.connect().await;
        client.say(resume_message(&room, session, *last)).await;
        let answer = client.hear().await;
        let mut heard = 0;
        while heard < each * 15 {
            heard += usize::from(client.hear().await["type"] == "reacted");
        }
        answer["type"].clone()
    }))
    .await;
    assert_eq!(resumed, vec![json!("resumed"); AWAY]);
}

async fn hear_words(client: &mut Client, words: &str) {
    while client.hear_of("signal").await["signal"]["sdp"] != words {}
}
