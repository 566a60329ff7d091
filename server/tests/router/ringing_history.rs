//! What a server keeps for a call identity, as its devices read and change it: past calls, people, rules.

use protocol::limits::HISTORY_PAGE;
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig};

use crate::common::TestServer;
use crate::ringing_people::{ADA, BOB, Device, EVE, Who, id};

impl Device {
    async fn history(&mut self) -> Value {
        self.say(json!({ "type": "read_history" })).await;
        self.hear_of("history").await
    }

    /// Changes something, and hears that it is.
    async fn changes(&mut self, message: Value) {
        self.say(message).await;
        assert_eq!(self.hear_of("changed").await, json!({ "type": "changed" }));
    }

    /// Changes something, and is refused.
    async fn is_refused(&mut self, mut message: Value) -> Value {
        message["id"] = json!(77);
        self.say(message).await;
        let error = self.hear_of("error").await;
        assert_eq!(error["in_reply_to"], 77);
        error["code"].clone()
    }

    /// Rings, and is declined.
    async fn is_declined(&mut self, ring: &str, by: &mut Self) {
        self.rings(ring, &by.call_id).await;
        by.hear_of("incoming").await;
        by.about("decline", ring).await;
        assert_eq!(self.hears_end_of(ring).await, json!("declined"));
        assert_eq!(by.hears_end_of(ring).await, json!("declined"));
    }

    async fn sets(&mut self, rules: Value) {
        self.changes(json!({ "type": "set_rules", "rules": rules })).await;
    }

    /// What comes of a ring to somebody who is not to hear it.
    async fn rings_in_vain(&mut self, ring: &str, callee: &str) -> Value {
        self.rings(ring, callee).await;
        self.hears_end_of(ring).await
    }
}

