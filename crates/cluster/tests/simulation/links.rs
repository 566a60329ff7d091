//! Links between nodes: who hears whom.

use cluster::{Incarnation, Input, LinkState, NodeAt, NodeId};

use crate::redis::foreign_node;
use crate::world::{Event, World};

impl World {
    /// What an attempt to reach a node comes to.
    fn reach(&self, pid: usize, to: &NodeAt) -> LinkState {
        let host = self.processes[pid].host;
        let Ok(other_host) = to.address.parse() else { return LinkState::Silent };
        if !self.is_linked(host, other_host) {
            return LinkState::Silent;
        }
        match self.process_at(&to.address).map(|other| &self.processes[other]) {
            None => LinkState::Refused,
            Some(other) => match other.at() {
                Some(at) if other.answers() && !other.is_foreign => LinkState::Up { at },
                Some(_) | None => LinkState::Silent,
            },
        }
    }

    pub(crate) fn probe(&mut self, pid: usize, to: &NodeAt) {
        let state = self.reach(pid, to);
        self.report.probes += 1;
        let after = if state == LinkState::Silent { 1_000..=1_100 } else { 1..=20 };
        self.deliver(after, pid, Input::Link { node: to.node, state });
    }

    /// A process looks after its links, each second or so.
    pub(crate) fn ping(&mut self, pid: usize) {
        if !self.processes[pid].is_alive {
            return;
        }
        self.after(400..=800, Event::Ping { pid });
        if self.processes[pid].is_paused() {
            return;
        }
        for to in self.processes[pid].nodes.clone() {
            let state = self.reach(pid, &to);
            let before = self.processes[pid].links.get(&to.node).copied();
            match &state {
                LinkState::Up { at } if before == Some(at.incarnation) => continue,
                LinkState::Up { at } => {
                    self.processes[pid].links.insert(to.node, at.incarnation);
                    self.say_hello(pid, &to);
                }
                LinkState::Reset | LinkState::Refused | LinkState::Silent => {
                    self.processes[pid].links.remove(&to.node);
                }
            }
            self.deliver(1..=10, pid, Input::Link { node: to.node, state });
        }
        if self.redis.has_foreign && self.seed.chance(0.02) {
            self.deliver(1..=10, pid, Input::Hello(Box::new(foreign_node(NodeId(77)))));
        }
    }

    fn say_hello(&mut self, pid: usize, to: &NodeAt) {
        let record = self.processes[pid].record.clone();
        if let (Some(record), Some(other)) = (record, self.process_at(&to.address)) {
            self.deliver(1..=10, other, Input::Hello(Box::new(record)));
        }
    }

    /// A process has ended: where the way is free, its links are reset, and whoever tries again is refused.
    pub(crate) fn tell_links_of_end(&mut self, host: usize, node: NodeId, ended: Option<Incarnation>) {
        for pid in 0..self.processes.len() {
            let one = &self.processes[pid];
            let is_to_it = ended.is_some() && one.links.get(&node).copied() == ended;
            if one.is_alive && is_to_it && self.is_linked(host, one.host) {
                self.processes[pid].links.remove(&node);
                self.report.resets += 1;
                self.deliver(1..=20, pid, Input::Link { node, state: LinkState::Reset });
                self.deliver(25..=60, pid, Input::Link { node, state: LinkState::Refused });
            }
        }
    }
}
