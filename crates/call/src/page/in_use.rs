//! A device that delivers: which one it is, and whether it goes on to be that one.

use crate::page::chooser::Attempt;
use crate::page::named_device::NamedDevice;

/// What is in use.
#[derive(Debug)]
pub(super) struct InUse {
    /// What has brought it.
    attempt: Attempt,
    /// What the browser calls it, where it says so: of the system's default, that it is the default.
    called: Option<NamedDevice>,
    /// Which one it is, as far as that is known.
    device: Option<NamedDevice>,
    /// The default that it was to follow last.
    followed: Option<String>,
}

/// What a list says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is as it was.
    Same,
    /// It is gone.
    Vanished,
    /// It is the system's default no more, and nobody chose it for another reason.
    NotDefault,
}

impl InUse {
    /// An attempt has brought what the browser calls this. These were there lately; it takes the place of what was in use before.
    pub(super) fn new(
        attempt: Attempt,
        called: Option<NamedDevice>,
        listed: &[NamedDevice],
        before: Option<&Self>,
    ) -> Self {
        let id = |one: &NamedDevice| one.id.clone();
        let is_default_again = called.as_ref().is_some_and(NamedDevice::is_default)
            && before.and_then(|before| before.called.as_ref()).map(id) == called.as_ref().map(id);
        let followed = before.filter(|_| is_default_again).and_then(|before| before.followed.clone());
        let device = called.as_ref().and_then(|called| {
            let by_list = || called.as_listed(listed);
            let by_itself = || called.real(listed).cloned();
            // What was to follow the list is what the list says.
            if followed.is_some() { by_list().or_else(by_itself) } else { by_itself().or_else(by_list) }
        });
        Self { attempt, called, device, followed }
    }

    pub(super) const fn attempt(&self) -> Attempt {
        self.attempt
    }

    /// What is in use, as well as it is known.
    pub(super) fn device(&self) -> Option<&NamedDevice> {
        self.device.as_ref().or(self.called.as_ref())
    }

    pub(super) const fn called(&self) -> Option<&NamedDevice> {
        self.called.as_ref()
    }

    /// Whether it was to follow the system's default.
    pub(super) const fn has_followed(&self) -> bool {
        self.followed.is_some()
    }

    /// These are there now, and were before. A browser that names none says nothing.
    pub(super) fn look(&mut self, before: &[NamedDevice], now: &[NamedDevice]) -> Seen {
        let Some(called) = self.called.as_ref().filter(|_| !now.is_empty()) else { return Seen::Same };
        let is_in = |list: &[NamedDevice], id: &str| list.iter().any(|device| device.id == id);
        let known = self.device.as_ref().unwrap_or(called);
        if is_in(before, &known.id) && !is_in(now, &known.id) {
            return Seen::Vanished;
        }
        let Some(default) = called.as_listed(now).filter(|_| called.is_default()) else { return Seen::Same };
        if self.device.is_none() {
            self.device = Some(default);
            return Seen::Same;
        }
        if known.id == default.id {
            self.followed = None;
            return Seen::Same;
        }
        if self.followed.as_ref() == Some(&default.id) { Seen::Same } else { Seen::NotDefault }
    }

    /// What is the system's default in this list is asked for.
    pub(super) fn follow(&mut self, now: &[NamedDevice]) {
        self.followed =
            self.called.as_ref().and_then(|called| called.as_listed(now)).map(|default| default.id);
    }
}
