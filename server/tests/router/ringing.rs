//! Direct calls through the real router: who a device is, and how rings go from the first word to the row that is kept.

use protocol::{CallId, RingId};
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};
use storage::{CallOutcome, CallRecord, CallRepository as _, ContactRepository as _, Standing};

use crate::common::{Client, Closed, TestServer, join_message};
use crate::ringing_people::{ADA, BOB, Device, EVE, Who, id, storage_of};
use crate::ringing_storage::set_refusing;

/// Ada has rung Bob's devices.
async fn ringing<const N: usize>(server: &TestServer, devices: [Who; N]) -> (Device, [Device; N], String) {
    let mut ada = ADA.attach(server).await;
    let mut bobs = Vec::new();
    for device in devices {
        bobs.push(device.attach(server).await);
    }
    let ring = id(1);
    ada.rings(&ring, &bobs[0].call_id.clone()).await;
    for bob in &mut bobs {
        assert_eq!(bob.hear_of("incoming").await["ring"], ring);
    }
    (ada, bobs.try_into().ok().unwrap(), ring)
}

async fn row(server: &TestServer, ring: &str) -> CallRecord {
    let ring: RingId = ring.parse().unwrap();
    storage_of(server).await.call(ring).await.unwrap().expect("it is kept")
}

#[tokio::test]
async fn a_call_goes_from_its_ring_to_the_row_that_is_kept() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.say(json!({ "type": "look_up", "id": 5, "callee": bob.call_id })).await;
    let key_of = ada.client.hear().await;
    assert_eq!(key_of, json!({ "type": "key_of", "callee": bob.call_id, "key": BOB.identity().key() }));

    let ring = id(1);
    let placed = ada.rings(&ring, &bob.call_id).await;
    assert_eq!(placed["ring"], ring);
    let incoming = bob.client.hear().await;
    assert_eq!(
        (&incoming["type"], &incoming["caller"], &incoming["room"], &incoming["manner"]),
        (&json!("incoming"), &json!(ada.call_id), &placed["room"], &json!("aloud"))
    );
    assert_eq!(incoming["caller_key"], json!(ADA.identity().key()));
    assert_eq!(incoming["invitation"], "c2VhbGVk");
    assert_eq!(row(&server, &ring).await.course.answered_at, None, "it is kept while it rings");

    bob.say(json!({ "type": "receipt", "ring": ring, "receipt": "ringing" })).await;
    let progress = json!({ "type": "progress", "ring": ring, "progress": "ringing" });
    assert_eq!(ada.client.hear().await, progress);
    bob.about("answer", &ring).await;
    let answered = json!({ "type": "answered", "ring": ring, "talked_ms": 0 });
    assert_eq!(ada.client.hear().await, answered);
    assert_eq!(bob.client.hear().await, answered);
    assert!(row(&server, &ring).await.course.answered_at.is_some());

    bob.say(json!({ "type": "hang_up", "ring": ring, "reason": "hung_up" })).await;
    let over = json!({ "type": "over", "ring": ring, "outcome": { "answered": { "seconds": 0 } } });
    assert_eq!(ada.client.hear().await, over);
    assert_eq!(bob.client.hear().await, over);
    let kept = row(&server, &ring).await;
    assert_eq!(kept.course.end.unwrap().outcome, CallOutcome::Answered);
    assert_eq!(
        (kept.caller.call_id.to_string(), kept.callee.call_id.to_string()),
        (ada.call_id, bob.call_id)
    );
    assert_eq!(kept.answered_by.unwrap().to_string(), BOB.device_id());
}

