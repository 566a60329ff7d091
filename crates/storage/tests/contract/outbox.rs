//! What is to be delivered: order, leases, retries.

use std::collections::BTreeMap;
use std::sync::Mutex;

use protocol::Timestamp;
use storage::{ClaimedEntry, OutboxCount, OutboxEntry, PAYLOAD_BYTES, Payload, Storage, Topic};

use super::{connect_all, every_character};

/// For how long those who take entries have them.
const LEASE: u64 = 100;

pub(crate) async fn entries_of_a_key_come_one_after_the_other_and_others_do_not_wait(storage: &impl Storage) {
    let added = ["a1", "b1", "a2", "a3", "b2"].map(|text| entry("push", &text[..1], text));
    storage.add_to_outbox(&added).await.unwrap();
    storage.add_to_outbox(&[entry("push", "c", "c1"), entry("webhook", "a", "w1")]).await.unwrap();

    let first = claim(storage, "push", 10).await;
    assert_eq!(texts(&first), ["a1", "b1", "c1"]);
    assert_eq!(first[0].entry, added[0]);
    assert!(claim(storage, "push", 11).await.is_empty(), "somebody delivers the first of each");
    assert!(storage.finish_delivery(first[0].claim).await.unwrap());
    assert!(!storage.finish_delivery(first[0].claim).await.unwrap());
    let second = claim(storage, "push", 12).await;
    assert_eq!(texts(&second), ["a2"]);
    assert!(storage.finish_delivery(second[0].claim).await.unwrap());
    assert!(storage.finish_delivery(first[1].claim).await.unwrap());
    assert_eq!(texts(&claim(storage, "push", 13).await), ["a3", "b2"]);
    assert_eq!(
        texts(&claim(storage, "webhook", 14).await),
        ["w1"],
        "another topic has a key of the same name"
    );
    assert!(claim(storage, "recording", 15).await.is_empty());
}

pub(crate) async fn as_many_are_taken_as_were_asked_for_the_oldest_first(storage: &impl Storage) {
    let added = ["d", "b", "c", "a"].map(|key| entry("push", key, key));
    storage.add_to_outbox(&added).await.unwrap();
    let taken = storage.claim_due(&topic("push"), Timestamp(10), Timestamp(99), 3).await.unwrap();
    assert_eq!(texts(&taken), ["d", "b", "c"]);
    assert_eq!(texts(&claim(storage, "push", 11).await), ["a"]);
}

