//! Whom identities know, have blocked, or are asked by.

use protocol::{CallId, Timestamp};
use storage::{
    CONTACTS_OF_IDENTITY, ContactChange, ContactRecord, NOTE_CHARACTERS, REQUEST_CHARACTERS,
    REQUESTS_OF_IDENTITY, RequestNote, SealedNote, Standing, Storage,
};

use super::{connect_all, every_character, public_key};

const MET: ContactChange<'_> = ContactChange::Met;
const ALLOWED: ContactChange<'_> = ContactChange::Allowed;
const BLOCKED: ContactChange<'_> = ContactChange::Blocked;

pub(crate) async fn a_peer_has_one_standing(storage: &impl Storage) {
    make_owner(storage, 1).await;
    let request = request("let me in");
    let asked = ContactChange::Asked(&request);
    let steps = [
        (asked, Standing::Asked),
        (asked, Standing::Asked),
        (MET, Standing::Known),
        (asked, Standing::Known),
        (MET, Standing::Known),
        (BLOCKED, Standing::Blocked),
        (asked, Standing::Blocked),
        (MET, Standing::Blocked),
        (BLOCKED, Standing::Blocked),
        (ALLOWED, Standing::Known),
        (ALLOWED, Standing::Known),
    ];
    for (at, (change, expected)) in (1..).zip(steps) {
        assert_eq!(apply(storage, 1, 2, change, at).await, Some(expected), "step {at}");
        let contact = storage.contact(&public_key(1), &public_key(2)).await.unwrap().unwrap();
        assert_eq!(contact.standing, expected, "step {at}");
        for standing in [Standing::Known, Standing::Blocked, Standing::Asked] {
            let listed = peers(storage, 1, standing).await;
            assert_eq!(listed.len(), usize::from(standing == expected), "step {at}");
        }
    }
    assert!(storage.forget_contact(&public_key(1), &public_key(2)).await.unwrap());
    assert!(!storage.forget_contact(&public_key(1), &public_key(2)).await.unwrap());
    assert_eq!(storage.contact(&public_key(1), &public_key(2)).await.unwrap(), None);
    assert_eq!(apply(storage, 1, 2, asked, 99).await, Some(Standing::Asked), "who is forgotten may ask");
}

pub(crate) async fn a_request_is_read_until_it_is_answered(storage: &impl Storage) {
    make_owner(storage, 1).await;
    let (first, second) = (request("first"), request("second"));
    apply(storage, 1, 2, ContactChange::Asked(&first), 5).await;
    apply(storage, 1, 2, ContactChange::Asked(&second), 6).await;
    let contact = async || storage.contact(&public_key(1), &public_key(2)).await.unwrap().unwrap();
    let expected = ContactRecord {
        peer: public_key(2),
        standing: Standing::Asked,
        note: None,
        request: Some(second),
        changed_at: Timestamp(6),
    };
    assert_eq!(contact().await, expected);

    let note = SealedNote::new("Ada".into()).unwrap();
    assert!(storage.note_contact(&public_key(1), &public_key(2), Some(&note)).await.unwrap());
    apply(storage, 1, 2, ALLOWED, 7).await;
    let known = ContactRecord {
        standing: Standing::Known,
        note: Some(note),
        request: None,
        changed_at: Timestamp(7),
        ..expected
    };
    assert_eq!(contact().await, known);
    apply(storage, 1, 2, ContactChange::Asked(&first), 8).await;
    assert_eq!(contact().await, known, "who is known has nothing to ask");
    assert!(storage.note_contact(&public_key(1), &public_key(2), None).await.unwrap());
    assert_eq!(contact().await, ContactRecord { note: None, ..known });
}

pub(crate) async fn contacts_come_page_by_page_the_last_changed_first(storage: &impl Storage) {
    make_owner(storage, 1).await;
    // Two of each moment, so that a page ends between two of the same.
    for peer in 10..16 {
        apply(storage, 1, peer, MET, peer / 2).await;
    }
    apply(storage, 1, 99, BLOCKED, 6).await;
    for limit in [1, 2, 3, 5, 6, 7] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page =
                storage.contacts(&public_key(1), Standing::Known, before.as_ref(), limit).await.unwrap();
            assert!(page.entries.len() <= limit as usize);
            found.extend(page.entries.iter().map(|contact| contact.peer.clone()));
            assert_eq!(page.more, found.len() < 6, "limit {limit}, {} found", found.len());
            if !page.more {
                break;
            }
            before = page.entries.last().map(ContactRecord::cursor);
        }
        assert_eq!(found, (10..16).rev().map(public_key).collect::<Vec<_>>(), "limit {limit}");
    }
    apply(storage, 1, 10, MET, 50).await;
    assert_eq!(peers(storage, 1, Standing::Known).await[0], public_key(10), "they met again");
}

