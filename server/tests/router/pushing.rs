//! Web Push: people who are called are reached when no page of theirs is open, and nobody who rings learns anything by it.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use protocol::{CallId, PublicKey, PushSubscription};
use serde_json::{Value, json};
use server::config::{Config, LimitsConfig, PushConfig};
use storage::{
    CallRules, ContactChange, ContactRepository as _, Digest, IdentityRepository as _, PushRecord,
    PushRepository as _, WhoMayRing,
};

use crate::common::TestServer;
use crate::push_service::{Browser, Got, PushService};
use crate::ringing_people::{ADA, BOB, Device, Who, id, storage_of};

/// A push may take so long from the ring on.
const SOON: Duration = Duration::from_millis(500);

/// After so long nothing more is expected that would have come at once.
const A_WHILE: Duration = Duration::from_millis(700);

/// A ring that reaches nobody, and waits for nobody, is over by then.
const RING_IS_OVER: Duration = Duration::from_millis(1_500);

fn config(allow_private: bool) -> Config {
    let push = PushConfig { enabled: true, subject: "mailto:admin@example.org".to_owned(), allow_private };
    let limits =
        LimitsConfig { rings_at_once: 1_000, rings_of_address_at_once: 1_000, ..LimitsConfig::default() };
    Config { push, limits, ..Config::default() }
}

/// A server that pushes to services of tests.
async fn pushing() -> TestServer {
    TestServer::with(config(true)).await
}

impl Device {
    /// Gives up a ring.
    async fn gives_up(&mut self, ring: &str) {
        self.about("cancel", ring).await;
        assert_eq!(self.hears_end_of(ring).await, json!("cancelled"));
    }

    /// Subscribes a browser, and returns what the server says to that.
    async fn subscribes(&mut self, browser: &Browser, endpoint: &str) -> Value {
        self.say(browser.subscribing(endpoint)).await;
        self.client.hear().await
    }
}

/// Bob has subscribed these browsers and closed his page. Returns his ID.
async fn away(server: &TestServer, endpoints: &[String]) -> String {
    let mut bob = BOB.attach(server).await;
    for (endpoint, number) in endpoints.iter().zip(1_u16..) {
        let browser = Browser::new(u8::try_from(number).unwrap());
        let push = bob.subscribes(&browser, endpoint).await;
        assert_eq!(
            (&push["type"], &push["subscriptions"]),
            (&json!("push"), &json!(number.min(10))),
            "{push}"
        );
    }
    bob.client.close().await;
    bob.call_id
}

#[expect(clippy::disallowed_methods, reason = "it is measured how long a push takes")]
fn now() -> Instant {
    Instant::now()
}

/// Whether a push service may take the push: the token is signed by the key that browsers have subscribed with (RFC 8292 §4).
fn check_signature(got: &Got, origin: &str, key: &str) {
    let header = got.headers["authorization"].to_str().unwrap();
    let (token, shown) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(shown, key);
    let point = URL_SAFE_NO_PAD.decode(key).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[origin]);
    validation.set_required_spec_claims(&["exp", "aud", "sub"]);
    let claims = jsonwebtoken::decode::<Value>(token, &DecodingKey::from_ec_der(&point), &validation);
    let claims = claims.unwrap().claims;
    assert_eq!(claims["sub"], "mailto:admin@example.org");
    let left = claims["exp"].as_u64().unwrap() - jsonwebtoken::get_current_timestamp();
    assert!((60..=24 * 60 * 60).contains(&left), "{left}");
}

