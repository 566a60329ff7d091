//! Two neighbouring versions use one database while a cluster is upgraded. `before/rows.sql` has what a server of the version before has written, as
//! it wrote it: the database of this version takes all of it, and this version reads it. Recorded with `pg_dump --data-only --column-inserts`.

use protocol::{PublicKey, RingId, Role, RoomCode, Timestamp};
use sqlx::AnyPool;
use storage::{
    CallOutcome, CallRepository as _, ChatRepository as _, ClusterRepository as _, ContactRepository as _,
    IdentityRepository as _, KeyRepository as _, Ownable, RoomRepository as _, SeatRepository as _,
};

use crate::backends::Postgres;

const ROWS: &str = include_str!("../before/rows.sql");

#[tokio::test]
async fn what_the_version_before_writes_is_taken_and_read() {
    let backend = Postgres::new().await;
    let pool = AnyPool::connect(&backend.url()).await.unwrap();
    // Each as its own: a column that is gone, or a new one that must be given, stops an older server that still runs.
    for statement in ROWS.lines().filter(|line| line.starts_with("INSERT")) {
        let inserted = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&pool).await;
        inserted.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    pool.close().await;

    let storage = &backend.storage;
    let code = RoomCode::parse("xhp-1ax2-r51").unwrap();
    let room = storage.room(code).await.unwrap().unwrap();
    assert_eq!((room.settings.capacity, room.fence.0), (100, 2));
    let owner = storage.ownership(Ownable::Room(code)).await.unwrap().unwrap();
    assert!(owner.owner.unwrap().contains("\"incarnation\":1") && owner.fence.0 == 2);
    let keys = storage.keys_of_room(code).await.unwrap();
    assert_eq!(keys.iter().map(|key| key.role).collect::<Vec<_>>(), [Role::Host]);
    let mut names: Vec<_> =
        storage.seats(code, Timestamp(0)).await.unwrap().iter().map(|seat| seat.name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["Ada", "Bob", "Cleo", "Dan"]);
    let chat = storage.recent_chat(code, 9).await.unwrap();
    assert_eq!(chat.iter().map(|entry| entry.envelope.body()).collect::<Vec<_>>(), ["hello"]);

    let ring = "00000000-0000-4000-8000-000000000001".parse::<RingId>().unwrap();
    let call = storage.call(ring).await.unwrap().unwrap();
    assert_eq!(call.course.end.map(|end| end.outcome), Some(CallOutcome::Answered));
    let caller = PublicKey::new("Zo0Su8QGKVyZLegLxbbQwErdc6gLW4FDnvQY6WzMtVo".to_owned()).unwrap();
    let identity = storage.identity(&caller).await.unwrap().unwrap();
    assert_eq!(storage.identity_of(identity.call_id).await.unwrap().unwrap().key, caller);
    assert!(storage.contact(&caller, &call.callee.key).await.unwrap().is_some());
    backend.drop().await;
}