pub(crate) async fn of_many_takers_at_once_none_has_what_another_has(storage: &impl Storage) {
    connect_all(storage).await;
    let keys = (0..30).map(|number| entry("push", &format!("key {number}"), "1"));
    storage.add_to_outbox(&keys.collect::<Vec<_>>()).await.unwrap();
    storage
        .add_to_outbox(
            &(0..30).map(|number| entry("push", &format!("key {number}"), "2")).collect::<Vec<_>>(),
        )
        .await
        .unwrap();
    let topic = topic("push");
    let takers = (0..8).map(|_| storage.claim_due(&topic, Timestamp(10), Timestamp(99), 7));
    let taken: Vec<_> =
        futures::future::join_all(takers).await.into_iter().flat_map(Result::unwrap).collect();
    let mut keys: Vec<_> = taken.iter().map(|one| one.entry.ordering_key.clone()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!((taken.len(), keys.len()), (30, 30));
    assert!(taken.iter().all(|one| text(&one.entry) == "1"));
}

pub(crate) async fn whatever_is_added_and_taken_at_once_is_delivered_once_and_in_order(
    storage: &impl Storage,
) {
    connect_all(storage).await;
    const EACH: u64 = 12;
    // Two add to each key, each of them in an order of their own.
    let adders = (0..4).map(|adder| async move {
        for number in 0..EACH {
            let text = format!("{adder} {number}");
            storage.add_to_outbox(&[entry("push", &format!("key {}", adder % 2), &text)]).await.unwrap();
        }
    });
    let delivered = Mutex::new(Vec::new());
    let topic = topic("push");
    let takers = (0..3).map(|_| async {
        while delivered.lock().unwrap().len() < 4 * EACH as usize {
            let taken = storage.claim_due(&topic, Timestamp(10), Timestamp(99), 2).await.unwrap();
            for one in taken {
                delivered.lock().unwrap().push(text(&one.entry).to_owned());
                assert!(storage.finish_delivery(one.claim).await.unwrap());
            }
            tokio::task::yield_now().await;
        }
    });
    futures::future::join(futures::future::join_all(adders), futures::future::join_all(takers)).await;

    let mut next = BTreeMap::new();
    for text in delivered.into_inner().unwrap() {
        let (adder, number) = text.split_once(' ').unwrap();
        let next: &mut u64 = next.entry(adder.to_owned()).or_default();
        assert_eq!(number, next.to_string(), "of adder {adder}");
        *next += 1;
    }
    assert!(next.len() == 4 && next.values().all(|next| *next == EACH), "{next:?}");
    assert_eq!(waiting(storage, "push").await, 0);
}

pub(crate) async fn what_a_taker_has_that_died_is_taken_again_when_the_lease_ends(storage: &impl Storage) {
    storage.add_to_outbox(&[entry("push", "a", "1"), entry("push", "a", "2")]).await.unwrap();
    let dead = claim(storage, "push", 10).await;
    assert!(claim(storage, "push", 10 + LEASE - 1).await.is_empty());
    let next = claim(storage, "push", 10 + LEASE).await;
    assert_eq!((texts(&next), next[0].attempts), (vec!["1"], 1), "who says nothing has failed");

    // It was not dead but slow.
    assert!(!storage.finish_delivery(dead[0].claim).await.unwrap());
    assert!(!storage.fail_delivery(dead[0].claim, Timestamp(0)).await.unwrap());
    assert!(claim(storage, "push", 10 + LEASE + 1).await.is_empty(), "the next still has it");
    assert!(storage.fail_delivery(next[0].claim, Timestamp(200)).await.unwrap());
    let last = claim(storage, "push", 200).await;
    assert_eq!((texts(&last), last[0].attempts), (vec!["1"], 2));
    assert!(storage.finish_delivery(last[0].claim).await.unwrap());
    assert_eq!(texts(&claim(storage, "push", 300).await), ["2"]);
}

/// Whoever was slow finishes in the moment in which another takes over, from the last to the first, so that they meet half way.
pub(crate) async fn an_entry_is_finished_or_taken_over_and_never_both(storage: &impl Storage) {
    connect_all(storage).await;
    let keys: Vec<_> = (0..40).map(|number| format!("key {number}")).collect();
    for text in ["1", "2"] {
        let entries: Vec<_> = keys.iter().map(|key| entry("push", key, text)).collect();
        storage.add_to_outbox(&entries).await.unwrap();
    }
    let slow = claim(storage, "push", 10).await;
    assert_eq!(slow.len(), 40);
    let topic = topic("push");
    let end = Timestamp(10 + LEASE);
    let taking =
        futures::future::join_all((0..2).map(|_| storage.claim_due(&topic, end, Timestamp(999), 99)));
    let (finished, taken) = futures::future::join(finish_from_the_last(storage, &slow), taking).await;
    let taken: Vec<_> = taken.into_iter().flat_map(Result::unwrap).collect();
    for (one, finished) in slow.iter().rev().zip(finished) {
        let of_key = taken.iter().filter(|other| other.entry.ordering_key == one.entry.ordering_key);
        let texts: Vec<_> = of_key.map(|other| text(&other.entry)).collect();
        let expected: [&[&str]; 2] = if finished { [&[], &["2"]] } else { [&["1"], &["1"]] };
        assert!(expected.contains(&&*texts), "{} {texts:?} not {expected:?}", one.entry.ordering_key);
    }
}

async fn finish_from_the_last(storage: &impl Storage, claimed: &[ClaimedEntry]) -> Vec<bool> {
    let mut finished = Vec::new();
    for one in claimed.iter().rev() {
        finished.push(storage.finish_delivery(one.claim).await.unwrap());
    }
    finished
}

pub(crate) async fn what_failed_keeps_its_place_and_waits(storage: &impl Storage) {
    let later = OutboxEntry { not_before: Timestamp(50), ..entry("push", "b", "later") };
    storage.add_to_outbox(&[entry("push", "a", "1"), entry("push", "a", "2"), later]).await.unwrap();
    for attempt in 0..3 {
        let now = 10 + attempt * 10;
        let taken = claim(storage, "push", now).await;
        assert_eq!((texts(&taken), taken[0].attempts), (vec!["1"], attempt));
        assert!(storage.fail_delivery(taken[0].claim, Timestamp(now + 10)).await.unwrap());
        assert!(!storage.fail_delivery(taken[0].claim, Timestamp(now)).await.unwrap(), "it was given back");
        assert!(!storage.finish_delivery(taken[0].claim).await.unwrap());
        assert!(claim(storage, "push", now + 9).await.is_empty(), "nor goes what is behind it");
    }
    assert!(claim(storage, "push", 39).await.is_empty());
    let taken = claim(storage, "push", 50).await;
    assert_eq!(texts(&taken), ["1", "later"], "from that moment on");
    assert!(storage.finish_delivery(taken[0].claim).await.unwrap());
    assert_eq!(texts(&claim(storage, "push", 51).await), ["2"]);
}

pub(crate) async fn what_was_replaced_while_somebody_delivered_it_is_not_delivered_again(
    storage: &impl Storage,
) {
    let tagged = |key: &str, text: &str, now: u64| OutboxEntry {
        tag: Some("ring 1".into()),
        created_at: Timestamp(now),
        ..entry("push", key, text)
    };
    for (key, ends) in [("failed", true), ("left alone", false)] {
        storage.add_to_outbox(&[tagged(key, "rings", 10), entry("push", key, "another")]).await.unwrap();
        let taken = claim(storage, "push", 20).await;
        assert_eq!(texts(&taken), ["rings"]);
        storage.add_to_outbox(&[tagged(key, "missed", 30)]).await.unwrap();
        assert!(claim(storage, "push", 40).await.is_empty(), "{key}: somebody delivers the first");
        if ends {
            assert!(storage.fail_delivery(taken[0].claim, Timestamp(60)).await.unwrap());
        }
        let now = if ends { 50 } else { 20 + LEASE };
        for text in ["another", "missed"] {
            let taken = claim(storage, "push", now).await;
            assert_eq!(texts(&taken), [text], "{key}");
            assert!(storage.finish_delivery(taken[0].claim).await.unwrap());
        }
        assert!(!storage.finish_delivery(taken[0].claim).await.unwrap());
        assert!(claim(storage, "push", 1_000).await.is_empty(), "{key}");
    }
}

pub(crate) async fn an_entry_takes_the_place_of_one_with_its_tag(storage: &impl Storage) {
    let tagged = |key: &str, tag: &str, text: &str| OutboxEntry {
        tag: Some(tag.into()),
        created_at: Timestamp(20),
        ..entry("push", key, text)
    };
    let mut others = vec![tagged("a", "ring 2", "other tag"), tagged("b", "ring 1", "other key")];
    others.push(OutboxEntry { topic: topic("webhook"), ..tagged("a", "ring 1", "other topic") });
    others.push(entry("push", "a", "no tag"));
    storage.add_to_outbox(&[tagged("a", "ring 1", "rings")]).await.unwrap();
    storage.add_to_outbox(&others).await.unwrap();
    storage.add_to_outbox(&[tagged("a", "ring 1", "missed")]).await.unwrap();
    storage.add_to_outbox(&[entry("push", "a", "no tag either")]).await.unwrap();
    let of_a = ["other tag", "no tag", "missed", "no tag either"];
    for text in of_a {
        let taken = claim(storage, "push", 30).await;
        let one = taken.iter().find(|one| one.entry.ordering_key == "a").unwrap();
        assert_eq!(self::text(&one.entry), text);
        assert!(storage.finish_delivery(one.claim).await.unwrap());
    }
    assert_eq!((waiting(storage, "push").await, waiting(storage, "webhook").await), (1, 1));

    // What is being delivered is not called back; what failed once, or lies with somebody who died, is.
    storage.add_to_outbox(&[tagged("c", "t", "1")]).await.unwrap();
    let first = claim(storage, "push", 1000).await;
    let at = |now, text| OutboxEntry { created_at: Timestamp(now), ..tagged("c", "t", text) };
    storage.add_to_outbox(&[at(1001, "2")]).await.unwrap();
    assert_eq!(waiting(storage, "push").await, 3);
    assert!(storage.fail_delivery(first.last().unwrap().claim, Timestamp(1002)).await.unwrap());
    storage.add_to_outbox(&[at(1003, "3")]).await.unwrap();
    assert_eq!(waiting(storage, "push").await, 2, "1 and 2 are replaced, and the other key is there");
    let dead = claim(storage, "push", 1200).await;
    assert_eq!(text(&dead.last().unwrap().entry), "3");
    storage.add_to_outbox(&[at(1200 + LEASE, "4")]).await.unwrap();
    assert!(!storage.finish_delivery(dead.last().unwrap().claim).await.unwrap());
    assert_eq!(text(&claim(storage, "push", 1200 + LEASE).await.last().unwrap().entry), "4");
}

pub(crate) async fn what_is_of_no_use_any_more_is_removed_and_reported(storage: &impl Storage) {
    let until = |key: &str, text: &str, end| OutboxEntry {
        expires_at: Some(Timestamp(end)),
        ..entry("push", key, text)
    };
    let (first, second) = (until("a", "a1", 50), entry("push", "a", "a2"));
    let (third, fourth) = (until("b", "b1", 51), until("c", "c1", 40));
    let all = [first.clone(), second, third, fourth.clone()];
    storage.add_to_outbox(&all).await.unwrap();

    assert_eq!(storage.expire_outbox(Timestamp(39), 9).await.unwrap(), []);
    let delivering = storage.claim_due(&topic("push"), Timestamp(39), Timestamp(45), 9).await.unwrap();
    assert_eq!(texts(&delivering), ["a1", "b1", "c1"]);
    assert_eq!(storage.expire_outbox(Timestamp(44), 9).await.unwrap(), [], "somebody delivers it");
    assert!(claim(storage, "push", 44).await.is_empty());

    assert_eq!(texts(&claim(storage, "push", 50).await), ["a2", "b1"], "what is of no use holds up nobody");
    assert_eq!(storage.expire_outbox(Timestamp(50), 1).await.unwrap(), [fourth]);
    assert_eq!(storage.expire_outbox(Timestamp(50), 9).await.unwrap(), [first]);
    assert_eq!(storage.expire_outbox(Timestamp(50), 9).await.unwrap(), []);
    assert_eq!(waiting(storage, "push").await, 2);
    let all = storage.expire_outbox(Timestamp(u64::MAX), 9).await.unwrap();
    assert_eq!(all.iter().map(text).collect::<Vec<_>>(), ["b1"], "without an end nothing expires");
}

/// Some expire, some are finished late and some are replaced, in the same moment.
pub(crate) async fn an_entry_ends_in_one_way_alone(storage: &impl Storage) {
    connect_all(storage).await;
    let numbered = |number: u64, text: &str, created_at| OutboxEntry {
        tag: Some("tag".into()),
        created_at: Timestamp(created_at),
        expires_at: (text == "old").then_some(Timestamp(50)),
        ..entry("push", &format!("key {number}"), text)
    };
    let old: Vec<_> = (0..40).map(|number| numbered(number, "old", 1)).collect();
    let new: Vec<_> = (0..20).rev().map(|number| numbered(number, "new", 10 + LEASE)).collect();
    storage.add_to_outbox(&old).await.unwrap();
    let slow = claim(storage, "push", 10).await;

    let now = Timestamp(10 + LEASE);
    let expiring = futures::future::join_all((0..3).map(|_| storage.expire_outbox(now, 100)));
    let adding = async {
        for _ in 0..4 {
            storage.outbox_counts().await.unwrap(); // So that the others are under way.
        }
        storage.add_to_outbox(&new).await
    };
    let finishing = finish_from_the_last(storage, &slow);
    let (expired, finished, added) = futures::future::join3(expiring, finishing, adding).await;
    added.unwrap();
    let expired: Vec<_> = expired.into_iter().flat_map(Result::unwrap).collect();
    for (one, finished) in slow.iter().rev().zip(finished) {
        let is_reported = expired.contains(&one.entry);
        assert!(!(finished && is_reported), "{} was delivered", one.entry.ordering_key);
    }
    let mut keys: Vec<_> = expired.iter().map(|one| &one.ordering_key).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), expired.len(), "each is reported once");
    assert!(expired.iter().all(|one| text(one) == "old"));
    storage.expire_outbox(now, 100).await.unwrap();
    assert_eq!(waiting(storage, "push").await, 20);
    assert!(claim(storage, "push", now.0).await.iter().all(|one| text(&one.entry) == "new"));
}

