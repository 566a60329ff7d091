//! Seats and blocked browsers.

use protocol::{Forbidden, HandNumber, PublicKey, Role, SessionId, Switch, Timestamp};
use storage::{Change, SeatRecord, SeatState, Storage};
use uuid::Uuid;

use super::{browser, code, name, person};

pub(crate) async fn a_seat_is_as_it_was_said_last(storage: &impl Storage) {
    let first = seat(1, 100);
    let then = SeatRecord {
        name: name("Ada Lovelace"),
        role: Role::CoHost,
        hand: Some(HandNumber(7)),
        forbidden: Forbidden { microphone: Switch::On, ..Forbidden::default() },
        state: SeatState::Removed,
        generation: 3,
        changed_at: Timestamp(200),
        ..first.clone()
    };
    storage
        .keep(&[Change::Seat(first), Change::Seat(seat(2, 150)), Change::Seat(then.clone())])
        .await
        .unwrap();

    assert_eq!(storage.seats(code(1), Timestamp(0)).await.unwrap(), [seat(2, 150), then]);
    assert_eq!(storage.seats(code(2), Timestamp(0)).await.unwrap(), []);
}

pub(crate) async fn a_blocked_browser_stays_blocked(storage: &impl Storage) {
    let blocked = Change::Blocked(code(1), browser("eve"), Timestamp(5));
    storage.keep(&[blocked.clone(), blocked]).await.unwrap();

    assert_eq!(storage.blocked_browsers(code(1)).await.unwrap(), [browser("eve")]);
    assert_eq!(storage.blocked_browsers(code(2)).await.unwrap(), []);
}

pub(crate) async fn old_seats_are_not_read(storage: &impl Storage) {
    storage.keep(&[Change::Seat(seat(1, 100)), Change::Seat(seat(2, 200))]).await.unwrap();

    let seats = storage.seats(code(1), Timestamp(150)).await.unwrap();

    assert_eq!(seats, [seat(2, 200)]);
}

fn seat(number: u128, changed_at: u64) -> SeatRecord {
    SeatRecord {
        room: code(1),
        participant: person(number),
        session: SessionId::new(Uuid::from_u128(number + 100)),
        name: name("Ada"),
        role: Role::Guest,
        hand: None,
        forbidden: Forbidden::default(),
        state: SeatState::Taken,
        generation: 1,
        browser: (number == 1).then(|| browser("ada")),
        key: (number == 1).then(|| PublicKey::new("A".repeat(43)).unwrap()),
        changed_at: Timestamp(changed_at),
    }
}
