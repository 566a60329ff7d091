//! What a device shows of what the server keeps for its identity, and what it says of it.

use std::time::Duration;

use call::{Book, RingCommand, RingDevice, RingInput, RingOutput};
use protocol::{
    Acquaintance, CallId, CallRules, ContactRule, DeviceId, ErrorCode, HistoryChange, MessageId, Outcome,
    PastCall, ProtocolError, PublicKey, RingEvent, RingId, RingMessage, RingSide, Timestamp, WhoMayRing,
};
use uuid::Uuid;

/// A device that the server has welcomed.
struct TestDevice(RingDevice);

impl TestDevice {
    fn attached() -> Self {
        let mut device = Self(RingDevice::new(DeviceId::new(Uuid::from_u128(7)), key(1), 7));
        device.command(RingCommand::Attach);
        device.comes_back();
        device
    }

    /// One whose person looks, and whose first reading is not answered yet.
    fn seen() -> Self {
        let mut device = Self::attached();
        device.command(RingCommand::ShowBook { is_shown: true });
        device
    }

    fn comes_back(&mut self) -> Vec<(Option<MessageId>, RingMessage)> {
        self.input(RingInput::SocketOpened);
        self.hear(RingEvent::Welcome { call_id: CallId::nth(1) })
    }

    fn input(&mut self, input: RingInput) -> Vec<(Option<MessageId>, RingMessage)> {
        self.0.handle_input(Duration::ZERO, input);
        let mut said = Vec::new();
        while let Some(output) = self.0.poll_output() {
            // What is read of pushes is looked at in ringing_push.rs.
            if let RingOutput::Send(frame) = output
                && frame.message != RingMessage::ReadPush
            {
                said.push((frame.id, frame.message));
            }
        }
        said
    }

    fn command(&mut self, command: RingCommand) -> Vec<(Option<MessageId>, RingMessage)> {
        self.input(RingInput::Command(command))
    }

    fn hear(&mut self, event: RingEvent) -> Vec<(Option<MessageId>, RingMessage)> {
        self.input(RingInput::Server(Box::new(event)))
    }

    fn reads(&mut self, numbers: impl IntoIterator<Item = u64>, more: bool) -> Vec<RingMessage> {
        let calls = numbers.into_iter().map(past).collect();
        messages(self.hear(RingEvent::History { calls, more, unseen: 0 }))
    }

    fn book(&self) -> &Book {
        self.0.book()
    }

    fn shown(&self) -> Vec<RingId> {
        self.book().calls.iter().map(|call| call.ring).collect()
    }
}

fn messages(said: Vec<(Option<MessageId>, RingMessage)>) -> Vec<RingMessage> {
    said.into_iter().map(|(_, message)| message).collect()
}

fn key(number: u8) -> PublicKey {
    seal::KeyPair::new([number; 32]).public().clone()
}

fn ring(number: u64) -> RingId {
    RingId::new(Uuid::from_u128(number.into()))
}

fn past(number: u64) -> PastCall {
    PastCall {
        ring: ring(number),
        side: RingSide::Callee,
        peer: CallId::nth(2),
        peer_key: key(2),
        relation: None,
        placed_at: Timestamp(number),
        outcome: Some(Outcome::Declined),
        is_ringing: false,
        is_unseen: false,
        note: None,
        invitation: None,
    }
}

fn rings(numbers: impl IntoIterator<Item = u64>) -> Vec<RingId> {
    numbers.into_iter().map(ring).collect()
}

const READING: [RingMessage; 3] = [
    RingMessage::ReadHistory { before: None },
    RingMessage::ReadBlocked { before: None },
    RingMessage::ReadRules,
];

#[test]
fn it_is_read_where_somebody_looks_and_again_whenever_it_may_have_changed() {
    let mut device = TestDevice::attached();
    assert_eq!(device.hear(RingEvent::Changed), [], "nobody looks");
    assert_eq!(messages(device.command(RingCommand::ShowBook { is_shown: true })), READING);
    assert_eq!(messages(device.hear(RingEvent::Changed)), READING);
    let over = RingEvent::Over { ring: ring(9), outcome: Outcome::Cancelled, message: None };
    assert_eq!(messages(device.hear(over)), READING);
    device.input(RingInput::SocketClosed);
    assert_eq!(messages(device.comes_back()), READING);
    assert_eq!(device.command(RingCommand::ShowBook { is_shown: false }), []);
    assert_eq!(device.hear(RingEvent::Changed), []);
}

