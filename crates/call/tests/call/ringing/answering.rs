//! A page answers a ring that came: what it says until that is confirmed, and who was first.

use call::{RingCommand, RingOutput, RingPhase};
use protocol::{ErrorCode, HangUpReason, IncomingRing, Outcome, Receipt, RingEvent, RingMessage, Standing};
use seal::KeyDigest;

use super::device::{TestDevice, answered, hung_up, id, incoming, incoming_ring, key, over, ring, said};

#[test]
fn an_answer_is_said_until_it_is_confirmed() {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 30_000));
    let outputs = device.command(RingCommand::Answer { ring: ring(1) });
    assert_eq!(said(&outputs), [&RingMessage::Answer { ring: ring(1) }]);
    device.lose();
    let (standing, messages) = device.come_back();
    assert_eq!(standing, Standing::Answering { ring: ring(1) });
    assert_eq!(messages, [RingMessage::Answer { ring: ring(1) }]);
    device.refuse(ErrorCode::RingUnknown);
    assert_eq!(device.phase(1), Some(RingPhase::Answered), "its caller may not be back yet");
    assert_eq!(said(&device.hear(incoming(1, 20_000))), [&RingMessage::Answer { ring: ring(1) }]);
    let outputs = device.hear(answered(1));
    let [RingOutput::EnterRoom { invitation: Some(_), .. }, RingOutput::GoAhead { .. }] = &outputs[..] else {
        panic!("{outputs:?}")
    };
}

#[test]
fn an_answer_that_nobody_confirms_is_given_up() {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 30_000));
    device.command(RingCommand::Answer { ring: ring(1) });
    let outputs = device.wait_secs(15);
    let lost = RingMessage::HangUp { ring: ring(1), reason: HangUpReason::Lost };
    assert_eq!(said(&outputs), [&lost]);
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::Lost { seconds: 0 })));
}

#[test]
fn another_device_that_was_first_is_what_the_screen_says() {
    let mut device = TestDevice::attached();
    device.hear(incoming(1, 30_000));
    device.command(RingCommand::Answer { ring: ring(1) });
    device.hear(over(1, Outcome::AnsweredElsewhere));
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::AnsweredElsewhere)));
    device.hear(incoming(2, 30_000));
    device.hear(over(2, Outcome::AnsweredElsewhere));
    assert_eq!(device.phase(2), Some(RingPhase::Over(Outcome::AnsweredElsewhere)));
}

#[test]
fn a_ring_that_is_handed_over_is_answered_by_the_page_that_takes_it_over() {
    let mut before = TestDevice::attached();
    before.hear(incoming(1, 30_000));
    assert_eq!(said(&before.command(RingCommand::HandOver { ring: ring(1) })), Vec::<&RingMessage>::new());
    assert_eq!(before.view(1), None);
    before.hear(incoming(1, 29_000));
    assert_eq!(before.view(1), None, "it is on the other page now");

    let mut after = TestDevice::new();
    after.command(taken_over(None));
    after.command(RingCommand::Attach);
    assert_eq!(after.phase(1), Some(RingPhase::Answered));
    assert_eq!(after.come_back(), (Standing::Idle, Vec::new()));
    let outputs = after.hear(incoming(1, 28_000));
    assert_eq!(said(&outputs), [&RingMessage::Answer { ring: ring(1) }]);
    let outputs = after.hear(answered(1));
    assert!(matches!(outputs[..], [RingOutput::EnterRoom { .. }, RingOutput::GoAhead { .. }]), "{outputs:?}");
}

/// A server that names somebody else for the ring has nobody answered whom the person has not seen.
#[test]
fn a_ring_of_another_than_was_to_be_answered_rings() {
    let same = incoming_ring(1, 28_000);
    let others = [
        (IncomingRing { caller: id(4), ..same.clone() }, None),
        (IncomingRing { caller_key: key(4), ..same.clone() }, Some(KeyDigest::of(&key(3)))),
    ];
    for (other, expected) in others {
        let mut device = TestDevice::new();
        device.command(taken_over(expected));
        device.command(RingCommand::Attach);
        device.come_back();
        let outputs = device.hear(RingEvent::Incoming(Box::new(other)));
        assert_eq!(said(&outputs), [&RingMessage::Receipt { ring: ring(1), receipt: Receipt::Shown }]);
        assert_eq!(device.phase(1), Some(RingPhase::Ringing));
    }
    let mut device = TestDevice::new();
    device.command(taken_over(Some(KeyDigest::of(&key(3)))));
    device.command(RingCommand::Attach);
    device.come_back();
    let outputs = device.hear(RingEvent::Incoming(Box::new(same)));
    assert_eq!(said(&outputs), [&RingMessage::Answer { ring: ring(1) }]);
}

fn taken_over(expected: Option<KeyDigest>) -> RingCommand {
    RingCommand::TakeOver { ring: ring(1), peer: id(3), expected }
}

#[test]
fn a_ring_that_is_over_before_it_is_taken_over_says_how_it_ended() {
    for outcome in [Outcome::Cancelled, Outcome::AnsweredElsewhere] {
        let mut device = TestDevice::new();
        device.command(taken_over(None));
        device.command(RingCommand::Attach);
        device.come_back();
        assert_eq!(said(&device.hear(over(1, outcome))), Vec::<&RingMessage>::new());
        assert_eq!(device.phase(1), Some(RingPhase::Over(outcome)));
    }
    for (is_reached, outcome) in [(true, Outcome::NoAnswer), (false, Outcome::Lost { seconds: 0 })] {
        let mut device = TestDevice::new();
        device.command(taken_over(None));
        device.command(RingCommand::Attach);
        if is_reached {
            device.come_back();
        }
        device.wait_secs(14);
        assert_eq!(device.phase(1), Some(RingPhase::Answered));
        device.wait_secs(2);
        assert_eq!(device.phase(1), Some(RingPhase::Over(outcome)));
    }
}

#[test]
fn who_thinks_better_of_a_ring_that_was_taken_over_declines_it() {
    let mut device = TestDevice::new();
    device.command(taken_over(None));
    device.command(RingCommand::Attach);
    device.command(RingCommand::HangUp { reason: HangUpReason::HungUp });
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::Declined)));
    let declined = RingMessage::Decline { ring: ring(1), message: None };
    assert_eq!(device.come_back(), (Standing::Idle, vec![declined.clone()]));
    assert_eq!(said(&device.hear(incoming(1, 28_000))), [&declined]);
}

#[test]
fn a_second_call_that_is_answered_ends_the_first_after_it() {
    let mut device = TestDevice::in_call();
    device.hear(incoming(2, 30_000));
    let outputs = device.command(RingCommand::Answer { ring: ring(2) });
    assert_eq!(said(&outputs), [&RingMessage::Answer { ring: ring(2) }, &hung_up(1)]);
    assert!(outputs.contains(&RingOutput::LeaveRoom { ring: ring(1) }));
    device.hear(over(1, Outcome::Answered { seconds: 0 }));
    assert_eq!(device.phase(2), Some(RingPhase::Answered));
}

#[test]
fn receipts_are_said_again_with_the_ring() {
    let mut device = TestDevice::attached();
    let shown = RingMessage::Receipt { ring: ring(1), receipt: Receipt::Shown };
    assert_eq!(said(&device.hear(incoming(1, 30_000))), [&shown]);
    device.command(RingCommand::Receipt { ring: ring(1), receipt: Receipt::Ringing });
    let ringing = RingMessage::Receipt { ring: ring(1), receipt: Receipt::Ringing };
    assert_eq!(said(&device.hear(incoming(1, 20_000))), [&ringing]);
}
