//! What a shard does for those whose way into a room is traced: it reads what their page describes, and has a link with them.

use std::collections::HashMap;
use std::time::SystemTime;

use protocol::LinkId;
use sfu::Who;

use crate::clock;
use crate::traces::JoinTraces;

/// The links of one shard that are being opened and traced.
pub(super) struct LinkTraces {
    joins: JoinTraces,
    /// Since when. Of others nothing is kept.
    opening: HashMap<Who, (LinkId, SystemTime)>,
}

impl LinkTraces {
    pub(super) fn new(joins: JoinTraces) -> Self {
        Self { joins, opening: HashMap::new() }
    }

    /// A description is about to be read. The moment, where that is traced.
    pub(super) fn offered(&mut self, who: Who, link: LinkId) -> Option<SystemTime> {
        if !self.joins.has(who.participant) {
            return None;
        }
        let began = clock::system_time();
        self.opening.entry(who).or_insert((link, began));
        Some(began)
    }

    /// It was read and answered.
    pub(super) fn described(&self, who: Who, began: SystemTime) {
        self.joins.add(who.participant, "node: describe", began);
    }

    /// Somebody is told who is in their slots, which is said first when their link is there.
    pub(super) fn connected(&mut self, who: Who, link: LinkId) {
        if self.opening.is_empty() {
            return;
        }
        if let Some((opened, began)) = self.opening.remove(&who)
            && opened == link
        {
            self.joins.add(who.participant, "node: connect", began);
        }
    }

    pub(super) fn left(&mut self, who: Who) {
        self.opening.remove(&who);
    }
}
