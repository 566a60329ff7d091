//! What the operator sees: the audit log, sessions of the admin page, usage.

use protocol::Timestamp;
use storage::{AuditCursor, AuditEvent, AuditFilter, Change, Storage, UsageRecord};

use super::{code, digest, exists};

pub(crate) async fn the_audit_log_is_read_by_room_actor_and_action_a_page_at_a_time(storage: &impl Storage) {
    let event = |id: &str, at: u64, room: u64, actor: &str, action: &str| AuditEvent {
        id: id.into(),
        at: Timestamp(at),
        room: Some(code(room)),
        actor: actor.into(),
        action: action.into(),
        subject: (id == "a").then(|| "a key".into()),
    };
    let events = [
        event("a", 5, 1, "admin", "room.locked"),
        event("b", 5, 2, "k1", "room.locked"),
        event("c", 5, 1, "admin", "room.deleted"),
        event("d", 4, 1, "admin", "room.locked"),
    ];
    storage.keep(&events.clone().map(Change::Audit)).await.unwrap();
    let find = async |filter: AuditFilter| {
        let found = storage.audit_events(&filter, 9).await.unwrap();
        found.into_iter().map(|event| event.id).collect::<Vec<_>>().join("")
    };
    let all = AuditFilter::default;
    assert_eq!(find(all()).await, "abcd");
    assert_eq!(find(AuditFilter { actor: Some("admin".into()), ..all() }).await, "acd");
    assert_eq!(find(AuditFilter { action: Some("room.locked".into()), ..all() }).await, "abd");
    let both = AuditFilter {
        room: Some(code(1)),
        actor: Some("admin".into()),
        action: Some("room.locked".into()),
        before: None,
    };
    assert_eq!(find(both.clone()).await, "ad");
    let before = |event: &AuditEvent| Some(AuditCursor { at: event.at, id: event.id.clone() });
    assert_eq!(find(AuditFilter { before: before(&events[0]), ..both }).await, "d");
    assert_eq!(
        find(AuditFilter { before: before(&events[1]), ..all() }).await,
        "cd",
        "none twice, none left out"
    );
    assert_eq!(storage.audit_events(&all(), 9).await.unwrap()[0].subject.as_deref(), Some("a key"));
    assert_eq!(storage.audit_actions().await.unwrap(), ["room.deleted", "room.locked"]);
    let enemy = "' OR 1 = 1 --".to_owned();
    assert_eq!(find(AuditFilter { actor: Some(enemy), ..all() }).await, "");
}

pub(crate) async fn a_link_opens_one_session_which_ends(storage: &impl Storage) {
    storage.add_admin_link(&digest("link"), Timestamp(10)).await.unwrap();
    exists(&storage.add_admin_link(&digest("link"), Timestamp(10)).await);
    let open = async |link: &str, session: &str, now: u64| {
        storage
            .open_admin_session(&digest(link), &digest(session), Timestamp(now), Timestamp(100))
            .await
            .unwrap()
    };
    assert!(!open("guess", "s", 1).await);
    assert!(!open("link", "s", 10).await, "it has ended");
    assert!(open("link", "s1", 9).await);
    assert!(!open("link", "s2", 9).await, "it was used");
    let is_session = async |session: &str, now: u64| {
        storage.is_admin_session(&digest(session), Timestamp(now)).await.unwrap()
    };
    assert!(is_session("s1", 99).await && !is_session("s1", 100).await && !is_session("s2", 9).await);
    assert!(storage.end_admin_session(&digest("s1")).await.unwrap());
    assert!(!storage.end_admin_session(&digest("s1")).await.unwrap());
    assert!(!is_session("s1", 9).await);

    storage.forget_admins(Timestamp(100)).await.unwrap();
    for link in ["a", "b"] {
        storage.add_admin_link(&digest(link), Timestamp(10)).await.unwrap();
    }
    assert!(open("a", "s3", 9).await);
    assert_eq!(storage.revoke_admins().await.unwrap(), 2);
    assert!(!is_session("s3", 9).await && !open("b", "s4", 9).await);
}

pub(crate) async fn what_admins_did_stays_however_much_a_host_does(storage: &impl Storage) {
    let event = |number: u64, actor: &str| AuditEvent {
        id: format!("event {number}"),
        at: Timestamp(number),
        room: Some(code(1)),
        actor: actor.into(),
        action: "room.locked".into(),
        subject: None,
    };
    storage.keep(&[Change::Audit(event(1, "admin")), Change::Audit(event(2, "host"))]).await.unwrap();
    let many: Vec<_> = (3..=10_003).map(|number| Change::Audit(event(number, "host"))).collect();
    storage.keep(&many).await.unwrap();
    storage.delete_unused(Timestamp(5), Timestamp(5)).await.unwrap();
    let of_admin = AuditFilter { actor: Some("admin".into()), ..AuditFilter::default() };
    assert_eq!(storage.audit_events(&of_admin, 9).await.unwrap(), [event(1, "admin")]);
    storage.forget_usage(Timestamp(2)).await.unwrap();
    assert_eq!(storage.audit_events(&of_admin, 9).await.unwrap(), []);
}

pub(crate) async fn of_two_who_use_a_link_at_once_one_gets_in(storage: &impl Storage) {
    storage.add_admin_link(&digest("link"), Timestamp(10)).await.unwrap();
    let sessions: Vec<_> = (0..8).map(|number| digest(&format!("session {number}"))).collect();
    let link = digest("link");
    let opening = sessions
        .iter()
        .map(|session| storage.open_admin_session(&link, session, Timestamp(1), Timestamp(100)));
    let opened = futures::future::join_all(opening).await;
    assert_eq!(opened.into_iter().filter(|opened| *opened.as_ref().unwrap()).count(), 1);
}

pub(crate) async fn usage_adds_up_by_the_hour_and_peaks_stay(storage: &impl Storage) {
    let record = |hour: u64, measure: &str, value: u64, is_peak: bool| UsageRecord {
        hour: Timestamp(hour),
        measure: measure.into(),
        value,
        is_peak,
    };
    let first =
        [record(60, "joins", 3, false), record(60, "people", 7, true), record(120, "joins", 1, false)];
    storage.add_usage(&first).await.unwrap();
    storage.add_usage(&[record(60, "joins", 2, false), record(60, "people", 5, true)]).await.unwrap();
    storage.add_usage(&[record(120, "people", 9, true)]).await.unwrap();
    let all = [
        record(60, "joins", 5, false),
        record(60, "people", 7, true),
        record(120, "joins", 1, false),
        record(120, "people", 9, true),
    ];
    assert_eq!(storage.usage(Timestamp(0), Timestamp(121)).await.unwrap(), all);
    assert_eq!(storage.usage(Timestamp(61), Timestamp(121)).await.unwrap(), all[2..]);
    assert_eq!(storage.usage(Timestamp(0), Timestamp(120)).await.unwrap(), all[..2]);
    assert_eq!(storage.forget_usage(Timestamp(120)).await.unwrap(), 2);
    assert_eq!(storage.usage(Timestamp(0), Timestamp(121)).await.unwrap(), all[2..]);
}