pub(crate) async fn a_payload_is_delivered_whatever_is_in_it(storage: &impl Storage) {
    for characters in every_character(2_000) {
        let json = format!("{{\"text\": {}}}", serde_json::Value::String(characters));
        storage
            .add_to_outbox(&[OutboxEntry { payload: payload(&json), ..entry("push", "a", "") }])
            .await
            .unwrap();
        let taken = claim(storage, "push", 10).await;
        assert!(taken[0].entry.payload.as_str() == json, "a payload has changed");
        storage.finish_delivery(taken[0].claim).await.unwrap();
    }
    let longest = format!("\"{}\"", "x".repeat(PAYLOAD_BYTES - 2));
    storage
        .add_to_outbox(&[OutboxEntry { payload: payload(&longest), ..entry("push", "a", "") }])
        .await
        .unwrap();
    assert!(claim(storage, "push", 10).await[0].entry.payload.as_str() == longest);
    assert!(Payload::parse(format!("\"{}\"", "x".repeat(PAYLOAD_BYTES - 1))).is_err());
    for text in ["", "{", "no json", "1 2", "\"\0\"", &"[".repeat(PAYLOAD_BYTES)] {
        assert!(Payload::parse(text.to_owned()).is_err());
    }
}

pub(crate) async fn what_waits_is_counted_by_topic(storage: &impl Storage) {
    assert_eq!(storage.outbox_counts().await.unwrap(), []);
    let at = |topic: &str, now| OutboxEntry { created_at: Timestamp(now), ..entry(topic, "a", "x") };
    storage
        .add_to_outbox(&[at("webhook", 30), at("push", 20), at("push", 10), at("push", 40)])
        .await
        .unwrap();
    claim(storage, "push", 50).await;
    let count =
        |name: &str, entries, oldest| OutboxCount { topic: topic(name), entries, oldest: Timestamp(oldest) };
    assert_eq!(storage.outbox_counts().await.unwrap(), [count("push", 3, 10), count("webhook", 1, 30)]);
}

