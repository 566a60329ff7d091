//! What one page of a tab leaves for the next: a ring that was answered where something else was on the screen.

use protocol::{CallId, RingId};
use serde::{Deserialize, Serialize};

use crate::remember::tab;

/// Where it is kept. Only this tab has it.
const KEY: &str = "veranda.ring";

/// The ring, and what is shown until the server says it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RingNote {
    pub(crate) ring: RingId,
    pub(crate) peer: CallId,
    /// What the caller calls themselves.
    pub(crate) name: Option<String>,
    /// The digest of the key that they had on the screen.
    pub(crate) key: Option<String>,
    /// Whether the camera begins.
    pub(crate) with_video: bool,
}

impl RingNote {
    /// Leaves it for the next page.
    pub(crate) fn leave(&self) {
        if let Ok(text) = serde_json::to_string(self) {
            tab::write(KEY, &text);
        }
    }

    /// The note of the page before, once: loaded again, a page answers nothing.
    pub(crate) fn take() -> Option<Self> {
        let text = tab::read(KEY)?;
        tab::forget(KEY);
        serde_json::from_str(&text).ok()
    }
}