pub(crate) async fn of_too_many_contacts_the_oldest_goes_that_is_not_blocked(storage: &impl Storage) {
    make_owner(storage, 1).await;
    make_owner(storage, 2).await;
    apply(storage, 2, 0, MET, 1).await;
    let most = u64::from(CONTACTS_OF_IDENTITY);
    // The first and most others are blocked; three are known.
    apply(storage, 1, 0, BLOCKED, 1).await;
    for known in [5001, 5002, 5003] {
        apply(storage, 1, known, MET, known - 5000).await;
    }
    for blocked in 4..most {
        apply(storage, 1, blocked, BLOCKED, blocked).await;
    }
    let request = request("?");
    apply(storage, 1, 6000, ContactChange::Asked(&request), 6000).await;
    let known = [5003, 5002, 5001].map(public_key);
    assert_eq!(
        peers(storage, 1, Standing::Known).await,
        known,
        "as many as may be, and who asks puts out nobody"
    );

    assert_eq!(apply(storage, 1, 7000, MET, 7000).await, Some(Standing::Known));
    assert_eq!(peers(storage, 1, Standing::Known).await, [7000, 5003, 5002].map(public_key));
    apply(storage, 1, 5002, MET, 7001).await;
    assert_eq!(apply(storage, 1, 7002, BLOCKED, 7002).await, Some(Standing::Blocked));
    assert_eq!(peers(storage, 1, Standing::Known).await, [5002, 7000].map(public_key), "they met again");

    for blocked in [7003, 7004] {
        assert_eq!(apply(storage, 1, blocked, BLOCKED, blocked).await, Some(Standing::Blocked));
    }
    assert_eq!(peers(storage, 1, Standing::Known).await, []);
    let blocked = peers(storage, 1, Standing::Blocked).await;
    assert_eq!((blocked.len() as u64, blocked.last()), (most, Some(&public_key(0))));
    assert_eq!(apply(storage, 1, 8000, MET, 8000).await, None, "all are blocked, and stay so");
    assert_eq!(peers(storage, 1, Standing::Blocked).await, blocked);
    assert_eq!(apply(storage, 1, 8001, BLOCKED, 8001).await, Some(Standing::Blocked));
    assert_eq!(
        storage.contact(&public_key(1), &public_key(0)).await.unwrap(),
        None,
        "now the oldest has gone"
    );
    assert_eq!(peers(storage, 1, Standing::Blocked).await.len() as u64, most);
    assert_eq!(peers(storage, 1, Standing::Asked).await, [public_key(6000)]);
    assert_eq!(peers(storage, 2, Standing::Known).await, [public_key(0)]);
}

pub(crate) async fn of_too_many_requests_the_oldest_goes(storage: &impl Storage) {
    make_owner(storage, 1).await;
    apply(storage, 1, 500, MET, 0).await;
    let request = request("?");
    let most = u64::from(REQUESTS_OF_IDENTITY);
    for peer in 1..=most + 1 {
        let standing = apply(storage, 1, peer, ContactChange::Asked(&request), 10 + peer).await;
        assert_eq!(standing, Some(Standing::Asked));
    }
    let asking = peers(storage, 1, Standing::Asked).await;
    assert_eq!(asking, (2..=most + 1).rev().map(public_key).collect::<Vec<_>>());
    assert_eq!(peers(storage, 1, Standing::Known).await, [public_key(500)]);
}

pub(crate) async fn of_many_who_ask_at_once_as_many_wait_as_may(storage: &impl Storage) {
    make_owner(storage, 1).await;
    let request = request("?");
    let most = u64::from(REQUESTS_OF_IDENTITY);
    let ask = |peer| apply(storage, 1, peer, ContactChange::Asked(&request), peer);
    for peer in 1..=most {
        ask(peer).await;
    }
    connect_all(storage).await;
    for round in 1..=6 {
        futures::future::join_all((0..16).map(|number| ask(most * round + number))).await;
        assert_eq!(peers(storage, 1, Standing::Asked).await.len() as u64, most, "round {round}");
    }
}

