//! A page as a device of a call identity: what it says, what it says again, and when its screen ends a ring by itself.

use std::time::Duration;

use call::{RingCommand, RingDevice, RingInput, RingOutput, RingPhase, RingRefusal, RingView, Signalling};
use protocol::{
    CallId, ChallengeNonce, Credential, DeviceId, ErrorCode, HangUpReason, IdentityProof, IncomingRing,
    Invitation, Manner, MessageId, OpeningMessage, Outcome, Progress, ProtocolError, PublicKey, Receipt,
    RingEvent, RingId, RingMessage, RingSide, RoomCode, Standing,
};
use seal::{KeyDigest, KeyPair};
use uuid::Uuid;

/// A device, the time it is told, and the last number under which it has said something.
struct TestDevice {
    machine: RingDevice,
    now: Duration,
    last_id: Option<MessageId>,
    /// The server answers its pings.
    is_heard: bool,
}

impl TestDevice {
    fn new() -> Self {
        let device = DeviceId::new(Uuid::from_u128(7));
        let machine = RingDevice::new(device, key(1), 7);
        Self { machine, now: Duration::ZERO, last_id: None, is_heard: true }
    }

    /// One that the server has welcomed.
    fn attached() -> Self {
        let mut device = Self::new();
        device.command(RingCommand::Attach);
        device.come_back();
        device
    }

    /// One that seals for whom it calls; it is ring 1.
    fn sealing() -> Self {
        let mut device = Self::attached();
        device.command(RingCommand::Call { ring: ring(1), callee: id(2), expected: None });
        device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
        device
    }

    /// One that calls; it is ring 1.
    fn calling() -> Self {
        let mut device = Self::sealing();
        device.input(RingInput::Sealed { ring: ring(1), invitation: invitation(), note: None });
        device.hear(placed(1));
        device
    }

    /// One that was called, and has answered; it is ring 1.
    fn in_call() -> Self {
        let mut device = Self::attached();
        device.hear(incoming(1, 30_000));
        device.command(RingCommand::Answer { ring: ring(1) });
        device.hear(answered(1));
        device
    }

    fn input(&mut self, input: RingInput) -> Vec<RingOutput> {
        self.machine.handle_input(self.now, input);
        self.drain()
    }

    fn command(&mut self, command: RingCommand) -> Vec<RingOutput> {
        self.input(RingInput::Command(command))
    }

    /// What the device says when it hears something.
    fn hear(&mut self, event: RingEvent) -> Vec<RingOutput> {
        self.input(RingInput::Server(Box::new(event)))
    }

    fn refuse(&mut self, code: ErrorCode) -> Vec<RingOutput> {
        self.hear(RingEvent::Error(ProtocolError::new(code, self.last_id)))
    }

    /// Its socket breaks.
    fn lose(&mut self) {
        self.input(RingInput::SocketClosed);
    }

    /// A socket opens, and the server welcomes the device. What it says of itself, and then.
    fn come_back(&mut self) -> (Standing, Vec<RingMessage>) {
        self.input(RingInput::SocketOpened);
        let nonce = ChallengeNonce::new("N".repeat(43)).unwrap();
        self.hear(RingEvent::Challenge { nonce, key: key(9) });
        let proof = IdentityProof::new("P".repeat(43)).unwrap();
        let outputs = self.input(RingInput::Proven(proof));
        let said = said(&outputs);
        let [RingMessage::Prove { standing, .. }] = said[..] else { panic!("{outputs:?}") };
        let standing = *standing;
        let outputs = self.hear(RingEvent::Welcome { call_id: id(1) });
        (standing, said_owned(&outputs))
    }

    fn wait(&mut self, duration: Duration) -> Vec<RingOutput> {
        let until = self.now + duration;
        let mut outputs = Vec::new();
        while let Some(due) = self.machine.poll_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.machine.handle_timeout(self.now);
            let outputs_now = self.drain();
            if self.is_heard && self.machine.signalling() == Signalling::Connected {
                self.hear(RingEvent::Pong);
            }
            outputs.extend(outputs_now);
        }
        self.now = until;
        outputs
    }

    fn wait_secs(&mut self, secs: u64) -> Vec<RingOutput> {
        self.wait(Duration::from_secs(secs))
    }

    fn drain(&mut self) -> Vec<RingOutput> {
        // What is read of pushes is looked at in ringing_push.rs.
        let of_pushes = |output: &RingOutput| matches!(output, RingOutput::Send(frame) if frame.message == RingMessage::ReadPush);
        let outputs = std::iter::from_fn(|| self.machine.poll_output());
        let outputs: Vec<_> = outputs.filter(|output| !of_pushes(output)).collect();
        for output in &outputs {
            if let RingOutput::Send(frame) = output {
                self.last_id = frame.id.or(self.last_id);
            }
        }
        outputs
    }

    fn view(&self, number: u128) -> Option<RingView> {
        self.machine.views().into_iter().find(|view| view.ring == ring(number))
    }

    fn phase(&self, number: u128) -> Option<RingPhase> {
        self.view(number).map(|view| view.phase)
    }
}

fn said(outputs: &[RingOutput]) -> Vec<&RingMessage> {
    let said = outputs
        .iter()
        .filter_map(|output| if let RingOutput::Send(frame) = output { Some(&frame.message) } else { None });
    said.filter(|message| **message != RingMessage::Ping).collect()
}

fn said_owned(outputs: &[RingOutput]) -> Vec<RingMessage> {
    said(outputs).into_iter().cloned().collect()
}

