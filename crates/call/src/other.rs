//! Somebody else in a call.

use std::time::Duration;

use protocol::{Participant, Signal, SignalNumber};

use crate::Path;
use crate::link::Link;
use crate::paths::Flow;
use crate::speaking::Speaking;

/// A signal, its number, and how far its sender has heard.
pub(crate) type Unclaimed = (SignalNumber, Option<SignalNumber>, Signal);

/// Somebody else, and the link to them, where there is one.
#[derive(Debug)]
pub(crate) struct Other {
    pub(crate) participant: Participant,
    pub(crate) link: Option<Link>,
    pub(crate) direct: Flow,
    /// Over which path they are shown.
    pub(crate) path: Option<Path>,
    /// The move away from direct links during which they came.
    pub(crate) came_during: Option<u32>,
    pub(crate) speaking: Speaking,
    /// When the server has given them up, while the link goes on.
    pub(crate) given_up_at: Option<Duration>,
}

impl Other {
    /// They are so now. A server that has begun anew knows their key only once they are back.
    pub(crate) fn update(&mut self, now: Duration, participant: Participant) {
        let key = participant.key.clone().or_else(|| self.participant.key.take());
        if let Some(link) = &mut self.link {
            link.peer_is(now, participant.presence);
        }
        self.participant = Participant { key, ..participant };
    }
}
