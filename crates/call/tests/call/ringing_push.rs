//! When a browser subscribes to pushes, what the server is told of it, and what a person sees of that.

use std::time::Duration;

use call::{RingCommand, RingDevice, RingInput, RingOutput};
use protocol::{
    CallId, DeviceId, ErrorCode, MessageId, ProtocolError, PublicKey, PushAuth, PushEndpoint, PushKey,
    PushSubscription, RingEvent, RingMessage,
};
use uuid::Uuid;
use view::{PushFault, PushState};

/// What a device wants done.
#[derive(Debug, PartialEq, Eq)]
enum Does {
    Says(RingMessage),
    Subscribes(u8),
    GivesUp,
}

use Does::{GivesUp, Says, Subscribes};

struct TestDevice {
    device: RingDevice,
    /// The number of what it has said last.
    last: Option<MessageId>,
}

impl TestDevice {
    /// One of a page that begins, whose person has turned pushes on or not.
    fn begun(on: bool) -> Self {
        let identity: PublicKey = seal::KeyPair::new([1; 32]).public().clone();
        let device = RingDevice::new(DeviceId::new(Uuid::from_u128(7)), identity, 7);
        let mut device = Self { device, last: None };
        device.does(RingInput::Command(RingCommand::SwitchPush { on }));
        device.does(RingInput::Command(RingCommand::Attach));
        device
    }

    /// One whose browser is pushed to by a server with key 1.
    fn kept() -> Self {
        let mut device = Self::begun(true);
        device.comes_back();
        assert_eq!(device.hears(Some(1), 0), [Subscribes(1)]);
        device.subscribed(1, "a", None);
        assert_eq!(device.hears(Some(1), 1), []);
        assert_eq!(device.state(), PushState::On);
        device
    }

    fn does(&mut self, input: RingInput) -> Vec<Does> {
        self.device.handle_input(Duration::ZERO, input);
        let mut does = Vec::new();
        while let Some(output) = self.device.poll_output() {
            match output {
                RingOutput::Send(frame) => {
                    self.last = frame.id;
                    does.push(Says(frame.message));
                }
                RingOutput::SubscribePush { key } => does.push(Subscribes(number_of(&key))),
                RingOutput::GiveUpPush => does.push(GivesUp),
                RingOutput::Dial
                | RingOutput::CloseSocket
                | RingOutput::Open(_)
                | RingOutput::Prove { .. }
                | RingOutput::Seal { .. }
                | RingOutput::EnterRoom { .. }
                | RingOutput::OpenDevices { .. }
                | RingOutput::GoAhead { .. }
                | RingOutput::LeaveRoom { .. } => {}
            }
        }
        does
    }

    fn comes_back(&mut self) -> Vec<Does> {
        self.does(RingInput::SocketOpened);
        self.does(RingInput::Server(Box::new(RingEvent::Welcome { call_id: CallId::nth(1) })))
    }

    fn goes(&mut self) {
        self.does(RingInput::SocketClosed);
    }

    fn switch(&mut self, on: bool) -> Vec<Does> {
        self.does(RingInput::Command(RingCommand::SwitchPush { on }))
    }

    fn hears(&mut self, with: Option<u8>, subscriptions: u16) -> Vec<Does> {
        let event = RingEvent::Push { key: with.map(key), subscriptions };
        self.does(RingInput::Server(Box::new(event)))
    }

    fn is_refused(&mut self, code: ErrorCode) -> Vec<Does> {
        let error = ProtocolError::new(code, self.last);
        self.does(RingInput::Server(Box::new(RingEvent::Error(error))))
    }

    fn subscribed(&mut self, with: u8, name: &str, replaced: Option<&str>) -> Vec<Does> {
        let subscription = Box::new(subscription(name));
        let replaced = replaced.map(endpoint);
        self.does(RingInput::PushSubscribed { key: key(with), subscription, replaced })
    }

    fn state(&self) -> PushState {
        self.device.push()
    }
}

fn key(number: u8) -> PushKey {
    PushKey::new(number.to_string().repeat(87)).unwrap()
}

fn number_of(key: &PushKey) -> u8 {
    key.as_str()[..1].parse().unwrap()
}

