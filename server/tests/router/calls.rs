//! Direct calls over REST: a program rings a page, which is a real socket, and asks how that goes.

use std::time::Duration;

use protocol::{RoomCode, Scope};
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};
use storage::RoomRepository as _;
use testkit::Identity;

use crate::common::{TestServer, join_message};
use crate::rest::{Answer, ask, key};
use crate::ringing_people::{ADA, BOB, id, storage_of};
use crate::sessions::{sqlx_connection, with};

pub(crate) const CALLS: &str = "/api/v1/calls";

/// The secret of the room, which the server never has.
const SECRET: [u8; 16] = [3; 16];

/// A program with an API key and an identity of its own.
pub(crate) struct Program<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) key: String,
    pub(crate) identity: Identity,
}

impl<'a> Program<'a> {
    pub(crate) async fn new(server: &'a TestServer) -> Self {
        Self { server, key: key(server, &Scope::ALL).await, identity: Identity::new(77) }
    }

    pub(crate) async fn look_up(&self, callee: &str) -> Value {
        let answer = ask(self.server, "GET", &format!("/api/v1/call-ids/{callee}"), &self.key, None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// What it asks for to ring somebody: everything sealed and proven by itself.
    pub(crate) async fn order(&self, ring: &str, callee: &str) -> Value {
        let found = self.look_up(callee).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let challenge = &found["challenge"];
        json!({
            "id": ring,
            "callee": callee,
            "caller_key": self.identity.key(),
            "proof": self.identity.prove(ring, &text(&challenge["nonce"]), &text(&challenge["key"])),
            "invitation": self.identity.invite(&text(&found["key"]), ring, SECRET, "The doorbell"),
        })
    }

    pub(crate) async fn post(&self, order: Value) -> Answer {
        ask(self.server, "POST", CALLS, &self.key, Some(order)).await
    }

    /// Rings somebody, into a room that is made for it.
    pub(crate) async fn rings(&self, ring: &str, callee: &str) -> Value {
        let placed = self.post(self.order(ring, callee).await).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        placed.body
    }

    pub(crate) async fn reads(&self, ring: &str) -> Value {
        let answer = ask(self.server, "GET", &format!("{CALLS}/{ring}"), &self.key, None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    pub(crate) async fn cancels(&self, ring: &str) {
        assert_eq!(ask(self.server, "DELETE", &format!("{CALLS}/{ring}"), &self.key, None).await.status, 204);
    }

    /// Asks until the call has ended.
    pub(crate) async fn waits_for_end(&self, ring: &str) -> Value {
        let asking = async {
            loop {
                let call = self.reads(ring).await;
                if call["ended_at"].is_u64() {
                    return call;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), asking).await.expect("it ends")
    }
}

#[tokio::test]
async fn a_program_rings_a_page_which_answers_and_the_program_reads_how_it_went() {
    let server = TestServer::start().await;
    let (program, mut bob) = (Program::new(&server).await, BOB.attach(&server).await);
    let order = program.order(&id(1), &bob.call_id).await;
    let placed = program.post(order).await;
    assert_eq!(
        (placed.status, placed.header("location")),
        (201, Some(format!("{CALLS}/{}", id(1)).as_str()))
    );
    assert_eq!((&placed.body["status"], &placed.body["callee"]), (&json!("ringing"), &json!(bob.call_id)));

    let incoming = bob.hear_of("incoming").await;
    assert_eq!((&incoming["caller"], &incoming["room"]), (&placed.body["caller"], &placed.body["room"]));
    let text = |field: &str| incoming[field].as_str().unwrap().to_owned();
    let opened = BOB.identity().open_invitation(&text("caller_key"), &id(1), &text("invitation")).unwrap();
    assert_eq!(opened.1, "The doorbell", "the name is shown to the person called alone");
    assert_eq!(program.reads(&id(1)).await["status"], "ringing");

    bob.about("answer", &id(1)).await;
    bob.hear_of("answered").await;
    let call = program.reads(&id(1)).await;
    assert!(
        call["status"] == "answered" && call["answered_at"].is_u64() && call["ended_at"].is_null(),
        "{call}"
    );
    let (_bob_inside, joined) = server.join(&text("room"), "Bob").await;
    assert_eq!(joined["you"]["role"], "guest");
    let host =
        with(join_message(&text("room"), "Ada"), "credential", placed.body["host_key"].as_str().unwrap());
    assert_eq!(server.join_with(host).await.1["you"]["role"], "host");

    bob.say(json!({ "type": "hang_up", "ring": id(1), "reason": "hung_up" })).await;
    bob.hears_end_of(&id(1)).await;
    let call = program.reads(&id(1)).await;
    assert!(call["status"] == "answered" && call["ended_at"].is_u64(), "{call}");
}

#[tokio::test]
async fn every_end_is_read_as_it_was() {
    let server = TestServer::start().await;
    let (program, mut bob) = (Program::new(&server).await, BOB.attach(&server).await);
    let mut ada = ADA.attach(&server).await;
    program.rings(&id(1), &bob.call_id).await;
    bob.about("decline", &id(1)).await;
    bob.hears_end_of(&id(1)).await;
    assert_eq!(program.reads(&id(1)).await["status"], "declined");

    program.rings(&id(2), &bob.call_id).await;
    bob.hear_of("incoming").await;
    program.cancels(&id(2)).await;
    assert_eq!(bob.hears_end_of(&id(2)).await, json!("cancelled"));
    assert_eq!(program.reads(&id(2)).await["status"], "cancelled");
    program.cancels(&id(2)).await;

    ada.rings(&id(3), &bob.call_id).await;
    program.rings(&id(4), &bob.call_id).await;
    assert_eq!(program.waits_for_end(&id(4)).await["status"], "busy");
    ada.about("cancel", &id(3)).await;
    ada.hears_end_of(&id(3)).await;

    program.rings(&id(5), "999-999-999").await;
    let unreachable = program.waits_for_end(&id(5)).await;
    assert!(unreachable["status"] == "unreachable" && unreachable["room"].is_string(), "{unreachable}");

    program.rings(&id(6), &bob.call_id).await;
    bob.about("answer", &id(6)).await;
    bob.hear_of("answered").await;
    program.cancels(&id(6)).await;
    assert!(bob.hears_end_of(&id(6)).await["answered"]["seconds"].is_u64(), "it is hung up");
    assert_eq!(program.reads(&id(6)).await["status"], "answered");

    bob.say(json!({ "type": "set_rules", "rules": { "who_may_ring": "known" } })).await;
    bob.hear_of("changed").await;
    let stranger = Program { identity: Identity::new(78), ..Program::new(&server).await };
    stranger.rings(&id(7), &bob.call_id).await;
    assert_eq!(stranger.waits_for_end(&id(7)).await["status"], "asked");
}

#[tokio::test]
async fn a_ring_and_a_call_of_a_program_outlive_a_restart() {
    let server = TestServer::start().await;
    let (program, mut bob) = (Program::new(&server).await, BOB.attach(&server).await);
    let placed = program.rings(&id(1), &bob.call_id).await;
    bob.hear_of("incoming").await;
    // What was told is known to have begun.
    bob.hears_nothing_else().await;
    let next = TestServer::after_crash_of(&server).await;
    let program = Program { server: &next, ..program };
    assert_eq!(program.reads(&id(1)).await["status"], "ringing");
    let mut bob = BOB.attach(&next).await;
    let incoming = bob.hear_of("incoming").await;
    assert_eq!((&incoming["ring"], &incoming["room"]), (&json!(id(1)), &placed["room"]));
    bob.about("answer", &id(1)).await;
    bob.hear_of("answered").await;

    let last = TestServer::after_crash_of(&next).await;
    let program = Program { server: &last, ..program };
    let standing = json!({ "in_call": { "ring": id(1), "peer": placed["caller"], "side": "callee", "talked_ms": 1000 } });
    let mut bob = BOB.comes_back(&last, standing).await;
    bob.hears_nothing_else().await;
    assert_eq!(program.reads(&id(1)).await["status"], "answered");
    program.cancels(&id(1)).await;
    assert!(bob.hears_end_of(&id(1)).await["answered"]["seconds"].is_u64());
}

#[tokio::test]
async fn a_room_that_a_program_has_made_before_stays_and_one_that_was_made_for_the_call_goes() {
    let server = TestServer::start().await;
    let (program, mut bob) = (Program::new(&server).await, BOB.attach(&server).await);
    let made =
        ask(&server, "POST", "/api/v1/rooms", &program.key, Some(json!({ "name": "Reception" }))).await;
    let mut order = program.order(&id(1), &bob.call_id).await;
    order["room"] = made.body["code"].clone();
    let placed = program.post(order).await;
    assert_eq!((placed.status, &placed.body["room"]), (201, &made.body["code"]), "{}", placed.body);
    assert!(placed.body["host_key"].is_null(), "it has one already");
    assert_eq!(bob.hear_of("incoming").await["room"], made.body["code"]);
    program.cancels(&id(1)).await;
    let other = program.rings(&id(2), &bob.call_id).await;
    program.cancels(&id(2)).await;
    server.state.clear_rooms_of_rings().await;
    let storage = storage_of(&server).await;
    let is_there = async |code: &Value| {
        storage.room(RoomCode::parse(code.as_str().unwrap()).unwrap()).await.unwrap().is_some()
    };
    assert_eq!((is_there(&made.body["code"]).await, is_there(&other["room"]).await), (true, false));

    let (anybodys, _) = server.new_room_with(json!({})).await;
    let mut order = program.order(&id(3), &bob.call_id).await;
    order["room"] = json!(anybodys);
    assert_eq!(program.post(order).await.problem(), "room_unknown");
}

#[tokio::test]
async fn nobody_rings_as_somebody_else() {
    let server = TestServer::start().await;
    let (program, mut bob) = (Program::new(&server).await, BOB.attach(&server).await);
    let order = program.order(&id(1), &bob.call_id).await;
    // The key of somebody whom Bob may know; a proof for another ring; another program's.
    let stranger = Program::new(&server).await;
    let mut forged = order.clone();
    forged["caller_key"] = json!(ADA.identity().key());
    let mut replayed = order.clone();
    replayed["id"] = json!(id(2));
    for (who, order) in [(&program, forged), (&program, replayed), (&stranger, order)] {
        let answer = who.post(order).await;
        assert_eq!((answer.status, answer.problem()), (403, "credential_refused"));
    }
    bob.hears_nothing_else().await;
}

#[tokio::test]
async fn a_key_knows_nothing_of_the_calls_of_others_and_cannot_end_them() {
    let server = TestServer::start().await;
    let (program, mut bob) = (Program::new(&server).await, BOB.attach(&server).await);
    program.rings(&id(1), &bob.call_id).await;
    bob.hear_of("incoming").await;
    let mut ada = ADA.attach(&server).await;
    ada.rings(&id(2), "999-999-999").await;
    let other = Program::new(&server).await;
    for ring in [id(1), id(2), id(3), "1".to_owned()] {
        for method in ["GET", "DELETE"] {
            let answer = ask(&server, method, &format!("{CALLS}/{ring}"), &other.key, None).await;
            assert_eq!((answer.status, answer.problem()), (404, "call_unknown"), "{method} {ring}");
        }
    }
    assert_eq!(other.post(other.order(&id(1), &bob.call_id).await).await.problem(), "call_taken");
    bob.hears_nothing_else().await;
}

#[tokio::test]
async fn the_same_call_again_rings_nobody_twice_and_an_identity_has_one_call() {
    let server = TestServer::start().await;
    let (program, mut bob) = (Program::new(&server).await, BOB.attach(&server).await);
    let order = program.order(&id(1), &bob.call_id).await;
    let first = program.post(order.clone()).await;
    bob.hear_of("incoming").await;
    let again = program.post(order.clone()).await;
    assert_eq!((again.status, &again.body["room"]), (201, &first.body["room"]));
    assert!(again.body["host_key"].is_string());
    bob.hears_nothing_else().await;
    let ada = ADA.attach(&server).await;
    let busy = program.post(program.order(&id(2), &ada.call_id).await).await;
    assert_eq!((busy.status, busy.problem()), (409, "caller_busy"));
    let taken = program.post(program.order(&id(1), &ada.call_id).await).await;
    assert_eq!((taken.status, taken.problem()), (409, "call_taken"));
    let own = first.body["caller"].as_str().unwrap();
    let own = program.post(program.order(&id(3), own).await).await;
    assert_eq!((own.status, own.problem()), (422, "malformed"));
    bob.about("decline", &id(1)).await;
    bob.hears_end_of(&id(1)).await;
    let over = program.post(order).await;
    assert_eq!((over.status, &over.body["status"]), (201, &json!("declined")));
    bob.hears_nothing_else().await;
}

#[tokio::test]
async fn a_key_rings_and_asks_so_often_whomever_it_is_for_and_others_still_do() {
    let limits = LimitsConfig {
        rings_of_address_at_once: 2,
        rings_of_address_per_minute: 1,
        ..LimitsConfig::default()
    };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let program = Program::new(&server).await;
    let mut orders = Vec::new();
    for number in 1..=3 {
        orders.push(program.order(&id(number), "999-999-999").await);
    }
    // Each has asked for a key before: twice as many as rings, at once.
    let path = "/api/v1/call-ids/999-999-998";
    assert_eq!(ask(&server, "GET", path, &program.key, None).await.status, 200);
    let asked = ask(&server, "GET", path, &program.key, None).await;
    assert_eq!((asked.status, asked.problem()), (429, "rate_limited"));
    for (order, expected) in orders.into_iter().zip([201, 201, 429]) {
        let placed = program.post(order.clone()).await;
        assert_eq!(placed.status, expected, "{}", placed.body);
        assert!(expected == 201 || placed.header("retry-after").is_some());
        if expected == 201 {
            assert_eq!(program.post(order).await.status, 201, "the same again does not count");
            program.waits_for_end(placed.body["id"].as_str().unwrap()).await;
        }
    }
    let other = Program { identity: Identity::new(78), ..Program::new(&server).await };
    other.rings(&id(9), "999-999-999").await;
}

#[tokio::test]
async fn bad_input_is_a_problem_and_no_failure() {
    let server = TestServer::start().await;
    let program = Program::new(&server).await;
    let order = program.order(&id(1), "999-999-999").await;
    let long = "A".repeat(10_000);
    for (field, value) in [
        ("id", json!("1")),
        ("callee", json!("082-119-305")),
        ("callee", json!("<b>482</b>")),
        ("caller_key", json!("A")),
        ("proof", json!(long)),
        ("invitation", json!(long)),
        ("invitation", json!("")),
        ("room", json!("no room")),
        ("name", json!("Eve")),
    ] {
        let mut bad = order.clone();
        bad[field] = value;
        let answer = program.post(bad).await;
        assert_eq!((answer.status, answer.problem()), (422, "malformed"), "{field}");
    }
    let answer = ask(&server, "GET", "/api/v1/call-ids/nobody", &program.key, None).await;
    assert_eq!((answer.status, answer.problem()), (400, "malformed"));
    // A key that agrees on the same with everybody proves nothing.
    let mut low = order.clone();
    low["caller_key"] = json!("A".repeat(43));
    assert_eq!(program.post(low).await.problem(), "credential_refused");
}

/// Makes it take the database a while to take that a ring has begun.
const SLOW: &str = "CREATE TRIGGER slow BEFORE UPDATE OF begun ON calls BEGIN
    SELECT COUNT(*) FROM (SELECT 1 FROM sqlite_master a, sqlite_master b, sqlite_master c, sqlite_master d LIMIT 1000000); END";

#[tokio::test]
async fn a_program_is_told_of_its_ring_once_the_database_knows_that_it_has_begun() {
    let server = TestServer::start().await;
    let (program, bob) = (Program::new(&server).await, BOB.attach(&server).await);
    let mut other = sqlx_connection(&server.data.path().join("veranda.sqlite")).await;
    sqlx::raw_sql(SLOW).execute(&mut other).await.unwrap();
    program.rings(&id(1), &bob.call_id).await;
    let begun = sqlx::query_scalar::<_, i64>("SELECT begun FROM calls").fetch_one(&mut other).await.unwrap();
    assert_eq!(begun, 1, "a server that dies now has it ring on");
}
