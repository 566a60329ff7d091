//! What can happen to a page that is a device of a call identity.

use app::state::{DirectCommand, IdentityNotice};
use call::RingInput;
use futures::channel::mpsc::UnboundedSender;
use protocol::{Activity, CallId, RingId};

use super::pressed::Pressed;
use crate::event::SocketNumber;

/// Everything that wakes its loop.
pub(crate) enum RingEvent {
    /// The person wants something.
    Command(DirectCommand),
    /// They are in the meeting of the page, or no longer.
    Activity(Activity),
    /// A message came.
    Text { socket: SocketNumber, text: String },
    /// A socket is gone.
    SocketClosed { socket: SocketNumber },
    /// The browser has a network again.
    NetworkChanged,
    /// The browser plays the sound of a ring that came, or does not let this page sound.
    Sounds { ring: RingId, does: bool },
    /// Something that was done with the identity has come out.
    Noted(IdentityNotice),
    /// The page is looked at, or not.
    Seen(bool),
    /// Something was pressed on the notification of a ring.
    Pressed {
        ring: RingId,
        what: Pressed,
        /// Who rings, where the notification came of a push.
        caller: Option<CallId>,
    },
    /// Something of the pushes to this browser has come out.
    Push(Box<RingInput>),
    /// Time to look what is due.
    Tick,
}

/// Where they go.
pub(crate) type RingEvents = UnboundedSender<RingEvent>;