#[tokio::test]
async fn both_get_into_the_room_of_their_call_and_nobody_waits_at_its_door() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let placed = ada.rings(&id(1), &bob.call_id).await;
    let room = bob.hear_of("incoming").await["room"].as_str().unwrap().to_owned();
    let mut join = join_message(&room, "Ada");
    join["credential"] = placed["credential"].clone();
    let (_ada, joined) = server.join_with(join).await;
    assert_eq!(joined["you"]["role"], "host");
    let settings = &joined["settings"];
    assert_eq!((&settings["when_empty"], &settings["listed"]), (&json!("delete"), &json!("off")));
    let (_bob, joined) = server.join(&room, "Bob").await;
    assert_eq!(joined["participants"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn two_who_have_talked_know_each_other_and_two_of_whom_one_rang_do_not() {
    let server = TestServer::start().await;
    let (mut eve, mut bob) = (EVE.attach(&server).await, BOB.attach(&server).await);
    eve.rings(&id(1), &bob.call_id).await;
    bob.about("decline", &id(1)).await;
    assert_eq!(eve.hears_end_of(&id(1)).await, json!("declined"));
    eve.rings(&id(2), &bob.call_id).await;
    eve.about("cancel", &id(2)).await;
    assert_eq!(eve.hears_end_of(&id(2)).await, json!("cancelled"));
    let storage = storage_of(&server).await;
    let [ada_key, bob_key, eve_key] = [ADA, BOB, EVE].map(|who| who.identity().key().clone());

    let mut ada = ADA.attach(&server).await;
    ada.rings(&id(3), &bob.call_id).await;
    bob.about("answer", &id(3)).await;
    ada.hear_of("answered").await;
    for (owner, peer) in [(&ada_key, &bob_key), (&bob_key, &ada_key)] {
        let known = async {
            while storage.contact(owner, peer).await.unwrap().map(|one| one.standing) != Some(Standing::Known)
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), known).await.expect("they know each other");
    }
    // What followed from the rings before was begun earlier, and had as long.
    ada.say(json!({ "type": "hang_up", "ring": id(3), "reason": "hung_up" })).await;
    ada.hears_end_of(&id(3)).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    for (owner, peer) in [(&eve_key, &bob_key), (&bob_key, &eve_key)] {
        assert!(storage.contact(owner, peer).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_ring_that_is_declined_or_given_up_is_over_at_both() {
    let server = TestServer::start().await;
    let (mut ada, [mut bob], ring) = ringing(&server, [BOB]).await;
    bob.say(json!({ "type": "decline", "ring": ring, "message": "c2VhbGVk" })).await;
    let over = ada.hear_of("over").await;
    assert_eq!((&over["outcome"], &over["message"]), (&json!("declined"), &json!("c2VhbGVk")));
    assert_eq!(bob.hears_end_of(&ring).await, json!("declined"));

    ada.rings(&id(2), &bob.call_id).await;
    bob.hear_of("incoming").await;
    ada.about("cancel", &id(2)).await;
    assert_eq!(ada.hears_end_of(&id(2)).await, json!("cancelled"));
    assert_eq!(bob.hears_end_of(&id(2)).await, json!("cancelled"));
    assert_eq!(row(&server, &id(2)).await.course.end.unwrap().outcome, CallOutcome::Cancelled);
}

#[tokio::test]
async fn who_has_a_ring_on_the_screen_is_busy_for_the_next_one() {
    let server = TestServer::start().await;
    let (mut ada, [mut bob], ring) = ringing(&server, [BOB]).await;
    let mut eve = EVE.attach(&server).await;
    eve.rings(&id(2), &bob.call_id).await;
    assert_eq!(eve.hears_end_of(&id(2)).await, json!("busy"));
    bob.hears_of_no_ring().await;
    bob.about("answer", &ring).await;
    ada.hear_of("answered").await;
}

#[tokio::test]
async fn of_two_devices_the_one_that_answers_has_the_call() {
    let server = TestServer::start().await;
    let tablet = Who { device: 2, ..BOB };
    let (mut ada, [mut phone, mut tablet], ring) = ringing(&server, [BOB, tablet]).await;
    tablet.about("answer", &ring).await;
    assert_eq!(tablet.client.hear().await["type"], "answered");
    assert_eq!(phone.hears_end_of(&ring).await, json!("answered_elsewhere"));
    phone.about("answer", &ring).await;
    assert_eq!(phone.hears_end_of(&ring).await, json!("answered_elsewhere"));
    ada.hear_of("answered").await;
    ada.say(json!({ "type": "hang_up", "ring": ring, "reason": "hung_up" })).await;
    assert_eq!(tablet.hears_end_of(&ring).await, json!({ "answered": { "seconds": 0 } }));
    phone.hears_of_no_ring().await;
}

#[tokio::test]
async fn of_two_devices_that_answer_at_once_one_has_the_call_and_the_other_is_told() {
    let limits = LimitsConfig { rings_at_once: 1_000, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let mut ada = ADA.attach(&server).await;
    let [one, other] = [BOB, Who { device: 2, ..BOB }];
    let [mut phone, mut tablet] = [one.attach(&server).await, other.attach(&server).await];
    for number in 1..=20 {
        let ring = id(number);
        ada.rings(&ring, &phone.call_id).await;
        for bob in [&mut phone, &mut tablet] {
            bob.hear_of("incoming").await;
        }
        futures::join!(phone.about("answer", &ring), tablet.about("answer", &ring));
        let mut answered = Vec::new();
        for (who, bob) in [(one, &mut phone), (other, &mut tablet)] {
            let told = bob.client.hear().await;
            assert_eq!(told["ring"], ring);
            if told["type"] == "answered" {
                answered.push(who.device_id());
            } else {
                // It is told when the other one has answered, and in answer to its own.
                assert_eq!(told["outcome"], "answered_elsewhere");
                assert_eq!(bob.hears_end_of(&ring).await, json!("answered_elsewhere"));
            }
        }
        ada.hear_of("answered").await;
        let kept = row(&server, &ring).await.answered_by.unwrap().to_string();
        assert_eq!(answered, [kept], "one, and the one that is kept");
        ada.say(json!({ "type": "hang_up", "ring": ring, "reason": "hung_up" })).await;
        let winner = if answered == [one.device_id()] { &mut phone } else { &mut tablet };
        for device in [&mut ada, winner] {
            device.hears_end_of(&ring).await;
        }
        for device in [&mut ada, &mut phone, &mut tablet] {
            device.hears_of_no_ring().await;
        }
    }
}

#[tokio::test]
async fn who_closes_the_page_gives_the_ring_up() {
    let server = TestServer::start().await;
    let (ada, [mut bob], ring) = ringing(&server, [BOB]).await;
    ada.client.close().await;
    assert_eq!(bob.hears_end_of(&ring).await, json!("cancelled"));
}

#[tokio::test]
async fn the_same_page_again_takes_the_place_of_its_first_socket() {
    let server = TestServer::start().await;
    let mut first = ADA.attach(&server).await;
    let second = ADA.attach(&server).await;
    assert_eq!(first.call_id, second.call_id, "an identity has one ID");
    let (error, closed) = first.client.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("session_taken_over"), Closed { code: 4409 }));
}

/// How a socket ends that says this in place of a proof.
async fn refused_with(server: &TestServer, message: impl FnOnce(&Value) -> Value) -> (Value, Closed) {
    let mut client = server.connect().await;
    client.say(EVE.opening()).await;
    let challenge = client.hear_of("challenge").await;
    client.say(message(&challenge)).await;
    client.hear_end().await
}

#[tokio::test]
async fn nobody_is_somebody_without_the_proof() {
    let server = TestServer::start().await;
    let prove = |proof: String| json!({ "type": "prove", "id": 2, "proof": proof });
    let of_another = |challenge: &Value| {
        let text = |field: &str| challenge[field].as_str().unwrap().to_owned();
        prove(BOB.identity().prove(&EVE.device_id(), &text("nonce"), &text("key")))
    };
    for (error, closed) in
        [refused_with(&server, |_| prove("A".repeat(43))).await, refused_with(&server, of_another).await]
    {
        assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("credential_refused"), &json!(2)));
        assert_eq!(closed, Closed { code: 4403 });
    }
    for message in [json!({ "type": "ping", "id": 2 }), crate::ringing_people::place(&id(1), "482-119-305")] {
        let (error, closed) = refused_with(&server, |_| message).await;
        assert_eq!((&error["code"], closed), (&json!("not_joined"), Closed { code: 1008 }));
    }
    let (error, _) = refused_with(&server, |_| BOB.opening()).await;
    assert_eq!(error["code"], "already_joined");
}

#[tokio::test]
async fn an_answer_to_one_challenge_is_none_to_another() {
    let server = TestServer::start().await;
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    let asked = async |client: &mut Client| {
        client.say(EVE.opening()).await;
        client.hear_of("challenge").await
    };
    let (challenge, other) = (asked(&mut first).await, asked(&mut second).await);
    assert!(challenge["nonce"] != other["nonce"] && challenge["key"] != other["key"]);
    let proof = json!({ "type": "prove", "proof": EVE.proof(&challenge) });
    second.say(proof.clone()).await;
    assert_eq!(second.hear_end().await.0["code"], "credential_refused");
    first.say(proof.clone()).await;
    assert_eq!(first.hear().await["type"], "welcome");
    first.say(json!({ "type": "prove", "id": 3, "proof": proof["proof"] })).await;
    let error = first.hear().await;
    assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("already_joined"), &json!(3)));
    first.say(json!({ "type": "ping" })).await;
    assert_eq!(first.hear().await["type"], "pong", "it stays who it is");
}