#[tokio::test]
async fn a_ring_that_no_page_is_there_for_is_pushed_at_once_and_then_that_it_was_missed() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    ada.say(json!({ "type": "read_push" })).await;
    let key = ada.hear_of("push").await["key"].as_str().unwrap().to_owned();
    let bob = away(&server, &[service.endpoint("ok", "phone")]).await;

    let begun = now();
    ada.rings(&id(1), &bob).await;
    let ring = service.next().await;
    assert!(ring.at - begun <= SOON, "{:?}", ring.at - begun);
    let browser = Browser::new(1);
    assert_eq!(browser.opens(&ring), json!({ "kind": "ring", "ring": id(1), "caller": ada.call_id }));
    check_signature(&ring, &service.origin(), &key);
    let text = |got: &Got, name: &str| got.headers[name].to_str().unwrap().to_owned();
    let ttl: u64 = text(&ring, "ttl").parse().unwrap();
    assert!((27..=30).contains(&ttl), "{ttl}");
    assert_eq!(text(&ring, "urgency"), "high");
    let topic = text(&ring, "topic");
    assert!(topic.len() <= 32 && URL_SAFE_NO_PAD.decode(&topic).is_ok(), "{topic}");

    ada.gives_up(&id(1)).await;
    let missed = service.next().await;
    assert_eq!(browser.opens(&missed), json!({ "kind": "missed", "ring": id(1), "caller": ada.call_id }));
    check_signature(&missed, &service.origin(), &key);
    assert_eq!(text(&missed, "topic"), topic, "it takes the place of the first one");
    assert_eq!(missed.body.len(), ring.body.len(), "a push service cannot tell which it is");
    assert_eq!(text(&missed, "ttl"), "86400");
    service.gets_nothing_within(A_WHILE).await;
}

#[tokio::test]
async fn a_page_that_a_push_opens_has_the_ring() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let bob = away(&server, &[service.endpoint("ok", "phone")]).await;
    ada.rings(&id(1), &bob).await;
    service.next().await;
    let mut bob = BOB.attach(&server).await;
    assert_eq!(bob.hear_of("incoming").await["ring"], id(1));
    bob.about("answer", &id(1)).await;
    ada.hear_of("answered").await;
    let over = Browser::new(1).opens(&service.next().await);
    assert_eq!(over, json!({ "kind": "over", "ring": id(1), "caller": ada.call_id }), "others need not ring");
    service.gets_nothing_within(A_WHILE).await;
}

#[tokio::test]
async fn a_ring_waits_for_whoever_a_push_brings_and_other_browsers_are_told_how_it_went() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let bob = away(&server, &[service.endpoint("ok", "phone")]).await;
    ada.rings(&id(1), &bob).await;
    let browser = Browser::new(1);
    let ring = browser.opens(&service.next().await);
    // Long after a ring is over that waits for nobody.
    tokio::time::sleep(RING_IS_OVER).await;
    let mut bob = BOB.attach(&server).await;
    assert_eq!(bob.hear_of("incoming").await["ring"], ring["ring"]);
    bob.about("decline", &id(1)).await;
    assert_eq!(ada.hears_end_of(&id(1)).await, json!("declined"));
    assert_eq!(browser.opens(&service.next().await)["kind"], "over");
}

#[tokio::test]
async fn what_is_said_last_of_a_ring_takes_the_place_of_what_was_not_delivered() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let bob = away(&server, &[service.endpoint("rest", "phone")]).await;
    ada.rings(&id(1), &bob).await;
    let browser = Browser::new(1);
    let refused = service.next().await;
    assert_eq!(browser.opens(&refused)["kind"], "ring");
    ada.gives_up(&id(1)).await;
    let taken = service.next().await;
    assert_eq!(browser.opens(&taken)["kind"], "missed", "nobody is told of a ring that is over");
    assert!(taken.at - refused.at >= Duration::from_secs(6), "it wanted to be left alone for so long");
    service.gets_nothing_within(A_WHILE).await;
}

#[tokio::test]
async fn what_a_push_service_has_failed_to_take_it_is_sent_again() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let bob = away(&server, &[service.endpoint("fail", "phone")]).await;
    ada.rings(&id(1), &bob).await;
    let browser = Browser::new(1);
    let kinds = [browser.opens(&service.next().await), browser.opens(&service.next().await)];
    assert_eq!(kinds.map(|message| message["kind"].clone()), ["ring", "ring"]);
    ada.gives_up(&id(1)).await;
    assert_eq!(browser.opens(&service.next().await)["kind"], "missed");
}

