//! Devices by their names.

/// A device, as the browser names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDevice {
    /// The browser's id of it. That of a default device goes on to the next one.
    pub id: String,
    /// What it is called; may be empty.
    pub label: String,
    /// The browser's id of the piece of hardware that it is a part of; may be empty.
    pub group: String,
}

impl NamedDevice {
    /// Whether it is the same one. Where a browser speaks of its default, nobody knows which that is.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.id == other.id && !self.is_default()
    }

    /// Whether this is whichever the system uses at the time.
    pub(super) fn is_default(&self) -> bool {
        DEFAULTS.contains(&self.id.as_str())
    }

    /// Which of these it is. A default has the group of the device that it is, and its name after a word of the browser's.
    pub(super) fn real<'a>(&self, devices: &'a [Self]) -> Option<&'a Self> {
        let mut named = devices.iter().filter(|device| !device.is_default());
        if !self.is_default() {
            return named.find(|device| device.id == self.id);
        }
        let is_in_group = |device: &&Self| !self.group.is_empty() && device.group == self.group;
        let in_group: Vec<_> = named.clone().filter(is_in_group).collect();
        let has_name = |device: &&Self| !device.label.is_empty() && self.label.ends_with(&device.label);
        match &*in_group {
            [] => named.filter(has_name).max_by_key(|device| device.label.len()),
            [one] => Some(one),
            several => several.iter().copied().filter(has_name).max_by_key(|device| device.label.len()),
        }
    }

    /// Which of these it is by what they say of it themselves.
    pub(super) fn as_listed(&self, devices: &[Self]) -> Option<Self> {
        devices.iter().find(|device| device.id == self.id)?.real(devices).cloned()
    }

    /// The device that the system uses, of these.
    pub(super) fn default_of(devices: &[Self]) -> Option<&Self> {
        devices.iter().find(|device| device.id == DEFAULT)?.real(devices)
    }

    /// What it is called, if it is called anything.
    pub(super) fn name(&self) -> Option<String> {
        Some(self.label.clone()).filter(|label| !label.is_empty())
    }
}

/// The id under which Chromium has a device a second time: whichever the system uses at the time.
pub(super) const DEFAULT: &str = "default";

/// The same, and the one that the system uses for calls.
const DEFAULTS: [&str; 2] = [DEFAULT, "communications"];
