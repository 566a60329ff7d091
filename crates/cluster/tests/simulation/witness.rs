//! Who sees everything and says what must not be. What was seen is kept, so that a world with a fault in it can be asked whether it was found.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cluster::{Fence, NodeId, OwnerRow, RoomKey};

use crate::process::Process;

/// For so long an owner has renewed without a gap before nobody may take its rooms: more than a whole lease, and what a taker has seen before
/// its compare-and-swap gets there.
const RENEWED_FOR: Duration = Duration::from_secs(6);

const LEASE: Duration = Duration::from_secs(3);

#[derive(Default)]
pub(crate) struct Witness {
    pub(crate) violations: Vec<String>,
    /// The last token under which a write was taken, and whose it was.
    written: BTreeMap<RoomKey, (Fence, usize)>,
    /// Who has begun a room with a token.
    begun: BTreeMap<(RoomKey, Fence), usize>,
    /// What was offered to others: an offer may be taken up late, also when it was made to another since.
    offered: BTreeSet<(RoomKey, Fence, NodeId)>,
}

impl Witness {
    pub(crate) fn say(&mut self, now: Duration, violation: &str) {
        self.violations.push(format!("at {now:?}: {violation}"));
    }

    /// PostgreSQL has taken a write.
    pub(crate) fn written(&mut self, now: Duration, room: RoomKey, fence: Fence, by: usize) {
        let before = self.written.insert(room, (fence, by));
        if before.is_some_and(|(last, _)| last > fence) {
            self.say(now, &format!("{room:?} was written with {fence:?} after {before:?}"));
        }
        if before.is_some_and(|(last, other)| last == fence && other != by) {
            self.say(now, &format!("{room:?} was written by {by} and before by {before:?} under one token"));
        }
    }

    /// A process has begun a room.
    pub(crate) fn begun(&mut self, now: Duration, room: RoomKey, fence: Fence, by: usize) {
        if self.begun.insert((room, fence), by).is_some_and(|other| other != by) {
            self.say(now, &format!("{room:?} was begun twice with {fence:?}"));
        }
    }

    pub(crate) fn offered(&mut self, room: RoomKey, fence: Fence, to: NodeId) {
        self.offered.insert((room, fence, to));
    }

    /// A compare-and-swap is done: nobody has taken a room from an owner who is there.
    pub(crate) fn taken(
        &mut self,
        now: Duration,
        room: RoomKey,
        before: &OwnerRow,
        taker: usize,
        processes: &[Process],
        reaches_storage: impl Fn(&Process) -> bool,
    ) {
        let Some(owner) = before.owner.as_ref() else { return };
        let is_it = |one: &&Process| one.id == owner.node && one.incarnation == Some(owner.incarnation);
        let Some(one) = processes.iter().find(is_it) else { return };
        let is_later = |other: &Process| {
            other.id == one.id && other.incarnation > one.incarnation && !other.renewals.is_empty()
        };
        let is_offered = self.offered.contains(&(room, before.fence, processes[taker].id));
        let holds_it = one.is_alive && one.node.owns(room) == Some(before.fence);
        let is_itself = processes[taker].id == one.id;
        if holds_it
            && !is_itself
            && !is_offered
            && !processes.iter().any(is_later)
            && reaches_storage(one)
            && is_fresh(now, &one.renewals)
        {
            let owner = owner.key();
            self.say(now, &format!("{taker} has taken {room:?} from {owner:?}, who is there"));
        }
    }
}

/// Whether a record was there all the time, as far as its node could help it.
fn is_fresh(now: Duration, renewals: &[Duration]) -> bool {
    let from = now.saturating_sub(RENEWED_FOR);
    let mut last = now;
    for at in renewals.iter().rev() {
        if last.saturating_sub(*at) >= LEASE {
            return false;
        }
        if *at <= from {
            return true;
        }
        last = *at;
    }
    false
}