fn endpoint(name: &str) -> PushEndpoint {
    PushEndpoint::new(format!("https://push.example/{name}")).unwrap()
}

fn subscription(name: &str) -> PushSubscription {
    let auth = PushAuth::new("3".repeat(22)).unwrap();
    PushSubscription { endpoint: endpoint(name), p256dh: key(9), auth }
}

fn tells(name: &str) -> Does {
    Says(RingMessage::SubscribePush(Box::new(subscription(name))))
}

fn forgets(name: &str) -> Does {
    Says(RingMessage::UnsubscribePush { endpoint: endpoint(name) })
}

#[test]
fn what_is_offered_is_read_and_nothing_follows_before_somebody_turns_it_on() {
    let mut device = TestDevice::begun(false);
    assert_eq!(device.comes_back(), [Says(RingMessage::ReadPush)]);
    assert_eq!(device.state(), PushState::NotOffered);
    assert_eq!(device.hears(Some(1), 0), []);
    assert_eq!(device.state(), PushState::Off);
    assert_eq!(device.switch(true), [Subscribes(1)]);
    assert_eq!(device.state(), PushState::TurningOn);
    assert_eq!(device.subscribed(1, "a", None), [tells("a")]);
    assert_eq!(device.state(), PushState::TurningOn, "the server has not said that it has it");
    assert_eq!(device.hears(Some(1), 1), []);
    assert_eq!(device.state(), PushState::On);
}

#[test]
fn a_server_that_does_not_push_offers_nothing_and_a_browser_that_wanted_it_keeps_its_wish() {
    let mut device = TestDevice::begun(true);
    device.comes_back();
    assert_eq!(device.hears(None, 0), []);
    assert_eq!(device.state(), PushState::NotOffered);
    device.goes();
    device.comes_back();
    assert_eq!(device.hears(Some(1), 0), [Subscribes(1)]);
}

#[test]
fn what_the_server_says_unasked_is_not_believed() {
    let mut device = TestDevice::begun(true);
    device.comes_back();
    device.hears(Some(1), 0);
    assert_eq!(device.hears(Some(2), 0), []);
    assert_eq!(device.subscribed(1, "a", None), [tells("a")]);
}

#[test]
fn a_page_that_begins_tells_the_server_again_and_one_that_comes_back_does_not() {
    let mut device = TestDevice::kept();
    device.goes();
    assert_eq!(device.comes_back(), [Says(RingMessage::ReadPush)]);
    assert_eq!(device.hears(Some(1), 1), []);
    assert_eq!(device.state(), PushState::On);
}

#[test]
fn another_key_or_a_server_that_has_lost_everything_is_subscribed_to_anew() {
    for (with, kept) in [(2, 1), (1, 0)] {
        let mut device = TestDevice::kept();
        device.goes();
        device.comes_back();
        assert_eq!(device.hears(Some(with), kept), [Subscribes(with)]);
        assert_eq!(device.subscribed(with, "b", Some("a")), [forgets("a"), tells("b")]);
        device.hears(Some(with), 2);
        device.hears(Some(with), 1);
        assert_eq!(device.state(), PushState::On);
    }
}

#[test]
fn a_key_that_changes_while_the_server_is_told_is_noticed() {
    let mut device = TestDevice::begun(true);
    device.comes_back();
    device.hears(Some(1), 0);
    device.goes();
    assert_eq!(device.subscribed(1, "a", None), []);
    assert_eq!(device.comes_back(), [Says(RingMessage::ReadPush), tells("a")]);
    assert_eq!(device.hears(Some(2), 0), [Subscribes(2)]);
    device.hears(Some(2), 1);
    assert_eq!(device.state(), PushState::TurningOn, "what it has taken was made with another key");
    assert_eq!(device.subscribed(2, "b", Some("a")), [forgets("a"), tells("b")]);
}

#[test]
fn a_subscription_that_has_vanished_is_made_anew() {
    let mut device = TestDevice::kept();
    assert_eq!(device.does(RingInput::PushChanged), [Subscribes(1)]);
    let mut off = TestDevice::begun(false);
    off.comes_back();
    off.hears(Some(1), 0);
    assert_eq!(off.does(RingInput::PushChanged), []);
}

