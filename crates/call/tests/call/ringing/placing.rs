//! A page places a ring: with which key, what it shows of it, and what it says to a server that refuses.

use call::{RingCommand, RingInput, RingOutput, RingPhase, RingRefusal};
use protocol::{ErrorCode, HangUpReason, IncomingRing, Outcome, Progress, RingEvent, RingMessage, Standing};
use seal::KeyDigest;

use super::device::{
    TestDevice, answered, id, incoming, incoming_ring, invitation, key, over, placed, ring, said,
};

#[test]
fn a_ring_is_placed_with_the_key_that_the_server_names() {
    let mut device = TestDevice::attached();
    let outputs = device.command(RingCommand::Call { ring: ring(1), callee: id(2), expected: None });
    assert_eq!(said(&outputs), [&RingMessage::LookUp { callee: id(2) }]);
    let outputs = device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
    assert_eq!(outputs, [RingOutput::Seal { ring: ring(1), callee: id(2), key: key(2), into: None }]);
    let outputs = device.input(RingInput::Sealed { ring: ring(1), invitation: invitation(), note: None });
    assert!(matches!(said(&outputs)[..], [RingMessage::Place(place)] if place.waited_ms == 0));
    assert!(matches!(device.hear(placed(1))[..], [RingOutput::EnterRoom { .. }]));
    assert_eq!(device.phase(1), Some(RingPhase::Calling(None)));
}

#[test]
fn a_server_that_names_another_key_than_the_link_is_caught() {
    for (named, is_sealed) in [(2, true), (3, false)] {
        let mut device = TestDevice::attached();
        let expected = Some(KeyDigest::of(&key(2)));
        device.command(RingCommand::Call { ring: ring(1), callee: id(2), expected });
        let outputs = device.hear(RingEvent::KeyOf { callee: id(2), key: key(named) });
        assert_eq!(!outputs.is_empty(), is_sealed);
        let is_refused = device.phase(1) == Some(RingPhase::Refused(RingRefusal::WrongKey));
        assert_eq!(is_refused, !is_sealed);
    }
}

#[test]
fn progress_never_goes_back() {
    let mut device = TestDevice::calling();
    for (progress, phase) in [
        (Progress::Shown, RingPhase::Calling(Some(Progress::Shown))),
        (Progress::Ringing, RingPhase::Ringing),
        (Progress::Silent, RingPhase::Ringing),
    ] {
        device.hear(RingEvent::Progress { ring: ring(1), progress });
        assert_eq!(device.phase(1), Some(phase));
    }
}

#[test]
fn a_call_that_nobody_wants_any_more_is_hung_up() {
    let mut device = TestDevice::calling();
    let outputs = device.wait_secs(40);
    assert_eq!(said(&outputs), [&RingMessage::Cancel { ring: ring(1) }]);
    device.hear(over(1, Outcome::NoAnswer));
    let outputs = device.hear(answered(1));
    let lost = RingMessage::HangUp { ring: ring(1), reason: HangUpReason::Lost };
    assert_eq!(said(&outputs), [&lost]);
}

#[test]
fn who_comes_back_says_for_how_long_it_has_rung() {
    let mut device = TestDevice::calling();
    device.wait_secs(4);
    device.lose();
    device.wait_secs(3);
    let (standing, messages) = device.come_back();
    assert_eq!(standing, Standing::Placing { ring: ring(1) });
    assert!(matches!(&messages[..], [RingMessage::Place(place)] if place.waited_ms == 7_000), "{messages:?}");
    assert_eq!(device.hear(placed(1)), [], "the room is entered once");
}

#[test]
fn a_ring_that_has_become_another_one_is_a_call() {
    let mut device = TestDevice::calling();
    let into = IncomingRing { caller: id(2), caller_key: key(2), ..incoming_ring(2, 30_000) };
    device.hear(RingEvent::Incoming(Box::new(into.clone())));
    let outputs = device.hear(RingEvent::Merged { ring: ring(1), into: Box::new(into) });
    let [RingOutput::LeaveRoom { .. }, RingOutput::EnterRoom { ring: into, .. }, RingOutput::GoAhead { .. }] =
        outputs[..]
    else {
        panic!("{outputs:?}")
    };
    assert_eq!(into, ring(2));
    assert_eq!((device.phase(1), device.phase(2)), (None, Some(RingPhase::Answered)));
}

