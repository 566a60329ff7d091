//! Call identities, their numbers and their rules.

use protocol::{CallId, Timestamp};
use storage::{
    CallIdentity, CallRules, ContactChange, QuietHours, SEEN_TO, Standing, Storage, StorageError, WhoMayRing,
};

use super::calls::{ended, ring};
use super::{connect_all, public_key};

const DAY: u64 = SEEN_TO.as_millis() as u64;

pub(crate) async fn an_identity_is_found_by_its_key_and_by_its_number(storage: &impl Storage) {
    let given = give(storage, 1, 10).await.unwrap();
    let expected = CallIdentity {
        key: public_key(1),
        call_id: CallId::nth(10),
        rules: CallRules::default(),
        seen_at: Timestamp(0),
    };
    assert_eq!(given, expected);
    give(storage, 2, CallId::COUNT - 1).await.unwrap();

    assert_eq!(storage.identity(&public_key(1)).await.unwrap(), Some(expected.clone()));
    assert_eq!(storage.identity_of(CallId::nth(10)).await.unwrap(), Some(expected));
    assert_eq!(key_of(storage, CallId::COUNT - 1).await, Some(2));
    assert_eq!(storage.identity(&public_key(3)).await.unwrap(), None);
    assert_eq!(key_of(storage, 11).await, None);
}

pub(crate) async fn a_key_that_has_a_number_gets_its_own_back(storage: &impl Storage) {
    let first = give(storage, 1, 10).await.unwrap();
    assert_eq!(give(storage, 1, 20).await.unwrap(), first);
    assert_eq!(give(storage, 1, 10).await.unwrap(), first);
    give(storage, 2, 20).await.unwrap();
    assert_eq!(key_of(storage, 20).await, Some(2), "what was drawn in vain is still free");
}

pub(crate) async fn a_number_is_given_once_and_never_again(storage: &impl Storage) {
    give(storage, 1, 10).await.unwrap();
    assert!(matches!(give(storage, 2, 10).await, Err(StorageError::Exists)));
    assert_eq!(storage.identity(&public_key(2)).await.unwrap(), None);
    give(storage, 2, 20).await.unwrap();
    assert!(matches!(replace(storage, 2, 10).await, Err(StorageError::Exists)));
    assert!(matches!(replace(storage, 2, 20).await, Err(StorageError::Exists)), "it has that already");

    replace(storage, 1, 11).await.unwrap().unwrap();
    assert!(storage.delete_identity(&public_key(1)).await.unwrap());
    storage.forget_identities(Timestamp(u64::MAX)).await.unwrap();
    for number in [10, 11, 20] {
        assert!(matches!(give(storage, 3, number).await, Err(StorageError::Exists)), "{number}");
        assert_eq!(key_of(storage, number).await, None, "{number}");
    }
}

pub(crate) async fn an_old_number_leads_to_nobody(storage: &impl Storage) {
    give(storage, 1, 10).await.unwrap();
    let replaced = replace(storage, 1, 20).await.unwrap().unwrap();
    assert_eq!((replaced.key.clone(), replaced.call_id), (public_key(1), CallId::nth(20)));
    assert_eq!(key_of(storage, 10).await, None);
    assert_eq!(key_of(storage, 20).await, Some(1));
    assert_eq!(give(storage, 1, 30).await.unwrap(), replaced);

    assert_eq!(replace(storage, 9, 30).await.unwrap(), None, "nobody has that key");
    give(storage, 2, 30).await.unwrap();
}

pub(crate) async fn of_many_who_draw_one_number_at_once_one_gets_it(storage: &impl Storage) {
    for number in 20..24 {
        give(storage, number, 100 + u32::try_from(number).unwrap()).await.unwrap();
    }
    connect_all(storage).await;
    let gifts = futures::future::join_all((1..=8).map(|key| give(storage, key, 10)));
    let changes = futures::future::join_all((20..24).map(|key| replace(storage, key, 10)));
    let (given, replaced) = futures::future::join(gifts, changes).await;
    let outcomes: Vec<_> = given
        .into_iter()
        .map(|one| one.map(Some))
        .chain(replaced)
        .map(|one| one.map(Option::unwrap))
        .collect();

    let winners: Vec<_> = outcomes.iter().filter_map(|one| one.as_ref().ok()).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|one| matches!(one, Ok(_) | Err(StorageError::Exists))), "{outcomes:?}");
    assert_eq!(storage.identity_of(CallId::nth(10)).await.unwrap().as_ref(), Some(winners[0]));
}

