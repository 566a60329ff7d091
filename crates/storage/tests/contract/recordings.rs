//! Recordings beside their files.

use protocol::{RecordingEnd, RecordingId, RoomName, Timestamp};
use storage::{Change, RecordingRecord, Storage};
use uuid::Uuid;

use super::{code, make_room};

fn id(number: u128) -> RecordingId {
    RecordingId(Uuid::from_u128(number))
}

fn begun(number: u128, room: u64, at: u64) -> RecordingRecord {
    RecordingRecord {
        id: id(number),
        room: code(room),
        name: None,
        started_at: Timestamp(at),
        ended_at: None,
        end: None,
        bytes: 0,
        is_sealed: number == 1,
    }
}

pub(crate) async fn a_recording_is_found_as_it_was_kept_until_it_is_deleted(storage: &impl Storage) {
    let record = begun(1, 7, 100);
    storage.begin_recording(&record).await.unwrap();
    storage.begin_recording(&begun(2, 7, 200)).await.unwrap();
    storage.begin_recording(&begun(3, 8, 300)).await.unwrap();
    assert_eq!(storage.recording(id(1)).await.unwrap(), Some(record.clone()));
    assert_eq!(storage.recording(id(9)).await.unwrap(), None);
    let ids =
        |found: Vec<RecordingRecord>| found.into_iter().map(|one| one.id.0.as_u128()).collect::<Vec<_>>();
    assert_eq!(ids(storage.recordings_of(code(7), 10).await.unwrap()), [2, 1], "newest first");
    assert_eq!(ids(storage.recordings_of(code(7), 1).await.unwrap()), [2]);
    assert_eq!(ids(storage.open_recordings().await.unwrap()), [1, 2, 3]);

    let name = RoomName::parse("Tea '; DROP TABLE rooms").unwrap();
    assert!(storage.name_recording(id(1), Some(&name)).await.unwrap());
    assert!(!storage.name_recording(id(9), Some(&name)).await.unwrap());
    for (number, end) in
        [(1, RecordingEnd::DiskFull), (2, RecordingEnd::Failed), (3, RecordingEnd::RoomEmpty)]
    {
        storage.note_recording(id(number), 5_000_000_000, Some((Timestamp(900), end))).await.unwrap();
        let found = storage.recording(id(number)).await.unwrap().unwrap();
        assert_eq!((found.ended_at, found.end), (Some(Timestamp(900)), Some(end)));
    }
    let found = storage.recording(id(1)).await.unwrap().unwrap();
    assert_eq!((found.name, found.bytes), (Some(name), 5_000_000_000));
    storage.note_recording(id(1), 5_000_000_000, None).await.unwrap();
    assert!(ids(storage.open_recordings().await.unwrap()).is_empty(), "what has ended stays so");
    storage.begin_recording(&record).await.unwrap();
    let again = storage.recording(id(1)).await.unwrap().unwrap();
    assert_eq!((again.ended_at, again.bytes), (None, 5_000_000_000), "another part of it");

    assert!(storage.delete_recording(id(1)).await.unwrap());
    assert!(!storage.delete_recording(id(1)).await.unwrap());
    assert_eq!(storage.recording(id(1)).await.unwrap(), None);
}

pub(crate) async fn old_ones_are_found_by_their_end_and_bytes_add_up(storage: &impl Storage) {
    assert_eq!(storage.recorded_bytes(None).await.unwrap(), 0);
    for number in 1..=4 {
        storage.begin_recording(&begun(number, number as u64 % 2, 10)).await.unwrap();
        let ended = (number < 4).then_some((Timestamp(100 * number as u64), RecordingEnd::Stopped));
        storage.note_recording(id(number), 1 << number, ended).await.unwrap();
    }
    let old = async |before, limit| {
        let found = storage.old_recordings(Timestamp(before), limit).await.unwrap();
        found.into_iter().map(|one| one.id.0.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(old(300, 10).await, [1, 2], "what ends later, or goes on, is not old");
    assert_eq!(old(300, 1).await, [1]);
    assert_eq!(storage.recorded_bytes(Some(code(1))).await.unwrap(), 2 + 8);
    assert_eq!(storage.recorded_bytes(None).await.unwrap(), 30);
    make_room(storage, 1).await;
    let without_room = storage.recordings_without_room(Timestamp(300), 10).await.unwrap();
    assert_eq!(without_room.iter().map(|one| one.id.0.as_u128()).collect::<Vec<_>>(), [2], "4 goes on");
}

pub(crate) async fn what_a_room_keeps_of_a_recording_goes_with_the_recording_and_with_the_room(
    storage: &impl Storage,
) {
    make_room(storage, 1).await;
    assert_eq!(storage.kept_recording(code(1)).await.unwrap(), None);
    storage.keep(&[Change::Recording(code(1), Some("as it is".to_owned()))]).await.unwrap();
    assert_eq!(storage.kept_recording(code(1)).await.unwrap().as_deref(), Some("as it is"));
    storage.keep(&[Change::Recording(code(1), None)]).await.unwrap();
    assert_eq!(storage.kept_recording(code(1)).await.unwrap(), None);
    storage.keep(&[Change::Recording(code(1), Some("as it is".to_owned()))]).await.unwrap();
    storage.delete_room(code(1), storage::Fence::default()).await.unwrap();
    assert_eq!(storage.kept_recording(code(1)).await.unwrap(), None);
}