#[tokio::test]
async fn ones_own_id_and_what_is_no_id_cannot_be_rung() {
    let server = TestServer::start().await;
    let mut ada = ADA.attach(&server).await;
    let own = ada.call_id.clone();
    ada.place(&id(1), &own).await;
    let error = ada.client.hear().await;
    assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("peer_is_self"), &json!(7)));
    ada.hears_nothing_else().await;
    ada.place(&id(1), "082-119-305").await;
    let (error, closed) = ada.client.hear_end().await;
    assert_eq!((&error["code"], closed), (&json!("malformed"), Closed { code: 1008 }));
    assert!(error["message"].as_str().unwrap().contains("nine digits"), "{error}");
}

#[tokio::test]
async fn a_ring_comes_back_with_a_server_that_starts_anew() {
    let server = TestServer::start().await;
    let (ada, [bob], ring) = ringing(&server, [BOB]).await;
    let (ada_id, bob_id) = (ada.call_id.clone(), bob.call_id.clone());
    let next = TestServer::after_crash_of(&server).await;
    let mut bob = BOB.attach(&next).await;
    assert_eq!(bob.call_id, bob_id);
    let mut ada = ADA.attach_with(&next, json!({ "placing": { "ring": ring } })).await;
    let placed = ada.rings(&ring, &bob_id).await;
    let incoming = bob.hear_of("incoming").await;
    assert_eq!((&incoming["ring"], &incoming["caller"]), (&json!(ring), &json!(ada_id)));
    assert_eq!(incoming["room"], placed["room"]);
    let mut join = join_message(placed["room"].as_str().unwrap(), "Ada");
    join["credential"] = placed["credential"].clone();
    assert_eq!(next.join_with(join).await.1["you"]["role"], "host");

    // And once more, in the middle of the call.
    bob.about("answer", &ring).await;
    ada.hear_of("answered").await;
    let last = TestServer::after_crash_of(&next).await;
    let in_call = |peer: &str, side: &str| json!({ "in_call": { "ring": ring, "peer": peer, "side": side, "talked_ms": 1000 } });
    let mut bob = BOB.comes_back(&last, in_call(&ada_id, "callee")).await;
    let mut ada = ADA.comes_back(&last, in_call(&bob_id, "caller")).await;
    bob.hears_nothing_else().await;
    ada.hears_nothing_else().await;
    ada.say(json!({ "type": "hang_up", "ring": ring, "reason": "hung_up" })).await;
    let [of_ada, of_bob] = [ada.hears_end_of(&ring).await, bob.hears_end_of(&ring).await];
    assert!(of_ada["answered"]["seconds"].is_u64() && of_ada == of_bob, "{of_ada} {of_bob}");
}

