//! How a person wants to hear of rings while they do not look at a page of Veranda, as this browser remembers it.

use crate::remember;

/// What can be turned on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Notifications of pages that nobody looks at.
    Notifications,
    /// Pushes where no page is open.
    Push,
}

impl Wish {
    pub(super) fn is_on(self) -> bool {
        remember::read(self.key()).is_some()
    }

    pub(super) fn turn(self, on: bool) {
        if on { remember::write(self.key(), "on") } else { remember::forget(self.key()) }
    }

    /// Where it is remembered.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Notifications => "veranda.notifications",
            Self::Push => "veranda.push",
        }
    }
}
