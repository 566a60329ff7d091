//! What a page shows that neither the call nor the page's machine knows: levels, lists of devices, what was looked up.

use app::state::{ChatLineView, Devices};

use crate::phrase::Phrase;

/// What the page shows beside them.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) remembered_name: String,
    pub(crate) level: u8,
    pub(crate) devices: Devices,
    pub(crate) people_inside: Option<Vec<String>>,
    pub(crate) chat: Vec<ChatLineView>,
    /// Of which state of the call's chat that is.
    pub(crate) chat_revision: u32,
    pub(crate) host_link: Option<String>,
    pub(crate) phrase: Phrase,
    pub(crate) are_paths_looked_at: bool,
}
