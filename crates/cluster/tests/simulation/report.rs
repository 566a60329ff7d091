//! What happened in a simulation.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::faults::Fault;

/// Counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) faults: BTreeMap<&'static str, u64>,
    pub(crate) events: u64,
    pub(crate) starts: u64,
    pub(crate) deaths_at_a_step: u64,
    pub(crate) pauses_at_a_step: u64,
    pub(crate) resets: u64,
    pub(crate) probes: u64,
    pub(crate) accepted_links: u64,
    pub(crate) refused_links: u64,
    pub(crate) foreign_links: u64,
    pub(crate) foreign_starts: u64,
    pub(crate) ids_in_use: u64,
    pub(crate) superseded: u64,
    pub(crate) lost_keys: u64,
    pub(crate) lost_answers: u64,
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    pub(crate) taken: u64,
    pub(crate) lost_takes: u64,
    pub(crate) late_takes: u64,
    pub(crate) fenced: u64,
    pub(crate) writes: u64,
    pub(crate) refused_writes: u64,
    pub(crate) offered: u64,
    pub(crate) moved: u64,
    pub(crate) drained: u64,
    pub(crate) drains_alone: u64,
    pub(crate) closed_by_drains: u64,
    pub(crate) coordination: u64,
    pub(crate) admitted: u64,
    pub(crate) passed_on: u64,
    pub(crate) turned_away: u64,
    pub(crate) cut_off: u64,
    /// For how long somebody who was in a room was out of it, at the most.
    pub(crate) longest_out: Duration,
}

impl Report {
    pub(crate) fn count(&mut self, fault: Fault) {
        *self.faults.entry(fault.name()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (name, count) in &other.faults {
            *self.faults.entry(name).or_default() += count;
        }
        self.events += other.events;
        self.starts += other.starts;
        self.deaths_at_a_step += other.deaths_at_a_step;
        self.pauses_at_a_step += other.pauses_at_a_step;
        self.resets += other.resets;
        self.probes += other.probes;
        self.accepted_links += other.accepted_links;
        self.refused_links += other.refused_links;
        self.foreign_links += other.foreign_links;
        self.foreign_starts += other.foreign_starts;
        self.ids_in_use += other.ids_in_use;
        self.superseded += other.superseded;
        self.lost_keys += other.lost_keys;
        self.lost_answers += other.lost_answers;
        self.begun += other.begun;
        self.ended += other.ended;
        self.taken += other.taken;
        self.lost_takes += other.lost_takes;
        self.late_takes += other.late_takes;
        self.fenced += other.fenced;
        self.writes += other.writes;
        self.refused_writes += other.refused_writes;
        self.offered += other.offered;
        self.moved += other.moved;
        self.drained += other.drained;
        self.drains_alone += other.drains_alone;
        self.closed_by_drains += other.closed_by_drains;
        self.coordination += other.coordination;
        self.admitted += other.admitted;
        self.passed_on += other.passed_on;
        self.turned_away += other.turned_away;
        self.cut_off += other.cut_off;
        self.longest_out = self.longest_out.max(other.longest_out);
    }

    /// What is to have happened, and how often it did.
    pub(crate) fn happened(&self) -> [(&'static str, u64); 26] {
        [
            ("deaths at a step", self.deaths_at_a_step),
            ("pauses at a step", self.pauses_at_a_step),
            ("resets", self.resets),
            ("probes", self.probes),
            ("accepted links", self.accepted_links),
            ("foreign links", self.foreign_links),
            ("foreign starts", self.foreign_starts),
            ("ids in use", self.ids_in_use),
            ("superseded", self.superseded),
            ("lost keys", self.lost_keys),
            ("lost answers", self.lost_answers),
            ("begun", self.begun),
            ("ended", self.ended),
            ("taken", self.taken),
            ("lost takes", self.lost_takes),
            ("late takes", self.late_takes),
            ("fenced", self.fenced),
            ("writes", self.writes),
            ("refused writes", self.refused_writes),
            ("moved", self.moved),
            ("drained", self.drained),
            ("drains alone", self.drains_alone),
            ("closed by drains", self.closed_by_drains),
            ("coordination", self.coordination),
            ("passed on", self.passed_on),
            ("cut off", self.cut_off),
        ]
    }
}
