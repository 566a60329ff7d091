//! Calls of more than two: somebody is rung into a call through the real router, by whoever is in it and by nobody else.

use protocol::RoomCode;
use serde_json::{Value, json};
use storage::{CallRepository as _, CallSide, RoomRepository as _};

use crate::common::{TestServer, join_message};
use crate::ringing_people::{ADA, BOB, Device, EVE, Who, id, place, storage_of};
use crate::sessions::sqlx_connection;

const CEM: Who = Who { person: 5, device: 1 };
const DAN: Who = Who { person: 6, device: 1 };

/// Ada and Bob talk by ring 1, and Cem is there. The room of the call comes with them.
async fn talking(server: &TestServer) -> ([Device; 3], String) {
    let [mut ada, mut bob, cem] =
        [ADA.attach(server).await, BOB.attach(server).await, CEM.attach(server).await];
    let placed = ada.rings(&id(1), &bob.call_id).await;
    bob.about("answer", &id(1)).await;
    for one in [&mut ada, &mut bob] {
        one.hear_of("answered").await;
    }
    ([ada, bob, cem], placed["room"].as_str().unwrap().to_owned())
}

/// Cem is rung into it, by ring 2, and answers.
async fn three(server: &TestServer) -> ([Device; 3], String) {
    let ([mut ada, bob, mut cem], room) = talking(server).await;
    ada.rings_into(&id(2), &cem.call_id, &id(1)).await;
    cem.about("answer", &id(2)).await;
    for one in [&mut ada, &mut cem] {
        one.hear_of("answered").await;
    }
    ([ada, bob, cem], room)
}

fn into(ring: &str, callee: &str, call: &str) -> Value {
    let mut message = place(ring, callee);
    message["into"] = json!(call);
    message
}

impl Device {
    async fn rings_into(&mut self, ring: &str, callee: &str, call: &str) -> Value {
        self.say(into(ring, callee, call)).await;
        self.hear_of("placed").await
    }

    async fn hangs_up(&mut self, ring: &str) {
        self.say(json!({ "type": "hang_up", "ring": ring, "reason": "hung_up" })).await;
    }

    async fn outcomes(&mut self) -> Vec<(String, Value)> {
        self.say(json!({ "type": "read_history" })).await;
        let history = self.hear_of("history").await;
        let calls = history["calls"].as_array().unwrap().iter();
        calls.map(|call| (call["ring"].as_str().unwrap().to_owned(), call["outcome"].clone())).collect()
    }
}

fn in_call(ring: &str, peer: &str, side: &str) -> Value {
    json!({ "in_call": { "ring": ring, "peer": peer, "side": side, "talked_ms": 1000 } })
}

#[tokio::test]
async fn somebody_is_rung_into_a_call_and_the_others_go_on_when_one_hangs_up() {
    let server = TestServer::start().await;
    let ([mut ada, mut bob, mut cem], room) = talking(&server).await;
    let placed = ada.rings_into(&id(2), &cem.call_id, &id(1)).await;
    let incoming = cem.hear_of("incoming").await;
    assert_eq!((&placed["room"], &incoming["room"]), (&json!(room), &json!(room)));
    assert_eq!((&incoming["into_call"], &incoming["caller"]), (&json!(true), &json!(ada.call_id)));
    cem.about("answer", &id(2)).await;
    for one in [&mut ada, &mut cem] {
        assert_eq!(one.hear_of("answered").await["ring"], id(2));
    }
    ada.hangs_up(&id(1)).await;
    assert!(ada.hears_end_of(&id(1)).await["answered"].is_object());
    for one in [&mut bob, &mut cem] {
        one.hears_of_no_ring().await;
    }
    // In every history it is as it was between the two.
    let rings = |history: Vec<(String, Value)>| history.into_iter().map(|(ring, _)| ring).collect::<Vec<_>>();
    assert_eq!(rings(ada.outcomes().await), [id(2), id(1)]);
    assert_eq!(bob.outcomes().await[0], (id(1), json!({ "answered": { "seconds": 0 } })));
    bob.hangs_up(&id(1)).await;
    assert!(bob.hears_end_of(&id(1)).await["answered"].is_object());
    assert!(cem.hears_end_of(&id(2)).await["answered"].is_object());
    assert_eq!(cem.outcomes().await, [(id(2), json!({ "answered": { "seconds": 0 } }))]);
    let storage = storage_of(&server).await;
    assert_eq!(storage.unfinished_calls().await.unwrap(), []);
}