fn rings_of(history: &Value) -> Vec<&str> {
    history["calls"].as_array().unwrap().iter().map(|call| call["ring"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn both_ends_read_a_call_each_from_its_side() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    assert_eq!(ada.history().await, json!({ "type": "history", "calls": [], "more": false, "unseen": 0 }));
    ada.is_declined(&id(1), &mut bob).await;
    let [of_ada, of_bob] =
        [ada.history().await, bob.history().await].map(|history| history["calls"][0].clone());
    assert_eq!((&of_ada["side"], &of_bob["side"]), (&json!("caller"), &json!("callee")));
    assert_eq!((&of_ada["peer"], &of_bob["peer"]), (&json!(bob.call_id), &json!(ada.call_id)));
    assert_eq!(of_ada["peer_key"], json!(BOB.identity().key()));
    assert_eq!(of_bob["peer_key"], json!(ADA.identity().key()));
    assert_eq!((&of_ada["outcome"], &of_bob["outcome"]), (&json!("declined"), &json!("declined")));
    assert_eq!(of_ada["placed_at"], of_bob["placed_at"]);
    // The caller's name is sealed for the one who was called.
    assert_eq!((&of_ada["invitation"], &of_bob["invitation"]), (&Value::Null, &json!("c2VhbGVk")));

    ada.changes(json!({ "type": "change_history", "change": { "note": { "ring": id(1), "note": "Qm9i" } } }))
        .await;
    assert_eq!(ada.history().await["calls"][0]["note"], "Qm9i");
    assert_eq!(bob.history().await["calls"][0]["note"], Value::Null, "a note is one's own");
    ada.changes(json!({ "type": "change_history", "change": { "forget": { "ring": id(1) } } })).await;
    assert_eq!(ada.history().await["calls"], json!([]));
    assert_eq!(rings_of(&bob.history().await), [id(1)], "what is taken out here stays there");
    bob.changes(json!({ "type": "change_history", "change": "forget_all" })).await;
    assert_eq!(bob.history().await["calls"], json!([]));
}

#[tokio::test]
async fn a_missed_call_waits_for_the_next_visit_and_is_new_once() {
    let server = TestServer::start().await;
    let mut ada = ADA.attach(&server).await;
    let bob_id = BOB.attach(&server).await.call_id;
    assert_eq!(ada.rings_in_vain(&id(1), &bob_id).await, json!("offline"));
    let mut bob = BOB.attach(&server).await;
    let history = bob.history().await;
    assert_eq!((&history["unseen"], &history["calls"][0]["is_unseen"]), (&json!(1), &json!(true)));
    assert_eq!(history["calls"][0]["outcome"], "offline");
    bob.changes(json!({ "type": "change_history", "change": { "seen": { "rings": [id(1)] } } })).await;
    let history = bob.history().await;
    assert_eq!((&history["unseen"], &history["calls"][0]["is_unseen"]), (&json!(0), &json!(false)));
    assert_eq!(ada.history().await["unseen"], 0, "it is nothing that the caller has missed");
}

#[tokio::test]
async fn a_history_comes_page_by_page_newest_first() {
    let limits = LimitsConfig { rings_at_once: 100, ..LimitsConfig::default() };
    let server = TestServer::with(Config { limits, ..Config::default() }).await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let all: Vec<_> = (1..=HISTORY_PAGE as u64 + 3).map(id).collect();
    for ring in &all {
        ada.is_declined(ring, &mut bob).await;
    }
    let first = ada.history().await;
    assert_eq!((rings_of(&first).len(), &first["more"]), (HISTORY_PAGE, &json!(true)));
    let last = first["calls"].as_array().unwrap().last().unwrap().clone();
    let before = json!({ "placed_at": last["placed_at"], "ring": last["ring"] });
    ada.say(json!({ "type": "read_history", "before": before })).await;
    let second = ada.hear_of("history").await;
    assert_eq!(second["more"], false);
    let read: Vec<_> = rings_of(&first).into_iter().chain(rings_of(&second)).map(str::to_owned).collect();
    assert_eq!(read, all.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn every_device_of_an_identity_hears_of_a_change_and_nobody_else() {
    let server = TestServer::start().await;
    let mut tablet = Who { device: 2, ..BOB }.attach(&server).await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    bob.sets(json!({ "who_may_ring": "known", "quiet_hours": { "from": 1320, "until": 360 } })).await;
    tablet.hear_of("changed").await;
    ada.hears_nothing_else().await;
    tablet.say(json!({ "type": "read_rules" })).await;
    let rules = tablet.hear_of("rules").await["rules"].clone();
    assert_eq!(rules, json!({ "who_may_ring": "known", "quiet_hours": { "from": 1320, "until": 360 } }));
    let here = json!({ "who_may_ring": "anyone", "quiet_hours": { "from": 1320, "until": 360, "zone": "Europe/Berlin" } });
    tablet.sets(here.clone()).await;
    bob.hear_of("changed").await;
    bob.say(json!({ "type": "read_rules" })).await;
    assert_eq!(bob.hear_of("rules").await["rules"], here);
}

#[tokio::test]
async fn who_is_blocked_reaches_nobody_leaves_nothing_and_may_again_once_they_are_not() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let ada_key = ADA.identity().key().clone();
    bob.changes(json!({ "type": "set_contact", "peer": ada_key, "rule": "blocked" })).await;
    assert_eq!(ada.rings_in_vain(&id(1), &bob.call_id.clone()).await, json!("offline"));
    bob.hears_nothing_else().await;
    assert_eq!(bob.history().await["calls"], json!([]));
    assert_eq!(ada.history().await["calls"][0]["relation"], Value::Null, "they are not told");
    bob.say(json!({ "type": "read_blocked" })).await;
    let blocked = bob.hear_of("blocked").await;
    assert_eq!((&blocked["people"][0]["key"], &blocked["more"]), (&json!(ada_key), &json!(false)));
    assert_eq!(blocked["people"][0]["call_id"], ada.call_id);
    bob.changes(json!({ "type": "set_contact", "peer": ada_key, "rule": "forgotten" })).await;
    ada.is_declined(&id(2), &mut bob).await;
    assert_eq!(bob.history().await["calls"][0]["relation"], Value::Null);
}

#[tokio::test]
async fn who_has_to_ask_first_asks_and_rings_once_they_are_allowed() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    bob.sets(json!({ "who_may_ring": "known" })).await;
    assert_eq!(ada.rings_in_vain(&id(1), &bob.call_id.clone()).await, json!("asked"));
    // It is told where they look, and rings nowhere.
    bob.hear_of("changed").await;
    let call = bob.history().await["calls"][0].clone();
    assert_eq!((&call["outcome"], &call["relation"]), (&json!("asked"), &json!("asked")));
    bob.changes(json!({ "type": "set_contact", "peer": ADA.identity().key(), "rule": "allowed" })).await;
    ada.is_declined(&id(2), &mut bob).await;
    assert_eq!(bob.history().await["calls"][0]["relation"], "known");
    let mut eve = EVE.attach(&server).await;
    assert_eq!(eve.rings_in_vain(&id(3), &bob.call_id.clone()).await, json!("asked"));
}

#[tokio::test]
async fn who_is_not_to_be_disturbed_is_not_and_finds_a_missed_call() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let rules = [
        json!({ "undisturbed_until": 9_007_199_254_740_991_u64 }),
        json!({ "quiet_hours": { "from": 0, "until": 0 } }),
        json!({ "quiet_hours": { "from": 0, "until": 0, "zone": "America/New_York" } }),
        json!({ "who_may_ring": "nobody" }),
    ];
    for (number, rules) in (1..).zip(rules) {
        bob.sets(rules.clone()).await;
        assert_eq!(ada.rings_in_vain(&id(number), &bob.call_id.clone()).await, json!("offline"), "{rules}");
        assert_eq!(bob.hear_of("changed").await, json!({ "type": "changed" }));
        let history = bob.history().await;
        assert_eq!((rings_of(&history)[0], &history["unseen"]), (&*id(number), &json!(number)));
    }
    bob.sets(json!({ "undisturbed_until": 1 })).await;
    ada.is_declined(&id(9), &mut bob).await;
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    ada.is_declined(&id(1), &mut bob).await;
    for hours in
        [json!({ "from": 0, "until": 1440 }), json!({ "from": 0, "until": 60, "zone": "Middle/Earth" })]
    {
        let rules = json!({ "type": "set_rules", "rules": { "quiet_hours": hours } });
        assert_eq!(bob.is_refused(rules).await, "settings_invalid");
    }
    let many: Vec<_> = (0..=HISTORY_PAGE as u64).map(id).collect();
    let seen = json!({ "type": "change_history", "change": { "seen": { "rings": many } } });
    assert_eq!(bob.is_refused(seen).await, "settings_invalid");
    let own = json!({ "type": "set_contact", "peer": BOB.identity().key(), "rule": "blocked" });
    assert_eq!(bob.is_refused(own).await, "peer_is_self");
    // Somebody else's call, and one that there is not: nothing is found, and nothing is told of it.
    let mut eve = EVE.attach(&server).await;
    for ring in [id(1), id(99)] {
        eve.changes(json!({ "type": "change_history", "change": { "forget": { "ring": ring } } })).await;
    }
    assert_eq!(rings_of(&bob.history().await), [id(1)]);
    eve.say(json!({ "type": "set_contact", "peer": "short", "rule": "blocked" })).await;
    let (error, _) = eve.client.hear_end().await;
    assert_eq!(error["code"], "malformed");
}

#[tokio::test]
async fn who_reads_without_end_waits_and_harms_nobody_else() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let mut refused = 0;
    for _ in 0..80 {
        bob.say(json!({ "type": "read_rules" })).await;
        refused += usize::from(bob.client.hear().await["code"] == "rate_limited");
    }
    assert!((15..=20).contains(&refused), "{refused} of 80");
    assert_eq!(ada.history().await["unseen"], 0);
    ada.is_declined(&id(1), &mut bob).await;
}

