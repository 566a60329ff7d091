//! A page as a device of a call identity: it is dialled in, proves who it is, rings, is rung, and says again what the server may not have heard.
//! It is no part of a call: the room of a direct call is entered and left as any other, by [`Call`](crate::Call).
//!
//! It seals nothing and proves nothing itself, because that takes the private key and random bytes, which its driver has; and it does not
//! decide which of several pages sounds. The picture of the one call is at the top of `line.rs`.
//!
//! | timer | what is due |
//! | --- | --- |
//! | of the connection (`signalling.rs`) | an answer of the server, a ping, the next attempt |
//! | `NotPlaced` | 15 s after the person has called: no key has come |
//! | `RungOut` | 30 s after the ring was placed: it rings no longer, whatever the server says |
//! | `NoVerdict` | 10 s later: the server has not said how it ended |
//! | `NotConfirmed` | 15 s after an answer, or 30 s after the page was loaded anew in a call: nobody has confirmed it |
//! | `NotSaidAgain` | 15 s after a ring was taken over from another page: the server has not spoken of it |
//! | the first four, again | of a ring with which somebody is rung into the call (`adding.rs`) |
//! | of a ring on the screen | its 30 s are up, or a server that is back does not speak of it |

mod adding;
mod book;
mod connecting;
mod dialled;
mod events;
mod incoming;
mod input;
mod kept;
mod line;
mod output;
mod push;
mod rooms;

use std::collections::VecDeque;
use std::time::Duration;

use protocol::{
    Activity, CallId, DeviceId, ErrorCode, HangUpReason, Invitation, Outcome, PublicKey, RingFrame, RingId,
    RingMessage, SealedNote, Standing,
};
use seal::KeyDigest;
use view::{PushState, RingRefusal, Signalling};

use crate::signalling::SignallingConnection;
pub use book::Book;
use book::{Keeper, Said};
pub use dialled::Dialled;
use incoming::Incoming;
pub use input::{RingCommand, RingInput};
use kept::Kept;
pub use line::OngoingCall;
use line::{Line, Sealed};
pub use output::{RingOutput, RingView};
use push::{Pushes, Todo};

/// A device.
///
/// `now` is the time since an origin of the driver's choosing, the same in every call; only differences matter.
pub struct RingDevice {
    device: DeviceId,
    identity: PublicKey,
    connection: SignallingConnection,
    /// Whether the page wants to be one, and the server has not said that it may not.
    is_wanted: bool,
    /// Why the server does not want it.
    refused: Option<ErrorCode>,
    call_id: Option<CallId>,
    activity: Activity,
    line: Line,
    /// The ring with which somebody is rung into the call of [`Self::line`].
    adding: Line,
    /// The last one that was rung so, and answered: as long as the call goes on.
    added: Option<RingView>,
    incoming: Incoming,
    /// Whose room has been entered.
    room: Option<RingId>,
    kept: Kept,
    keeper: Keeper,
    pushes: Pushes,
    outputs: VecDeque<RingOutput>,
}

