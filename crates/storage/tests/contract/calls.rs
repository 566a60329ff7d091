//! Direct calls and the histories of both sides.

use std::time::Duration;

use protocol::{CallId, DeviceId, Invitation, RingId, RoomCode, Timestamp};
use storage::{
    CallCourse, CallDirection, CallEnd, CallOutcome, CallParty, CallReaders, CallRecord, CallSide,
    ContactChange, HistoryEntry, HistoryPage, NOTE_CHARACTERS, OutboxEntry, RequestNote, SealedNote,
    Standing, Storage, StorageError,
};
use uuid::Uuid;

use super::contacts::make_owner;
use super::outbox::{claim, entry, waiting};
use super::{connect_all, every_character, public_key};

const OUTCOMES: [(CallOutcome, bool); 8] = [
    (CallOutcome::Answered, false),
    (CallOutcome::Declined, false),
    (CallOutcome::Busy, true),
    (CallOutcome::NoAnswer, true),
    (CallOutcome::Cancelled, true),
    (CallOutcome::Offline, true),
    (CallOutcome::Lost, true),
    (CallOutcome::Asked, false),
];

pub(crate) async fn a_call_is_in_both_histories_each_with_its_own_note(storage: &impl Storage) {
    let call = answered(1, 1, 2, 10);
    assert!(storage.keep_call(&call, &[]).await.unwrap());
    assert_eq!(storage.call(ring(1)).await.unwrap(), Some(call.clone()));
    assert_eq!(storage.call(ring(2)).await.unwrap(), None);

    let of_caller = HistoryEntry {
        ring: ring(1),
        direction: CallDirection::Outgoing,
        peer: CallParty { note: call.caller.note.clone(), ..call.callee.clone() },
        standing: None,
        invitation: None,
        course: call.course,
        is_unseen: false,
    };
    let of_callee = HistoryEntry {
        direction: CallDirection::Incoming,
        peer: CallParty { note: call.callee.note.clone(), ..call.caller.clone() },
        invitation: call.invitation.clone(),
        ..of_caller.clone()
    };
    assert!(of_callee.invitation.is_some(), "or nothing is shown by this");
    assert_eq!(page(storage, 1).await, HistoryPage { entries: vec![of_caller], more: false });
    assert_eq!(page(storage, 2).await, HistoryPage { entries: vec![of_callee], more: false });
    assert_eq!(page(storage, 3).await, HistoryPage { entries: vec![], more: false });
    assert_eq!(call.course.duration(), None, "it is not over");
}

pub(crate) async fn a_history_says_what_the_other_one_is_now(storage: &impl Storage) {
    for number in [1, 2] {
        make_owner(storage, number).await;
    }
    let missed = with(ringing(1, 2, 1, 10), None, no_answer(40));
    storage.keep_call(&missed, &[]).await.unwrap();
    storage.keep_call(&ended(2, 1, 2, 20), &[]).await.unwrap();
    let standings = async || {
        let history = page(storage, 1).await.entries.into_iter().map(|entry| (entry.ring, entry.standing));
        let unseen = storage.unseen_calls(&public_key(1), None, 9).await.unwrap().entries;
        (history.collect::<Vec<_>>(), unseen.into_iter().map(|entry| entry.standing).collect::<Vec<_>>())
    };
    let stranger = (vec![(ring(2), None), (ring(1), None)], vec![None]);
    assert_eq!(standings().await, stranger);
    let request = RequestNote::new("sealed".into()).unwrap();
    for (change, standing) in [
        (ContactChange::Asked(&request), Standing::Asked),
        (ContactChange::Met, Standing::Known),
        (ContactChange::Blocked, Standing::Blocked),
    ] {
        storage.change_contact(&public_key(1), &public_key(2), change, Timestamp(50)).await.unwrap();
        let is = Some(standing);
        assert_eq!(standings().await, (vec![(ring(2), is), (ring(1), is)], vec![is]));
    }
    assert!(page(storage, 2).await.entries.iter().all(|entry| entry.standing.is_none()), "it is not told");
    storage.forget_contact(&public_key(1), &public_key(2)).await.unwrap();
    assert_eq!(standings().await, stranger);
}

pub(crate) async fn every_outcome_is_read_as_it_was_kept(storage: &impl Storage) {
    for (number, (outcome, _)) in (1..).zip(OUTCOMES) {
        for answered_at in [None, Some(Timestamp(20))] {
            let number = number * 2 + u64::from(answered_at.is_some());
            let end = Some(CallEnd { at: Timestamp(3_020), outcome });
            let call = with(ringing(number, 1, 2, 10), answered_at, end);
            storage.keep_call(&call, &[]).await.unwrap();
            let kept = storage.call(ring(number)).await.unwrap().unwrap();
            assert_eq!(kept, call);
            let talked = outcome == CallOutcome::Answered && answered_at.is_some();
            assert_eq!(kept.course.duration(), talked.then_some(Duration::from_secs(3)), "{outcome:?}");
        }
    }
}

