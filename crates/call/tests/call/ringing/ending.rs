//! No ring stays on a screen: by the page's own clock, whatever the server says or does not.

use std::time::Duration;

use call::{RingCommand, RingOutput, RingPhase};
use protocol::{HangUpReason, IncomingRing, Invitation, Outcome, RingEvent, RingMessage};

use super::device::{TestDevice, answered, id, incoming, incoming_ring, key, over, ring, said};

#[test]
fn nothing_rings_longer_than_thirty_seconds_though_the_server_says_nothing() {
    let mut device = TestDevice::calling();
    device.hear(incoming(2, u32::MAX));
    device.wait(Duration::from_millis(29_999));
    assert_eq!(
        (device.phase(1), device.phase(2)),
        (Some(RingPhase::Calling(None)), Some(RingPhase::Ringing))
    );
    device.wait(Duration::from_millis(1));
    let no_answer = Some(RingPhase::Over(Outcome::NoAnswer));
    assert_eq!((device.phase(1), device.phase(2)), (no_answer, no_answer));
}

#[test]
fn a_ring_that_is_said_again_does_not_ring_longer() {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 10_000));
    device.wait_secs(9);
    device.hear(incoming(1, 10_000));
    device.wait_secs(1);
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::NoAnswer)));
}

#[test]
fn what_is_late_or_has_ended_here_is_never_a_ring() {
    let mut device = TestDevice::attached();
    assert_eq!(device.hear(incoming(1, 0)), []);
    device.hear(incoming(2, 1_000));
    device.wait_secs(1);
    assert_eq!(device.hear(incoming(2, 20_000)), []);
    assert!(device.machine.views().iter().all(|view| matches!(view.phase, RingPhase::Over(_))));
}

#[test]
fn an_answer_in_the_last_moment_comes_through() {
    let mut device = TestDevice::calling();
    device.wait_secs(30);
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::NoAnswer)));
    device.wait_secs(1);
    assert_eq!(said(&device.hear(answered(1))), Vec::<&RingMessage>::new());
    assert_eq!(device.phase(1), Some(RingPhase::Answered));
}

#[test]
fn what_was_declined_stays_so_though_the_server_has_forgotten() {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 30_000));
    let decline = RingMessage::Decline { ring: ring(1), message: None };
    device.command(RingCommand::Decline { ring: ring(1), message: None });
    assert_eq!(said(&device.hear(incoming(1, 20_000))), [&decline]);
    device.lose();
    let (_, messages) = device.come_back();
    assert_eq!(messages, [decline]);
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::Declined)));
    device.hear(over(1, Outcome::Busy));
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::Busy)), "the server's word counts");
}

#[test]
fn a_ring_that_is_said_again_by_another_is_not_taken_for_the_first() {
    let first = incoming_ring(1, 30_000);
    let other_key = IncomingRing { caller_key: key(4), ..first.clone() };
    let other_person = IncomingRing { caller: id(4), ..first.clone() };
    let other_invitation = Invitation::new("sealed-anew".to_owned()).unwrap();
    let other_invitation = IncomingRing { invitation: other_invitation, ..first.clone() };
    for other in [other_key, other_person, other_invitation] {
        let mut device = TestDevice::attached();
        device.hear(RingEvent::Incoming(Box::new(first.clone())));
        assert_eq!(device.hear(RingEvent::Incoming(Box::new(other))), []);
        let view = device.view(1).unwrap();
        assert_eq!((view.key, view.invitation), (Some(key(3)), Some(first.clone())));
        device.command(RingCommand::Answer { ring: ring(1) });
        let outputs = device.hear(answered(1));
        let [RingOutput::EnterRoom { invitation: Some(entered), .. }, RingOutput::GoAhead { .. }] =
            &outputs[..]
        else {
            panic!("{outputs:?}")
        };
        assert_eq!(**entered, first);
    }
}

#[test]
fn a_ring_that_a_server_does_not_speak_of_any_more_ends() {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 30_000));
    device.lose();
    device.come_back();
    device.wait_secs(11);
    assert_eq!(device.phase(1), Some(RingPhase::Ringing));
    device.wait_secs(1);
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::NoAnswer)));
}

#[test]
fn of_two_that_ended_the_last_is_shown() {
    let mut device = TestDevice::in_call();
    device.command(RingCommand::HangUp { reason: HangUpReason::HungUp });
    device.hear(over(1, Outcome::Answered { seconds: 3 }));
    device.hear(incoming(2, 30_000));
    device.command(RingCommand::Decline { ring: ring(2), message: None });
    let shown = device.machine.views();
    let shown: Vec<_> = shown.iter().map(|view| (view.ring, view.phase)).collect();
    assert_eq!(shown, [(ring(2), RingPhase::Over(Outcome::Declined))]);
}
