//! How far a direct call is, as its screen shows it.

use protocol::{ErrorCode, Outcome, Progress};

/// How far a direct call is. What it is called on a page's screen follows from it and from nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingPhase {
    /// Somebody is being called, and no device has said that it sounds: how far it is, as far as that is known.
    Calling(Option<Progress>),
    /// It sounds at the other end, or it is on this screen and may sound.
    Ringing,
    /// It is on this screen and is not to sound, because the person here is in another call or a meeting.
    RingingQuietly,
    /// It was answered: the two are being connected, or they talk.
    Answered,
    /// It is over.
    Over(Outcome),
    /// It was not placed.
    Refused(RingRefusal),
}

/// Why a ring was not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RingRefusal {
    /// The server said no.
    Server(ErrorCode),
    /// The key that the server says is that person's is not the one that the link names, or that they had before.
    WrongKey,
    /// The server did not say to whom an invitation is to be sealed, or it could not be sealed.
    NoKey,
}

/// What is wrong with what somebody has typed who wants to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialProblem {
    /// It is neither a call ID nor a link with one.
    NoCallId,
    /// It is one's own.
    Own,
    /// Somebody else is being rung into the call.
    OneAtATime,
}

impl RingPhase {
    /// Whether there is a call, or one may come of it.
    pub fn is_open(self) -> bool {
        match self {
            Self::Calling(_) | Self::Ringing | Self::RingingQuietly | Self::Answered => true,
            Self::Over(_) | Self::Refused(_) => false,
        }
    }

    /// What a page's `data-ring` says.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calling(_) => "calling",
            Self::Ringing | Self::RingingQuietly => "ringing",
            Self::Answered => "answered",
            Self::Refused(_) => "refused",
            Self::Over(outcome) => match outcome {
                Outcome::Answered { .. } => "answered",
                Outcome::Declined => "declined",
                Outcome::Busy => "busy",
                Outcome::NoAnswer => "no-answer",
                Outcome::Cancelled => "cancelled",
                Outcome::Offline => "offline",
                Outcome::Lost { .. } => "lost",
                Outcome::AnsweredElsewhere => "answered-elsewhere",
                Outcome::Asked => "asked",
            },
        }
    }
}