pub(crate) async fn a_call_only_goes_on(storage: &impl Storage) {
    let first = ringing(1, 1, 2, 10);
    let then = answered(1, 1, 2, 10);
    let over = ended(1, 1, 2, 10);
    let lost = with(
        then.clone(),
        Some(Timestamp(99)),
        Some(CallEnd { at: Timestamp(100), outcome: CallOutcome::Lost }),
    );
    let over_unanswered = with(first.clone(), None, over.course.end);
    let steps = [
        (&first, true, &first),
        (&first, false, &first),
        (&then, true, &then),
        (&first, false, &then),
        (&then, false, &then),
        (&over_unanswered, true, &over),
        (&first, false, &over),
        (&then, false, &over),
        (&over, false, &over),
        (&lost, false, &over),
    ];
    for (step, (call, goes_on, expected)) in steps.into_iter().enumerate() {
        assert_eq!(storage.keep_call(call, &[]).await.unwrap(), goes_on, "step {step}");
        assert_eq!(storage.call(ring(1)).await.unwrap().as_ref(), Some(expected), "step {step}");
    }
    let renamed = CallParty { call_id: CallId::nth(77), note: None, ..first.caller.clone() };
    let moved = CallRecord { ring: ring(2), ..first.clone() };
    storage.keep_call(&moved, &[]).await.unwrap();
    let late = CallRecord { ring: ring(2), caller: renamed, ..over.clone() };
    assert!(storage.keep_call(&late, &[]).await.unwrap());
    let kept = storage.call(ring(2)).await.unwrap().unwrap();
    assert_eq!(kept.caller, first.caller, "what was shown of them at first stays");
}

pub(crate) async fn of_two_ends_at_once_one_counts_and_is_delivered(storage: &impl Storage) {
    connect_all(storage).await;
    for number in 1..=6 {
        storage.keep_call(&ringing(number, 1, 2, 10), &[]).await.unwrap();
        let outcomes = [CallOutcome::Declined, CallOutcome::Cancelled, CallOutcome::NoAnswer];
        let ends: Vec<_> = outcomes
            .map(|outcome| {
                let end = Some(CallEnd { at: Timestamp(50), outcome });
                (with(ringing(number, 1, 2, 10), None, end), [entry("push", "key", &format!("{outcome:?}"))])
            })
            .into();
        let kept = futures::future::join_all(ends.iter().map(|(end, out)| storage.keep_call(end, out)));
        let went_on: Vec<_> = kept.await.into_iter().map(Result::unwrap).collect();
        let winner = went_on.iter().position(|went_on| *went_on).unwrap();
        assert_eq!(went_on.iter().filter(|went_on| **went_on).count(), 1, "{went_on:?}");
        assert_eq!(storage.call(ring(number)).await.unwrap().as_ref(), Some(&ends[winner].0));
        let delivered = claim(storage, "push", number * 1_000).await;
        assert_eq!(delivered.iter().map(|one| &one.entry).collect::<Vec<_>>(), [&ends[winner].1[0]]);
        assert!(storage.finish_delivery(delivered[0].claim).await.unwrap());
    }
}

pub(crate) async fn a_new_ring_that_comes_twice_at_once_is_there_once(storage: &impl Storage) {
    connect_all(storage).await;
    let (call, out) = (ringing(1, 1, 2, 10), [entry("push", "key", "ring")]);
    let kept = futures::future::join_all((0..6).map(|_| storage.keep_call(&call, &out))).await;
    assert_eq!(kept.into_iter().filter(|kept| *kept.as_ref().unwrap()).count(), 1);
    assert_eq!(rings(&page(storage, 1).await), [1]);
    assert_eq!(waiting(storage, "push").await, 1);
}

pub(crate) async fn a_ring_with_the_id_of_others_is_refused(storage: &impl Storage) {
    let call = ringing(1, 1, 2, 10);
    storage.keep_call(&call, &[]).await.unwrap();
    let out = [entry("push", "key", "stolen")];
    for (caller, callee) in [(3, 2), (1, 3), (2, 1), (3, 4)] {
        for forged in [ringing(1, caller, callee, 10), ended(1, caller, callee, 10)] {
            let kept = storage.keep_call(&forged, &out).await;
            assert!(matches!(kept, Err(StorageError::Exists)), "{caller} {callee} {kept:?}");
        }
    }
    assert_eq!(storage.call(ring(1)).await.unwrap(), Some(call));
    assert_eq!(waiting(storage, "push").await, 0);
}

