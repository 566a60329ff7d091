//! Who owns what, where several servers share a database.

use protocol::Timestamp;
use storage::{ClusterRepository, Fence, FencedChange, Ownable, Ownership, Storage, StorageError, Swap};

use super::calls::ringing;
use super::{browser, code, make_room};

fn owned(owner: Option<&str>, fence: u64) -> Option<Ownership> {
    Some(Ownership { owner: owner.map(str::to_owned), fence: Fence(fence) })
}

pub(crate) async fn starts_of_a_node_are_counted_and_another_cluster_is_refused(
    storage: &(impl Storage + ClusterRepository),
) {
    assert_eq!(storage.register_node("tag", "one").await.unwrap(), Some(1));
    assert_eq!(storage.register_node("tag", "two").await.unwrap(), Some(1));
    assert_eq!(storage.register_node("tag", "one").await.unwrap(), Some(2));
    assert_eq!(storage.register_node("other", "three").await.unwrap(), None);
    assert_eq!(storage.register_node("tag", "three").await.unwrap(), Some(1), "and it was not counted");
}

pub(crate) async fn a_room_is_taken_by_whoever_knows_its_last_token(
    storage: &(impl Storage + ClusterRepository),
) {
    make_room(storage, 1).await;
    for of in [Ownable::Room(code(1)), Ownable::Rings] {
        assert_eq!(storage.ownership(of).await.unwrap(), owned(None, 0));
        assert_eq!(storage.swap_owner(of, Fence(0), Some("one")).await.unwrap(), Swap::Done(Fence(1)));
        let lost = storage.swap_owner(of, Fence(0), Some("two")).await.unwrap();
        assert_eq!(lost, Swap::Lost(owned(Some("one"), 1)));
        assert_eq!(storage.swap_owner(of, Fence(1), None).await.unwrap(), Swap::Done(Fence(2)));
        assert_eq!(storage.ownership(of).await.unwrap(), owned(None, 2));
    }
    let unknown = Ownable::Room(code(2));
    let many = storage.ownerships(&[unknown, Ownable::Rings, Ownable::Room(code(1))]).await.unwrap();
    assert_eq!(many, [None, owned(None, 2), owned(None, 2)]);
    assert_eq!(storage.ownership(unknown).await.unwrap(), None);
    assert_eq!(storage.swap_owner(unknown, Fence(0), Some("one")).await.unwrap(), Swap::Lost(None));
}

pub(crate) async fn whoever_has_lost_a_room_writes_nothing_more_of_it(
    storage: &(impl Storage + ClusterRepository),
) {
    make_room(storage, 1).await;
    let of = Ownable::Room(code(1));
    storage.swap_owner(of, Fence(0), Some("one")).await.unwrap();
    storage.swap_owner(of, Fence(1), Some("two")).await.unwrap();
    let block = |fence| FencedChange {
        fence: Fence(fence),
        change: storage::Change::Blocked(code(1), browser("b"), Timestamp(1)),
    };
    let (stale, owner) = (storage.of_rings(Fence(0)), storage.of_rings(Fence(1)));
    storage.swap_owner(Ownable::Rings, Fence(0), Some("two")).await.unwrap();
    let call = ringing(1, 1, 2, 5);
    assert!(matches!(stale.begin_call(&call).await, Err(StorageError::Fenced)));
    assert!(owner.begin_call(&call).await.unwrap());
    assert!(matches!(stale.confirm_call(call.ring).await, Err(StorageError::Fenced)));
    assert!(matches!(stale.keep_call(&call, &[]).await, Err(StorageError::Fenced)));
    assert!(owner.keep_call(&call, &[]).await.is_ok());

    let refused = storage.keep_within(storage::ChatQuota::UNLIMITED, &[block(1)]).await.unwrap();
    assert_eq!(refused.len(), 1);
    let kept = storage.keep_within(storage::ChatQuota::UNLIMITED, &[block(2)]).await.unwrap();
    assert_eq!(kept.len(), 0);
}
