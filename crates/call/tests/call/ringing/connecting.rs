//! A page is a device of an identity: who it says that it is, when its socket breaks, and when it goes.

use call::{RingCommand, RingInput, RingOutput, RingPhase, Signalling};
use protocol::{
    ErrorCode, HangUpReason, OpeningMessage, Outcome, ProtocolError, RingEvent, RingSide, Standing,
};

use super::device::{TestDevice, hung_up, id, key, over, ring, said};

#[test]
fn a_device_says_who_it_is_proves_it_and_is_in_reach() {
    let mut device = TestDevice::new();
    assert_eq!(device.command(RingCommand::Attach), [RingOutput::Dial]);
    let opened = device.input(RingInput::SocketOpened);
    let [RingOutput::Open(OpeningMessage::Ring(attach))] = &opened[..] else { panic!("{opened:?}") };
    assert_eq!(attach.identity, key(1));
    let mut device = TestDevice::attached();
    assert_eq!((device.machine.signalling(), device.machine.call_id()), (Signalling::Connected, Some(id(1))));
    assert_eq!(device.wait_secs(20).len(), 1, "a ping");
}

#[test]
fn a_call_that_is_hung_up_without_a_socket_is_hung_up_on_the_next() {
    let mut device = TestDevice::in_call();
    device.wait_secs(10);
    device.lose();
    let outputs = device.command(RingCommand::HangUp { reason: HangUpReason::HungUp });
    assert_eq!(outputs, [RingOutput::LeaveRoom { ring: ring(1) }]);
    for _ in 0..2 {
        let (standing, messages) = device.come_back();
        assert!(matches!(standing, Standing::InCall { side: RingSide::Callee, talked_ms: 10_000, .. }));
        assert_eq!(messages, [hung_up(1)]);
        device.lose();
    }
    device.come_back();
    device.hear(over(1, Outcome::Answered { seconds: 10 }));
    device.lose();
    assert_eq!(device.come_back(), (Standing::Idle, vec![]), "the server knows");
}

#[test]
fn who_comes_back_to_a_call_says_which_and_for_how_long_they_have_talked() {
    let mut device = TestDevice::in_call();
    device.wait_secs(8);
    device.lose();
    device.wait_secs(2);
    let (standing, messages) = device.come_back();
    let side = RingSide::Callee;
    assert_eq!(standing, Standing::InCall { ring: ring(1), peer: id(3), side, talked_ms: 10_000 });
    assert_eq!(messages, []);
    assert_eq!(device.phase(1), Some(RingPhase::Answered));
}

#[test]
fn a_device_whose_place_was_taken_does_not_take_it_back() {
    let mut device = TestDevice::attached();
    device.hear(RingEvent::Error(ProtocolError::new(ErrorCode::SessionTakenOver, None)));
    device.lose();
    assert_eq!(device.wait_secs(60), []);
    assert_eq!(device.machine.refused(), Some(ErrorCode::SessionTakenOver));
}

#[test]
fn a_dead_socket_is_noticed_and_another_one_dialled() {
    let mut device = TestDevice::attached();
    device.is_heard = false;
    let outputs = device.wait_secs(29);
    assert!(outputs.contains(&RingOutput::CloseSocket) && outputs.contains(&RingOutput::Dial), "{outputs:?}");
}

#[test]
fn a_page_that_is_closed_hangs_up_first() {
    let mut device = TestDevice::in_call();
    let outputs = device.command(RingCommand::Detach);
    assert_eq!(said(&outputs), [&hung_up(1)]);
    assert_eq!(outputs.last(), Some(&RingOutput::CloseSocket));
}
