//! API keys and audit events.

use protocol::Timestamp;
use storage::{ApiKeyRecord, AuditEvent, AuditFilter, Change, Storage};

use super::{code, digest, exists};

pub(crate) async fn an_api_key_works_until_it_is_revoked(storage: &impl Storage) {
    let key = ApiKeyRecord {
        id: "k1".into(),
        digest: digest("secret"),
        label: "the calendar".into(),
        scopes: "rooms:read rooms:write".into(),
        created_at: Timestamp(5),
        expires_at: None,
        revoked_at: None,
    };
    storage.add_api_key(&key).await.unwrap();
    exists(&storage.add_api_key(&key).await);

    assert_eq!(storage.api_key(&digest("secret")).await.unwrap(), Some(key.clone()));
    assert_eq!(storage.api_key(&digest("guess")).await.unwrap(), None);
    assert!(storage.revoke_api_key("k1", Timestamp(9)).await.unwrap());
    assert!(!storage.revoke_api_key("k1", Timestamp(10)).await.unwrap());
    let revoked = ApiKeyRecord { revoked_at: Some(Timestamp(9)), ..key };
    assert_eq!(storage.api_keys().await.unwrap(), [revoked]);
}

fn in_room(number: u64) -> AuditFilter {
    AuditFilter { room: Some(code(number)), ..AuditFilter::default() }
}

pub(crate) async fn events_are_read_newest_first(storage: &impl Storage) {
    let event = |number: u64, room: Option<u64>| AuditEvent {
        id: format!("event {number}"),
        at: Timestamp(number),
        room: room.map(code),
        actor: "operator".into(),
        action: "room.deleted".into(),
        subject: None,
    };
    let events = [event(1, Some(1)), event(2, None), event(3, Some(1))];
    storage.keep(&events.clone().map(Change::Audit)).await.unwrap();
    storage.keep(&[Change::Audit(event(1, Some(1)))]).await.unwrap();

    assert_eq!(
        storage.audit_events(&AuditFilter::default(), 2).await.unwrap(),
        [event(3, Some(1)), event(2, None)]
    );
    assert_eq!(storage.audit_events(&in_room(1), 9).await.unwrap(), [event(3, Some(1)), event(1, Some(1))]);
}

pub(crate) async fn of_a_room_as_many_events_stay_as_are_kept(storage: &impl Storage) {
    let event = |number: u64, room: u64| AuditEvent {
        id: format!("event {number}"),
        at: Timestamp(1_000 + number),
        room: Some(code(room)),
        actor: "host".into(),
        action: "hand.lowered".into(),
        subject: None,
    };
    let many: Vec<_> = (1..=10_050).map(|number| Change::Audit(event(number, 1))).collect();
    storage.keep(&many).await.unwrap();
    storage.keep(&[Change::Audit(event(20_000, 2))]).await.unwrap();
    storage.delete_unused(Timestamp(1), Timestamp(1)).await.unwrap();
    let kept = storage.audit_events(&in_room(1), 20_000).await.unwrap();
    assert_eq!((kept.len(), &kept[0]), (10_000, &event(10_050, 1)));
    assert_eq!(storage.audit_events(&in_room(2), 9).await.unwrap().len(), 1);
}