#[tokio::test]
async fn a_new_id_is_the_identitys_on_all_devices_and_the_old_one_leads_to_nobody() {
    let server = TestServer::start().await;
    let tablet = Who { device: 2, ..BOB };
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let old = tablet.attach(&server).await;
    ada.is_declined(&id(1), &mut bob).await;
    ada.rings(&id(2), &bob.call_id).await;
    bob.hear_of("incoming").await;
    assert_eq!(bob.is_refused(json!({ "type": "replace_call_id" })).await, "caller_busy");
    bob.about("decline", &id(2)).await;
    assert_eq!(bob.hears_end_of(&id(2)).await, json!("declined"));
    bob.say(json!({ "type": "replace_call_id" })).await;
    for mut device in [bob.client, old.client] {
        while device.next().await.is_ok() {}
    }
    let (mut bob, again) = (BOB.attach(&server).await, tablet.attach(&server).await);
    assert_ne!(bob.call_id, old.call_id);
    assert_eq!(bob.call_id, again.call_id);
    assert_eq!(ada.rings_in_vain(&id(3), &old.call_id).await, json!("offline"));
    bob.hears_of_no_ring().await;
    ada.is_declined(&id(4), &mut bob).await;
    assert_eq!(rings_of(&bob.history().await), [id(4), id(2), id(1)], "what was before stays");
    assert_eq!(ada.history().await["calls"][1]["peer"], old.call_id);
}

#[tokio::test]
async fn a_ring_says_in_both_histories_that_it_rings_until_it_is_answered() {
    let server = TestServer::start().await;
    let (mut ada, mut bob) = (ADA.attach(&server).await, BOB.attach(&server).await);
    let mut second = Who { device: 2, ..ADA }.attach(&server).await;
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    for device in [&mut ada, &mut bob] {
        let call = device.history().await["calls"][0].clone();
        assert_eq!((&call["is_ringing"], &call["outcome"]), (&json!(true), &Value::Null));
    }
    bob.about("answer", &id(1)).await;
    second.hear_of("changed").await;
    for device in [&mut ada, &mut bob, &mut second] {
        let call = device.history().await["calls"][0].clone();
        assert_eq!((&call["is_ringing"], &call["outcome"]), (&Value::Null, &Value::Null));
    }
}
