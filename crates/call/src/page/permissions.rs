//! What the browser allows, as far as it says so, and what was refused for want of it.

use std::collections::BTreeSet;

use protocol::Source;
use view::CaptureFault;

/// What a browser says of a kind of device (W3C Permissions §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// The page may use it.
    Granted,
    /// The person is asked.
    Prompt,
    /// The page may not, and nobody is asked.
    Denied,
}

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    denied: BTreeSet<Source>,
    /// What somebody wanted and the browser did not give.
    refused: BTreeSet<Source>,
}

impl Permissions {
    /// What a device's end means: that of one that is no longer allowed is no loss.
    pub(super) fn denies(&self, source: Source) -> bool {
        self.denied.contains(&source)
    }

    /// A device did not deliver for this reason.
    pub(super) fn failed(&mut self, source: Source, fault: CaptureFault) {
        match fault {
            CaptureFault::Blocked | CaptureFault::Dismissed => self.refused.insert(source),
            CaptureFault::NotFound
            | CaptureFault::InUse
            | CaptureFault::Insecure
            | CaptureFault::Ended
            | CaptureFault::Unknown => self.refused.remove(&source),
        };
    }

    /// It delivers, or is not wanted any more.
    pub(super) fn settled(&mut self, source: Source) {
        self.refused.remove(&source);
    }

    /// The browser says something else than before. True when what was refused may be had now.
    pub(super) fn changed(&mut self, source: Source, to: Permission) -> bool {
        match to {
            Permission::Denied => self.denied.insert(source),
            Permission::Granted | Permission::Prompt => self.denied.remove(&source),
        };
        to == Permission::Granted && self.refused.remove(&source)
    }
}