fn id(number: u32) -> CallId {
    CallId::nth(number)
}

fn ring(number: u128) -> RingId {
    RingId::new(Uuid::from_u128(number))
}

fn key(seed: u8) -> PublicKey {
    KeyPair::new([seed; 32]).public().clone()
}

fn invitation() -> Invitation {
    Invitation::new("sealed".to_owned()).unwrap()
}

fn placed(number: u128) -> RingEvent {
    let credential = Credential::new("key".to_owned()).unwrap();
    RingEvent::Placed { ring: ring(number), room: RoomCode::from_random(1), credential }
}

fn answered(number: u128) -> RingEvent {
    RingEvent::Answered { ring: ring(number), talked_ms: 0 }
}

fn over(number: u128, outcome: Outcome) -> RingEvent {
    RingEvent::Over { ring: ring(number), outcome, message: None }
}

fn incoming(number: u128, expires_in_ms: u32) -> RingEvent {
    RingEvent::Incoming(Box::new(incoming_ring(number, expires_in_ms)))
}

fn incoming_ring(number: u128, expires_in_ms: u32) -> IncomingRing {
    IncomingRing {
        ring: ring(number),
        caller: id(3),
        caller_key: key(3),
        room: RoomCode::from_random(2),
        invitation: invitation(),
        manner: Manner::Aloud,
        expires_in_ms,
    }
}

fn hung_up(number: u128) -> RingMessage {
    RingMessage::HangUp { ring: ring(number), reason: HangUpReason::HungUp }
}

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
fn a_ring_is_placed_with_the_key_that_the_server_names() {
    let mut device = TestDevice::attached();
    let outputs = device.command(RingCommand::Call { ring: ring(1), callee: id(2), expected: None });
    assert_eq!(said(&outputs), [&RingMessage::LookUp { callee: id(2) }]);
    let outputs = device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
    assert_eq!(outputs, [RingOutput::Seal { ring: ring(1), callee: id(2), key: key(2) }]);
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
    assert!(matches!(&outputs[..], [RingOutput::EnterRoom { invitation: Some(_), .. }]));
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
    after.command(RingCommand::TakeOver { ring: ring(1), peer: id(2) });
    after.command(RingCommand::Attach);
    assert_eq!(after.phase(1), Some(RingPhase::Answered));
    assert_eq!(after.come_back(), (Standing::Idle, Vec::new()));
    let outputs = after.hear(incoming(1, 28_000));
    assert_eq!(said(&outputs), [&RingMessage::Answer { ring: ring(1) }]);
    let outputs = after.hear(answered(1));
    assert!(matches!(outputs[..], [RingOutput::EnterRoom { .. }]), "{outputs:?}");
}

#[test]
fn a_ring_that_is_over_before_it_is_taken_over_says_how_it_ended() {
    for outcome in [Outcome::Cancelled, Outcome::AnsweredElsewhere] {
        let mut device = TestDevice::new();
        device.command(RingCommand::TakeOver { ring: ring(1), peer: id(2) });
        device.command(RingCommand::Attach);
        device.come_back();
        assert_eq!(said(&device.hear(over(1, outcome))), Vec::<&RingMessage>::new());
        assert_eq!(device.phase(1), Some(RingPhase::Over(outcome)));
    }
    for (is_reached, outcome) in [(true, Outcome::NoAnswer), (false, Outcome::Lost { seconds: 0 })] {
        let mut device = TestDevice::new();
        device.command(RingCommand::TakeOver { ring: ring(1), peer: id(2) });
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
    device.command(RingCommand::TakeOver { ring: ring(1), peer: id(2) });
    device.command(RingCommand::Attach);
    device.command(RingCommand::HangUp { reason: HangUpReason::HungUp });
    assert_eq!(device.phase(1), Some(RingPhase::Over(Outcome::Declined)));
    let declined = RingMessage::Decline { ring: ring(1), message: None };
    assert_eq!(device.come_back(), (Standing::Idle, vec![declined.clone()]));
    assert_eq!(said(&device.hear(incoming(1, 28_000))), [&declined]);
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
fn a_ring_that_has_become_another_one_is_a_call() {
    let mut device = TestDevice::calling();
    let into = IncomingRing { caller: id(2), caller_key: key(2), ..incoming_ring(2, 30_000) };
    device.hear(RingEvent::Incoming(Box::new(into.clone())));
    let outputs = device.hear(RingEvent::Merged { ring: ring(1), into: Box::new(into) });
    assert!(
        matches!(&outputs[..], [RingOutput::LeaveRoom { .. }, RingOutput::EnterRoom { ring: into, .. }] if *into == ring(2))
    );
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
        let [RingOutput::EnterRoom { invitation: Some(entered), .. }] = &outputs[..] else {
            panic!("{outputs:?}")
        };
        assert_eq!(**entered, first);
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
fn receipts_are_said_again_with_the_ring() {
    let mut device = TestDevice::attached();
    let shown = RingMessage::Receipt { ring: ring(1), receipt: Receipt::Shown };
    assert_eq!(said(&device.hear(incoming(1, 30_000))), [&shown]);
    device.command(RingCommand::Receipt { ring: ring(1), receipt: Receipt::Ringing });
    let ringing = RingMessage::Receipt { ring: ring(1), receipt: Receipt::Ringing };
    assert_eq!(said(&device.hear(incoming(1, 20_000))), [&ringing]);
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