pub(crate) async fn a_call_and_what_is_delivered_are_kept_together(storage: &impl Storage) {
    let out = [entry("push", "a", "1"), entry("push", "b", "2")];
    assert!(storage.keep_call(&ringing(1, 1, 2, 10), &out).await.unwrap());
    assert_eq!(waiting(storage, "push").await, 2);
    assert!(!storage.keep_call(&ringing(1, 1, 2, 10), &out).await.unwrap());
    assert_eq!(waiting(storage, "push").await, 2, "a duplicate delivers nothing");

    // PostgreSQL knows no text with a zero in it; SQLite takes it, so there everything is kept.
    let unusual = OutboxEntry { tag: Some("zero \0 inside".into()), ..entry("push", "d", "4") };
    let kept = storage.keep_call(&ringing(2, 1, 2, 10), &[entry("push", "c", "3"), unusual]).await;
    assert_eq!(storage.call(ring(2)).await.unwrap().is_some(), kept.is_ok());
    assert_eq!(waiting(storage, "push").await, 2 + 2 * u64::from(kept.is_ok()));
}

pub(crate) async fn a_history_comes_page_by_page_newest_first(storage: &impl Storage) {
    // To and fro, two in each moment, so that a page ends between two of the same; and what is of others.
    for number in 10..17 {
        let (caller, callee) = if number % 3 == 0 { (1, 2) } else { (2, 1) };
        storage.keep_call(&ended(number, caller, callee, number / 2), &[]).await.unwrap();
        storage.keep_call(&ended(number + 100, 2, 3, number / 2), &[]).await.unwrap();
    }
    for limit in [1, 2, 3, 6, 7, 8] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let page = storage.history(&public_key(1), before, limit).await.unwrap();
            assert!(page.entries.len() <= limit as usize);
            found.extend(rings(&page));
            assert_eq!(page.more, found.len() < 7, "limit {limit}, {} found", found.len());
            if !page.more {
                break;
            }
            before = page.entries.last().map(HistoryEntry::cursor);
        }
        assert_eq!(found, (10..17).rev().collect::<Vec<_>>(), "limit {limit}");
    }
}

pub(crate) async fn what_one_takes_out_of_their_history_the_other_keeps(storage: &impl Storage) {
    for number in 1..=3 {
        storage.keep_call(&ended(number, 1, 2, number), &[]).await.unwrap();
    }
    assert!(storage.hide_call(&public_key(1), ring(2)).await.unwrap());
    assert!(!storage.hide_call(&public_key(1), ring(2)).await.unwrap());
    assert_eq!(rings(&page(storage, 1).await), [3, 1]);
    assert_eq!(rings(&page(storage, 2).await), [3, 2, 1]);
    assert_eq!(storage.call(ring(2)).await.unwrap().unwrap().caller.note, None, "the note went with it");
    assert!(storage.call(ring(2)).await.unwrap().unwrap().callee.note.is_some());

    assert!(storage.hide_call(&public_key(2), ring(2)).await.unwrap());
    assert_eq!(storage.call(ring(2)).await.unwrap(), None, "both have taken it out");

    assert_eq!(storage.hide_calls(&public_key(2)).await.unwrap(), 2);
    assert_eq!(rings(&page(storage, 1).await), [3, 1]);
    assert_eq!(storage.hide_calls(&public_key(1)).await.unwrap(), 2);
    assert_eq!(storage.call(ring(1)).await.unwrap(), None);
}

pub(crate) async fn both_may_clear_their_histories_at_once(storage: &impl Storage) {
    connect_all(storage).await;
    for number in 1..=40 {
        let (caller, callee) = if number % 2 == 0 { (1, 2) } else { (2, 1) };
        storage.keep_call(&ended(number, caller, callee, number), &[]).await.unwrap();
    }
    let [one, other] = [public_key(1), public_key(2)];
    let (first, second) = futures::future::join(storage.hide_calls(&one), storage.hide_calls(&other)).await;
    assert_eq!((first.unwrap(), second.unwrap()), (40, 40));
    for number in 1..=40 {
        assert_eq!(storage.call(ring(number)).await.unwrap(), None, "{number}");
    }
}

pub(crate) async fn many_calls_are_changed_by_many_at_once(storage: &impl Storage) {
    connect_all(storage).await;
    let missed = |number| with(ringing(number, 1 + number % 2, 3, number), None, no_answer(1_000 - number));
    for number in 1..=60 {
        storage.keep_call(&missed(number), &[]).await.unwrap();
    }
    let shown: Vec<_> = (1..=60).rev().map(ring).collect();
    let [one, two, three] = [1, 2, 3].map(public_key);
    let hiding = futures::future::join_all([&one, &two, &three].map(|key| storage.hide_calls(key)));
    let seeing = storage.mark_seen(&three, &shown);
    let deleting = storage.delete_calls(Timestamp(1_000));
    let (seen, hidden, deleted) = futures::future::join3(seeing, hiding, deleting).await;
    assert!(hidden.iter().all(Result::is_ok), "{hidden:?}");
    assert!(seen.is_ok() && deleted.is_ok(), "{seen:?} {deleted:?}");
    for key in [1, 2, 3] {
        assert!(page(storage, key).await.entries.is_empty(), "{key}");
    }
}

