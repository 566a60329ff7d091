//! A page rings somebody into its call: what it says, what it shows of that, and what becomes of it when the call ends.

use call::{RingCommand, RingInput, RingOutput, RingPhase, RingRefusal};
use protocol::{ErrorCode, IncomingRing, Outcome, Progress, RingEvent, RingMessage, Standing};
use seal::KeyDigest;

use super::device::{
    TestDevice, answered, hung_up, id, incoming_ring, invitation, key, over, placed, ring, said,
};

fn add(device: &mut TestDevice) -> Vec<RingOutput> {
    device.command(RingCommand::Add { ring: ring(5), callee: id(2), expected: Some(KeyDigest::of(&key(2))) })
}

/// One that is in the call of ring 1, and rings somebody into it with ring 5.
fn adding() -> TestDevice {
    let mut device = TestDevice::in_call();
    add(&mut device);
    device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
    device.input(RingInput::Sealed { ring: ring(5), invitation: invitation(), note: None });
    device.hear(placed(5));
    device
}

fn phase(device: &TestDevice) -> Option<RingPhase> {
    device.machine.adding().map(|view| view.phase)
}

#[test]
fn who_is_rung_into_a_call_gets_the_secret_of_its_room() {
    let mut device = TestDevice::in_call();
    assert_eq!(said(&add(&mut device)), [&RingMessage::LookUp { callee: id(2) }]);
    let outputs = device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
    let into = Some(ring(1));
    assert_eq!(outputs, [RingOutput::Seal { ring: ring(5), callee: id(2), key: key(2), into }]);
    let outputs = device.input(RingInput::Sealed { ring: ring(5), invitation: invitation(), note: None });
    assert!(matches!(said(&outputs)[..], [RingMessage::Place(place)] if place.into == into));
    assert_eq!(device.hear(placed(5)), [], "this page is in that room");
    device.hear(RingEvent::Progress { ring: ring(5), progress: Progress::Ringing });
    assert_eq!((phase(&device), device.phase(1)), (Some(RingPhase::Ringing), Some(RingPhase::Answered)));
    assert_eq!(device.hear(answered(5)), []);
    assert_eq!(phase(&device), None);
    assert_eq!(device.hear(answered(5)), [], "said twice");
    let added = device.machine.added().map(|view| (view.ring, view.peer, view.key.clone(), view.phase));
    assert_eq!(
        added,
        Some((ring(5), id(2), Some(key(2)), RingPhase::Answered)),
        "as whoever is called is known"
    );
    device.hear(over(1, Outcome::Answered { seconds: 1 }));
    assert_eq!(device.machine.added(), None);
}

#[test]
fn another_key_than_the_one_that_is_known_is_rung_by_nobody() {
    let mut device = TestDevice::in_call();
    add(&mut device);
    assert_eq!(device.hear(RingEvent::KeyOf { callee: id(2), key: key(3) }), []);
    assert_eq!(phase(&device), Some(RingPhase::Refused(RingRefusal::WrongKey)));
}

#[test]
fn who_is_in_no_call_adds_nobody_and_one_is_added_at_a_time() {
    for mut device in [TestDevice::attached(), TestDevice::calling()] {
        assert_eq!(add(&mut device), []);
    }
    let mut device = adding();
    let second = RingCommand::Add { ring: ring(6), callee: id(4), expected: None };
    assert_eq!(device.command(second.clone()), []);
    device.hear(over(5, Outcome::Declined));
    assert_eq!(phase(&device), Some(RingPhase::Over(Outcome::Declined)));
    assert_eq!(said(&device.command(second)), [&RingMessage::LookUp { callee: id(4) }]);
}

#[test]
fn what_is_taken_back_is_said_until_the_server_knows() {
    let mut device = adding();
    let cancel = RingMessage::Cancel { ring: ring(5) };
    assert_eq!(said(&device.command(RingCommand::TakeBack)), [&cancel]);
    device.lose();
    let (standing, repeated) = device.come_back();
    assert!(matches!(standing, Standing::InCall { ring: named, .. } if named == ring(1)));
    assert_eq!(repeated, [cancel]);
    device.hear(over(5, Outcome::Cancelled));
    device.lose();
    assert_eq!(device.come_back().1, []);
    assert_eq!(device.phase(1), Some(RingPhase::Answered));
}

#[test]
fn a_page_that_comes_back_places_the_ring_again() {
    let mut device = adding();
    device.lose();
    device.wait_secs(3);
    let (standing, repeated) = device.come_back();
    assert!(matches!(standing, Standing::InCall { ring: named, .. } if named == ring(1)));
    let again =
        |message: &RingMessage| matches!(message, RingMessage::Place(place) if place.waited_ms >= 3_000);
    assert!(matches!(&repeated[..], [message] if again(message)), "{repeated:?}");
}

#[test]
fn nobody_is_rung_into_a_call_that_is_over() {
    let mut device = adding();
    let cancel = RingMessage::Cancel { ring: ring(5) };
    let outputs = device.command(RingCommand::HangUp { reason: protocol::HangUpReason::HungUp });
    assert_eq!(said(&outputs), [&hung_up(1), &cancel]);
    assert_eq!(phase(&device), None);
    let mut device = adding();
    let outputs = device.hear(over(1, Outcome::Answered { seconds: 4 }));
    assert_eq!((said(&outputs), phase(&device)), (vec![&cancel], None));
}

#[test]
fn a_server_that_refuses_or_says_nothing_is_shown() {
    let mut device = TestDevice::in_call();
    add(&mut device);
    device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
    device.input(RingInput::Sealed { ring: ring(5), invitation: invitation(), note: None });
    assert_eq!(device.refuse(ErrorCode::PeerInCall), []);
    assert_eq!(phase(&device), Some(RingPhase::Refused(RingRefusal::Server(ErrorCode::PeerInCall))));
    let mut device = TestDevice::in_call();
    add(&mut device);
    device.wait_secs(15);
    assert_eq!(phase(&device), Some(RingPhase::Refused(RingRefusal::NoKey)));
    let mut device = adding();
    device.wait_secs(30);
    assert_eq!(phase(&device), Some(RingPhase::Over(Outcome::NoAnswer)));
    let outputs = device.wait_secs(10);
    assert_eq!(said(&outputs), [&RingMessage::Cancel { ring: ring(5) }]);
    assert_eq!(phase(&device), Some(RingPhase::Over(Outcome::NoAnswer)));
}

#[test]
fn nobody_enters_the_room_of_a_call_that_goes_on_before_they_answer() {
    let mut device = TestDevice::attached();
    let into_call = IncomingRing { into_call: true, ..incoming_ring(1, 30_000) };
    device.hear(RingEvent::Incoming(Box::new(into_call)));
    assert_eq!(device.command(RingCommand::ConnectBeforehand { ring: ring(1) }), []);
    device.command(RingCommand::Answer { ring: ring(1) });
    assert!(matches!(
        device.hear(answered(1))[..],
        [RingOutput::EnterRoom { .. }, RingOutput::GoAhead { .. }]
    ));
}
