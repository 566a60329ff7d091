//! A device, the time it is told, and short words for what it hears and says.

use std::time::Duration;

use call::{RingCommand, RingDevice, RingInput, RingOutput, RingPhase, RingView, Signalling};
use protocol::{
    CallId, ChallengeNonce, Credential, DeviceId, ErrorCode, HangUpReason, IdentityProof, IncomingRing,
    Invitation, Manner, MessageId, Outcome, ProtocolError, PublicKey, RingEvent, RingId, RingMessage,
    RoomCode, Standing,
};
use seal::KeyPair;
use uuid::Uuid;

/// A device, the time it is told, and the last number under which it has said something.
pub(super) struct TestDevice {
    pub(super) machine: RingDevice,
    pub(super) now: Duration,
    pub(super) last_id: Option<MessageId>,
    /// The server answers its pings.
    pub(super) is_heard: bool,
}

impl TestDevice {
    pub(super) fn new() -> Self {
        let device = DeviceId::new(Uuid::from_u128(7));
        let machine = RingDevice::new(device, key(1), 7);
        Self { machine, now: Duration::ZERO, last_id: None, is_heard: true }
    }

    /// One that the server has welcomed.
    pub(super) fn attached() -> Self {
        let mut device = Self::new();
        device.command(RingCommand::Attach);
        device.come_back();
        device
    }

    /// One that seals for whom it calls; it is ring 1.
    pub(super) fn sealing() -> Self {
        let mut device = Self::attached();
        device.command(RingCommand::Call { ring: ring(1), callee: id(2), expected: None });
        device.hear(RingEvent::KeyOf { callee: id(2), key: key(2) });
        device
    }

    /// One that calls; it is ring 1.
    pub(super) fn calling() -> Self {
        let mut device = Self::sealing();
        device.input(RingInput::Sealed { ring: ring(1), invitation: invitation(), note: None });
        device.hear(placed(1));
        device
    }

    /// One that was called, and has answered; it is ring 1.
    pub(super) fn in_call() -> Self {
        let mut device = Self::attached();
        device.hear(incoming(1, 30_000));
        device.command(RingCommand::Answer { ring: ring(1) });
        device.hear(answered(1));
        device
    }

    pub(super) fn input(&mut self, input: RingInput) -> Vec<RingOutput> {
        self.machine.handle_input(self.now, input);
        self.drain()
    }

    pub(super) fn command(&mut self, command: RingCommand) -> Vec<RingOutput> {
        self.input(RingInput::Command(command))
    }

    /// What the device says when it hears something.
    pub(super) fn hear(&mut self, event: RingEvent) -> Vec<RingOutput> {
        self.input(RingInput::Server(Box::new(event)))
    }

    pub(super) fn refuse(&mut self, code: ErrorCode) -> Vec<RingOutput> {
        self.hear(RingEvent::Error(ProtocolError::new(code, self.last_id)))
    }

    /// Its socket breaks.
    pub(super) fn lose(&mut self) {
        self.input(RingInput::SocketClosed);
    }

    /// A socket opens, and the server welcomes the device. What it says of itself, and then.
    pub(super) fn come_back(&mut self) -> (Standing, Vec<RingMessage>) {
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

    pub(super) fn wait(&mut self, duration: Duration) -> Vec<RingOutput> {
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

    pub(super) fn wait_secs(&mut self, secs: u64) -> Vec<RingOutput> {
        self.wait(Duration::from_secs(secs))
    }

    pub(super) fn drain(&mut self) -> Vec<RingOutput> {
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

    pub(super) fn view(&self, number: u128) -> Option<RingView> {
        self.machine.views().into_iter().find(|view| view.ring == ring(number))
    }

    pub(super) fn phase(&self, number: u128) -> Option<RingPhase> {
        self.view(number).map(|view| view.phase)
    }
}

pub(super) fn said(outputs: &[RingOutput]) -> Vec<&RingMessage> {
    let said = outputs
        .iter()
        .filter_map(|output| if let RingOutput::Send(frame) = output { Some(&frame.message) } else { None });
    said.filter(|message| **message != RingMessage::Ping).collect()
}

pub(super) fn said_owned(outputs: &[RingOutput]) -> Vec<RingMessage> {
    said(outputs).into_iter().cloned().collect()
}

pub(super) fn id(number: u32) -> CallId {
    CallId::nth(number)
}

pub(super) fn ring(number: u128) -> RingId {
    RingId::new(Uuid::from_u128(number))
}

pub(super) fn key(seed: u8) -> PublicKey {
    KeyPair::new([seed; 32]).public().clone()
}

pub(super) fn invitation() -> Invitation {
    Invitation::new("sealed".to_owned()).unwrap()
}

pub(super) fn placed(number: u128) -> RingEvent {
    let credential = Credential::new("key".to_owned()).unwrap();
    RingEvent::Placed { ring: ring(number), room: RoomCode::from_random(1), credential }
}

pub(super) fn answered(number: u128) -> RingEvent {
    RingEvent::Answered { ring: ring(number), talked_ms: 0 }
}

pub(super) fn over(number: u128, outcome: Outcome) -> RingEvent {
    RingEvent::Over { ring: ring(number), outcome, message: None }
}

pub(super) fn incoming(number: u128, expires_in_ms: u32) -> RingEvent {
    RingEvent::Incoming(Box::new(incoming_ring(number, expires_in_ms)))
}

pub(super) fn incoming_ring(number: u128, expires_in_ms: u32) -> IncomingRing {
    IncomingRing {
        into_call: false,
        ring: ring(number),
        caller: id(3),
        caller_key: key(3),
        room: RoomCode::from_random(2),
        invitation: invitation(),
        manner: Manner::Aloud,
        expires_in_ms,
    }
}

pub(super) fn hung_up(number: u128) -> RingMessage {
    RingMessage::HangUp { ring: ring(number), reason: HangUpReason::HungUp }
}