pub(crate) async fn a_call_that_is_taken_out_while_it_rings_does_not_come_back(storage: &impl Storage) {
    storage.keep_call(&ringing(1, 1, 2, 10), &[]).await.unwrap();
    storage.hide_call(&public_key(2), ring(1)).await.unwrap();
    storage.hide_call(&public_key(1), ring(1)).await.unwrap();
    assert!(!storage.keep_call(&ringing(1, 1, 2, 10), &[]).await.unwrap(), "it still rings");
    let missed = with(ringing(1, 1, 2, 10), None, no_answer(50));
    storage.keep_call(&answered(2, 1, 2, 10), &[]).await.unwrap();
    storage.hide_call(&public_key(2), ring(2)).await.unwrap();

    assert!(storage.keep_call(&missed, &[]).await.unwrap());
    assert!(storage.keep_call(&ended(2, 1, 2, 10), &[]).await.unwrap());

    assert_eq!(storage.call(ring(1)).await.unwrap(), None, "it is over, and nobody has it");
    assert_eq!(rings(&page(storage, 1).await), [2]);
    assert_eq!(rings(&page(storage, 2).await), Vec::<u64>::new());
    assert_eq!(storage.count_unseen(&public_key(2)).await.unwrap(), 0);
}

pub(crate) async fn a_ring_of_somebody_who_is_blocked_is_in_their_history_alone(storage: &impl Storage) {
    let missed = |number| with(ringing(number, 1, 2, 10), None, no_answer(50));
    storage.keep_call(&for_caller(ringing(1, 1, 2, 10)), &[]).await.unwrap();
    storage.keep_call(&for_caller(missed(1)), &[]).await.unwrap();
    // Another is blocked while it rings, and a third answer is late.
    storage.keep_call(&ringing(2, 1, 2, 11), &[]).await.unwrap();
    assert_eq!(rings(&page(storage, 2).await), [2]);
    storage.keep_call(&for_caller(missed(2)), &[]).await.unwrap();
    storage.keep_call(&for_caller(ringing(3, 1, 2, 12)), &[]).await.unwrap();
    storage.keep_call(&missed(3), &[]).await.unwrap();

    assert_eq!(rings(&page(storage, 1).await), [3, 2, 1]);
    assert_eq!(rings(&page(storage, 2).await), Vec::<u64>::new());
    assert_eq!(storage.count_unseen(&public_key(2)).await.unwrap(), 0);
    storage.hide_calls(&public_key(1)).await.unwrap();
    assert_eq!(storage.call(ring(1)).await.unwrap(), None);
}

pub(crate) async fn missed_calls_are_counted_until_they_were_shown(storage: &impl Storage) {
    let mut missed = Vec::new();
    for (number, (outcome, is_missed)) in (1..).zip(OUTCOMES) {
        let end = Some(CallEnd { at: Timestamp(50), outcome });
        storage.keep_call(&with(ringing(number, 1, 2, number), None, end), &[]).await.unwrap();
        missed.extend(is_missed.then_some(number));
    }
    missed.reverse();
    storage.keep_call(&ringing(20, 1, 2, 20), &[]).await.unwrap();
    let lost = Some(CallEnd { at: Timestamp(90), outcome: CallOutcome::Lost });
    storage.keep_call(&with(answered(21, 1, 2, 21), Some(Timestamp(30)), lost), &[]).await.unwrap();
    // One that was answered and ended by somebody who did not know of the answer.
    storage.keep_call(&answered(22, 1, 2, 22), &[]).await.unwrap();
    storage.keep_call(&with(ringing(22, 1, 2, 22), None, lost), &[]).await.unwrap();
    storage.keep_call(&with(ringing(30, 2, 1, 30), None, no_answer(50)), &[]).await.unwrap();

    assert_eq!(storage.count_unseen(&public_key(2)).await.unwrap(), 5);
    assert_eq!(storage.count_unseen(&public_key(1)).await.unwrap(), 1);
    let first = storage.unseen_calls(&public_key(2), None, 2).await.unwrap();
    assert_eq!((rings(&first), first.more), (missed[..2].to_vec(), true));
    let rest = storage.unseen_calls(&public_key(2), Some(first.entries[1].cursor()), 3).await.unwrap();
    assert_eq!((rings(&rest), rest.more), (missed[2..].to_vec(), false));
    let marked = |page: HistoryPage| page.entries.into_iter().filter(|entry| entry.is_unseen).count();
    assert_eq!((marked(page(storage, 2).await), marked(page(storage, 1).await)), (5, 1));

    let shown: Vec<_> = missed[..2].iter().copied().chain([30, 99]).map(ring).collect();
    assert_eq!(storage.mark_seen(&public_key(2), &shown).await.unwrap(), 2, "30 was missed by the other");
    assert_eq!(storage.mark_seen(&public_key(2), &shown).await.unwrap(), 0);
    assert_eq!(storage.count_unseen(&public_key(2)).await.unwrap(), 3);
    assert_eq!(storage.count_unseen(&public_key(1)).await.unwrap(), 1);
    storage.hide_call(&public_key(2), ring(missed[2])).await.unwrap();
    assert_eq!(storage.count_unseen(&public_key(2)).await.unwrap(), 2);
    assert_eq!(rings(&page(storage, 2).await).len(), 11, "what was shown stays in the history");
}