#[tokio::test]
async fn a_ring_whose_caller_does_not_come_back_is_over_and_an_old_one_is_over_at_once() {
    let server = TestServer::start().await;
    let (_ada, [_bob], ring) = ringing(&server, [BOB]).await;
    let storage = storage_of(&server).await;
    let kept = row(&server, &ring).await;
    let mut old = CallRecord { ring: id(9).parse().unwrap(), ..kept.clone() };
    old.course.started_at.0 -= 60_000;
    storage.keep_call(&old, &[]).await.unwrap();
    let next = TestServer::after_crash_of(&server).await;
    assert_eq!(row(&next, &id(9)).await.course.end.unwrap().outcome, CallOutcome::NoAnswer);
    let mut bob = BOB.attach(&next).await;
    assert_eq!(bob.hears_end_of(&ring).await, json!("cancelled"));
    assert_eq!(row(&next, &ring).await.course.end.unwrap().outcome, CallOutcome::Cancelled);
}

#[tokio::test]
async fn an_id_that_is_nobodys_has_one_key_also_after_a_restart() {
    let server = TestServer::start().await;
    let mut ada = ADA.attach(&server).await;
    let key_of = async |device: &mut Device, callee: CallId| {
        device.say(json!({ "type": "look_up", "callee": callee })).await;
        device.hear_of("key_of").await["key"].as_str().unwrap().to_owned()
    };
    let [nobody, another] = [1, 2].map(CallId::nth);
    let key = key_of(&mut ada, nobody).await;
    assert_eq!(key_of(&mut ada, nobody).await, key);
    assert_ne!(key_of(&mut ada, another).await, key);
    let copy = std::sync::Arc::new(tempfile::tempdir().unwrap());
    for file in ["veranda.sqlite", "signing.key"] {
        _ = std::fs::copy(server.data.path().join(file), copy.path().join(file));
    }
    let next = TestServer::with_data(Config::default(), copy).await;
    assert_eq!(key_of(&mut BOB.attach(&next).await, nobody).await, key);
}

