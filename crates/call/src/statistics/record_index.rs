//! The records of one call of `getStats()`, to be found by id.

use std::collections::BTreeMap;

use super::record::{StatsRecord, StatsType};

/// Records by id. Of two with the same id the first one counts.
#[derive(Debug)]
pub(super) struct RecordIndex<'a> {
    by_id: BTreeMap<&'a str, &'a StatsRecord>,
    /// Ids in the order of the records.
    order: Vec<&'a str>,
}

impl<'a> RecordIndex<'a> {
    pub(super) fn new(records: &'a [StatsRecord]) -> Self {
        let (mut by_id, mut order) = (BTreeMap::new(), Vec::new());
        for record in records {
            by_id.entry(record.id.as_str()).or_insert_with(|| {
                order.push(record.id.as_str());
                record
            });
        }
        Self { by_id, order }
    }

    /// All records, in the order in which the browser gave them.
    pub(super) fn records(&self) -> impl Iterator<Item = &'a StatsRecord> {
        self.order.iter().filter_map(|id| self.by_id.get(id).copied())
    }

    pub(super) fn of_type(&self, stats_type: StatsType) -> impl Iterator<Item = &'a StatsRecord> {
        self.records().filter(move |record| record.stats_type == stats_type)
    }

    /// The record that another one names, if it is of the expected type.
    pub(super) fn find(&self, id: Option<&str>, stats_type: StatsType) -> Option<&'a StatsRecord> {
        self.by_id.get(id?).copied().filter(|record| record.stats_type == stats_type)
    }

    /// What the other end says of a stream that is sent.
    pub(super) fn remote_of(&self, outbound: &StatsRecord) -> Option<&'a StatsRecord> {
        let named = self.find(outbound.remote_id.as_deref(), StatsType::RemoteInboundRtp);
        let mut remotes = self.of_type(StatsType::RemoteInboundRtp);
        named.or_else(|| {
            remotes.find(|remote| {
                let is_of_ssrc = remote.ssrc.is_some() && remote.ssrc == outbound.ssrc;
                remote.local_id.as_ref() == Some(&outbound.id) || is_of_ssrc
            })
        })
    }
}