pub(crate) async fn who_has_no_identity_has_no_contacts(storage: &impl Storage) {
    assert_eq!(apply(storage, 1, 2, BLOCKED, 5).await, None);
    assert_eq!(storage.contact(&public_key(1), &public_key(2)).await.unwrap(), None);
    make_owner(storage, 1).await;
    assert_eq!(apply(storage, 1, 2, BLOCKED, 5).await, Some(Standing::Blocked));
    connect_all(storage).await;
    let owner = public_key(1);
    let deleting = storage.delete_identity(&owner);
    let adding = futures::future::join_all((3..9).map(|peer| apply(storage, 1, peer, MET, 6)));
    futures::future::join(deleting, adding).await.0.unwrap();
    for peer in 2..9 {
        assert_eq!(storage.contact(&public_key(1), &public_key(peer)).await.unwrap(), None, "{peer}");
    }
}

pub(crate) async fn contacts_of_somebody_else_are_neither_read_nor_changed(storage: &impl Storage) {
    make_owner(storage, 1).await;
    make_owner(storage, 2).await;
    apply(storage, 1, 2, MET, 5).await;
    let mine = storage.contact(&public_key(1), &public_key(2)).await.unwrap();

    assert_eq!(storage.contact(&public_key(2), &public_key(1)).await.unwrap(), None);
    for standing in [Standing::Known, Standing::Blocked, Standing::Asked] {
        assert_eq!(peers(storage, 2, standing).await, []);
    }
    let note = SealedNote::new("mine".into()).unwrap();
    assert!(!storage.note_contact(&public_key(2), &public_key(1), Some(&note)).await.unwrap());
    assert!(!storage.note_contact(&public_key(2), &public_key(2), Some(&note)).await.unwrap());
    assert!(!storage.forget_contact(&public_key(2), &public_key(1)).await.unwrap());
    assert!(!storage.forget_contact(&public_key(2), &public_key(2)).await.unwrap());
    apply(storage, 2, 1, BLOCKED, 6).await;
    assert_eq!(storage.contact(&public_key(1), &public_key(2)).await.unwrap(), mine);
}

pub(crate) async fn notes_of_contacts_are_kept_whatever_is_in_them(storage: &impl Storage) {
    make_owner(storage, 1).await;
    for text in every_character(REQUEST_CHARACTERS) {
        let note: String = text.chars().take(NOTE_CHARACTERS).collect();
        let (note, request) = (SealedNote::new(note).unwrap(), RequestNote::new(text).unwrap());
        apply(storage, 1, 2, ContactChange::Asked(&request), 5).await;
        storage.note_contact(&public_key(1), &public_key(2), Some(&note)).await.unwrap();
        let contact = storage.contact(&public_key(1), &public_key(2)).await.unwrap().unwrap();
        assert!(contact.request == Some(request) && contact.note == Some(note), "a note has changed");
    }
    for character in ["x", "🍵"] {
        assert!(SealedNote::new(character.repeat(NOTE_CHARACTERS + 1)).is_err());
        assert!(RequestNote::new(character.repeat(REQUEST_CHARACTERS + 1)).is_err());
    }
    assert!(SealedNote::new("zero \0 inside".into()).is_err() && RequestNote::new("\0".into()).is_err());
}

pub(crate) async fn make_owner(storage: &impl Storage, number: u64) {
    let drawn = CallId::nth(u32::try_from(number).unwrap());
    storage.give_call_id(&public_key(number), drawn, Timestamp(1000)).await.unwrap();
}

async fn apply(
    storage: &impl Storage,
    owner: u64,
    peer: u64,
    change: ContactChange<'_>,
    at: u64,
) -> Option<Standing> {
    storage.change_contact(&public_key(owner), &public_key(peer), change, Timestamp(at)).await.unwrap()
}

async fn peers(storage: &impl Storage, owner: u64, standing: Standing) -> Vec<protocol::PublicKey> {
    let page = storage.contacts(&public_key(owner), standing, None, 100_000).await.unwrap();
    assert!(!page.more);
    page.entries.into_iter().map(|contact| contact.peer).collect()
}

fn request(text: &str) -> RequestNote {
    RequestNote::new(text.into()).unwrap()
}
