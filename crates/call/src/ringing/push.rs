//! Whether the server pushes to this browser, so that rings reach its person when no page is open. The driver has the browser's subscription;
//! this decides when it is asked for, when the server is told of it, and when it is given up.
//!
//! ```text
//!                 the key is known              subscribed             taken
//!   Idle ── on ──▶ (waits for it) ──▶ Subscribing ──▶ Telling ──▶ Kept
//!    ▲                                    │              │          │ another key, no subscription any more
//!    │                                    └── Failed ◀───┘          └──▶ Subscribing
//!    └───────── off: the browser gives its subscription up, and the server is told
//! ```

use std::collections::VecDeque;

use protocol::{ErrorCode, MessageId, PushEndpoint, PushKey, PushSubscription, RingMessage};
use view::{PushFault, PushState};

/// Where the numbers of its messages begin, so that they are no others'.
const FIRST_NUMBER: u64 = 1 << 41;

/// Endpoints that the server has to be told of which are none any more. A browser has one at a time.
const MAX_FORGOTTEN: usize = 4;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// Say something to the server.
    Say(MessageId, RingMessage),
    /// Have the browser subscribe with this key, unless it has.
    Subscribe(PushKey),
    /// Have the browser give up its subscription, if it has one.
    GiveUp,
}

/// The pushes to this browser.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    is_wanted: bool,
    /// `None` before the server has said anything.
    offered: Option<Offered>,
    step: Step,
    is_connected: bool,
    /// What was said on this connection and is not answered, in its order.
    asked: VecDeque<(MessageId, Asked)>,
    /// Subscriptions that are gone, of which the server has not been told.
    forgotten: VecDeque<PushEndpoint>,
    last_number: u64,
}

/// Whether the server pushes.
#[derive(Debug, PartialEq, Eq)]
enum Offered {
    No,
    /// With this key.
    Yes(PushKey),
}

#[derive(Debug, Default)]
enum Step {
    #[default]
    Idle,
    /// The browser has been asked to subscribe with this key.
    Subscribing(PushKey),
    /// The browser has subscribed; the server has not taken it.
    Telling(PushKey, Box<PushSubscription>),
    /// The server has it.
    Kept(PushKey),
    Failed(PushFault),
}

/// What an answer is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Read,
    Subscribe,
    Unsubscribe,
}

impl Pushes {
    /// What the person sees.
    pub(super) fn state(&self) -> PushState {
        match (&self.offered, &self.step) {
            (None | Some(Offered::No), _) => PushState::NotOffered,
            (Some(Offered::Yes(_)), Step::Failed(fault)) => PushState::Failed(*fault),
            (Some(Offered::Yes(_)), _) if !self.is_wanted => PushState::Off,
            (Some(Offered::Yes(_)), Step::Idle | Step::Subscribing(_) | Step::Telling(..)) => {
                PushState::TurningOn
            }
            (Some(Offered::Yes(_)), Step::Kept(_)) => PushState::On,
        }
    }

    /// The person wants it, or not. Off also gives up what a browser has kept of a time before.
    pub(super) fn switch(&mut self, on: bool) -> Vec<Todo> {
        self.is_wanted = on;
        self.step = Step::Idle;
        if on { self.subscribe().into_iter().collect() } else { vec![Todo::GiveUp] }
    }

    /// On a new connection: what is offered is read, what is gone is said.
    pub(super) fn connected(&mut self) -> Vec<Todo> {
        self.is_connected = true;
        self.asked.clear();
        let mut todo = vec![self.say(Asked::Read, RingMessage::ReadPush)];
        if let Step::Telling(_, subscription) = &self.step {
            let subscription = subscription.clone();
            todo.push(self.say(Asked::Subscribe, RingMessage::SubscribePush(subscription)));
        }
        for endpoint in std::mem::take(&mut self.forgotten) {
            todo.push(self.say(Asked::Unsubscribe, RingMessage::UnsubscribePush { endpoint }));
        }
        todo
    }

    /// The connection is gone, and with it every answer.
    pub(super) fn disconnected(&mut self) {
        self.is_connected = false;
        self.asked.clear();
    }

