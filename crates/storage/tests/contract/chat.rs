//! Chat and its history.

use protocol::{ChatEntry, ChatId, ChatNumber, ChatTarget, Envelope, Timestamp};
use storage::{Change, ChatQuota, Fence, Refusal, RefusalReason, Storage};
use uuid::Uuid;

use super::{code, fenced, name, person};

pub(crate) async fn history_comes_page_by_page_oldest_first(storage: &impl Storage) {
    storage.keep(&(1..=5).map(|number| say(1, number, 1, None)).collect::<Vec<_>>()).await.unwrap();

    let newest = storage.chat(code(1), person(9), None, 2).await.unwrap();
    assert_eq!((numbers(&newest.entries), newest.more), (vec![4, 5], true));
    let oldest = storage.chat(code(1), person(9), Some(ChatNumber(4)), 3).await.unwrap();
    assert_eq!((numbers(&oldest.entries), oldest.more), (vec![1, 2, 3], false));
    let Change::Chat(_, expected) = say(1, 1, 1, None) else { panic!() };
    assert_eq!(oldest.entries[0], expected);
}

pub(crate) async fn a_page_of_long_messages_is_short(storage: &impl Storage) {
    let long = "x".repeat(protocol::limits::MAX_ENVELOPE_BYTES);
    let messages = (1..=50).map(|number| {
        let Change::Chat(room, entry) = say(1, number, 1, None) else { panic!() };
        let envelope = Envelope::new(1, long.clone()).unwrap();
        Change::Chat(room, ChatEntry { envelope, ..entry })
    });
    storage.keep(&messages.collect::<Vec<_>>()).await.unwrap();

    let page = storage.chat(code(1), person(9), None, 50).await.unwrap();
    assert_eq!((numbers(&page.entries), page.more), (vec![47, 48, 49, 50], true));
    let before = storage.chat(code(1), person(9), Some(ChatNumber(47)), 50).await.unwrap();
    assert_eq!(numbers(&before.entries), [43, 44, 45, 46]);
}

pub(crate) async fn what_is_between_two_is_read_by_these_two(storage: &impl Storage) {
    storage.keep(&[say(1, 1, 1, Some(2)), say(1, 2, 1, None)]).await.unwrap();

    for (reader, expected) in [(1, vec![1, 2]), (2, vec![1, 2]), (3, vec![2])] {
        let page = storage.chat(code(1), person(reader), None, 9).await.unwrap();
        assert_eq!(numbers(&page.entries), expected, "reader {reader}");
    }
}

pub(crate) async fn what_is_kept_twice_is_there_once(storage: &impl Storage) {
    storage.keep(&[say(1, 1, 1, None)]).await.unwrap();
    let Change::Chat(room, entry) = say(1, 1, 1, None) else { panic!() };
    let again = Change::Chat(room, ChatEntry { number: ChatNumber(2), ..entry });

    storage.keep(&[again]).await.unwrap();

    assert_eq!(numbers(&storage.chat(code(1), person(1), None, 9).await.unwrap().entries), [1]);
}

pub(crate) async fn numbers_go_on_where_they_ended(storage: &impl Storage) {
    assert!(storage.recent_chat(code(1), 9).await.unwrap().is_empty());
    storage.keep(&[say(1, 40, 1, None), say(1, 41, 1, Some(2)), say(2, 99, 1, None)]).await.unwrap();
    assert_eq!(numbers(&storage.recent_chat(code(1), 9).await.unwrap()), [40, 41]);
    assert_eq!(numbers(&storage.recent_chat(code(1), 1).await.unwrap()), [41]);
}

pub(crate) async fn a_batch_is_kept_whole_or_not_at_all(storage: &impl Storage) {
    // PostgreSQL knows no text with a zero in it; SQLite takes it, so there both are kept.
    let unusual = storage::AuditEvent {
        id: "zero \0 inside".into(),
        at: Timestamp(1),
        room: None,
        actor: "operator".into(),
        action: "nothing".into(),
        subject: None,
    };

    let kept = storage.keep(&[say(1, 1, 1, None), Change::Audit(unusual)]).await;

    let found = storage.chat(code(1), person(1), None, 9).await.unwrap().entries.len();
    assert_eq!(found, usize::from(kept.is_ok()));
}