#[tokio::test]
async fn the_room_of_a_call_that_its_first_two_have_left_stays_for_the_others() {
    let server = TestServer::start().await;
    let ([mut ada, mut bob, mut cem], room) = three(&server).await;
    let mut dan = DAN.attach(&server).await;
    cem.rings_into(&id(3), &dan.call_id, &id(2)).await;
    dan.about("answer", &id(3)).await;
    for one in [&mut cem, &mut dan] {
        assert_eq!(one.hear_of("answered").await["ring"], id(3));
    }
    let (_inside, _) = server.join(&room, "Cem").await;
    for one in [&mut ada, &mut bob] {
        one.hangs_up(&id(1)).await;
        one.hears_end_of(&id(1)).await;
    }
    server.state.clear_rooms_of_rings().await;
    let code = RoomCode::parse(&room).unwrap();
    assert!(storage_of(&server).await.room(code).await.unwrap().is_some());
    cem.hears_of_no_ring().await;
    dan.hangs_up(&id(3)).await;
    assert!(cem.hear_of("over").await["outcome"]["answered"].is_object());
}

#[tokio::test]
async fn who_is_not_in_the_call_rings_nobody_into_it_and_harms_nobody() {
    let server = TestServer::start().await;
    let ([mut ada, mut bob, mut cem], room) = talking(&server).await;
    let mut eve = EVE.attach(&server).await;
    let mut other = Who { device: 2, ..ADA }.attach(&server).await;
    let (ada_id, bob_id, cem_id) = (ada.call_id.clone(), bob.call_id.clone(), cem.call_id.clone());
    // Somebody else, another device of hers, and a call that there is not.
    for (one, call) in [(&mut eve, id(1)), (&mut other, id(1)), (&mut ada, id(9))] {
        one.say(into(&id(3), &cem_id, &call)).await;
        let error = one.hear_of("error").await;
        assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("not_allowed"), &json!(7)));
    }
    for (callee, code) in [(&bob_id, "peer_in_call"), (&ada_id, "peer_is_self")] {
        ada.say(into(&id(3), callee, &id(1))).await;
        assert_eq!(ada.hear_of("error").await["code"], code);
    }
    // A second one while one rings, and one by whoever is rung.
    ada.rings_into(&id(4), &cem_id, &id(1)).await;
    cem.hear_of("incoming").await;
    ada.say(into(&id(5), &eve.call_id, &id(1))).await;
    assert_eq!(ada.hear_of("error").await["code"], "caller_busy");
    cem.say(into(&id(6), &eve.call_id, &id(4))).await;
    assert_eq!(cem.hear_of("error").await["code"], "not_allowed");
    // Who hangs up for them, or takes theirs back, does nothing.
    for (kind, ring) in [("hang_up", id(1)), ("cancel", id(4)), ("cancel", id(1))] {
        eve.say(json!({ "type": kind, "id": 8, "ring": ring, "reason": "hung_up" })).await;
        assert_eq!(eve.hear_of("error").await["code"], "ring_unknown");
    }
    for one in [&mut bob, &mut cem, &mut eve] {
        one.hears_of_no_ring().await;
    }
    let storage = storage_of(&server).await;
    let unfinished = storage.unfinished_calls().await.unwrap();
    let rings: Vec<_> = unfinished.iter().map(|row| (row.ring.to_string(), row.room)).collect();
    let room = RoomCode::parse(&room).ok();
    assert_eq!(rings, [(id(1), room), (id(4), room)], "nothing is kept of what was refused");
}

#[tokio::test]
async fn who_cannot_be_rung_into_a_call_is_not_reachable_whatever_the_reason() {
    let server = TestServer::start().await;
    let ([mut ada, _bob, _cem], _) = talking(&server).await;
    let away = EVE.attach(&server).await;
    away.client.close().await;
    let mut closed = DAN.attach(&server).await;
    let rules = json!({ "who_may_ring": "nobody" });
    closed.say(json!({ "type": "set_rules", "rules": rules })).await;
    closed.hear_of("changed").await;
    for (number, callee) in [(10, away.call_id.as_str()), (11, closed.call_id.as_str()), (12, "999-999-999")]
    {
        ada.rings_into(&id(number), callee, &id(1)).await;
        assert_eq!(ada.hears_end_of(&id(number)).await, json!("offline"), "{callee}");
    }
}