pub(crate) async fn a_key_that_asks_many_times_at_once_has_one_number(storage: &impl Storage) {
    connect_all(storage).await;
    let drawn = [10, 11, 12, 10, 11, 12, 13, 13];
    let given = futures::future::join_all(drawn.map(|number| give(storage, 1, number))).await;
    let own = storage.identity(&public_key(1)).await.unwrap().unwrap();
    for one in given {
        assert_eq!(one.unwrap(), own);
    }
    for (key, number) in (2..).zip(10..=13) {
        let is_free = CallId::nth(number) != own.call_id;
        assert_eq!(give(storage, key, number).await.is_ok(), is_free, "{number}");
    }
}

pub(crate) async fn rules_are_read_as_they_were_set(storage: &impl Storage) {
    give(storage, 1, 10).await.unwrap();
    give(storage, 2, 20).await.unwrap();
    let night = QuietHours::new(22 * 60, 6 * 60 + 59);
    assert!(night.is_some());
    for who_may_ring in [WhoMayRing::Nobody, WhoMayRing::Known, WhoMayRing::Anyone] {
        for quiet_hours in [night, QuietHours::new(0, 0), QuietHours::new(0, 1439), None] {
            for undisturbed_until in [Some(Timestamp(u64::MAX / 2)), Some(Timestamp(0)), None] {
                let quiet_zone = quiet_hours.and(undisturbed_until).map(|_| "America/New_York".to_owned());
                let rules = CallRules { who_may_ring, quiet_hours, quiet_zone, undisturbed_until };
                assert!(storage.set_call_rules(&public_key(1), &rules).await.unwrap());
                assert_eq!(storage.identity_of(CallId::nth(10)).await.unwrap().unwrap().rules, rules);
            }
        }
    }
    assert_eq!((QuietHours::new(1440, 0), QuietHours::new(0, 1440)), (None, None));
    assert!(!storage.set_call_rules(&public_key(3), &CallRules::default()).await.unwrap());

    let nobody = CallRules { who_may_ring: WhoMayRing::Nobody, ..CallRules::default() };
    storage.set_call_rules(&public_key(1), &nobody).await.unwrap();
    assert_eq!(storage.identity(&public_key(2)).await.unwrap().unwrap().rules, CallRules::default());
    assert_eq!(replace(storage, 1, 30).await.unwrap().unwrap().rules, nobody, "a new number keeps them");
}

pub(crate) async fn when_somebody_was_here_is_known_to_the_day(storage: &impl Storage) {
    storage.give_call_id(&public_key(1), CallId::nth(1), Timestamp(3 * DAY + 5)).await.unwrap();
    let seen = async || storage.identity(&public_key(1)).await.unwrap().unwrap().seen_at;
    assert_eq!(seen().await, Timestamp(3 * DAY));
    for (now, expected) in [(3 * DAY + 9, 3), (5 * DAY - 1, 4), (5 * DAY, 5), (DAY, 5)] {
        storage.note_seen(&public_key(1), Timestamp(now)).await.unwrap();
        assert_eq!(seen().await, Timestamp(expected * DAY), "at {now}");
    }
    storage.note_seen(&public_key(2), Timestamp(DAY)).await.unwrap();
    assert_eq!(storage.identity(&public_key(2)).await.unwrap(), None);
}

