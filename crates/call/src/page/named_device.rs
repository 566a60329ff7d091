//! Devices by their names.

/// A device, as the browser names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDevice {
    /// The browser's id of it. That of a default device goes on to the next one.
    pub id: String,
    /// What it is called; may be empty.
    pub label: String,
}

impl NamedDevice {
    /// Whether it is the same one. Where a browser speaks of its default, nobody knows which that is.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.id == other.id && !DEFAULTS.contains(&self.id.as_str())
    }
}

/// The ids under which Chromium has devices a second time: whichever the system uses at the time.
const DEFAULTS: [&str; 2] = ["default", "communications"];
