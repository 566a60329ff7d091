//! Direct calls as components see them: one signal, written by the engine's side alone, and commands out.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use protocol::{CallId, ContactRule, ErrorCode, PublicKey, RingId, RingSide, WhoMayRing};
use view::{DialProblem, Notifications, PushState, RingPhase, Signalling};

use super::call_book::{CallBook, LocalHours, Undisturbed};

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
    /// The link that leads to this person, with their key's fingerprint.
    pub link: Option<String>,
    /// Whether the browser can hand a link to another program.
    pub can_share: bool,
    /// What has come of the last thing that was done with the identity.
    pub identity_notice: Option<IdentityNotice>,
    /// One's own name, as it is remembered.
    pub name: String,
    /// What was wrong with what was typed last.
    pub problem: Option<DialProblem>,
    /// Rings and calls, the one that this page is in first.
    pub rings: Vec<RingLine>,
    /// The ring with which somebody is rung into the call, until it is answered; how it ended otherwise.
    pub adding: Option<RingLine>,
    /// What was wrong with what was typed for that.
    pub adding_problem: Option<DialProblem>,
    /// Whether the browser does not let this page sound until somebody presses something.
    pub is_silenced: bool,
    /// What the server keeps for the identity.
    pub book: CallBook,
    /// Whether rings are shown while nobody looks at the page.
    pub notifications: Notifications,
    /// Whether rings reach this browser when no page is open.
    pub push: PushState,
}

/// What has come of something that was done with the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityNotice {
    /// The ID is on the clipboard.
    IdCopied,
    /// The link is.
    LinkCopied,
    /// The browser let nothing be put there.
    NotCopied,
    /// The file is being sealed or opened, which takes a moment.
    Saving,
    /// The file was handed to the browser.
    Saved,
    /// It could not be made.
    NotSaved,
    /// The passphrase is too short.
    TooShort,
    /// No file was chosen, or it cannot be read.
    NoFile,
    /// The file is something else.
    NotOne,
    /// The file is of a newer version.
    Newer,
    /// The passphrase is another one, or the file was changed.
    WrongPassphrase,
    /// There is a call.
    InCall,
}

impl IdentityNotice {
    /// Whether it is about the clipboard.
    pub fn is_of_copying(self) -> bool {
        match self {
            Self::IdCopied | Self::LinkCopied | Self::NotCopied => true,
            Self::Saving
            | Self::Saved
            | Self::NotSaved
            | Self::TooShort
            | Self::NoFile
            | Self::NotOne
            | Self::Newer
            | Self::WrongPassphrase
            | Self::InCall => false,
        }
    }

    pub(crate) fn is_of_moving(self) -> bool {
        !self.is_of_copying()
    }
}

/// The id of the field in which the file of an identity is chosen. A file is nothing that a command could carry.
pub const IDENTITY_FILE_FIELD: &str = "identity-file";

/// A ring or a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingLine {
    /// Which.
    pub ring: RingId,
    /// The other one.
    pub peer: CallId,
    /// What the other one calls themselves, where that is known.
    pub name: Option<String>,
    /// Whether somebody calls with another key than this ID had in an earlier call: whoever has the server's word for it may be somebody else.
    pub has_other_key: bool,
    /// Whether others are in that call already, into which somebody is rung.
    pub into_call: bool,
    /// Which end this is.
    pub side: RingSide,
    /// How far it is.
    pub phase: RingPhase,
    /// When it was answered, if it was: time since the page was opened.
    pub answered_at: Option<Duration>,
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
    /// Ring whom the text leads to into the call that there is.
    Add {
        /// As it is typed.
        text: String,
    },
    /// Give that up.
    TakeBack,
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
        /// A few words for the caller; none when it is empty.
        message: String,
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
    /// Hand that link to another program.
    ShareLink,
    /// Save the identity as a file.
    SaveIdentity {
        /// With which it is sealed.
        passphrase: String,
    },
    /// Take the identity in the file of [`IDENTITY_FILE_FIELD`] in place of this browser's.
    UseIdentity {
        /// With which it was sealed.
        passphrase: String,
    },
    /// Have another ID.
    ReplaceCallId,
    /// Somebody has pressed something: rings may sound from now on.
    AllowSound,
    /// Show older calls.
    ReadOlder,
    /// Show more of those who are blocked.
    ReadMoreBlocked,
    /// Take a call out of the history.
    ForgetCall {
        /// Which.
        ring: RingId,
    },
    /// Take every call out of it.
    ForgetAllCalls,
    /// Say what somebody is to this person.
    SetContact {
        /// Who it is.
        key: PublicKey,
        /// From now on.
        rule: ContactRule,
    },
    /// Say who may ring at all.
    SetWhoMayRing {
        /// From now on.
        who: WhoMayRing,
    },
    /// Say in which hours of every day nobody may.
    SetQuietHours {
        /// From now on.
        hours: Option<LocalHours>,
    },
    /// Say that nobody may for a while.
    SetUndisturbed {
        /// From now on.
        length: Undisturbed,
    },
    /// Show rings while nobody looks at the page, or no longer.
    SetNotifications {
        /// From now on.
        on: bool,
    },
    /// Have rings reach this browser when no page is open, or no longer.
    SetPush {
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
