//! The servers that help links to get through, and for how long what opens them is good.
//!
//! | timer | what is due |
//! | --- | --- |
//! | `renew_at` | fresh credentials are asked for |

use std::time::Duration;

use protocol::{IceServer, IceServers};

/// How long the answer to a question for fresh credentials may take.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(15);

/// The servers.
#[derive(Debug, Default)]
pub(crate) struct Ice {
    servers: Vec<IceServer>,
    /// When fresh credentials for them are asked for.
    renew_at: Option<Duration>,
}

impl Ice {
    /// Takes what the server gives. True when these are others than before.
    pub(crate) fn take(&mut self, now: Duration, given: IceServers) -> bool {
        // Half of the time for which they are good is left when fresh ones are asked for.
        let half = |seconds: u32| (Duration::from_secs(seconds.into()) / 2).max(ASK_AGAIN_AFTER);
        self.renew_at = given.good_for.map(|seconds| now + half(seconds));
        let are_others = self.servers != given.servers;
        self.servers = given.servers;
        are_others
    }

    pub(crate) fn servers(&self) -> &[IceServer] {
        &self.servers
    }

    /// Whether fresh ones are to be asked for now.
    pub(crate) fn is_renewal_due(&mut self, now: Duration) -> bool {
        let is_due = self.renew_at.is_some_and(|at| at <= now);
        if is_due {
            self.renew_at = Some(now + ASK_AGAIN_AFTER);
        }
        is_due
    }

    /// When that is.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        self.renew_at
    }
}