pub(crate) async fn what_a_server_left_that_died_is_settled(storage: &impl Storage) {
    storage.keep_call(&ringing(1, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&answered(2, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&ended(3, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&ringing(4, 1, 2, 100), &[]).await.unwrap();
    storage.keep_call(&for_caller(ringing(5, 1, 2, 10)), &[]).await.unwrap();
    storage.keep_call(&for_caller(ringing(6, 1, 2, 10)), &[]).await.unwrap();
    storage.hide_call(&public_key(1), ring(6)).await.unwrap();

    assert_eq!(storage.settle_unfinished(Timestamp(100), Timestamp(100), Timestamp(200)).await.unwrap(), 4);

    let call = async |number| storage.call(ring(number)).await.unwrap();
    assert_eq!(call(1).await, Some(with(ringing(1, 1, 2, 10), None, no_answer(200))));
    let lost = call(2).await.unwrap();
    let end = CallEnd { at: Timestamp(200), outcome: CallOutcome::Lost };
    assert_eq!((lost.course.end, lost.course.duration()), (Some(end), None));
    assert_eq!(call(3).await, Some(ended(3, 1, 2, 10)));
    assert_eq!(call(4).await, Some(ringing(4, 1, 2, 100)), "it began later");
    assert_eq!(call(6).await, None, "nobody has it");
    let unseen = storage.unseen_calls(&public_key(2), None, 9).await.unwrap();
    assert_eq!(rings(&unseen), [1]);
    assert_eq!(storage.settle_unfinished(Timestamp(100), Timestamp(100), Timestamp(300)).await.unwrap(), 0);
}

pub(crate) async fn what_a_ring_needs_to_go_on_is_kept(storage: &impl Storage) {
    let device = Some(DeviceId::new(Uuid::from_u128(7)));
    let ringing_one = ringing(1, 1, 2, 10);
    let moved = RoomCode::from_random(99);
    let answered_one =
        CallRecord { answered_by: device, room: Some(moved), invitation: None, ..answered(1, 1, 2, 10) };
    storage.keep_call(&ringing(2, 1, 2, 5), &[]).await.unwrap();
    storage.keep_call(&ringing_one, &[]).await.unwrap();
    storage.keep_call(&ended(3, 1, 2, 1), &[]).await.unwrap();
    storage.keep_call(&for_caller(ringing(4, 3, 2, 11)), &[]).await.unwrap();
    for (key, is_in_call) in [(1, true), (2, true), (3, true), (4, false)] {
        assert_eq!(storage.is_in_call(&public_key(key)).await.unwrap(), is_in_call, "{key}");
    }
    let unfinished = storage.unfinished_calls().await.unwrap();
    let expected = [ringing(2, 1, 2, 5), ringing_one.clone(), for_caller(ringing(4, 3, 2, 11))];
    assert_eq!(unfinished, expected);

    storage.keep_call(&answered_one, &[]).await.unwrap();
    let kept = CallRecord { invitation: ringing_one.invitation.clone(), ..answered_one.clone() };
    assert_eq!(storage.call(ring(1)).await.unwrap().as_ref(), Some(&kept), "the invitation came first");
    let other = CallRecord { answered_by: None, room: None, ..ended(1, 1, 2, 10) };
    storage.keep_call(&other, &[]).await.unwrap();
    let over = storage.call(ring(1)).await.unwrap().unwrap();
    assert_eq!((over.answered_by, over.room, over.course), (device, Some(moved), other.course));
    assert_eq!(storage.unfinished_calls().await.unwrap().len(), 2);
    storage.hide_call(&public_key(2), ring(1)).await.unwrap();
    assert_eq!(storage.call(ring(1)).await.unwrap().unwrap().invitation, None, "it was for them alone");
}

pub(crate) async fn who_is_in_a_ring_that_is_confirmed_just_then_is_in_a_call(storage: &impl Storage) {
    for number in 1..=100 {
        storage.begin_call(&ringing(number, 1, 2, 10)).await.unwrap();
        let (caller, callee) = (public_key(1), public_key(2));
        let asking = [storage.is_in_call(&callee), storage.is_in_call(&caller), storage.is_in_call(&callee)];
        let (confirmed, asked) =
            futures::future::join(storage.confirm_call(ring(number)), futures::future::join_all(asking))
                .await;
        confirmed.unwrap();
        assert!(asked.into_iter().all(|is_in_call| is_in_call.unwrap()), "{number}");
        storage.keep_call(&with(ringing(number, 1, 2, 10), None, no_answer(40)), &[]).await.unwrap();
        assert!(!storage.is_in_call(&caller).await.unwrap());
    }
}

pub(crate) async fn a_call_that_is_long_and_a_ring_that_is_young_are_not_settled(storage: &impl Storage) {
    storage.keep_call(&answered(1, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&answered(2, 1, 2, 30), &[]).await.unwrap();
    storage.keep_call(&ringing(3, 1, 2, 30), &[]).await.unwrap();
    storage.keep_call(&ringing(4, 1, 2, 50), &[]).await.unwrap();
    let settled = storage.settle_unfinished(Timestamp(50), Timestamp(25), Timestamp(90)).await.unwrap();
    assert_eq!(settled, 2);
    let left = storage.unfinished_calls().await.unwrap();
    assert_eq!(left, [answered(2, 1, 2, 30), ringing(4, 1, 2, 50)]);
}

pub(crate) async fn a_ring_in_doubt_is_no_missed_call_until_it_is_known_to_have_begun(
    storage: &impl Storage,
) {
    for number in 1..=4 {
        assert!(storage.begin_call(&ringing(number, 1, 2, 10)).await.unwrap());
        assert!(!storage.begin_call(&ringing(number, 1, 2, 10)).await.unwrap(), "it is kept already");
    }
    assert!(matches!(storage.begin_call(&ringing(1, 3, 4, 10)).await, Err(StorageError::Exists)));
    storage.confirm_call(ring(2)).await.unwrap();
    storage.keep_call(&answered(3, 1, 2, 10), &[]).await.unwrap();
    assert!(storage.is_in_call(&public_key(1)).await.unwrap(), "doubt does not matter for that");
    let doubtful = storage.doubtful_calls().await.unwrap();
    assert_eq!(doubtful, [ringing(1, 1, 2, 10), ringing(4, 1, 2, 10)]);
    assert_eq!(storage.unfinished_calls().await.unwrap(), [ringing(2, 1, 2, 10), answered(3, 1, 2, 10)]);

    assert_eq!(storage.settle_unfinished(Timestamp(100), Timestamp(5), Timestamp(200)).await.unwrap(), 1);
    assert_eq!(rings(&storage.unseen_calls(&public_key(2), None, 9).await.unwrap()), [2]);
    // Whoever has begun it comes back and ends it: it was there.
    storage.keep_call(&with(ringing(4, 1, 2, 10), None, no_answer(40)), &[]).await.unwrap();
    assert_eq!(storage.count_unseen(&public_key(2)).await.unwrap(), 2);
}

pub(crate) async fn a_call_that_ends_with_its_server_has_lasted_until_that_was_last_there(
    storage: &impl Storage,
) {
    assert_eq!(storage.calls_noted_at().await.unwrap(), None);
    for (noted, kept) in [(60, 60), (50, 60), (70, 70)] {
        storage.note_calls(Timestamp(noted)).await.unwrap();
        assert_eq!(storage.calls_noted_at().await.unwrap(), Some(Timestamp(kept)));
    }
    let first = answered(1, 1, 2, 10);
    let mut late = answered(2, 1, 2, 10);
    late.course.answered_at = Some(Timestamp(90));
    for call in [&first, &late] {
        storage.keep_call(call, &[]).await.unwrap();
    }
    storage.settle_unfinished(Timestamp(100), Timestamp(100), Timestamp(5_000)).await.unwrap();
    let ended_at = async |number| storage.call(ring(number)).await.unwrap().unwrap().course.end.unwrap().at;
    assert_eq!((ended_at(1).await, ended_at(2).await), (Timestamp(70), Timestamp(90)));
}

pub(crate) async fn who_has_placed_a_call_is_kept_with_it(storage: &impl Storage) {
    let call = CallRecord { placed_by: Some("program".into()), ..ringing(1, 1, 2, 10) };
    storage.begin_call(&call).await.unwrap();
    let over = CallRecord { placed_by: None, ..ended(1, 1, 2, 10) };
    storage.keep_call(&over, &[]).await.unwrap();
    assert_eq!(storage.call(ring(1)).await.unwrap().unwrap().placed_by, call.placed_by);
    storage.keep_call(&ringing(2, 1, 2, 10), &[]).await.unwrap();
    assert_eq!(storage.call(ring(2)).await.unwrap().unwrap().placed_by, None);
}

pub(crate) async fn who_stays_in_a_call_is_in_one_until_they_go(storage: &impl Storage) {
    connect_all(storage).await;
    storage.keep_call(&ringing(1, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&answered(1, 1, 2, 10), &[]).await.unwrap();
    let over = ended(1, 1, 2, 10);
    let stays = CallRecord { stays: Some(CallSide::Callee), ..over.clone() };
    storage.keep_call(&stays, &[]).await.unwrap();
    let kept = storage.call(ring(1)).await.unwrap().unwrap();
    assert_eq!((kept.stays, kept.course), (stays.stays, over.course));
    assert_eq!(storage.unfinished_calls().await.unwrap(), [kept]);
    for (key, is_in_call) in [(1, false), (2, true)] {
        assert_eq!(storage.is_in_call(&public_key(key)).await.unwrap(), is_in_call, "{key}");
    }
    // In both histories it is over; whoever takes it out of theirs takes nothing from the call.
    for key in [1, 2] {
        let page = storage.history(&public_key(key), None, 10).await.unwrap();
        assert_eq!(page.entries[0].course, over.course);
        storage.hide_call(&public_key(key), ring(1)).await.unwrap();
    }
    assert!(storage.call(ring(1)).await.unwrap().unwrap().invitation.is_some());
    // Late news of how it was before, and of another end, change nothing; that they have gone is kept.
    assert!(!storage.keep_call(&answered(1, 1, 2, 10), &[]).await.unwrap());
    let lost = over.course.end.map(|end| CallEnd { outcome: CallOutcome::Lost, ..end });
    storage.keep_call(&with(over.clone(), over.course.answered_at, lost), &[]).await.unwrap();
    assert_eq!(storage.unfinished_calls().await.unwrap(), []);
    assert!(!storage.is_in_call(&public_key(2)).await.unwrap());

    storage.keep_call(&answered(2, 1, 2, 10), &[]).await.unwrap();
    storage
        .keep_call(&CallRecord { stays: Some(CallSide::Caller), ..ended(2, 1, 2, 10) }, &[])
        .await
        .unwrap();
    let [long_ago, now] = [Timestamp(1_000_000), Timestamp(2_000_000)];
    storage.settle_unfinished(long_ago, long_ago, now).await.unwrap();
    assert_eq!(storage.unfinished_calls().await.unwrap(), [], "nobody talks for so long");
}

pub(crate) async fn a_call_comes_into_the_history_of_a_callee_who_takes_it(storage: &impl Storage) {
    // Who has blocked the caller rings them at the same moment: the two rings become one.
    storage.keep_call(&for_caller(ringing(1, 1, 2, 10)), &[]).await.unwrap();
    assert_eq!(rings(&page(storage, 2).await), Vec::<u64>::new());
    storage.keep_call(&answered(1, 1, 2, 10), &[]).await.unwrap();
    storage.keep_call(&ended(1, 1, 2, 10), &[]).await.unwrap();
    assert_eq!(rings(&page(storage, 2).await), [1]);
    assert_eq!(storage.call(ring(1)).await.unwrap(), Some(ended(1, 1, 2, 10)));
    // Who has taken it out of their history has not got it back by answering.
    storage.keep_call(&ringing(2, 1, 2, 10), &[]).await.unwrap();
    storage.hide_call(&public_key(2), ring(2)).await.unwrap();
    storage.keep_call(&answered(2, 1, 2, 10), &[]).await.unwrap();
    assert_eq!(rings(&page(storage, 2).await), [1]);
}

pub(crate) async fn old_calls_go_from_both_histories(storage: &impl Storage) {
    for number in 1..=3 {
        let end = Some(CallEnd { at: Timestamp(number * 100), outcome: CallOutcome::Declined });
        storage.keep_call(&with(ringing(number, 1, 2, 1), None, end), &[]).await.unwrap();
    }
    storage.keep_call(&ringing(4, 1, 2, 1), &[]).await.unwrap();
    assert_eq!(storage.delete_calls(Timestamp(100)).await.unwrap(), 0);
    assert_eq!(storage.delete_calls(Timestamp(201)).await.unwrap(), 2);
    for key in [1, 2] {
        assert_eq!(rings(&page(storage, key).await), [4, 3], "what is not over is never old");
    }
}

pub(crate) async fn calls_of_others_are_neither_read_nor_changed(storage: &impl Storage) {
    let call = with(ringing(1, 1, 2, 10), None, no_answer(50));
    storage.keep_call(&call, &[]).await.unwrap();
    let note = SealedNote::new("mine".into()).unwrap();
    let other = public_key(3);

    assert!(page(storage, 3).await.entries.is_empty());
    assert!(!storage.note_call(&other, ring(1), Some(&note)).await.unwrap());
    assert!(!storage.note_call(&public_key(1), ring(2), Some(&note)).await.unwrap());
    assert!(!storage.hide_call(&other, ring(1)).await.unwrap());
    assert_eq!(storage.hide_calls(&other).await.unwrap(), 0);
    for key in [&other, &public_key(1)] {
        assert_eq!(storage.mark_seen(key, &[ring(1)]).await.unwrap(), 0, "the callee missed it");
        assert_eq!(storage.count_unseen(key).await.unwrap(), 0);
    }
    assert!(!storage.delete_identity(&other).await.unwrap());
    assert_eq!(storage.call(ring(1)).await.unwrap(), Some(call));
    assert_eq!(storage.count_unseen(&public_key(2)).await.unwrap(), 1);
}

pub(crate) async fn a_note_is_for_the_side_that_made_it(storage: &impl Storage) {
    storage.keep_call(&ended(1, 1, 2, 10), &[]).await.unwrap();
    let theirs = storage.history(&public_key(2), None, 1).await.unwrap();
    for text in every_character(NOTE_CHARACTERS) {
        let note = SealedNote::new(text).unwrap();
        assert!(storage.note_call(&public_key(1), ring(1), Some(&note)).await.unwrap());
        assert!(page(storage, 1).await.entries[0].peer.note == Some(note), "a note has changed");
    }
    assert_eq!(page(storage, 2).await, theirs);
    assert!(storage.note_call(&public_key(1), ring(1), None).await.unwrap());
    assert_eq!(page(storage, 1).await.entries[0].peer.note, None);
    storage.hide_call(&public_key(1), ring(1)).await.unwrap();
    let note = SealedNote::new("late".into()).unwrap();
    assert!(!storage.note_call(&public_key(1), ring(1), Some(&note)).await.unwrap());
    assert!(storage.note_call(&public_key(2), ring(1), Some(&note)).await.unwrap());
    assert_eq!(page(storage, 2).await.entries[0].peer.note, Some(note));
}

pub(crate) fn ring(number: u64) -> RingId {
    RingId::new(Uuid::from_u128(u128::from(number)))
}

/// A call between two that began at a moment.
pub(crate) fn ringing(number: u64, caller: u64, callee: u64, started_at: u64) -> CallRecord {
    let party = |key: u64, of: &str| CallParty {
        key: public_key(key),
        call_id: CallId::nth(u32::try_from(key).unwrap()),
        note: SealedNote::new(format!("{of} {number} '; DROP TABLE calls; --")).ok(),
    };
    let course = CallCourse { started_at: Timestamp(started_at), answered_at: None, end: None };
    CallRecord {
        ring: ring(number),
        caller: party(caller, "caller"),
        callee: party(callee, "callee"),
        readers: CallReaders::Both,
        placed_by: None,
        room: Some(RoomCode::from_random(number)),
        invitation: Invitation::new(format!("invitation-{number}")).ok(),
        answered_by: None,
        course,
        stays: None,
    }
}

/// The same, of somebody who is blocked.
fn for_caller(call: CallRecord) -> CallRecord {
    CallRecord { readers: CallReaders::Caller, ..call }
}

/// The same, ten milliseconds later.
fn answered(number: u64, caller: u64, callee: u64, started_at: u64) -> CallRecord {
    with(ringing(number, caller, callee, started_at), Some(Timestamp(started_at + 10)), None)
}

/// The same, ten milliseconds later again.
pub(crate) fn ended(number: u64, caller: u64, callee: u64, started_at: u64) -> CallRecord {
    let end = CallEnd { at: Timestamp(started_at + 20), outcome: CallOutcome::Answered };
    with(answered(number, caller, callee, started_at), Some(Timestamp(started_at + 10)), Some(end))
}

fn with(call: CallRecord, answered_at: Option<Timestamp>, end: Option<CallEnd>) -> CallRecord {
    let course = CallCourse { answered_at, end, ..call.course };
    CallRecord { course, ..call }
}

fn no_answer(at: u64) -> Option<CallEnd> {
    Some(CallEnd { at: Timestamp(at), outcome: CallOutcome::NoAnswer })
}

async fn page(storage: &impl Storage, key: u64) -> HistoryPage {
    storage.history(&public_key(key), None, 100).await.unwrap()
}

fn rings(page: &HistoryPage) -> Vec<u64> {
    let numbers = (0..1000).collect::<Vec<_>>();
    let number = |entry: &HistoryEntry| numbers.iter().copied().find(|number| ring(*number) == entry.ring);
    page.entries.iter().filter_map(number).collect()
}
