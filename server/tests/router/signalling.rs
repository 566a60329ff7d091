//! The signalling connection through the real router, spoken to by a plain client. Every kind of bad input is sent while
//! an honest pair is in the room, whose conversation goes on.

use crate::common::{Client, Closed, TestServer, join_message, signal_message};
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};

#[tokio::test]
async fn two_people_meet_and_signal_each_other() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let (mut ada, told_ada) = server.join(&room, "Ada").await;
    assert_eq!(told_ada["participants"], json!([]));

    let (mut bob, told_bob) = server.join(&room, "Bob").await;
    assert_eq!(told_bob["participants"][0]["name"], "Ada");
    let topology = &told_bob["topology"];
    assert_eq!((&topology["via"], &topology["reason"]), (&json!("mesh"), &json!("few_people")));
    assert_eq!(ada.hear().await["participant"]["name"], "Bob");

    bob.say(signal_message(&told_ada["you"]["id"], "v=0")).await;
    let heard = ada.hear().await;
    assert_eq!(heard["from"], json!({ "participant": told_bob["you"]["id"] }));
    assert_eq!(heard["signal"], json!({ "kind": "offer", "sdp": "v=0" }));

    ada.say(json!({ "type": "set_media", "media": { "microphone": "on", "camera": "off" } })).await;
    let media = json!({ "microphone": "on", "camera": "off", "screen": "off", "screen_audio": "off" });
    assert_eq!(bob.hear().await["participant"]["media"], media);

    bob.say(json!({ "type": "leave" })).await;
    assert_eq!(bob.next().await, Err(Closed { code: 1000 }));
    assert_eq!(
        ada.hear_of("participant_left").await,
        json!({ "type": "participant_left", "id": told_bob["you"]["id"], "reason": "left" })
    );
}

#[tokio::test]
async fn a_socket_that_is_closed_is_a_participant_who_left_and_one_that_breaks_is_away() {
    let server = TestServer::start().await;
    let room = server.new_room().await;
    let (mut ada, _) = server.join(&room, "Ada").await;
    let (bob, _) = server.join(&room, "Bob").await;
    let (cleo, _) = server.join(&room, "Cleo").await;
    bob.close().await;
    assert_eq!(ada.hear_of("participant_left").await["reason"], "left");
    drop(cleo);
    assert_eq!(ada.hear_of("participant_updated").await["participant"]["presence"], "away");
    // A script may not say 1001.
    let (emil, told) = server.join(&room, "Emil").await;
    ada.hear_of("participant_joined").await;
    emil.close_with(Some(4410)).await;
    assert_eq!(ada.hear_of("participant_left").await["id"], told["you"]["id"]);
    // A page that only wants another socket closes the one that it has, and comes back.
    for code in [None, Some(1000), Some(4000)] {
        let (dora, told) = server.join(&room, "Dora").await;
        dora.close_with(code).await;
        let updated = ada.hear_of("participant_updated").await;
        assert_eq!(
            (&updated["participant"]["id"], &updated["participant"]["presence"]),
            (&told["you"]["id"], &json!("away"))
        );
    }
}

