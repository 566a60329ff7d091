//! What is in the way of media, and who was without which publication for how long.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use protocol::MediaKey;

/// What is in the way of media in a world.
#[derive(Clone, Debug, Default)]
pub struct Hindrance {
    /// Pairs between whom there is no direct path.
    pub(crate) apart: BTreeSet<(usize, usize)>,
    /// Who cannot reach the forwarding unit.
    pub(crate) blocked: BTreeSet<usize>,
}

/// Who was without a publication that they had, and for how long.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    pub(crate) are_watched: bool,
    /// Who has had which publication, and since when they have not.
    pub(crate) pairs: BTreeMap<(usize, MediaKey), Option<Duration>>,
    pub(crate) longest: Duration,
    /// Who that was, and from when on.
    pub(crate) worst: Option<((usize, MediaKey), Duration)>,
    /// Since when gaps are nobody's fault: a path was cut, or the unit has ended.
    pub(crate) excused_until: Duration,
}

impl Hindrance {
    pub(crate) fn is_between(&self, a: usize, b: usize) -> bool {
        self.apart.contains(&(a.min(b), a.max(b)))
    }
}
