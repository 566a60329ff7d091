//! A page that is rung goes to the call's room while it rings: when it does, and that it never stays in vain.

use std::time::Duration;

use call::{RingCommand, RingInput, RingOutput};
use protocol::{HangUpReason, IncomingRing, Manner, Outcome, RingEvent, RingId};

use super::device::{TestDevice, answered, id, incoming, incoming_ring, invitation, key, over, placed, ring};

/// Ends the ring.
type End = fn(&mut TestDevice) -> Vec<RingOutput>;

/// A page on which ring 1 sounds, and which has gone to its room.
fn beforehand() -> TestDevice {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 30_000));
    let outputs = device.command(RingCommand::ConnectBeforehand { ring: ring(1) });
    assert!(matches!(outputs[..], [RingOutput::EnterRoom { .. }]), "{outputs:?}");
    device
}

fn rooms(outputs: &[RingOutput]) -> Vec<(&str, RingId)> {
    let of_room = |output: &RingOutput| match output {
        RingOutput::EnterRoom { ring, .. } => Some(("enter", *ring)),
        RingOutput::OpenDevices { ring } => Some(("open devices", *ring)),
        RingOutput::GoAhead { ring } => Some(("go ahead", *ring)),
        RingOutput::LeaveRoom { ring } => Some(("leave", *ring)),
        _ => None,
    };
    outputs.iter().filter_map(of_room).collect()
}

#[test]
fn an_answer_goes_ahead_where_the_page_is() {
    let mut device = beforehand();
    let outputs = device.command(RingCommand::Answer { ring: ring(1) });
    assert_eq!(rooms(&outputs), [("open devices", ring(1))], "they take longer than the server");
    let outputs = device.hear(answered(1));
    assert_eq!(rooms(&outputs), [("enter", ring(1)), ("go ahead", ring(1))], "who is there stays");
    let outputs = device.hear(over(1, Outcome::Answered { seconds: 1 }));
    assert_eq!(rooms(&outputs), [("leave", ring(1))]);
}

#[test]
fn however_the_ring_ends_its_room_is_left() {
    let ends: [(&str, End); 6] = [
        ("answered elsewhere", |device| device.hear(over(1, Outcome::AnsweredElsewhere))),
        ("cancelled", |device| device.hear(over(1, Outcome::Cancelled))),
        ("declined", |device| device.command(RingCommand::Decline { ring: ring(1), message: None })),
        ("handed over", |device| device.command(RingCommand::HandOver { ring: ring(1) })),
        ("rung out", |device| device.wait_secs(31)),
        ("an answer that nobody confirms", |device| {
            device.command(RingCommand::Answer { ring: ring(1) });
            device.wait_secs(16)
        }),
    ];
    for (name, end) in ends {
        let mut device = beforehand();
        assert_eq!(rooms(&end(&mut device)), [("leave", ring(1))], "{name}");
        assert_eq!(rooms(&device.hear(over(1, Outcome::Cancelled))), [], "{name}");
    }
}

#[test]
fn who_calls_or_talks_connects_to_nobody_else() {
    for mut device in [TestDevice::calling(), TestDevice::in_call()] {
        device.hear(incoming(2, 30_000));
        assert_eq!(device.command(RingCommand::ConnectBeforehand { ring: ring(2) }), []);
    }
    let mut device = beforehand();
    device.hear(incoming(2, 30_000));
    assert_eq!(device.command(RingCommand::ConnectBeforehand { ring: ring(2) }), [], "nor does one to two");
}

#[test]
fn a_ring_that_is_quiet_over_or_unknown_is_not_connected_to() {
    let mut device = TestDevice::attached();
    let quiet = IncomingRing { manner: Manner::Quietly, ..incoming_ring(1, 30_000) };
    device.hear(RingEvent::Incoming(Box::new(quiet)));
    device.hear(incoming(2, 1_000));
    device.wait(Duration::from_millis(1_500));
    for number in 1..=3 {
        assert_eq!(device.command(RingCommand::ConnectBeforehand { ring: ring(number) }), []);
    }
}

#[test]
fn who_calls_somebody_while_another_ring_waits_is_in_one_room() {
    let mut device = beforehand();
    device.command(RingCommand::Call { ring: ring(2), callee: id(2), expected: None });
    device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
    device.input(RingInput::Sealed { ring: ring(2), invitation: invitation(), note: None });
    assert_eq!(rooms(&device.hear(placed(2))), [("leave", ring(1)), ("enter", ring(2))]);
    let outputs = device.command(RingCommand::HangUp { reason: HangUpReason::HungUp });
    assert_eq!(rooms(&outputs), [("leave", ring(2))]);
}