#[tokio::test]
async fn what_is_no_message_of_the_protocol_ends_the_socket_and_disturbs_nobody() {
    let (server, mut pair) = HonestPair::meet().await;
    let long_name = "x".repeat(10_000);
    for (text, says) in [
        ("not json".to_owned(), "expected"),
        ("{}".to_owned(), "missing field `type`"),
        (r#"{"type":"reboot"}"#.to_owned(), "unknown variant"),
        (r#"{"type":"join","version":1,"room":"tea","name":"Eve"}"#.to_owned(), "room code"),
        (join_message(&pair.room, &long_name).to_string(), "longer than 64 characters"),
        (join_message(&pair.room, "E\u{0}ve").to_string(), "hidden character U+0000"),
        (join_message(&pair.room, "<img src=x onerror=alert(1)>").to_string(), "the name contains “<”"),
        (join_message(&pair.room, "   ").to_string(), "empty"),
    ] {
        let mut eve = server.connect().await;
        eve.say_text(&text).await;
        let (error, closed) = eve.hear_end().await;
        assert_eq!((&error["code"], closed), (&json!("malformed"), Closed { code: 1008 }), "{text:.80}");
        assert!(error["message"].as_str().unwrap().contains(says), "{error} for {text:.80}");
        pair.talk().await;
    }
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn a_binary_message_ends_the_socket() {
    let (server, mut pair) = HonestPair::meet().await;
    let mut eve = server.connect().await;
    eve.say_binary(vec![0; 10]).await;
    assert_eq!(eve.hear_end().await.1, Closed { code: 1008 });
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn an_oversized_message_ends_the_socket_with_its_code() {
    let (server, mut pair) = HonestPair::meet().await;
    let (mut eve, _) = server.join(&pair.room, "Eve").await;
    pair.sees_somebody_come().await;
    eve.say(signal_message(&pair.ada_id, &"x".repeat(70_000))).await;
    let (error, closed) = eve.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("too_large"), Closed { code: 1009 }));
    pair.sees_somebody_go().await;
    pair.talk().await;
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn a_description_that_fits_the_message_but_not_its_own_limit_is_malformed() {
    let (server, mut pair) = HonestPair::meet().await;
    let (mut eve, _) = server.join(&pair.room, "Eve").await;
    pair.sees_somebody_come().await;
    eve.say(signal_message(&pair.ada_id, &"x".repeat(50_000))).await;
    assert_eq!(eve.hear_end().await.0["code"], "malformed");
    pair.sees_somebody_go().await;
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn messages_out_of_order_are_refused() {
    let (server, mut pair) = HonestPair::meet().await;
    let mut eve = server.connect().await;
    let mut signal = signal_message(&pair.ada_id, "v=0");
    signal["id"] = json!(2);
    eve.say(signal).await;
    let (error, closed) = eve.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("not_joined"), Closed { code: 1008 }));
    assert_eq!(error["in_reply_to"], 2);

    let mut old = server.connect().await;
    old.say(json!({ "type": "join", "version": 99, "room": pair.room, "name": "Eve" })).await;
    assert_eq!(old.hear_end().await.0["code"], "unsupported_version");
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn a_second_join_on_one_socket_is_refused_and_the_first_stays() {
    let (server, mut pair) = HonestPair::meet().await;
    let other_room = server.new_room().await;
    pair.ada.say(join_message(&other_room, "Ada again")).await;
    let error = pair.ada.hear().await;
    assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("already_joined"), &json!(1)));
    pair.talk().await;
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn a_signal_to_oneself_or_into_another_room_is_refused_and_reaches_nobody() {
    let (server, mut pair) = HonestPair::meet().await;
    let other_room = server.new_room().await;
    let (mut eve, told_eve) = server.join(&other_room, "Eve").await;

    eve.say(signal_message(&told_eve["you"]["id"], "v=0")).await;
    assert_eq!(eve.hear().await["code"], "peer_is_self");
    eve.say(signal_message(&pair.ada_id, "v=0")).await;
    assert_eq!(eve.hear().await["code"], "peer_unknown");
    let node = json!({ "sfu": "9d3f6c1e-2a47-4b58-8e60-71c5a0d4b9f2" });
    let signal = json!({ "kind": "end_of_candidates" });
    eve.say(json!({ "type": "signal", "to": node, "number": 0, "signal": signal })).await;
    assert_eq!(eve.hear().await["code"], "peer_unknown");
    eve.say(json!({ "type": "ping" })).await;
    assert_eq!(eve.hear().await, json!({ "type": "pong" }), "the connection goes on");
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn an_unknown_room_and_a_full_one_are_told_apart() {
    let (server, mut pair) = HonestPair::meet().await;
    let mut lost = server.connect().await;
    lost.say(join_message("kfm-pqxz-wtr", "Eve")).await;
    let (error, closed) = lost.hear_end().await;
    assert_eq!(
        (&error["code"], &error["in_reply_to"], closed),
        (&json!("room_unknown"), &json!(1), Closed { code: 4403 })
    );

    let _third = server.join(&pair.room, "Cleo").await;
    let _fourth = server.join(&pair.room, "Dan").await;
    pair.sees_somebody_come().await;
    pair.sees_somebody_come().await;
    let mut fifth = server.connect().await;
    fifth.say(join_message(&pair.room, "Eve")).await;
    let (error, closed) = fifth.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("room_full"), Closed { code: 4403 }));
    pair.talk().await;
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn a_flood_ends_its_own_socket_only() {
    let (server, mut pair) = HonestPair::meet().await;
    let (mut eve, _) = server.join(&pair.room, "Eve").await;
    pair.sees_somebody_come().await;
    for _ in 0..400 {
        eve.say(json!({ "type": "ping" })).await;
    }
    let (error, closed) = eve.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("rate_limited"), Closed { code: 4429 }));
    pair.sees_somebody_go().await;
    pair.talk().await;
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn an_address_that_connects_too_often_is_told_when_to_come_back() {
    let limits = LimitsConfig { joins_at_once: 2, joins_per_minute: 1, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let _first = server.connect().await;
    let _second = server.connect().await;
    let head = "upgrade: websocket\r\nconnection: upgrade, close\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let (status, head, body) = server.request("GET", "/api/v1/ws", head, "").await;
    assert_eq!(status, 429, "{head}");
    assert!(head.contains("retry-after: ") && head.contains("application/problem+json"), "{head}");
    assert!(body.contains("/problems/rate_limited"), "{body}");
}

#[tokio::test]
async fn a_page_of_another_site_may_not_connect() {
    let (server, mut pair) = HonestPair::meet().await;
    let refused = server.try_connect(Some("https://evil.example")).await.err().expect("it was let in");
    assert!(refused.to_string().contains("403"), "{refused}");
    assert!(
        server.try_connect(Some(&format!("http://{}", server.address))).await.is_ok(),
        "our own page may"
    );
    pair.heard_nothing_else().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let (server, mut pair) = HonestPair::meet().await;
    server.state.stop().await;
    let (error, closed) = pair.ada.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("server_stopping"), Closed { code: 1001 }));
}