pub(crate) async fn another_message_in_the_place_of_one_is_refused(storage: &impl Storage) {
    storage.keep(&[say(1, 1, 1, None)]).await.unwrap();
    let Change::Chat(room, mut number_taken) = say(1, 1, 1, None) else { panic!() };
    number_taken.id = ChatId(Uuid::from_u128(77));
    let Change::Chat(_, mut id_taken) = say(1, 2, 1, None) else { panic!() };
    id_taken.id = ChatId(Uuid::from_u128(1));

    let changes = [
        Change::Chat(room, number_taken),
        say(1, 1, 1, None),
        Change::Chat(room, id_taken),
        say(1, 3, 1, None),
    ];
    let refused = storage.keep(&changes).await.unwrap();

    let taken = |change| Refusal { change, reason: RefusalReason::Taken };
    assert_eq!(refused, [taken(0), taken(2)]);
    assert_eq!(numbers(&storage.chat(code(1), person(1), None, 9).await.unwrap().entries), [1, 3]);
}

pub(crate) async fn a_room_keeps_as_much_as_it_may_and_the_rest_is_refused(storage: &impl Storage) {
    let full = |change| Refusal { change, reason: RefusalReason::RoomIsFull };
    let three = ChatQuota { messages: 3, ..ChatQuota::UNLIMITED };
    let five: Vec<_> = (1..=5).map(|number| say(1, number, 1, None)).collect();
    assert_eq!(storage.keep_within(three, &fenced(0, &five)).await.unwrap(), [full(3), full(4)]);
    assert_eq!(
        storage.keep_within(three, &fenced(0, &[say(1, 3, 1, None)])).await.unwrap(),
        [],
        "it is there"
    );
    assert_eq!(
        storage.keep_within(three, &fenced(0, &[say(2, 1, 1, None)])).await.unwrap(),
        [],
        "another room"
    );

    let Change::Chat(_, one) = say(3, 1, 1, None) else { panic!() };
    let two = ChatQuota { bytes: 2 * one.envelope.body().len() as u64, ..ChatQuota::UNLIMITED };
    let three: Vec<_> = (1..=3).map(|number| say(3, number, 1, None)).collect();
    assert_eq!(storage.keep_within(two, &fenced(0, &three)).await.unwrap(), [full(2)]);
    assert_eq!(numbers(&storage.chat(code(3), person(1), None, 9).await.unwrap().entries), [1, 2]);

    storage.delete_room(code(3), Fence::default()).await.unwrap();
    assert_eq!(
        storage.keep_within(two, &fenced(0, &three[2..])).await.unwrap(),
        [],
        "a deleted room leaves nothing"
    );
}

pub(crate) async fn old_chat_goes_and_makes_room(storage: &impl Storage) {
    let quota = ChatQuota { messages: 3, ..ChatQuota::UNLIMITED };
    let three: Vec<_> = (1..=3).map(|number| say(1, number, 1, None)).collect();
    storage.keep_within(quota, &fenced(0, &three)).await.unwrap();

    assert_eq!(storage.delete_chat(Timestamp(3000)).await.unwrap(), 2);

    assert_eq!(numbers(&storage.recent_chat(code(1), 9).await.unwrap()), [3]);
    let more: Vec<_> = (4..=6).map(|number| say(1, number, 1, None)).collect();
    assert_eq!(storage.keep_within(quota, &fenced(0, &more)).await.unwrap().len(), 1);
}

/// `number` is the message's place and its id.
pub(crate) fn say(room: u64, number: u64, from: u128, to: Option<u128>) -> Change {
    Change::Chat(
        code(room),
        ChatEntry {
            number: ChatNumber(number),
            id: ChatId(Uuid::from_u128(u128::from(number))),
            from: person(from),
            name: name("Ada"),
            to: to.map_or(ChatTarget::Everyone, |to| ChatTarget::Participant(person(to))),
            at: Timestamp(number * 1000),
            envelope: Envelope::new(1, format!("message {number} <b>'; DROP TABLE chat; --")).unwrap(),
        },
    )
}

fn numbers(entries: &[ChatEntry]) -> Vec<u64> {
    entries.iter().map(|entry| entry.number.0).collect()
}
