//! The call of a page, as its tab keeps it for the page that comes when that one is loaded anew. A tab that is a copy has it, too, and does not get into
//! the call by it: one page at a time has the lock.

use std::time::Duration;

use protocol::{CallId, DeviceId, DisplayName, PublicKey, RingId, RingSide, RoomCode};
use serde::{Deserialize, Serialize};

use crate::lock::Lock;
use crate::remember::tab;

/// Where it is kept. The secret of the room is in it: only this tab has it, and not for longer than the call.
const KEY: &str = "veranda.ongoing-call";

/// How long the page before may take to be gone. A copy of a tab waits as long before it begins, in vain.
const LET_GO_WITHIN: Duration = Duration::from_secs(2);

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct CallNote {
    /// As which device the page is in it.
    pub(super) device: DeviceId,
    pub(super) identity: PublicKey,
    pub(super) ring: RingId,
    pub(super) peer: CallId,
    pub(super) key: PublicKey,
    pub(super) side: RingSide,
    pub(super) room: RoomCode,
    pub(super) secret: String,
    /// Who has sealed that, and as whom.
    pub(super) sealed_by: PublicKey,
    pub(super) name: DisplayName,
    /// When it was answered, in milliseconds since 1970 by this browser's clock.
    pub(super) answered_at: u64,
}

/// A call that the page before was in, and that this one may be in.
pub(super) struct Resumable {
    pub(super) note: CallNote,
    pub(super) kept: KeptCall,
}

/// A call that the tab keeps, until this is dropped.
pub(super) struct KeptCall {
    ring: RingId,
    _lock: Lock,
}

/// The call that the page before in this tab was in, unless another tab is.
pub(super) async fn of_page_before(identity: &PublicKey) -> Option<Resumable> {
    let text = tab::read(KEY)?;
    let note = serde_json::from_str::<CallNote>(&text).ok().filter(|note| note.identity == *identity);
    if let Some(note) = note
        && let Some(lock) = Lock::take_within(&name_of_lock(note.ring), LET_GO_WITHIN).await
    {
        let kept = KeptCall { ring: note.ring, _lock: lock };
        return Some(Resumable { note, kept });
    }
    tab::forget(KEY);
    None
}

impl KeptCall {
    /// Has the tab keep it. `None` where it cannot be written down.
    pub(super) fn keep(note: &CallNote) -> Option<Self> {
        tab::write(KEY, &serde_json::to_string(note).ok()?);
        let (lock, _) = Lock::ask_for(&name_of_lock(note.ring));
        Some(Self { ring: note.ring, _lock: lock })
    }

    pub(super) fn is_of(&self, ring: RingId) -> bool {
        self.ring == ring
    }
}

impl Drop for KeptCall {
    /// A page that goes drops nothing.
    fn drop(&mut self) {
        tab::forget(KEY);
    }
}

fn name_of_lock(ring: RingId) -> String {
    format!("veranda.call.{ring}")
}
