//! A device that vanished while it was in use: what stands in for it, and that it is used again when it is there again.

use crate::page::named_device::NamedDevice;

/// What is gone.
#[derive(Debug)]
pub(super) struct Loss {
    device: Option<NamedDevice>,
    /// Whether something is asked for because of it.
    is_asked_for: bool,
    /// Whether another device stands in for it.
    has_stand_in: bool,
    /// What was there when it was last looked at: what is there all the time has not come back.
    seen: Vec<NamedDevice>,
}

/// What has come in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovered {
    /// The same.
    Itself,
    /// Another one.
    ByAnother,
}

impl Loss {
    pub(super) const fn of(device: Option<NamedDevice>, is_asked_for: bool, seen: Vec<NamedDevice>) -> Self {
        Self { device, is_asked_for, has_stand_in: false, seen }
    }

    /// A chosen device that another one stands in for.
    pub(super) const fn with_stand_in(device: NamedDevice) -> Self {
        Self { device: Some(device), is_asked_for: false, has_stand_in: true, seen: Vec::new() }
    }

    pub(super) const fn device(&self) -> Option<&NamedDevice> {
        self.device.as_ref()
    }

    /// Something delivers now. Says what that is, where it was not known before.
    pub(super) fn recovered(&mut self, now: Option<&NamedDevice>) -> Option<Recovered> {
        self.is_asked_for = false;
        if self.device.as_ref().zip(now).is_some_and(|(lost, now)| lost.is(now)) {
            return Some(Recovered::Itself);
        }
        let is_news = !self.has_stand_in;
        self.has_stand_in = true;
        is_news.then_some(Recovered::ByAnother)
    }

    /// What was asked for because of it does not deliver; true when that was so.
    pub(super) fn failed(&mut self) -> bool {
        std::mem::take(&mut self.is_asked_for)
    }

    /// These are there while something is asked for: what is missing now and is there later has come.
    pub(super) fn note_missing(&mut self, devices: &[NamedDevice]) {
        self.seen.retain(|one| devices.iter().any(|device| device.id == one.id));
    }

    /// Which of these devices is to be asked for, of those that have come: the one that was lost, or any while there is no other.
    pub(super) fn can_be_had(&mut self, devices: &[NamedDevice], is_used: bool) -> Option<String> {
        if self.is_asked_for {
            return None;
        }
        let seen = std::mem::replace(&mut self.seen, devices.to_vec());
        let mut come = devices.iter().filter(|device| seen.iter().all(|one| one.id != device.id));
        let itself = come.clone().find(|device| self.device.as_ref().is_some_and(|lost| lost.is(device)));
        let found = itself.or_else(|| come.next().filter(|_| !is_used))?;
        self.is_asked_for = true;
        Some(found.id.clone())
    }
}
