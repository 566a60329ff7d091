//! What the person wants.

use app::state::DirectCommand;
use call::{Dialled, RingCommand, RingInput};
use protocol::{HangUpReason, RingId};
use seal::KeyDigest;
use view::DialProblem;
use wasm_bindgen_futures::spawn_local;

use super::{Ringing, notifications, peers};
use crate::identity::random_id;
use crate::{page, remember, web};

impl Ringing {
    pub(super) fn command(&mut self, command: DirectCommand) {
        match command {
            DirectCommand::Dial { text } => match Dialled::parse(&text) {
                Some(dialled) => self.call(dialled),
                None => self.problem = Some(DialProblem::NoCallId),
            },
            DirectCommand::CallAgain { peer } => self.call(Dialled { callee: peer, expected: None }),
            DirectCommand::Answer { ring, with_video } => {
                if !with_video {
                    self.without_video.push(ring);
                }
                self.input(RingInput::Command(RingCommand::Answer { ring }));
            }
            DirectCommand::Decline { ring } => {
                self.input(RingInput::Command(RingCommand::Decline { ring, message: None }));
            }
            DirectCommand::HangUp => {
                self.input(RingInput::Command(RingCommand::HangUp { reason: HangUpReason::HungUp }));
            }
            DirectCommand::Dismiss => self.input(RingInput::Command(RingCommand::Dismiss)),
            DirectCommand::SetName { name } => {
                self.name = name;
                remember::write(remember::NAME, self.name.trim());
            }
            DirectCommand::CopyId => {
                if let Some(id) = self.device.call_id() {
                    copy(id.to_string());
                }
            }
            DirectCommand::CopyLink => {
                let key = KeyDigest::of(self.keys.public());
                if let (Some(origin), Some(id)) = (page::origin(), self.device.call_id()) {
                    copy(Dialled::link(&origin, id, &key));
                }
            }
            DirectCommand::SetNotifications { on } => notifications::turn(on, &self.events),
            DirectCommand::AllowSound => {
                self.sounding = None;
                self.sound();
            }
        }
    }

    fn call(&mut self, dialled: Dialled) {
        let Dialled { callee, expected } = dialled;
        if self.device.call_id() == Some(callee) {
            self.problem = Some(DialProblem::Own);
            return;
        }
        self.problem = None;
        let Some(ring) = random_id().map(RingId::new) else { return };
        let expected = expected.or_else(|| peers::key_of(callee));
        self.input(RingInput::Command(RingCommand::Dismiss));
        self.input(RingInput::Command(RingCommand::Call { ring, callee, expected }));
    }

    /// The page of somebody's link calls them, once. Loaded again it does not.
    pub(super) fn call_by_address(&mut self) {
        if self.device.call_id().is_some()
            && let Some(dialled) = self.to_call.take()
        {
            page::forget_dialled();
            self.call(dialled);
        }
    }
}

fn copy(text: String) {
    spawn_local(async move { _ = web::copy(&text).await });
}