impl RingDevice {
    /// A device of the identity with this key. `random` makes the waits of different pages different.
    pub fn new(device: DeviceId, identity: PublicKey, random: u64) -> Self {
        Self {
            device,
            identity,
            connection: SignallingConnection::new(None, random),
            is_wanted: false,
            refused: None,
            call_id: None,
            activity: Activity::default(),
            line: Line::default(),
            adding: Line::default(),
            added: None,
            incoming: Incoming::default(),
            room: None,
            kept: Kept::default(),
            keeper: Keeper::default(),
            pushes: Pushes::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes one event.
    pub fn handle_input(&mut self, now: Duration, input: RingInput) {
        match input {
            RingInput::Command(command) => self.command(now, command),
            RingInput::SocketOpened => self.socket_opened(now),
            RingInput::SocketClosed => self.socket_closed(now),
            RingInput::NetworkChanged => self.connection.hurry(now),
            RingInput::Server(event) => self.server(now, *event),
            RingInput::Proven(proof) => {
                let standing = self.standing(now);
                self.say(None, RingMessage::Prove { proof, standing });
            }
            RingInput::Sealed { ring, invitation, note } => self.sealed(now, ring, invitation, note),
            RingInput::PushSubscribed { key, subscription, replaced } => {
                let todo = self.pushes.subscribed(key, *subscription, replaced);
                self.do_of_pushes(todo);
            }
            RingInput::PushFailed { fault } => self.pushes.failed(fault),
            RingInput::PushGivenUp { endpoint } => {
                let todo = self.pushes.given_up(endpoint);
                self.do_of_pushes(todo);
            }
            RingInput::PushChanged => {
                let todo = self.pushes.changed();
                self.do_of_pushes(todo);
            }
            RingInput::NotSealed { ring } => {
                if let Some(line) = self.line_of(ring) {
                    line.refuse(now, RingRefusal::NoKey);
                }
            }
        }
        self.drop_what_is_added(now);
        self.leave_unwanted_room();
    }

    /// The next effect, or `None` until the next input.
    pub fn poll_output(&mut self) -> Option<RingOutput> {
        self.outputs.pop_front()
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.connection_timeout(now);
        if let Some((_, timer)) = self.line.poll_timeout().filter(|(at, _)| *at <= now) {
            self.line_timeout(now, timer);
        }
        if let Some((_, timer)) = self.adding.poll_timeout().filter(|(at, _)| *at <= now) {
            self.adding_timeout(now, timer);
        }
        self.incoming.handle_timeout(now);
        self.drop_what_is_added(now);
        self.leave_unwanted_room();
    }

    /// When [`Self::handle_timeout`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        let connection = self.connection.poll_timeout().filter(|_| self.is_wanted);
        let [line, adding] = [&self.line, &self.adding].map(|line| line.poll_timeout().map(|(at, _)| at));
        [connection, line, adding, self.incoming.poll_timeout()].into_iter().flatten().min()
    }

    /// What is to be shown: the call of this device, the rings on its screen, and what has ended.
    pub fn views(&self) -> Vec<RingView> {
        self.line.view().into_iter().chain(self.incoming.views()).collect()
    }

    /// The ring with which somebody is rung into the call of this device, until it is answered; how it ended, until that is put away.
    pub fn adding(&self) -> Option<RingView> {
        self.adding.view()
    }

    /// The last ring of [`Self::adding`] that was answered: who has come into the call of this device by it. Nothing once the call is over.
    pub fn added(&self) -> Option<&RingView> {
        self.added.as_ref()
    }

    /// The call that this device is in, for a page that takes it up again when this one was loaded anew.
    pub fn ongoing(&self, now: Duration) -> Option<OngoingCall> {
        self.line.ongoing(now)
    }

    /// Whether the server is in reach.
    pub fn signalling(&self) -> Signalling {
        self.connection.state()
    }

    /// Why the server does not take this device, and is not asked again.
    pub fn refused(&self) -> Option<ErrorCode> {
        self.refused
    }

    /// The ID of the identity, once the server has said it.
    pub fn call_id(&self) -> Option<CallId> {
        self.call_id
    }

    /// What the server keeps for the identity, as far as it was read.
    pub fn book(&self) -> &Book {
        self.keeper.book()
    }

    /// Whether the server pushes to this browser.
    pub fn push(&self) -> PushState {
        self.pushes.state()
    }

    fn command(&mut self, now: Duration, command: RingCommand) {
        match command {
            RingCommand::Attach => self.attach(),
            RingCommand::Detach => self.detach(now),
            RingCommand::Call { ring, callee, expected } => self.call(now, ring, callee, expected),
            RingCommand::Add { ring, callee, expected } => self.add(now, ring, callee, expected),
            RingCommand::TakeBack => self.take_back(now),
            RingCommand::Receipt { ring, receipt } => {
                if self.incoming.note_receipt(ring, receipt) {
                    self.say_if_connected(None, RingMessage::Receipt { ring, receipt });
                }
            }
            RingCommand::ConnectBeforehand { ring } => self.connect_beforehand(ring),
            RingCommand::Answer { ring } => self.answer(now, ring),
            RingCommand::HandOver { ring } => _ = self.incoming.take(ring),
            RingCommand::TakeOver { ring, peer, expected } => {
                if self.line.is_free() {
                    self.line = Line::TakenOver { ring, peer, expected, since: now };
                }
            }
            RingCommand::Resume(call) => {
                if self.line.is_free() {
                    self.line = Line::resume(now, *call);
                }
            }
            RingCommand::Decline { ring, message } => self.decline(now, ring, message),
            RingCommand::HangUp { reason } => self.hang_up(now, reason),
            RingCommand::SetActivity { activity } => {
                self.activity = activity;
                self.say_if_connected(None, RingMessage::SetActivity { activity });
            }
            RingCommand::ShowBook { is_shown } => {
                let said = self.keeper.show(is_shown);
                self.say_of_book(said);
            }
            RingCommand::ReadOlder => {
                let said = self.keeper.read_older();
                self.say_of_book(said);
            }
            RingCommand::ReadMoreBlocked => {
                let said = self.keeper.read_more_blocked();
                self.say_of_book(said);
            }
            RingCommand::ChangeHistory { change } => self.change_book(RingMessage::ChangeHistory { change }),
            RingCommand::SetContact { peer, rule } => {
                self.change_book(RingMessage::SetContact { peer, rule });
            }
            RingCommand::SetRules { rules } => self.change_book(RingMessage::SetRules { rules }),
            RingCommand::SwitchPush { on } => {
                let todo = self.pushes.switch(on);
                self.do_of_pushes(todo);
            }
            // Said once: a second one would be a second ID.
            RingCommand::ReplaceCallId => self.say_if_connected(None, RingMessage::ReplaceCallId),
            RingCommand::Dismiss => self.put_away(),
        }
    }

    /// What has ended is not shown any more.
    fn put_away(&mut self) {
        self.incoming.dismiss();
        if matches!(self.line, Line::Over(_)) {
            self.line = Line::Idle;
        }
    }

    fn attach(&mut self) {
        if !self.is_wanted {
            self.is_wanted = true;
            self.refused = None;
            self.outputs.push_back(RingOutput::Dial);
        }
    }

    fn detach(&mut self, now: Duration) {
        self.hang_up(now, HangUpReason::HungUp);
        self.leave_unwanted_room();
        self.is_wanted = false;
        self.connection = self.connection.ended();
        self.pushes.disconnected();
        self.outputs.push_back(RingOutput::CloseSocket);
    }

    fn call(&mut self, now: Duration, ring: RingId, callee: CallId, expected: Option<KeyDigest>) {
        if !self.line.is_free() {
            return;
        }
        // One whose verdict is still waited for is given up for good.
        self.hang_up(now, HangUpReason::HungUp);
        self.line = Line::LookingUp { ring, callee, expected, since: now };
        self.say_if_connected(None, RingMessage::LookUp { callee });
    }

    fn sealed(&mut self, now: Duration, of: RingId, invitation: Invitation, note: Option<SealedNote>) {
        let (sealed, into) = (Sealed { invitation, note }, self.line.ring());
        if self.line.ring() == Some(of) && self.line.take_sealed(now, of, None, sealed.clone()) {
            self.say_line(now);
        } else if self.adding.take_sealed(now, of, into, sealed) {
            self.say_adding(now);
        }
    }

    /// The call before ends for the sake of the one that is answered. The server does that when it takes the answer; it is told after it, for an
    /// answer that comes too late.
    fn answer(&mut self, now: Duration, ring: RingId) {
        let Some(incoming) = self.incoming.take(ring) else { return };
        let before =
            std::mem::replace(&mut self.line, Line::Answering { incoming: Box::new(incoming), since: now });
        self.say_line(now);
        let answering = std::mem::replace(&mut self.line, before);
        self.hang_up(now, HangUpReason::HungUp);
        self.line = answering;
        if self.room == Some(ring) {
            self.outputs.push_back(RingOutput::OpenDevices { ring });
        }
    }

    fn decline(&mut self, now: Duration, ring: RingId, message: Option<SealedNote>) {
        if self.incoming.is_shown(ring) {
            self.incoming.end(now, ring, Outcome::Declined);
            self.decide(ring, RingMessage::Decline { ring, message }, Standing::Idle);
        }
    }

    fn hang_up(&mut self, now: Duration, reason: HangUpReason) {
        let standing = self.line.standing(now);
        let Some(ring) = self.line.ring() else { return };
        let message = match (&self.line, standing) {
            (Line::Over(_), _) => return,
            (Line::Calling(_), Standing::Placing { .. }) => Some(RingMessage::Cancel { ring }),
            (Line::Answering { .. } | Line::Resuming { .. } | Line::InCall(_), _) => {
                Some(RingMessage::HangUp { ring, reason })
            }
            (Line::TakenOver { .. }, _) => Some(RingMessage::Decline { ring, message: None }),
            (Line::Idle | Line::LookingUp { .. } | Line::Sealing { .. } | Line::Calling(_), _) => None,
        };
        if let Some(message) = message {
            self.decide(ring, message, standing);
        }
        let outcome = self.line.own_end(now);
        self.line.end(now, outcome, None);
    }

    fn standing(&self, now: Duration) -> Standing {
        match self.line.standing(now) {
            Standing::Idle => self.kept.standing(),
            standing @ (Standing::Placing { .. } | Standing::Answering { .. } | Standing::InCall { .. }) => {
                standing
            }
        }
    }

    /// Decides something about a ring for good: it is said until the server has confirmed it.
    fn decide(&mut self, ring: RingId, message: RingMessage, standing: Standing) {
        self.kept.keep(ring, message.clone(), standing);
        self.say_if_connected(Some(ring), message);
    }

    fn change_book(&mut self, message: RingMessage) {
        let said = self.keeper.change(message);
        self.say_of_book([said]);
    }

    /// Without a connection nothing is said: the next one begins with it.
    fn say_of_book(&mut self, said: impl IntoIterator<Item = Said>) {
        if self.connection.is_connected() {
            let frames = said.into_iter().map(|(id, message)| RingOutput::Send(RingFrame { id, message }));
            self.outputs.extend(frames);
        }
    }

    fn do_of_pushes(&mut self, todo: impl IntoIterator<Item = Todo>) {
        let outputs = todo.into_iter().map(|todo| match todo {
            Todo::Say(id, message) => RingOutput::Send(RingFrame { id: Some(id), message }),
            Todo::Subscribe(key) => RingOutput::SubscribePush { key },
            Todo::GiveUp => RingOutput::GiveUpPush,
        });
        self.outputs.extend(outputs);
    }

    fn say_line(&mut self, now: Duration) {
        if self.connection.is_connected()
            && let Some(message) = self.line.message(now)
        {
            self.say(self.line.ring(), message);
        }
    }

    fn say_if_connected(&mut self, about: Option<RingId>, message: RingMessage) {
        if self.connection.is_connected() {
            self.say(about, message);
        }
    }

    fn say(&mut self, about: Option<RingId>, message: RingMessage) {
        let id = about.map(|ring| self.kept.number(ring));
        self.outputs.push_back(RingOutput::Send(RingFrame { id, message }));
    }
}
