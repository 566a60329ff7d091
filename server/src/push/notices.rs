//! What the rings' task says of a ring that nobody is there for, or that was missed. It never waits: what does not fit is not pushed.

use protocol::{CallId, RingId, Timestamp};
use tokio::sync::mpsc;

/// Notices that wait to be written down. Raising it lets a database that is slow take more of the server's memory.
const WAITING_NOTICES: usize = 4_096;

/// Somebody is to be told of a ring.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice {
    pub(crate) kind: NoticeKind,
    pub(crate) callee: CallId,
    pub(crate) caller: CallId,
    pub(crate) ring: RingId,
}

/// What they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoticeKind {
    /// It rings.
    Rings {
        /// At the latest until then.
        until: Timestamp,
    },
    /// It is over, and they have missed it.
    Missed,
    /// They have answered or declined it, on whichever device.
    Settled,
}

/// The way of notices; a clone is another one to the same place.
#[derive(Clone)]
pub(crate) struct Notices(Option<mpsc::Sender<Notice>>);

impl Notices {
    /// Where nobody is pushed to.
    pub(super) fn nowhere() -> Self {
        Self(None)
    }

    /// A way, and its end.
    pub(super) fn channel() -> (Self, mpsc::Receiver<Notice>) {
        let (sender, receiver) = mpsc::channel(WAITING_NOTICES);
        (Self(Some(sender)), receiver)
    }

    /// Leaves a notice.
    pub(crate) fn leave(&self, notice: Notice) {
        if let Some(sender) = &self.0
            && sender.try_send(notice).is_err()
        {
            tracing::error!("too many pushes wait to be written down: one is lost");
        }
    }
}
