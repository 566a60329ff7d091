//! A node's process: the machine, what its driver holds, and a clock of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster::{ClusterNode, Fence, Incarnation, Input, NodeAt, NodeId, NodeRecord, Question, RoomKey};

/// A clock that runs at a speed of its own, in millionths, and jumps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) ppm: u64,
    /// What it shows when it is looked at the first time.
    pub(crate) shown: Duration,
    pub(crate) since: Duration,
}

impl Clock {
    pub(crate) fn show(&self, now: Duration) -> Duration {
        self.shown + scale(now.saturating_sub(self.since), self.ppm, 1_000_000)
    }

    /// When it shows that, if it does not jump.
    pub(crate) fn when(&self, shown: Duration) -> Duration {
        self.since + scale(shown.saturating_sub(self.shown), 1_000_000, self.ppm)
    }

    /// It shows something else from now on.
    pub(crate) fn set(&mut self, now: Duration, shown: Duration) {
        self.shown = shown;
        self.since = now;
    }
}

fn scale(time: Duration, by: u64, of: u64) -> Duration {
    let nanos = time.as_nanos() * u128::from(by) / u128::from(of);
    Duration::from_nanos(u64::try_from(nanos).expect("a simulation is short"))
}

pub(crate) struct Process {
    pub(crate) node: ClusterNode,
    pub(crate) host: usize,
    pub(crate) id: NodeId,
    pub(crate) clock: Clock,
    pub(crate) is_alive: bool,
    pub(crate) is_foreign: bool,
    pub(crate) incarnation: Option<Incarnation>,
    /// Of its last renewal.
    pub(crate) record: Option<NodeRecord>,
    /// It stands still until then.
    pub(crate) paused_until: Option<Duration>,
    /// What it had decided to take before it stood still, and was only sent after: nothing but the token decides.
    pub(crate) late_takes: BTreeSet<Question>,
    /// What it will find when it goes on.
    pub(crate) waiting: Vec<Input>,
    /// The timer that counts; older ones do not.
    pub(crate) timer: u64,
    /// Rooms whose tasks run, with their tokens, and for how long nobody has been in them.
    pub(crate) rooms: BTreeMap<RoomKey, (Fence, u32)>,
    /// Rooms whose writes are held back, since they are on offer.
    pub(crate) held: BTreeSet<RoomKey>,
    pub(crate) nodes: Vec<NodeAt>,
    /// Links that are open, and who answers.
    pub(crate) links: BTreeMap<NodeId, Incarnation>,
    /// When its record was renewed in Redis, most recent last.
    pub(crate) renewals: Vec<Duration>,
    /// By when its drain has to be over.
    pub(crate) drained_by: Option<Duration>,
}

impl Process {
    pub(crate) fn at(&self) -> Option<NodeAt> {
        let address = self.host.to_string();
        self.incarnation.map(|incarnation| NodeAt { node: self.id, incarnation, address })
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused_until.is_some()
    }

    /// Whether it listens and answers.
    pub(crate) fn answers(&self) -> bool {
        self.is_alive && !self.is_paused()
    }
}
