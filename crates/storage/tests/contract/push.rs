//! Browsers that are pushed to.

use protocol::{PushAuth, PushEndpoint, PushKey, PushSubscription, Timestamp};
use storage::{PUSHES_OF_IDENTITY, PushRecord, Storage};

use super::contacts::make_owner;
use super::{connect_all, digest, public_key};

pub(crate) async fn a_browser_is_kept_as_it_was_said_last(storage: &impl Storage) {
    make_owner(storage, 1).await;
    let first = push(1, 7);
    assert!(storage.keep_push(&first, Timestamp(5)).await.unwrap());
    assert_eq!(storage.push(&first.id).await.unwrap(), Some(first.clone()));
    let again = PushRecord {
        subscription: PushSubscription {
            auth: PushAuth::new("B".repeat(22)).unwrap(),
            ..first.subscription.clone()
        },
        ..first.clone()
    };
    assert!(storage.keep_push(&again, Timestamp(6)).await.unwrap());
    assert_eq!(storage.pushes(&public_key(1)).await.unwrap(), std::slice::from_ref(&again));
    assert!(!storage.forget_push(&public_key(2), &again.id).await.unwrap(), "it is none of theirs");
    assert!(storage.forget_push(&public_key(1), &again.id).await.unwrap());
    assert!(!storage.forget_push(&public_key(1), &again.id).await.unwrap());
    assert_eq!(storage.push(&again.id).await.unwrap(), None);
}

pub(crate) async fn of_more_browsers_than_there_may_be_the_oldest_goes(storage: &impl Storage) {
    for owner in [1, 2] {
        make_owner(storage, owner).await;
    }
    storage.keep_push(&push(2, 99), Timestamp(1)).await.unwrap();
    let most = u64::from(PUSHES_OF_IDENTITY);
    for number in 0..most {
        storage.keep_push(&push(1, number), Timestamp(10 + number)).await.unwrap();
    }
    // Who says again that it is there is not the oldest any more.
    storage.keep_push(&push(1, 0), Timestamp(90)).await.unwrap();
    storage.keep_push(&push(1, 50), Timestamp(91)).await.unwrap();
    let kept = storage.pushes(&public_key(1)).await.unwrap();
    let expected: Vec<_> = [50, 0].into_iter().chain((2..most).rev()).map(|number| push(1, number)).collect();
    assert_eq!(kept, expected);
    // By a clock that was set back, too.
    storage.keep_push(&push(1, 51), Timestamp(1)).await.unwrap();
    let kept = storage.pushes(&public_key(1)).await.unwrap();
    assert!(kept.len() as u64 == most && kept.contains(&push(1, 51)), "{kept:?}");
    assert_eq!(storage.pushes(&public_key(2)).await.unwrap(), [push(2, 99)]);
}

pub(crate) async fn many_browsers_that_come_at_once_are_as_many_as_there_may_be(storage: &impl Storage) {
    make_owner(storage, 1).await;
    connect_all(storage).await;
    let pushes: Vec<_> = (0..30).map(|number| push(1, number)).collect();
    let kept = pushes.iter().map(|push| storage.keep_push(push, Timestamp(10)));
    for kept in futures::future::join_all(kept).await {
        assert!(kept.unwrap());
    }
    assert_eq!(storage.pushes(&public_key(1)).await.unwrap().len(), PUSHES_OF_IDENTITY as usize);
    let mut there = 0;
    for push in &pushes {
        there += u32::from(storage.push(&push.id).await.unwrap().is_some());
    }
    assert_eq!(there, PUSHES_OF_IDENTITY, "those that nobody reads are gone");
}

pub(crate) async fn a_browser_is_one_identitys_and_goes_with_it(storage: &impl Storage) {
    for owner in [1, 2] {
        make_owner(storage, owner).await;
    }
    storage.keep_push(&push(1, 7), Timestamp(5)).await.unwrap();
    storage.keep_push(&push(1, 8), Timestamp(5)).await.unwrap();
    storage.keep_push(&push(2, 7), Timestamp(6)).await.unwrap();
    assert_eq!(storage.pushes(&public_key(1)).await.unwrap(), [push(1, 8)]);
    assert_eq!(storage.pushes(&public_key(2)).await.unwrap(), [push(2, 7)]);
    assert!(storage.is_pushed_to(&public_key(2)).await.unwrap());
    assert!(!storage.is_pushed_to(&public_key(9)).await.unwrap());
    assert!(!storage.forget_push(&public_key(1), &push(1, 7).id).await.unwrap());

    assert!(storage.delete_identity(&public_key(2)).await.unwrap());
    assert_eq!(storage.push(&push(2, 7).id).await.unwrap(), None);
    assert!(!storage.is_pushed_to(&public_key(2)).await.unwrap());
    assert!(!storage.keep_push(&push(2, 7), Timestamp(7)).await.unwrap(), "there is no such identity");
    assert_eq!(storage.push(&push(2, 7).id).await.unwrap(), None);
    assert_eq!(storage.pushes(&public_key(1)).await.unwrap(), [push(1, 8)]);
}

fn push(owner: u64, number: u64) -> PushRecord {
    // As long as one may be.
    let endpoint = format!("https://push.example/{number:02027}");
    PushRecord {
        id: digest(&format!("endpoint {number}")),
        owner: public_key(owner),
        subscription: PushSubscription {
            endpoint: PushEndpoint::new(endpoint).unwrap(),
            p256dh: PushKey::new("B".repeat(87)).unwrap(),
            auth: PushAuth::new("A".repeat(22)).unwrap(),
        },
    }
}