pub(crate) fn entry(topic: &str, key: &str, text: &str) -> OutboxEntry {
    OutboxEntry {
        topic: self::topic(topic),
        ordering_key: key.into(),
        tag: None,
        payload: payload(&serde_json::Value::from(text).to_string()),
        created_at: Timestamp(1),
        not_before: Timestamp(1),
        expires_at: None,
    }
}

/// Takes everything that is due.
pub(crate) async fn claim(storage: &impl Storage, topic: &str, now: u64) -> Vec<ClaimedEntry> {
    storage.claim_due(&self::topic(topic), Timestamp(now), Timestamp(now + LEASE), 1_000).await.unwrap()
}

pub(crate) async fn waiting(storage: &impl Storage, topic: &str) -> u64 {
    let counts = storage.outbox_counts().await.unwrap();
    counts.iter().find(|count| count.topic.0 == topic).map_or(0, |count| count.entries)
}

fn topic(name: &str) -> Topic {
    Topic(name.into())
}

fn payload(json: &str) -> Payload {
    Payload::parse(json.into()).unwrap()
}

fn text(entry: &OutboxEntry) -> &str {
    entry.payload.as_str().trim_matches('"')
}

fn texts(entries: &[ClaimedEntry]) -> Vec<&str> {
    entries.iter().map(|one| text(&one.entry)).collect()
}