#[tokio::test]
async fn a_ring_that_cannot_be_kept_was_never_there_and_a_call_goes_on_without_a_database() {
    let server = TestServer::start().await;
    let (mut ada, [mut bob], ring) = ringing(&server, [BOB]).await;
    let mut eve = EVE.attach(&server).await;
    set_refusing(&server, true).await;
    for number in [2, 3] {
        eve.place(&id(number), &ada.call_id.clone()).await;
        let error = eve.client.hear().await;
        assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("storage_unavailable"), &json!(7)));
    }
    eve.hears_nothing_else().await;
    ada.hears_nothing_else().await;
    bob.about("answer", &ring).await;
    ada.hear_of("answered").await;
    bob.hear_of("answered").await;
    set_refusing(&server, false).await;
    let kept = async {
        while row(&server, &ring).await.course.answered_at.is_none() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), kept).await.expect("it is kept later");
    // She is not busy with a ring that was never there.
    assert_eq!(eve.rings(&id(2), &bob.call_id).await["ring"], id(2));
    assert_eq!(bob.hear_of("incoming").await["manner"], "quietly");
}

#[tokio::test]
async fn a_call_outlives_a_failure_of_the_task_that_rings() {
    let server = TestServer::start().await;
    let (mut ada, [mut bob], ring) = ringing(&server, [BOB]).await;
    bob.about("answer", &ring).await;
    ada.hear_of("answered").await;
    server.state.panic_rings().await;
    for one in [&mut ada, &mut bob] {
        assert_eq!(one.client.hear_end().await.1, Closed { code: 4430 }, "it may come back");
    }
    let in_call = |peer: &str, side: &str| json!({ "in_call": { "ring": ring, "peer": peer, "side": side, "talked_ms": 1000 } });
    let mut bob = BOB.attach_with(&server, in_call(&ada.call_id, "callee")).await;
    let mut ada = ADA.attach_with(&server, in_call(&bob.call_id, "caller")).await;
    ada.say(json!({ "type": "hang_up", "ring": ring, "reason": "hung_up" })).await;
    assert!(bob.hears_end_of(&ring).await["answered"]["seconds"].is_u64());
}