#[test]
fn a_ring_that_has_become_one_of_another_person_or_key_than_was_called_is_no_call() {
    for (caller, caller_key) in [(id(3), key(2)), (id(2), key(3)), (id(3), key(3))] {
        let mut device = TestDevice::calling();
        let into = IncomingRing { caller, caller_key, ..incoming_ring(2, 30_000) };
        device.hear(RingEvent::Incoming(Box::new(into.clone())));
        let outputs = device.hear(RingEvent::Merged { ring: ring(1), into: Box::new(into) });
        let given_back = RingMessage::HangUp { ring: ring(2), reason: HangUpReason::Lost };
        assert_eq!(said(&outputs), [&given_back]);
        assert!(outputs.contains(&RingOutput::LeaveRoom { ring: ring(1) }), "{outputs:?}");
        assert!(!outputs.iter().any(|output| matches!(output, RingOutput::EnterRoom { .. })), "{outputs:?}");
        assert_eq!(device.phase(1), Some(RingPhase::Refused(RingRefusal::WrongKey)));
        assert_eq!(device.phase(2), None);
    }
}

#[test]
fn the_key_of_the_other_one_is_known_from_the_first_word_to_the_last() {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 30_000));
    let key_of = |device: &TestDevice| device.view(1).and_then(|view| view.key);
    assert_eq!(key_of(&device), Some(key(3)));
    device.command(RingCommand::Answer { ring: ring(1) });
    assert_eq!(key_of(&device), Some(key(3)));
    device.hear(answered(1));
    assert_eq!((device.phase(1), key_of(&device)), (Some(RingPhase::Answered), Some(key(3))));
    let mut device = TestDevice::calling();
    assert_eq!(key_of(&device), Some(key(2)));
    device.hear(answered(1));
    assert_eq!((device.phase(1), key_of(&device)), (Some(RingPhase::Answered), Some(key(2))));
}

#[test]
fn a_refused_ring_says_why() {
    let mut device = TestDevice::sealing();
    device.input(RingInput::Sealed { ring: ring(1), invitation: invitation(), note: None });
    assert_eq!(device.refuse(ErrorCode::CallerBusy), []);
    let refused = RingPhase::Refused(RingRefusal::Server(ErrorCode::CallerBusy));
    assert_eq!(device.phase(1), Some(refused));
}

#[test]
fn a_ring_that_is_refused_when_it_is_said_again_is_given_up_where_it_may_still_ring() {
    for code in [ErrorCode::StorageUnavailable, ErrorCode::RateLimited] {
        let mut device = TestDevice::calling();
        device.lose();
        device.come_back();
        let outputs = device.refuse(code);
        assert_eq!(said(&outputs), [&RingMessage::Cancel { ring: ring(1) }]);
        assert!(outputs.contains(&RingOutput::LeaveRoom { ring: ring(1) }));
        assert_eq!(device.phase(1), Some(RingPhase::Refused(RingRefusal::Server(code))));
        device.lose();
        let (standing, said) = device.come_back();
        assert_eq!(standing, Standing::Placing { ring: ring(1) });
        assert_eq!(said, [RingMessage::Cancel { ring: ring(1) }]);
        device.hear(over(1, Outcome::Cancelled));
        device.lose();
        assert_eq!(device.come_back(), (Standing::Idle, vec![]));
    }
    // Also one of which nothing was heard before its socket broke.
    let mut device = TestDevice::sealing();
    device.input(RingInput::Sealed { ring: ring(1), invitation: invitation(), note: None });
    device.lose();
    device.come_back();
    let outputs = device.refuse(ErrorCode::StorageUnavailable);
    assert_eq!(said(&outputs), [&RingMessage::Cancel { ring: ring(1) }]);
}

#[test]
fn a_ring_that_is_refused_because_the_other_one_rings_shows_theirs_in_its_place() {
    let mut device = TestDevice::calling();
    device.refuse(ErrorCode::CallerBusy);
    let outputs = device.hear(incoming(7, 30_000));
    assert!(matches!(said(&outputs)[..], [RingMessage::Receipt { .. }]), "{outputs:?}");
    assert_eq!((device.phase(1), device.phase(7)), (None, Some(RingPhase::Ringing)));
}
