//! What the device wants done.

use call::{RingCommand, RingInput, RingOutput};
use protocol::limits::MAX_DISPLAY_NAME_CHARS;
use protocol::{CallId, DisplayName, HangUpReason, PublicKey, RingId, RingSide, Source};
use seal::{CallInvitation, NotePurpose, RoomSecret};

use super::event::RingEvent;
use super::talk::Talk;
use super::talk::remembered;
use super::{Opened, Ringing, peers, talk};
use crate::clock;
use crate::event::SocketNumber;
use crate::identity::random;
use crate::session::RingStage;
use crate::socket::{Socket, SocketNews};

impl Ringing {
    pub(super) fn carry_out(&mut self) {
        while let Some(output) = self.device.poll_output() {
            match output {
                RingOutput::Dial => self.dial(),
                RingOutput::CloseSocket => self.socket = None,
                RingOutput::Open(message) => self.say(&protocol::OpeningFrame::from(message)),
                RingOutput::Send(frame) => self.say(&frame),
                RingOutput::Prove { nonce, key } => {
                    if let Some(proof) = self.keys.prove(self.id, &nonce, &key) {
                        self.device.handle_input(clock::now(), RingInput::Proven(proof));
                    }
                }
                RingOutput::Seal { ring, callee, key, into } => {
                    let sealed = match into {
                        None => self.seal(ring, callee, &key),
                        Some(call) => self.seal_secret_of(call, ring, callee, &key),
                    };
                    self.device.handle_input(clock::now(), sealed.unwrap_or(RingInput::NotSealed { ring }));
                }
                RingOutput::EnterRoom { ring, room, credential: _, invitation } => {
                    if let Some(incoming) = invitation {
                        self.open(ring, &incoming.caller_key, &incoming.invitation);
                    }
                    self.enter(ring, room);
                }
                RingOutput::OpenDevices { ring } => {
                    let with_video = self.with_video(ring);
                    if let Some(talk) = &mut self.talk {
                        talk.open_devices(with_video);
                    }
                }
                RingOutput::GoAhead { ring } => {
                    let with_video = self.with_video(ring);
                    if let Some(talk) = &mut self.talk {
                        talk.go_ahead(with_video);
                    }
                }
                RingOutput::LeaveRoom { ring: _ } => self.talk = None,
                RingOutput::SubscribePush { key } => self.subscribe_push(key),
                RingOutput::GiveUpPush => self.give_up_push(),
            }
        }
    }

    fn with_video(&self, ring: RingId) -> bool {
        self.chosen_video.get(&ring).copied().unwrap_or_else(|| remembered(Source::Camera))
    }

    fn dial(&mut self) {
        self.sockets_made += 1;
        let socket = SocketNumber(self.sockets_made);
        let events = self.events.clone();
        self.socket = Socket::open(socket, move |news| {
            _ = events.unbounded_send(match news {
                SocketNews::Text(text) => RingEvent::Text { socket, text },
                SocketNews::Closed => RingEvent::SocketClosed { socket },
            });
        });
        let opened = if self.socket.is_some() { RingInput::SocketOpened } else { RingInput::SocketClosed };
        self.device.handle_input(clock::now(), opened);
    }

    fn say(&self, frame: &impl serde::Serialize) {
        if let Some(socket) = &self.socket {
            socket.send(frame);
        }
    }

    /// Draws the secret of the call's room, and seals it for whom it is.
    fn seal(&mut self, ring: RingId, callee: CallId, key: &PublicKey) -> Option<RingInput> {
        let invitation = CallInvitation { secret: RoomSecret::new(random()?), name: self.own_name()? };
        let sealed = self.seal_for(ring, callee, key, &invitation)?;
        self.opened.insert(ring, Opened { by: self.keys.public().clone(), invitation });
        Some(sealed)
    }

    /// Seals the secret of the room that this page is in, for whom is rung into it.
    fn seal_secret_of(
        &self,
        call: RingId,
        ring: RingId,
        callee: CallId,
        key: &PublicKey,
    ) -> Option<RingInput> {
        let secret = self.opened.get(&call)?.invitation.secret.clone();
        self.seal_for(ring, callee, key, &CallInvitation { secret, name: self.own_name()? })
    }

    fn seal_for(
        &self,
        ring: RingId,
        callee: CallId,
        key: &PublicKey,
        invitation: &CallInvitation,
    ) -> Option<RingInput> {
        let sealed = self.keys.seal_invitation(key, ring, random()?, invitation)?;
        let note = peers::name_of(callee).and_then(|name| {
            self.keys.seal_note(self.keys.public(), ring, NotePurpose::OwnHistory, random()?, &name)
        });
        Some(RingInput::Sealed { ring, invitation: sealed, note })
    }

    /// Opens what came with a ring. What another key has sealed under the same id is forgotten, whether or not this opens.
    pub(super) fn open(&mut self, ring: RingId, caller: &PublicKey, invitation: &protocol::Invitation) {
        if self.opened.get(&ring).is_some_and(|opened| opened.by == *caller) {
            return;
        }
        self.opened.remove(&ring);
        if let Some(invitation) = self.keys.open_invitation(caller, ring, invitation) {
            self.opened.insert(ring, Opened { by: caller.clone(), invitation });
        }
    }

    /// What the others see of this person: their name, or their ID.
    fn own_name(&self) -> Option<DisplayName> {
        let typed: String = self.name.chars().take(MAX_DISPLAY_NAME_CHARS).collect();
        let by_id = || DisplayName::parse(&self.device.call_id()?.to_string()).ok();
        DisplayName::parse(&typed).ok().or_else(by_id)
    }

    fn enter(&mut self, ring: RingId, room: protocol::RoomCode) {
        if self.talk.as_ref().is_some_and(|talk| talk.is_there_for(ring)) {
            return;
        }
        let (Some(opened), Some(name)) = (self.opened.get(&ring), self.own_name()) else {
            // Who calls has sealed something that does not open: there is no call with them.
            let reason = HangUpReason::Lost;
            return self
                .device
                .handle_input(clock::now(), RingInput::Command(RingCommand::HangUp { reason }));
        };
        let is_own = opened.by == *self.keys.public();
        let side = if is_own { RingSide::Caller } else { RingSide::Callee };
        let secret = opened.invitation.secret.clone();
        let stage = if self.resumed == Some(ring) { RingStage::Answered } else { RingStage::Unanswered };
        let init = talk::TalkInit { ring, room, secret, name, side, stage };
        // The one before says its last word on the line that the next one gets.
        self.talk = None;
        self.talk = Some(Talk::begin(init, self.call_view, &self.call_line));
    }
}