pub(crate) async fn a_deleted_identity_leaves_nothing_and_others_keep_theirs(storage: &impl Storage) {
    for number in 1..=3 {
        give(storage, number, u32::try_from(number).unwrap()).await.unwrap();
    }
    for (one, other) in [(1, 2), (2, 1), (2, 3), (3, 1)] {
        storage
            .change_contact(&public_key(one), &public_key(other), ContactChange::Blocked, Timestamp(5))
            .await
            .unwrap();
    }
    for (number, caller, callee) in [(1, 1, 2), (2, 2, 1), (3, 2, 3)] {
        storage.keep_call(&ended(number, caller, callee, 10), &[]).await.unwrap();
    }
    storage.hide_call(&public_key(2), ring(2)).await.unwrap();

    assert!(storage.delete_identity(&public_key(1)).await.unwrap());
    assert!(!storage.delete_identity(&public_key(1)).await.unwrap());

    assert_eq!(storage.identity(&public_key(1)).await.unwrap(), None);
    assert_eq!(key_of(storage, 1).await, None);
    assert_eq!(storage.contact(&public_key(1), &public_key(2)).await.unwrap(), None);
    assert!(storage.history(&public_key(1), None, 9).await.unwrap().entries.is_empty());
    assert_eq!(storage.call(ring(2)).await.unwrap(), None, "nobody has it any more");
    assert_eq!(storage.history(&public_key(2), None, 9).await.unwrap().entries.len(), 2);
    for other in [2, 3] {
        let contact = storage.contact(&public_key(other), &public_key(1)).await.unwrap().unwrap();
        assert_eq!(contact.standing, Standing::Blocked, "whom {other} has blocked stays blocked");
    }
    give(storage, 1, 9).await.unwrap();
    assert_eq!(storage.contact(&public_key(1), &public_key(2)).await.unwrap(), None);
    assert!(
        storage.history(&public_key(1), None, 9).await.unwrap().entries.is_empty(),
        "who comes back is new"
    );
}

pub(crate) async fn who_was_long_away_and_has_no_history_is_forgotten(storage: &impl Storage) {
    for number in 1..=5 {
        give(storage, number, u32::try_from(number).unwrap()).await.unwrap();
        let known = ContactChange::Met;
        storage.change_contact(&public_key(number), &public_key(9), known, Timestamp(5)).await.unwrap();
    }
    storage.keep_call(&ended(1, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&ended(2, 3, 9, 10), &[]).await.unwrap();
    storage.hide_call(&public_key(3), ring(2)).await.unwrap();
    storage.note_seen(&public_key(4), Timestamp(3 * DAY)).await.unwrap();

    assert_eq!(storage.forget_identities(Timestamp(0)).await.unwrap(), 0, "all were here on that day");
    assert_eq!(storage.forget_identities(Timestamp(3 * DAY)).await.unwrap(), 2);

    let mut left = Vec::new();
    for number in 1..=5 {
        let is_there = storage.identity(&public_key(number)).await.unwrap().is_some();
        let has_contact = storage.contact(&public_key(number), &public_key(9)).await.unwrap().is_some();
        assert_eq!(is_there, has_contact, "{number}");
        left.extend(is_there.then_some(number));
    }
    assert_eq!(left, [1, 2, 4], "a caller, a callee, and who was here");
    storage.delete_calls(Timestamp(u64::MAX)).await.unwrap();
    assert_eq!(storage.forget_identities(Timestamp(3 * DAY)).await.unwrap(), 2);
}

async fn give(storage: &impl Storage, key: u64, drawn: u32) -> Result<CallIdentity, StorageError> {
    storage.give_call_id(&public_key(key), CallId::nth(drawn), Timestamp(1000)).await
}

async fn replace(storage: &impl Storage, key: u64, drawn: u32) -> Result<Option<CallIdentity>, StorageError> {
    storage.replace_call_id(&public_key(key), CallId::nth(drawn)).await
}

/// Whose a number is.
async fn key_of(storage: &impl Storage, drawn: u32) -> Option<u64> {
    let found = storage.identity_of(CallId::nth(drawn)).await.unwrap()?;
    found.key.as_str().trim_end_matches('A').parse().ok()
}