/// Two people in a room who signal each other, and would notice if anything else reached them.
struct HonestPair {
    room: String,
    ada: Client,
    bob: Client,
    ada_id: Value,
    bob_id: Value,
    said: u32,
}

impl HonestPair {
    async fn meet() -> (TestServer, Self) {
        let server = TestServer::start().await;
        let (room, _) = server.new_room_with(json!({ "capacity": 4 })).await;
        let (mut ada, told_ada) = server.join(&room, "Ada").await;
        let (bob, told_bob) = server.join(&room, "Bob").await;
        ada.hear_of("participant_joined").await;
        let pair = Self {
            room,
            ada,
            bob,
            ada_id: told_ada["you"]["id"].clone(),
            bob_id: told_bob["you"]["id"].clone(),
            said: 0,
        };
        (server, pair)
    }

    /// Each hears the other, and nothing before it.
    async fn talk(&mut self) {
        self.said += 1;
        let words = format!("v={}", self.said);
        self.ada.say(signal_message(&self.bob_id, &words)).await;
        assert_eq!(self.bob.hear().await["signal"]["sdp"], words);
        self.bob.say(signal_message(&self.ada_id, &words)).await;
        assert_eq!(self.ada.hear().await["signal"]["sdp"], words);
    }

    async fn sees_somebody_come(&mut self) {
        assert_eq!(self.ada.hear().await["type"], "participant_joined");
        assert_eq!(self.bob.hear().await["type"], "participant_joined");
    }

    async fn sees_somebody_go(&mut self) {
        assert_eq!(self.ada.hear().await["type"], "participant_left");
        assert_eq!(self.bob.hear().await["type"], "participant_left");
    }

    /// The next thing that each hears is the answer to an own ping: nothing else came in between.
    async fn heard_nothing_else(&mut self) {
        for one in [&mut self.ada, &mut self.bob] {
            one.say(json!({ "type": "ping" })).await;
            assert_eq!(one.hear().await, json!({ "type": "pong" }));
        }
    }
}
