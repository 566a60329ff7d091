//! Direct calls, as both sides remember them.

use std::time::Duration;

use protocol::{CallId, DeviceId, Invitation, PublicKey, RingId, RoomCode, Timestamp};

use super::contacts::Standing;
use super::notes::SealedNote;

/// A direct call. Who it is between never changes; how it went only goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Its id.
    pub ring: RingId,
    /// Who rings.
    pub caller: CallParty,
    /// Who is rung, somebody else.
    pub callee: CallParty,
    /// In whose history it is.
    pub readers: CallReaders,
    /// The API key with which a program has placed it.
    pub placed_by: Option<String>,
    /// Where it is, or would have been.
    pub room: Option<RoomCode>,
    /// What the caller has sealed for the callee, as it came first.
    pub invitation: Option<Invitation>,
    /// Which of the callee's devices has answered.
    pub answered_by: Option<DeviceId>,
    /// How it went so far.
    pub course: CallCourse,
    /// Who of the two is still in the call, with others, after it has ended between the two.
    pub stays: Option<CallSide>,
}

/// One of the two of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallSide {
    /// Who rang.
    Caller,
    /// Who was rung.
    Callee,
}

/// One side of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallParty {
    /// Who it is.
    pub key: PublicKey,
    /// The number by which they were called then, which the other side is shown for good.
    pub call_id: CallId,
    /// What is noted for this side, sealed for it.
    pub note: Option<SealedNote>,
}

/// How a call went so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallCourse {
    /// When it began to ring.
    pub started_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// How it ended.
    pub end: Option<CallEnd>,
}

/// The end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallEnd {
    /// When that was.
    pub at: Timestamp,
    /// How it went.
    pub outcome: CallOutcome,
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// They talked, and one of them hung up.
    Answered,
    /// The callee declined.
    Declined,
    /// The callee was in another call.
    Busy,
    /// It rang until its time was over, or the callee has blocked the caller.
    NoAnswer,
    /// The caller gave up.
    Cancelled,
    /// The callee had no page open.
    Offline,
    /// A connection broke and did not come back.
    Lost,
    /// The callee takes calls only from people they know: a request was left.
    Asked,
}

/// In whose history a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallReaders {
    /// In that of both.
    Both,
    /// In the caller's alone, because the callee has blocked them, or there is no such callee.
    Caller,
}

/// Which way a call went, seen from one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallDirection {
    /// From this side.
    Outgoing,
    /// To this side.
    Incoming,
}

/// A call in somebody's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its id.
    pub ring: RingId,
    /// From or to whom the history is.
    pub direction: CallDirection,
    /// The other side; its note is that of whose history it is.
    pub peer: CallParty,
    /// What the other side is to whose history it is, now.
    pub standing: Option<Standing>,
    /// What the caller has sealed for the callee; in the callee's history alone.
    pub invitation: Option<Invitation>,
    /// How it went.
    pub course: CallCourse,
    /// Whether it was missed and not shown yet.
    pub is_unseen: bool,
}

/// Where a page of a history ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallCursor {
    /// When the last call of it began.
    pub started_at: Timestamp,
    /// Which it was.
    pub ring: RingId,
}

/// Calls, and whether there are older ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Newest first.
    pub entries: Vec<HistoryEntry>,
    /// Whether there are older ones.
    pub more: bool,
}

impl CallCourse {
    /// Whether the callee has missed it: it is over and was neither answered nor declined, nor left a request.
    pub fn is_missed(&self) -> bool {
        let Some(end) = self.end else { return false };
        let is_missed = match end.outcome {
            CallOutcome::Busy
            | CallOutcome::NoAnswer
            | CallOutcome::Cancelled
            | CallOutcome::Offline
            | CallOutcome::Lost => true,
            CallOutcome::Answered | CallOutcome::Declined | CallOutcome::Asked => false,
        };
        is_missed && self.answered_at.is_none()
    }

    /// For how long they talked, when they did and it is over. Of a call that was lost nobody knows when the last word was said.
    pub fn duration(&self) -> Option<Duration> {
        let end = self.end.filter(|end| end.outcome == CallOutcome::Answered)?;
        Some(self.answered_at?.until(end.at))
    }
}

impl HistoryEntry {
    /// Where a page that ends with it goes on.
    pub fn cursor(&self) -> CallCursor {
        CallCursor { started_at: self.course.started_at, ring: self.ring }
    }
}
