//! The socket of a device: dialled, lost, dialled again; and what is said first on each, so that the server knows what the device knows.

use std::time::Duration;

use protocol::{Activity, AttachDevice, CallId, OpeningMessage, RingMessage, SessionToken, VERSION};

use super::RingDevice;
use super::output::RingOutput;
use crate::signalling::Wait;

impl RingDevice {
    pub(super) fn socket_opened(&mut self, now: Duration) {
        if !self.is_wanted {
            return self.outputs.push_back(RingOutput::CloseSocket);
        }
        self.connection.dialled(now);
        let attach = AttachDevice { version: VERSION, device: self.device, identity: self.identity.clone() };
        self.outputs.push_back(RingOutput::Open(OpeningMessage::Ring(Box::new(attach))));
    }

    pub(super) fn socket_closed(&mut self, now: Duration) {
        self.pushes.disconnected();
        if self.is_wanted {
            self.connection.lost(now);
        }
    }

    /// The server takes the device: it is told again what it may have lost.
    pub(super) fn welcome(&mut self, now: Duration, call_id: CallId) {
        self.call_id = Some(call_id);
        // A ring has no session; the device says itself what it is in the middle of.
        self.connection.connected(now, SessionToken::none());
        self.incoming.doubt(now);
        if self.activity != Activity::Free {
            self.say(None, RingMessage::SetActivity { activity: self.activity });
        }
        self.say_line(now);
        self.say_adding(now);
        for (ring, message) in self.kept.messages() {
            self.say(Some(ring), message);
        }
        let said = self.keeper.connected();
        self.say_of_book(said);
        let todo = self.pushes.connected();
        self.do_of_pushes(todo);
    }

    pub(super) fn connection_timeout(&mut self, now: Duration) {
        let is_due = self.connection.poll_timeout().is_some_and(|at| at <= now);
        if !self.is_wanted || !is_due {
            return;
        }
        match self.connection.wait() {
            Wait::Nothing => {}
            Wait::Answer(_) | Wait::Pong(_) => {
                self.outputs.push_back(RingOutput::CloseSocket);
                self.pushes.disconnected();
                self.connection.lost(now);
            }
            Wait::Ping(_) => {
                self.connection.pinged(now);
                self.say(None, RingMessage::Ping);
            }
            Wait::Retry(_) => {
                // An attempt that is never answered is given up like a first message.
                self.connection.dialled(now);
                self.outputs.push_back(RingOutput::Dial);
            }
        }
    }
}
