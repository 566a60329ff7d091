//! Direct calls as components see them: one signal, written by the engine's side alone, and commands out.

use std::sync::Arc;

use leptos::prelude::*;
use protocol::{CallId, ErrorCode, RingId, RingSide};
use view::{DialProblem, Notifications, RingPhase, Signalling};

/// What a page shows of direct calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirectView {
    /// Whether the engine is there.
    pub is_ready: bool,
    /// Whether it could not be fetched, and is tried again.
    pub is_engine_missing: bool,
    /// Whether the browser keeps nothing or gives no random numbers: there can be no identity here.
    pub is_unsupported: bool,
    /// Whether the server is in reach.
    pub signalling: Signalling,
    /// Why the server does not want this page.
    pub refused: Option<ErrorCode>,
    /// One's own ID, once the server has said it.
    pub call_id: Option<CallId>,
    /// One's own name, as it is remembered.
    pub name: String,
    /// What was wrong with what was typed last.
    pub problem: Option<DialProblem>,
    /// Rings and calls, the one that this page is in first.
    pub rings: Vec<RingLine>,
    /// Whether the browser does not let this page sound until somebody presses something.
    pub is_silenced: bool,
    /// Whether rings are shown while nobody looks at the page.
    pub notifications: Notifications,
}

/// A ring or a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingLine {
    /// Which.
    pub ring: RingId,
    /// The other one.
    pub peer: CallId,
    /// What the other one calls themselves, where that is known.
    pub name: Option<String>,
    /// Which end this is.
    pub side: RingSide,
    /// How far it is.
    pub phase: RingPhase,
    /// What the other one wrote who declined.
    pub message: Option<String>,
}

/// What a component asks of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectCommand {
    /// Call whom the text leads to, a call ID or a link.
    Dial {
        /// As it is typed.
        text: String,
    },
    /// Call the same person again, or back.
    CallAgain {
        /// Whom.
        peer: CallId,
    },
    /// Take a ring.
    Answer {
        /// Which.
        ring: RingId,
        /// Whether the camera begins.
        with_video: bool,
    },
    /// Do not take it.
    Decline {
        /// Which.
        ring: RingId,
    },
    /// End the call, or give up calling.
    HangUp,
    /// What has ended need not be shown any more.
    Dismiss,
    /// What the others are told one is called.
    SetName {
        /// As it is typed.
        name: String,
    },
    /// Put one's own ID on the clipboard.
    CopyId,
    /// Put the link that leads to oneself on the clipboard.
    CopyLink,
    /// Somebody has pressed something: rings may sound from now on.
    AllowSound,
    /// Show rings while nobody looks at the page, or no longer.
    SetNotifications {
        /// From now on.
        on: bool,
    },
}

impl DirectView {
    /// The ring or call that this page is in.
    pub fn current(&self) -> Option<&RingLine> {
        self.rings.iter().find(|line| line.is_current())
    }

    /// The ring that waits for an answer here, the first of them.
    pub fn incoming(&self) -> Option<&RingLine> {
        self.rings.iter().find(|line| line.is_incoming())
    }

    /// What has ended last and was not put away.
    pub fn ended(&self) -> Option<&RingLine> {
        self.rings.iter().find(|line| line.is_over())
    }
}

impl RingLine {
    /// What the other one is called: their name, or their ID.
    pub fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.peer.to_string())
    }

    fn is_current(&self) -> bool {
        !self.is_over() && !self.is_incoming()
    }

    fn is_incoming(&self) -> bool {
        let rings = matches!(self.phase, RingPhase::Ringing | RingPhase::RingingQuietly);
        self.side == RingSide::Callee && rings
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, RingPhase::Over(_) | RingPhase::Refused(_))
    }
}

/// A way to the engine of direct calls. Holds no JavaScript object.
#[derive(Clone)]
pub struct DirectHandle {
    /// What is shown.
    pub view: RwSignal<DirectView>,
    send: Arc<dyn Fn(DirectCommand) + Send + Sync>,
}

impl DirectHandle {
    /// A handle whose commands go to `send`.
    pub fn new(view: RwSignal<DirectView>, send: impl Fn(DirectCommand) + Send + Sync + 'static) -> Self {
        Self { view, send: Arc::new(send) }
    }

    /// Asks something of the engine.
    pub fn send(&self, command: DirectCommand) {
        (self.send)(command);
    }
}

/// Gives the handle to every component below.
pub fn provide_direct_handle(handle: DirectHandle) {
    provide_context(handle);
}

/// The handle, or an inert one.
pub fn use_direct_handle() -> DirectHandle {
    use_direct_call().unwrap_or_else(|| DirectHandle::new(RwSignal::default(), |_| {}))
}

/// The handle, where the call on the screen is a direct one.
pub(crate) fn use_direct_call() -> Option<DirectHandle> {
    use_context()
}
