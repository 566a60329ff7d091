//! Devices that vanished while they were in use: what stands in for them, and that each is used again when it is there again.

use crate::page::named_device::NamedDevice;

/// What is gone.
#[derive(Debug)]
pub(super) struct Loss {
    /// The most wanted first: each but the first stood in for those before it.
    gone: Vec<NamedDevice>,
    /// What vanished last.
    last: Option<NamedDevice>,
    /// Whether something is asked for because of it.
    is_asked_for: bool,
    /// Whether another device stands in for what vanished last.
    has_stand_in: bool,
    /// What was there when it was last looked at: what is there all the time has not come back.
    seen: Vec<NamedDevice>,
}

/// What has come in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovered {
    /// One that was gone.
    Itself,
    /// Another one.
    ByAnother,
}

impl Loss {
    pub(super) fn of(device: Option<NamedDevice>, is_asked_for: bool, seen: Vec<NamedDevice>) -> Self {
        let gone = device.iter().cloned().collect();
        Self { gone, last: device, is_asked_for, has_stand_in: false, seen }
    }

    /// A chosen device that another one stands in for.
    pub(super) fn with_stand_in(device: NamedDevice) -> Self {
        Self { has_stand_in: true, ..Self::of(Some(device), false, Vec::new()) }
    }

    /// What stood in has vanished, too.
    pub(super) fn and(self, device: Option<NamedDevice>, is_asked_for: bool, seen: Vec<NamedDevice>) -> Self {
        let gone = self.gone.into_iter().chain(device.clone()).collect();
        Self { gone, ..Self::of(device, is_asked_for, seen) }
    }

    /// What vanished last.
    pub(super) const fn last(&self) -> Option<&NamedDevice> {
        self.last.as_ref()
    }

    /// Whether nothing that is gone is wanted any more.
    pub(super) const fn is_over(&self) -> bool {
        self.gone.is_empty()
    }

    /// Something delivers now. Says what that is, where it was not known before.
    pub(super) fn recovered(&mut self, now: Option<&NamedDevice>) -> Option<Recovered> {
        self.is_asked_for = false;
        let is_news = !std::mem::replace(&mut self.has_stand_in, true);
        if let Some(index) = self.gone.iter().position(|gone| now.is_some_and(|now| gone.is(now))) {
            self.gone.truncate(index);
            return Some(Recovered::Itself);
        }
        is_news.then_some(Recovered::ByAnother)
    }

    /// Something else was chosen: what was asked for because of it is not waited for any more.
    pub(super) const fn overtaken(&mut self) {
        self.is_asked_for = false;
    }

    /// What was asked for because of it does not deliver; true when that was so.
    pub(super) fn failed(&mut self) -> bool {
        std::mem::take(&mut self.is_asked_for)
    }

    /// These are there while something is asked for: what is missing now and is there later has come.
    pub(super) fn note_missing(&mut self, devices: &[NamedDevice]) {
        self.seen.retain(|one| devices.iter().any(|device| device.id == one.id));
    }

    /// Which of these devices is to be asked for, of those that have come: the most wanted of what is gone, or any while there is no other.
    pub(super) fn can_be_had(&mut self, devices: &[NamedDevice], is_used: bool) -> Option<String> {
        if self.is_asked_for {
            return None;
        }
        let seen = std::mem::replace(&mut self.seen, devices.to_vec());
        let mut come = devices.iter().filter(|device| seen.iter().all(|one| one.id != device.id));
        let itself = self.gone.iter().find_map(|gone| come.clone().find(|device| gone.is(device)));
        let found = itself.or_else(|| come.next().filter(|_| !is_used))?;
        self.is_asked_for = true;
        Some(found.id.clone())
    }
}