#[tokio::test]
async fn those_who_are_left_in_a_call_are_in_it_after_the_server_has_died() {
    let server = TestServer::start().await;
    let ([mut ada, bob, cem], _) = three(&server).await;
    ada.hangs_up(&id(1)).await;
    ada.hears_end_of(&id(1)).await;
    ada.hears_of_no_ring().await;
    let next = TestServer::after_crash_of(&server).await;
    let mut bob_again = BOB.comes_back(&next, in_call(&id(1), &ada.call_id, "callee")).await;
    let mut cem_again = CEM.comes_back(&next, in_call(&id(2), &ada.call_id, "callee")).await;
    for one in [&mut bob_again, &mut cem_again] {
        one.hears_nothing_else().await;
    }
    let stays: Vec<_> =
        storage_of(&next).await.unfinished_calls().await.unwrap().into_iter().map(|row| row.stays).collect();
    assert_eq!(stays, [Some(CallSide::Callee), Some(CallSide::Callee)]);
    bob_again.say(json!({ "type": "replace_call_id", "id": 3 })).await;
    assert_eq!(bob_again.hear_of("error").await["code"], "caller_busy");
    let mut ada_again = ADA.attach(&next).await;
    let mut dan = DAN.attach(&next).await;
    ada_again.rings(&id(7), &dan.call_id).await;
    dan.hear_of("incoming").await;
    cem_again.hangs_up(&id(2)).await;
    assert!(bob_again.hears_end_of(&id(1)).await["answered"].is_object());
    drop((bob, cem));
}

#[tokio::test]
async fn whoever_is_a_guest_of_a_call_gets_no_key_of_it_by_saying_once_more_that_they_ring() {
    let server = TestServer::start().await;
    let ([ada, mut bob, mut cem], room) = talking(&server).await;
    bob.rings_into(&id(2), &cem.call_id, &id(1)).await;
    cem.about("answer", &id(2)).await;
    bob.hear_of("answered").await;
    let keys = async |server: &TestServer| {
        let mut connection = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
        let all = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM room_keys WHERE room = $1");
        all.bind(room.clone()).fetch_one(&mut connection).await.unwrap()
    };
    let before = keys(&server).await;
    let next = TestServer::after_crash_of(&server).await;
    let mut bob_again = BOB.attach_with(&next, in_call(&id(1), &ada.call_id, "callee")).await;
    bob_again.say(place(&id(2), &cem.call_id)).await;
    let placed = bob_again.hear_of("placed").await;
    assert_eq!((&placed["room"], keys(&next).await), (&json!(room), before), "nothing was made");
    let mut message = join_message(&room, "Bob");
    message["credential"] = placed["credential"].clone();
    let mut client = next.connect().await;
    client.say(message).await;
    let heard = client.hear().await;
    assert_ne!(heard["you"]["role"], "host", "{heard}");
}

#[tokio::test]
async fn the_room_of_a_call_outlives_rings_into_it_whoever_is_inside() {
    let server = TestServer::start().await;
    let ([mut ada, mut bob, _cem], room) = talking(&server).await;
    for number in 10..13 {
        ada.rings_into(&id(number), "999-999-999", &id(1)).await;
        ada.hears_end_of(&id(number)).await;
    }
    let is_there = async || {
        server.state.clear_rooms_of_rings().await;
        storage_of(&server).await.room(RoomCode::parse(&room).unwrap()).await.unwrap().is_some()
    };
    assert!(is_there().await, "those who talk may just be on their way back to it");
    bob.hangs_up(&id(1)).await;
    ada.hears_end_of(&id(1)).await;
    assert!(!is_there().await);
}

#[tokio::test]
async fn who_is_in_a_call_is_told_to_nobody_who_was_rung_and_has_not_answered() {
    let server = TestServer::start().await;
    let (_devices, room) = talking(&server).await;
    let (_ada, joined) = server.join(&room, "Ada").await;
    assert_eq!(joined["type"], "joined");
    let (_, _, answer) =
        server.request("POST", &format!("/api/v1/rooms/{room}/validate"), "content-length: 0\r\n", "").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["people"], json!([]), "{answer}");
    assert!(!server.request("GET", &format!("/r/{room}"), "", "").await.2.contains("Ada"));
}

#[tokio::test]
async fn who_has_come_into_a_call_has_not_missed_that_another_one_rang_them_into_it() {
    let server = TestServer::start().await;
    let ([mut ada, mut bob, mut cem], _) = talking(&server).await;
    ada.rings_into(&id(2), &cem.call_id, &id(1)).await;
    cem.hear_of("incoming").await;
    bob.rings_into(&id(3), &cem.call_id, &id(1)).await;
    let over = bob.hear_of("over").await;
    assert_eq!((&over["ring"], &over["outcome"]), (&json!(id(3)), &json!("busy")));
    cem.about("answer", &id(2)).await;
    cem.hear_of("answered").await;
    assert_eq!(cem.outcomes().await, [(id(2), Value::Null)]);
    assert_eq!(storage_of(&server).await.count_unseen(CEM.identity().key()).await.unwrap(), 0);
    assert_eq!(bob.outcomes().await[0], (id(3), json!("busy")));
}