#[tokio::test]
async fn a_browser_that_has_no_subscription_any_more_is_forgotten() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let endpoints = [service.endpoint("gone", "old"), service.endpoint("led", "elsewhere")];
    let bob = away(&server, &endpoints).await;
    ada.rings(&id(1), &bob).await;
    let mut told = [service.next().await.browser, service.next().await.browser];
    told.sort();
    assert_eq!(told, ["elsewhere", "old"]);
    ada.gives_up(&id(1)).await;
    assert_eq!(service.next().await.browser, "elsewhere", "nobody follows where it leads");
    service.gets_nothing_within(A_WHILE).await;
    let mut bob = BOB.attach(&server).await;
    bob.say(json!({ "type": "read_push" })).await;
    assert_eq!(bob.hear_of("push").await["subscriptions"], 1);
}

#[tokio::test]
async fn a_push_service_that_hangs_delays_no_other() {
    let server = pushing().await;
    let (mut hangs, mut works) = (PushService::start().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let mut endpoints: Vec<_> = (0..9).map(|number| hangs.endpoint("hang", &number.to_string())).collect();
    endpoints.push(works.endpoint("ok", "phone"));
    let bob = away(&server, &endpoints).await;
    for number in 1..=3 {
        let begun = now();
        ada.rings(&id(number), &bob).await;
        let got = works.next().await;
        assert!(got.at - begun <= SOON, "{:?}", got.at - begun);
        assert_eq!(Browser::new(10).opens(&got)["kind"], "ring");
        ada.gives_up(&id(number)).await;
        assert_eq!(Browser::new(10).opens(&works.next().await)["kind"], "missed");
    }
    hangs.next().await;
}

#[tokio::test]
async fn of_ten_browsers_each_is_told_and_of_eleven_not_the_first() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let endpoints: Vec<_> = (0..11).map(|number| service.endpoint("ok", &format!("{number:02}"))).collect();
    let bob = away(&server, &endpoints).await;
    ada.rings(&id(1), &bob).await;
    let mut told = Vec::new();
    for _ in 0..10 {
        told.push(service.next().await.browser);
    }
    told.sort();
    assert_eq!(told, (1..11).map(|number| format!("{number:02}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_browser_says_that_it_wants_no_more_pushes_and_none_of_another_is_touched() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let [first, second] = ["first", "second"].map(|browser| service.endpoint("ok", browser));
    let bob_id = away(&server, &[first.clone(), second.clone()]).await;
    let unsubscribing = |endpoint: &str| json!({ "type": "unsubscribe_push", "endpoint": endpoint });
    ada.say(unsubscribing(&second)).await;
    assert_eq!(ada.client.hear().await["subscriptions"], 0);
    let mut bob = BOB.attach(&server).await;
    bob.say(unsubscribing(&first)).await;
    assert_eq!(bob.hear_of("push").await["subscriptions"], 1);
    bob.client.close().await;
    ada.rings(&id(1), &bob_id).await;
    assert_eq!(service.next().await.browser, "second");
    ada.gives_up(&id(1)).await;
    assert_eq!(service.next().await.browser, "second");
    service.gets_nothing_within(A_WHILE).await;
}

#[tokio::test]
async fn nobody_has_the_server_reach_into_its_own_network() {
    let (server, mut service) = (TestServer::with(config(false)).await, PushService::start().await);
    let mut bob = BOB.attach(&server).await;
    let port = service.address.port();
    for endpoint in [
        service.endpoint("ok", "phone"),
        format!("https://127.0.0.1:{port}/ok/phone"),
        format!("https://localhost:{port}/ok/phone"),
        "https://10.0.0.1/".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://[::1]/".to_owned(),
        "https://intranet/".to_owned(),
        "http://push.example/".to_owned(),
    ] {
        let error = bob.subscribes(&Browser::new(1), &endpoint).await;
        assert_eq!(
            (&error["code"], &error["in_reply_to"]),
            (&json!("settings_invalid"), &json!(5)),
            "{endpoint}"
        );
    }
    // One whose name led elsewhere when it was kept.
    let mut kept = Browser::new(1).subscribing(&format!("http://127.0.0.1:{port}/ok/phone"));
    for name in ["https", "http"] {
        kept["endpoint"] = json!(format!("{name}://127.0.0.1:{port}/ok/phone"));
        let subscription: PushSubscription = serde_json::from_value(kept.clone()).unwrap();
        let owner: PublicKey = BOB.identity().key().clone();
        let record = PushRecord { id: Digest(name.to_owned()), owner, subscription };
        assert!(storage_of(&server).await.keep_push(&record, protocol::Timestamp(1)).await.unwrap());
    }
    let bob_id = bob.call_id.clone();
    bob.client.close().await;
    let mut ada = ADA.attach(&server).await;
    ada.rings(&id(1), &bob_id).await;
    service.gets_nothing_within(RING_IS_OVER).await;
    assert_eq!(storage_of(&server).await.pushes(BOB.identity().key()).await.unwrap(), []);
}

#[tokio::test]
async fn keys_that_are_none_and_endpoints_that_are_too_long_are_refused() {
    let server = TestServer::with(config(false)).await;
    let mut bob = BOB.attach(&server).await;
    let mut wrong = Browser::new(1).subscribing("https://push.example/1");
    wrong["p256dh"] = json!(URL_SAFE_NO_PAD.encode([4; 65]));
    bob.say(wrong).await;
    assert_eq!(bob.client.hear().await["code"], "settings_invalid");
    let longest = format!("https://push.example/{}", "x".repeat(2_048 - 21));
    assert_eq!(bob.subscribes(&Browser::new(1), &longest).await["subscriptions"], 1);
    bob.say(Browser::new(1).subscribing(&format!("{longest}x"))).await;
    assert_eq!(bob.client.hear_end().await.0["code"], "malformed");
}

#[tokio::test]
async fn a_server_that_does_not_push_offers_no_key_and_takes_no_browser() {
    let server = TestServer::start().await;
    let mut bob = BOB.attach(&server).await;
    bob.say(json!({ "type": "read_push", "id": 4 })).await;
    assert_eq!(bob.client.hear().await, json!({ "type": "push", "subscriptions": 0 }));
    let error = bob.subscribes(&Browser::new(1), "https://push.example/1").await;
    assert_eq!((&error["code"], &error["in_reply_to"]), (&json!("not_offered"), &json!(5)));
    assert!(!server.data.path().join("push.key").exists());
}

#[tokio::test]
async fn the_key_that_browsers_have_subscribed_with_outlives_the_server() {
    let server = pushing().await;
    let key = async |server: &TestServer| {
        let mut bob = BOB.attach(server).await;
        bob.say(json!({ "type": "read_push" })).await;
        bob.hear_of("push").await["key"].clone()
    };
    let first = key(&server).await;
    let copy = std::sync::Arc::new(tempfile::tempdir().unwrap());
    std::fs::copy(server.data.path().join("push.key"), copy.path().join("push.key")).unwrap();
    assert_eq!(key(&TestServer::with_data(config(true), copy).await).await, first);
    assert_ne!(key(&pushing().await).await, first);
}

#[tokio::test]
async fn who_is_not_to_be_disturbed_is_not_pushed_to() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    let bob = away(&server, &[service.endpoint("ok", "phone")]).await;
    let undisturbed = CallRules { who_may_ring: WhoMayRing::Nobody, ..CallRules::default() };
    storage_of(&server).await.set_call_rules(BOB.identity().key(), &undisturbed).await.unwrap();
    ada.rings(&id(1), &bob).await;
    assert_eq!(ada.hears_end_of(&id(1)).await, json!("offline"));
    service.gets_nothing_within(A_WHILE).await;
}

#[tokio::test]
async fn who_has_let_it_ring_out_is_told_on_other_browsers_and_who_has_declined_is_not() {
    let (server, mut service) = (pushing().await, PushService::start().await);
    let mut ada = ADA.attach(&server).await;
    away(&server, &[service.endpoint("ok", "phone")]).await;
    let mut bob = BOB.attach(&server).await;
    ada.rings(&id(1), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    bob.about("decline", &id(1)).await;
    ada.hears_end_of(&id(1)).await;
    service.gets_nothing_within(A_WHILE).await;
    ada.rings(&id(2), &bob.call_id.clone()).await;
    bob.hear_of("incoming").await;
    ada.about("cancel", &id(2)).await;
    let told = Browser::new(1).opens(&service.next().await);
    assert_eq!((&told["kind"], &told["ring"]), (&json!("missed"), &json!(id(2))));
}

/// What a caller saw of one ring: every message without what is drawn or asked, and after how long the last one came.
async fn seen(caller: &mut Device, ring: &str, callee: &str) -> (Vec<String>, Duration) {
    let begun = now();
    caller.place(ring, callee).await;
    let mut messages = Vec::new();
    for _ in 0..2 {
        let mut message = caller.client.hear().await;
        for field in ["ring", "room", "credential"] {
            if let Some(value) = message.get_mut(field) {
                *value = json!("x".repeat(value.as_str().unwrap().len()));
            }
        }
        messages.push(message.to_string());
    }
    (messages, begun.elapsed())
}

/// Whoever may ring somebody is waited for, as they are rung where a page is open. Whoever may not learns nothing.
#[tokio::test]
async fn a_caller_who_may_not_ring_somebody_does_not_learn_that_they_are_pushed_to() {
    let server = pushing().await;
    let (mut works, hangs) = (PushService::start().await, PushService::start().await);
    let mut endpoints: Vec<_> = (0..5).map(|number| works.endpoint("ok", &number.to_string())).collect();
    endpoints.extend((0..5).map(|number| hangs.endpoint("hang", &number.to_string())));
    let blocks = away(&server, &endpoints).await;
    let storage = storage_of(&server).await;
    let blocked = ContactChange::Blocked;
    let now = protocol::Timestamp(1);
    storage.change_contact(BOB.identity().key(), ADA.identity().key(), blocked, now).await.unwrap();
    let resting = Who { person: 12, device: 1 };
    let mut rests = resting.attach(&server).await;
    rests.subscribes(&Browser::new(21), &works.endpoint("ok", "resting")).await;
    let undisturbed = CallRules { who_may_ring: WhoMayRing::Nobody, ..CallRules::default() };
    storage.set_call_rules(resting.identity().key(), &undisturbed).await.unwrap();
    let nobody = CallId::nth(77).to_string();
    let without = Who { person: 11, device: 1 }.attach(&server).await;
    let (rests_id, alone) = (rests.call_id.clone(), without.call_id.clone());
    rests.client.close().await;
    without.client.close().await;
    let mut ada = ADA.attach(&server).await;
    let callees = [&blocks, &rests_id, &nobody, &alone];
    let (mut times, mut answers) = ([const { Vec::new() }; 4], Vec::new());
    for round in 0..7_u64 {
        for (kind, callee) in callees.iter().enumerate() {
            let ring = id(100 + round * 4 + kind as u64);
            let (messages, over_after) = seen(&mut ada, &ring, callee).await;
            times[kind].push(over_after);
            answers.push(messages);
        }
    }
    assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    assert!(answers[0][1].contains("offline"), "{answers:?}");
    let medians = times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    });
    let (least, most) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
    println!("over after, in the middle: blocked, undisturbed, nobody, without a device: {medians:?}");
    assert!(*most - *least <= Duration::from_millis(100), "{medians:?}");
    works.gets_nothing_within(A_WHILE).await;
}

#[tokio::test]
async fn what_a_server_had_to_push_that_died_the_next_one_pushes() {
    // A push service that is not there yet.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let endpoint = format!("http://{address}/ok/phone");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let dying = runtime.spawn(async move {
        let server = pushing().await;
        let bob = away(&server, &[endpoint]).await;
        let mut ada = ADA.attach(&server).await;
        ada.rings(&id(1), &bob).await;
        // It has tried in vain and given the push back before the ring is over.
        tokio::time::sleep(Duration::from_millis(200)).await;
        server
    });
    let server = dying.await.unwrap();
    runtime.shutdown_background();
    let mut service = PushService::start_at(&address).await;
    let _next = TestServer::after_crash_with(&server, config(true)).await;
    let told = Browser::new(1).opens(&service.next().await);
    assert_eq!((&told["kind"], &told["ring"]), (&json!("ring"), &json!(id(1))));
}
