//! The path of a link: the pair of candidates that its transport has selected (RFC 8445 §8).

use protocol::RelayTransport;
use view::{LinkPath, PathKind};

use super::record::{StatsRecord, StatsType};
use super::record_index::RecordIndex;

/// The pair over which a link goes.
pub(super) fn selected_pair<'a>(records: &RecordIndex<'a>) -> Option<&'a StatsRecord> {
    let named = |transport: &StatsRecord| {
        records.find(transport.selected_candidate_pair_id.as_deref(), StatsType::CandidatePair)
    };
    let mut pairs = records.of_type(StatsType::CandidatePair);
    let is_nominated =
        |pair: &&StatsRecord| pair.nominated == Some(true) && pair.state.as_deref() == Some("succeeded");
    records
        .of_type(StatsType::Transport)
        .find_map(named)
        // Firefox marks the pair itself, and not all of its versions name it in the transport.
        .or_else(|| records.of_type(StatsType::CandidatePair).find(|pair| pair.selected == Some(true)))
        .or_else(|| pairs.find(is_nominated))
}

/// How a pair of candidates goes; `None` when either of them is not known.
pub(super) fn path_of(pair: &StatsRecord, records: &RecordIndex<'_>) -> Option<LinkPath> {
    let local = records.find(pair.local_candidate_id.as_deref(), StatsType::Candidate)?;
    let remote = records.find(pair.remote_candidate_id.as_deref(), StatsType::Candidate)?;
    let is_relay = |candidate: &StatsRecord| candidate.candidate_type.as_deref() == Some("relay");
    let way = if is_relay(local) { &local.relay_protocol } else { &local.protocol };
    let over = match way.as_deref() {
        Some("tcp") => RelayTransport::Tcp,
        Some("tls") => RelayTransport::Tls,
        Some(_) | None => RelayTransport::Udp,
    };
    let kind = if is_relay(local) || is_relay(remote) { PathKind::Relayed } else { PathKind::Direct };
    Some(LinkPath { kind, over })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, stats_type: StatsType) -> StatsRecord {
        StatsRecord::new(id.to_owned(), stats_type)
    }

    fn pair(id: &str, local: &str) -> StatsRecord {
        StatsRecord {
            local_candidate_id: Some(local.to_owned()),
            remote_candidate_id: Some("host".to_owned()),
            ..record(id, StatsType::CandidatePair)
        }
    }

    fn candidates() -> [StatsRecord; 2] {
        let text = |text: &str| Some(text.to_owned());
        [
            StatsRecord {
                candidate_type: text("host"),
                protocol: text("udp"),
                ..record("host", StatsType::Candidate)
            },
            StatsRecord {
                candidate_type: text("relay"),
                protocol: text("udp"),
                relay_protocol: text("tls"),
                ..record("relay", StatsType::Candidate)
            },
        ]
    }

    fn path(of: &[StatsRecord]) -> Option<LinkPath> {
        let records: Vec<_> = of.iter().cloned().chain(candidates()).collect();
        let records = RecordIndex::new(&records);
        path_of(selected_pair(&records)?, &records)
    }

    const DIRECT: LinkPath = LinkPath { kind: PathKind::Direct, over: RelayTransport::Udp };
    const RELAYED: LinkPath = LinkPath { kind: PathKind::Relayed, over: RelayTransport::Tls };

    #[test]
    fn the_pair_that_a_transport_names_is_the_path_and_else_the_one_that_is_marked() {
        let mut transport = record("transport", StatsType::Transport);
        transport.selected_candidate_pair_id = Some("two".to_owned());
        let marked = StatsRecord { selected: Some(true), ..pair("one", "host") };
        let nominated = StatsRecord {
            nominated: Some(true),
            state: Some("succeeded".to_owned()),
            ..pair("two", "relay")
        };
        let failed = StatsRecord { nominated: Some(true), ..pair("three", "host") };
        assert_eq!(path(&[marked.clone(), nominated.clone(), transport]), Some(RELAYED));
        assert_eq!(path(&[nominated.clone(), marked]), Some(DIRECT));
        assert_eq!(path(&[failed.clone(), nominated]), Some(RELAYED));
        assert_eq!(path(&[failed]), None);
    }

    #[test]
    fn a_path_with_a_hole_is_none() {
        let lost = StatsRecord { selected: Some(true), ..pair("one", "nowhere") };
        assert_eq!(path(&[lost]), None);
        assert_eq!(path(&[]), None);
    }
}
