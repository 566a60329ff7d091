//! Devices that vanished while they were in use: what stands in for them, and that each is used again when it is there again.

use crate::page::named_device::NamedDevice;

/// What is gone.
#[derive(Debug)]
pub(super) struct Loss {
    /// The most wanted first: each but the first stood in for those before it.
    gone: Vec<NamedDevice>,
    /// What vanished last.
    last: Option<NamedDevice>,
    asked: Asked,
    /// Whether another device stands in for what vanished last.
    has_stand_in: bool,
    /// What was there when it was last looked at: what is there all the time has not come back.
    seen: Vec<NamedDevice>,
}

/// What the browser is asked for meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing.
    Nothing,
    /// A device, because of what is gone.
    ForIt,
    /// A device, for another reason: where that does not deliver, nothing stands in yet.
    ForAnother,
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
    pub(super) fn of(device: Option<NamedDevice>, asked: Asked, seen: Vec<NamedDevice>) -> Self {
        let gone = device.iter().cloned().collect();
        Self { gone, last: device, asked, has_stand_in: false, seen }
    }

    /// A chosen device that another one stands in for.
    pub(super) fn with_stand_in(device: NamedDevice) -> Self {
        Self { has_stand_in: true, ..Self::of(Some(device), Asked::Nothing, Vec::new()) }
    }

    /// What stood in has vanished, too.
    pub(super) fn and(self, device: Option<NamedDevice>, asked: Asked, seen: Vec<NamedDevice>) -> Self {
        let gone = self.gone.into_iter().chain(device.clone()).collect();
        Self { gone, ..Self::of(device, asked, seen) }
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
        self.asked = Asked::Nothing;
        let is_news = !std::mem::replace(&mut self.has_stand_in, true);
        if let Some(index) = self.gone.iter().position(|gone| now.is_some_and(|now| gone.is(now))) {
            self.gone.truncate(index);
            return Some(Recovered::Itself);
        }
        is_news.then_some(Recovered::ByAnother)
    }

    /// Something else was chosen: what was asked for because of it is not waited for any more.
    pub(super) const fn overtaken(&mut self) {
        self.asked = if self.has_stand_in { Asked::Nothing } else { Asked::ForAnother };
    }

    /// What was asked for does not deliver; says what for.
    pub(super) const fn failed(&mut self) -> Asked {
        std::mem::replace(&mut self.asked, Asked::Nothing)
    }

    /// A device that may stand in is asked for.
    pub(super) const fn ask(&mut self) {
        self.asked = Asked::ForIt;
    }

    /// Whether one of these is another one than what vanished last.
    pub(super) fn has_other(&self, devices: &[NamedDevice]) -> bool {
        let is_last = |device: &NamedDevice| self.last.as_ref().is_some_and(|last| last.is(device));
        devices.iter().any(|device| !is_last(device.real(devices).unwrap_or(device)))
    }

    /// These are there while something is asked for: what is missing now and is there later has come.
    pub(super) fn note_missing(&mut self, devices: &[NamedDevice]) {
        self.seen.retain(|one| devices.iter().any(|device| device.id == one.id));
    }

    /// Which of these devices is to be asked for, of those that have come: the most wanted of what is gone, or any while there is no other.
    pub(super) fn can_be_had(&mut self, devices: &[NamedDevice], is_used: bool) -> Option<String> {
        if self.asked != Asked::Nothing {
            return None;
        }
        let seen = std::mem::replace(&mut self.seen, devices.to_vec());
        let mut come = devices.iter().filter(|device| seen.iter().all(|one| one.id != device.id));
        let itself = self.gone.iter().find_map(|gone| come.clone().find(|device| gone.is(device)));
        let found = itself.or_else(|| come.next().filter(|_| !is_used))?;
        self.asked = Asked::ForIt;
        Some(found.id.clone())
    }
}
