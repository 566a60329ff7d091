//! What the media sections of a link carry, as the caller knows it: a browser's records do not say whose a slot is now.

use protocol::{MediaKey, Source};

/// A media section of a link, and what it carries now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatsSection {
    /// Its identification (RFC 8843 `mid`).
    pub mid: String,
    /// What this end sends in it.
    pub sent: Option<Source>,
    /// What this end receives in it.
    pub received: Option<MediaKey>,
}

/// What a section carries in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carried {
    /// A source of the person at this browser.
    Sent(Source),
    /// A publication of somebody else.
    Received(MediaKey),
}

impl StatsSection {
    /// What it carries, in both directions.
    pub(super) fn carried(&self) -> impl Iterator<Item = Carried> {
        let sent = self.sent.map(Carried::Sent);
        sent.into_iter().chain(self.received.map(Carried::Received))
    }
}