#[test]
fn older_calls_come_behind_those_that_are_shown_and_stay_when_the_newest_are_read_again() {
    let mut device = TestDevice::seen();
    device.reads([9, 8, 7], true);
    let said = messages(device.command(RingCommand::ReadOlder));
    assert_eq!(said, [RingMessage::ReadHistory { before: Some(past(7).cursor()) }]);
    assert_eq!(device.command(RingCommand::ReadOlder), [], "it is being read");
    device.reads([6, 5], true);
    assert_eq!((device.shown(), device.book().has_older), (rings([9, 8, 7, 6, 5]), true));
    device.hear(RingEvent::Changed);
    // One has come, one that was shown is gone.
    device.reads([10, 9, 7], true);
    assert_eq!((device.shown(), device.book().has_older), (rings([10, 9, 7, 6, 5]), true));
    device.hear(RingEvent::Changed);
    device.reads([10, 9], false);
    assert_eq!((device.shown(), device.book().has_older), (rings([10, 9]), false));
    assert_eq!(device.reads([4], true), [], "nobody has asked for this");
    assert_eq!(device.shown(), rings([10, 9]));
}

#[test]
fn missed_calls_are_said_to_be_shown_once_and_stay_new_for_this_page() {
    let mut device = TestDevice::seen();
    let unseen = |number| PastCall { is_unseen: true, ..past(number) };
    let page = |calls| RingEvent::History { calls, more: false, unseen: 2 };
    let said = messages(device.hear(page(vec![unseen(3), past(2), unseen(1)])));
    let seen = HistoryChange::Seen { rings: rings([3, 1]) };
    assert_eq!(said, [RingMessage::ChangeHistory { change: seen }]);
    device.hear(RingEvent::Changed);
    // The server may not have got that far.
    assert_eq!(device.hear(page(vec![unseen(3), past(2), past(1)])), []);
    assert_eq!(device.book().fresh, rings([1, 3]).into_iter().collect());
}

#[test]
fn a_change_is_shown_at_once_and_said_until_the_server_has_taken_it() {
    let mut device = TestDevice::seen();
    device.reads([3, 2, 1], false);
    device.input(RingInput::SocketClosed);
    let forget = HistoryChange::Forget { ring: ring(2) };
    assert_eq!(device.command(RingCommand::ChangeHistory { change: forget.clone() }), []);
    let block = RingCommand::SetContact { peer: key(2), rule: ContactRule::Blocked };
    device.command(block);
    let rules = CallRules { who_may_ring: WhoMayRing::Known, ..CallRules::default() };
    device.command(RingCommand::SetRules { rules: rules.clone() });
    assert_eq!(device.shown(), rings([3, 1]));
    assert!(device.book().calls.iter().all(|call| call.relation == Some(Acquaintance::Blocked)));
    assert_eq!(device.book().rules, Some(rules.clone()));
    let said = device.comes_back();
    let ids: Vec<_> = said.iter().take(3).map(|(id, _)| id.unwrap()).collect();
    assert!(ids[0] < ids[1] && ids[1] < ids[2]);
    let changes = [
        RingMessage::ChangeHistory { change: forget },
        RingMessage::SetContact { peer: key(2), rule: ContactRule::Blocked },
        RingMessage::SetRules { rules },
    ];
    assert_eq!(messages(said), [&changes[..], &READING].concat());
    device.hear(RingEvent::Changed);
    device.input(RingInput::SocketClosed);
    assert_eq!(messages(device.comes_back()), [&changes[1..], &READING].concat());
}

#[test]
fn a_change_that_is_refused_is_said_so_and_what_holds_is_read_again() {
    let mut device = TestDevice::seen();
    device.reads([1], false);
    let said = device.command(RingCommand::ChangeHistory { change: HistoryChange::ForgetAll });
    assert_eq!(device.shown(), []);
    let refused = ProtocolError::new(ErrorCode::StorageUnavailable, said[0].0);
    assert_eq!(messages(device.hear(RingEvent::Error(refused))), READING);
    assert_eq!(device.book().problem, Some(ErrorCode::StorageUnavailable));
    device.reads([1], false);
    assert_eq!(device.shown(), rings([1]));
    // It is not said again, and the next one begins without a problem.
    device.input(RingInput::SocketClosed);
    assert_eq!(messages(device.comes_back()), READING);
    device.command(RingCommand::ReadMoreBlocked);
    device.command(RingCommand::SetContact { peer: key(2), rule: ContactRule::Allowed });
    assert_eq!(device.book().problem, None);
}

#[test]
fn a_reading_that_is_refused_is_not_waited_for() {
    let mut device = TestDevice::attached();
    let said = device.command(RingCommand::ShowBook { is_shown: true });
    let refused = ProtocolError::new(ErrorCode::RateLimited, said[0].0);
    assert_eq!(device.hear(RingEvent::Error(refused)), []);
    device.hear(RingEvent::Changed);
    device.reads([2, 1], false);
    assert_eq!(device.shown(), rings([2, 1]));
}