#[test]
fn turned_off_the_browser_gives_its_subscription_up_and_the_server_forgets_it() {
    let mut device = TestDevice::kept();
    assert_eq!(device.switch(false), [GivesUp]);
    assert_eq!(device.state(), PushState::Off);
    assert_eq!(device.does(RingInput::PushGivenUp { endpoint: endpoint("a") }), [forgets("a")]);
    assert_eq!(device.hears(Some(1), 0), []);
    assert_eq!(device.state(), PushState::Off);
}

#[test]
fn what_was_given_up_without_a_connection_is_said_on_the_next_one_once() {
    let mut device = TestDevice::kept();
    device.goes();
    device.switch(false);
    assert_eq!(device.does(RingInput::PushGivenUp { endpoint: endpoint("a") }), []);
    assert_eq!(device.comes_back(), [Says(RingMessage::ReadPush), forgets("a")]);
    device.goes();
    assert_eq!(device.comes_back(), [Says(RingMessage::ReadPush)]);
}

#[test]
fn who_has_not_turned_it_on_gives_up_what_the_browser_still_has() {
    let identity = seal::KeyPair::new([1; 32]).public().clone();
    let mut device =
        TestDevice { device: RingDevice::new(DeviceId::new(Uuid::from_u128(7)), identity, 7), last: None };
    assert_eq!(device.switch(false), [GivesUp]);
}

#[test]
fn a_subscription_that_comes_after_it_was_turned_off_is_given_up_and_told_nobody() {
    let mut device = TestDevice::begun(true);
    device.comes_back();
    device.hears(Some(1), 0);
    assert_eq!(device.switch(false), [GivesUp]);
    assert_eq!(device.subscribed(1, "a", None), [GivesUp]);
    assert_eq!(device.state(), PushState::Off);
}

#[test]
fn what_the_browser_does_not_let_happen_is_said_and_can_be_tried_again() {
    let mut device = TestDevice::begun(false);
    device.comes_back();
    device.hears(Some(1), 0);
    device.does(RingInput::PushFailed { fault: PushFault::Dismissed });
    assert_eq!(device.state(), PushState::Failed(PushFault::Dismissed));
    assert_eq!(device.switch(true), [Subscribes(1)]);
    device.does(RingInput::PushFailed { fault: PushFault::NoService });
    assert_eq!(device.state(), PushState::Failed(PushFault::NoService));
    device.goes();
    device.comes_back();
    assert_eq!(device.hears(Some(1), 0), [], "not before somebody presses again");
    assert_eq!(device.switch(false), [GivesUp]);
    assert_eq!(device.state(), PushState::Off);
}

#[test]
fn a_subscription_that_the_server_does_not_take_is_no_reason_to_stop_ringing() {
    for code in [ErrorCode::NotOffered, ErrorCode::SettingsInvalid, ErrorCode::StorageUnavailable] {
        let mut device = TestDevice::begun(true);
        device.comes_back();
        device.hears(Some(1), 0);
        device.subscribed(1, "a", None);
        assert_eq!(device.is_refused(code), []);
        let is_offered = code != ErrorCode::NotOffered;
        let expected =
            if is_offered { PushState::Failed(PushFault::NotTaken) } else { PushState::NotOffered };
        assert_eq!((device.state(), device.device.refused()), (expected, None), "{code:?}");
        device.goes();
        device.comes_back();
        assert_eq!(device.hears(Some(1), 0), [Subscribes(1)], "the next connection tries again");
    }
}

#[test]
fn what_was_said_on_a_connection_before_is_answered_by_nobody() {
    let mut device = TestDevice::begun(true);
    device.comes_back();
    device.hears(Some(1), 0);
    device.subscribed(1, "a", None);
    device.goes();
    assert_eq!(device.comes_back(), [Says(RingMessage::ReadPush), tells("a")]);
    assert_eq!(device.hears(Some(1), 0), []);
    assert_eq!(device.state(), PushState::TurningOn, "this was the answer to the reading");
    device.hears(Some(1), 1);
    assert_eq!(device.state(), PushState::On);
}
