//! Nodes of two neighbouring versions are one cluster while it is upgraded. `before.json` has what nodes of the version before said to each other, to
//! Redis and to PostgreSQL about who owns what; `RECORD_BEFORE=<version>` with this test writes it anew, once a version is made.

use std::path::Path;

use axum::http::HeaderValue;
use cluster::{
    ClusterTag, Fence, Incarnation, Load, NodeAt, NodeId, NodeRecord, Roles, RoomKey, RoomLease, Taking,
    Versions,
};
use serde_json::{Value, json};
use storage::{BrowserId, Digest};

use super::coordination::value;
use super::offer::{CALLER, Offer, OfferReply, REQUESTS};
use super::{caller_of_header, header_of_caller};
use crate::browser::{Browser, Transport};
use crate::http_client::HttpClient;
use crate::site::{Authority, Site};

fn at() -> NodeAt {
    NodeAt { node: NodeId(1 << 60), incarnation: Incarnation(3), address: "veranda-one:7946".to_owned() }
}

fn record(taking: Taking) -> NodeRecord {
    NodeRecord {
        cluster: ClusterTag([7; 16]),
        at: at(),
        roles: Roles::ALL,
        version: Versions { speaks: 1, oldest: 1 },
        load: Load(12),
        taking,
        beat: 40,
    }
}

fn lease() -> RoomLease {
    RoomLease { cluster: ClusterTag([7; 16]), room: RoomKey(1 << 49), owner: at(), fence: Fence(9) }
}

fn callers() -> [HttpClient; 2] {
    let id = |text: &str| BrowserId(Digest(text.to_owned()));
    let browser = Browser::from_parts(id("who"), id("keys"), "b_1".to_owned());
    let authority = Authority::parse("meet.example:8443");
    let site = Site { transport: Transport::Tls, public: authority.clone(), asked: authority };
    let bare = Site { transport: Transport::Plain, public: None, asked: None };
    let caller = |address: &str, browser, site| HttpClient {
        address: address.parse().unwrap(),
        browser,
        site,
        is_passed_on: true,
    };
    [caller("2001:db8::1", Some(browser), site), caller("203.0.113.7", None, bare)]
}

/// Everything that one version says and another one reads.
fn said_now() -> Value {
    let offer = Offer { of: RoomKey(1 << 49), fence: Fence(9), from: NodeId(1 << 60) };
    let header = |caller| {
        let header = header_of_caller(caller).unwrap();
        serde_json::from_str::<Value>(header.to_str().unwrap()).unwrap()
    };
    let [known, bare] = callers();
    json!({
        "hello": record(Taking::Rooms),
        "hello_of_one_that_drains": record(Taking::Nothing),
        "offer": offer,
        "offer_taken": OfferReply { taken: Some(Fence(10)) },
        "offer_refused": OfferReply { taken: None },
        "caller": header(&known),
        "caller_without_browser": header(&bare),
        "header": CALLER,
        "requests": REQUESTS,
        "lease": lease(),
        "owner": at(),
        "redis_value": format!("9 {}", serde_json::to_string(&lease()).unwrap()),
    })
}

fn before() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/nodes/before.json");
    if let Ok(version) = std::env::var("RECORD_BEFORE") {
        let recorded = json!({ "version": version, "said": said_now() });
        std::fs::write(&file, serde_json::to_string_pretty(&recorded).unwrap() + "\n").unwrap();
    }
    serde_json::from_str::<Value>(&std::fs::read_to_string(file).unwrap()).unwrap()["said"].take()
}

fn read<T: serde::de::DeserializeOwned>(said: &Value) -> T {
    serde_json::from_value(said.clone()).unwrap_or_else(|error| panic!("{error}: {said}"))
}

#[test]
fn what_nodes_of_the_version_before_say_is_read() {
    // Also what a later one adds to it.
    for is_later in [false, true] {
        let mut before = before();
        if is_later {
            for (_, said) in before.as_object_mut().unwrap() {
                if let Value::Object(fields) = said {
                    fields.insert("of_a_later_version".to_owned(), json!([1]));
                }
            }
        }
        assert_eq!(read::<NodeRecord>(&before["hello"]), record(Taking::Rooms));
        assert_eq!(read::<NodeRecord>(&before["hello_of_one_that_drains"]), record(Taking::Nothing));
        let Offer { of, fence, from } = read(&before["offer"]);
        assert_eq!((of, fence, from), (RoomKey(1 << 49), Fence(9), NodeId(1 << 60)));
        assert_eq!(read::<OfferReply>(&before["offer_taken"]).taken, Some(Fence(10)));
        assert_eq!(read::<OfferReply>(&before["offer_refused"]).taken, None);
        assert_eq!(read::<RoomLease>(&before["lease"]), lease());
        assert_eq!(read::<NodeAt>(&before["owner"]), at());
        assert_eq!(value::<RoomLease>(before["redis_value"].as_str().unwrap()), Some(lease()));
        for (name, caller) in ["caller", "caller_without_browser"].into_iter().zip(callers()) {
            let header = HeaderValue::from_str(&before[name].to_string()).unwrap();
            let read = caller_of_header(&header).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(
                (read.address, read.browser, read.site, read.is_passed_on),
                (caller.address, caller.browser, caller.site, true)
            );
        }
    }
}

/// A reader of the version before needs every field that it knows, with a value that it knows.
#[test]
fn what_is_said_now_nodes_of_the_version_before_read() {
    let (now, before) = (said_now(), before());
    for (name, said) in before.as_object().unwrap() {
        assert!(has_all_of(&now[name], said), "{name} was {said} and is {}", now[name]);
    }
    let own = cluster::Settings::new(NodeId(1), ClusterTag([0; 16]), String::new()).version;
    let theirs = read::<NodeRecord>(&before["hello"]).version;
    assert!(own.is_compatible(theirs) && theirs.is_compatible(own), "{own:?} and {theirs:?}");
}

fn has_all_of(now: &Value, before: &Value) -> bool {
    match (now, before) {
        (Value::Object(now), Value::Object(before)) => {
            before.iter().all(|(key, value)| now.get(key).is_some_and(|said| has_all_of(said, value)))
        }
        (now, before) => now == before,
    }
}