    /// What the server answers. `kept` is how many browsers of the identity it pushes to.
    pub(super) fn answered(&mut self, key: Option<PushKey>, kept: u16) -> Option<Todo> {
        // What comes unasked is not believed.
        let (_, asked) = self.asked.pop_front()?;
        let key = self.offer(key)?;
        match (asked, &self.step) {
            (_, Step::Subscribing(with) | Step::Telling(with, _) | Step::Kept(with)) if *with != key => {
                self.subscribe()
            }
            (Asked::Subscribe, Step::Telling(..)) => {
                self.step = Step::Kept(key);
                None
            }
            // A server that has lost what it had is told again.
            (Asked::Read, Step::Kept(_)) if kept == 0 => self.subscribe(),
            (Asked::Read, Step::Idle | Step::Failed(PushFault::NotTaken)) => self.subscribe(),
            (Asked::Read, Step::Kept(_) | Step::Subscribing(_) | Step::Telling(..) | Step::Failed(_))
            | (Asked::Subscribe | Asked::Unsubscribe, _) => None,
        }
    }

    fn offer(&mut self, key: Option<PushKey>) -> Option<PushKey> {
        self.offered = Some(key.clone().map_or(Offered::No, Offered::Yes));
        key
    }

    /// The server refuses something. True when it was said here: it means nothing for the device then.
    pub(super) fn refused(&mut self, id: Option<MessageId>, code: ErrorCode) -> bool {
        let Some(index) = self.asked.iter().position(|(asked, _)| Some(*asked) == id) else { return false };
        let asked = self.asked.remove(index).map(|(_, asked)| asked);
        if asked == Some(Asked::Subscribe) && matches!(self.step, Step::Telling(..)) {
            self.step = Step::Failed(PushFault::NotTaken);
            if code == ErrorCode::NotOffered {
                self.offered = Some(Offered::No);
            }
        }
        true
    }

    /// The browser has subscribed with this key. What it had before is gone.
    pub(super) fn subscribed(
        &mut self,
        key: PushKey,
        subscription: PushSubscription,
        replaced: Option<PushEndpoint>,
    ) -> Vec<Todo> {
        let mut todo: Vec<_> =
            replaced.into_iter().filter_map(|endpoint| self.forget_endpoint(endpoint)).collect();
        if !self.is_wanted {
            // The person has thought better of it meanwhile.
            todo.push(Todo::GiveUp);
            return todo;
        }
        let subscription = Box::new(subscription);
        self.step = Step::Telling(key, subscription.clone());
        if self.is_connected {
            todo.push(self.say(Asked::Subscribe, RingMessage::SubscribePush(subscription)));
        }
        todo
    }

    /// The browser has not subscribed.
    pub(super) fn failed(&mut self, fault: PushFault) {
        self.step = Step::Failed(fault);
    }

    /// The browser has no such subscription any more.
    pub(super) fn given_up(&mut self, endpoint: PushEndpoint) -> Option<Todo> {
        self.forget_endpoint(endpoint)
    }

    /// The browser may have another subscription, or none.
    pub(super) fn changed(&mut self) -> Option<Todo> {
        if self.is_wanted { self.subscribe() } else { None }
    }

    fn forget_endpoint(&mut self, endpoint: PushEndpoint) -> Option<Todo> {
        if self.is_connected {
            return Some(self.say(Asked::Unsubscribe, RingMessage::UnsubscribePush { endpoint }));
        }
        if self.forgotten.len() >= MAX_FORGOTTEN {
            self.forgotten.pop_front();
        }
        self.forgotten.push_back(endpoint);
        None
    }

    fn subscribe(&mut self) -> Option<Todo> {
        let Some(Offered::Yes(key)) = self.offered.as_ref().filter(|_| self.is_wanted) else { return None };
        let key = key.clone();
        self.step = Step::Subscribing(key.clone());
        Some(Todo::Subscribe(key))
    }

    fn say(&mut self, asked: Asked, message: RingMessage) -> Todo {
        self.last_number += 1;
        let id = MessageId(FIRST_NUMBER + self.last_number);
        self.asked.push_back((id, asked));
        Todo::Say(id, message)
    }
}
