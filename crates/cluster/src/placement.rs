//! Which node takes a room. The same question has the same answer on every node, as far as they know the same.

use crate::ids::mix;
use crate::{ClusterTag, Load, NodeId, NodeRecord, Roles, RoomKey, Taking, Versions};

/// Nodes whose loads differ by no more than this are equal, and rooms are spread among them. Raised, busier nodes get rooms; lowered, all
/// rooms of the time between two renewals go to one node.
const EQUAL_WITHIN: Load = Load(100);

/// From here on a node takes no more rooms, if any other does.
const FULL: Load = Load(1_000);

/// What a node has to be like.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Of this cluster.
    pub cluster: ClusterTag,
    /// With these roles.
    pub roles: Roles,
    /// Understanding this version, and understood.
    pub version: Versions,
}

impl Need {
    /// Whether a node is like that and takes rooms.
    pub fn is_met_by(&self, node: &NodeRecord) -> bool {
        let takes = match node.taking {
            Taking::Rooms => true,
            Taking::Nothing => false,
        };
        takes
            && node.cluster == self.cluster
            && node.roles.include(self.roles)
            && node.version.is_compatible(self.version)
    }
}

/// The node for a room among those that are there: one of the least loaded, which one depends on the room alone. A full one is taken only
/// where all are. None of `without`, which have refused it.
pub fn place<'a>(
    room: RoomKey,
    need: &Need,
    nodes: impl Iterator<Item = &'a NodeRecord>,
    without: &[NodeId],
) -> Option<&'a NodeRecord> {
    let fit: Vec<_> = nodes.filter(|node| need.is_met_by(node) && !without.contains(&node.at.node)).collect();
    let least = fit.iter().map(|node| node.load).min()?;
    let most =
        if least < FULL { Load((least.0.saturating_add(EQUAL_WITHIN.0)).min(FULL.0 - 1)) } else { least };
    // Rendezvous hashing (Thaler and Ravishankar, 1998): a node more or less moves only its own share.
    fit.into_iter()
        .filter(|node| node.load <= most)
        .max_by_key(|node| (mix(room.0, node.at.node.0), node.at.node))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Incarnation, NodeAt};

    const CLUSTER: ClusterTag = ClusterTag([1; 16]);
    const NEED: Need =
        Need { cluster: CLUSTER, roles: Roles::SIGNALLING, version: Versions { speaks: 3, oldest: 2 } };

    fn node(id: u64, load: u16) -> NodeRecord {
        NodeRecord {
            cluster: CLUSTER,
            at: NodeAt { node: NodeId(id), incarnation: Incarnation(1), address: format!("node-{id}:1") },
            roles: Roles::ALL,
            version: NEED.version,
            load: Load(load),
            taking: Taking::Rooms,
            beat: 0,
        }
    }

    fn placed(room: u64, nodes: &[NodeRecord], without: &[NodeId]) -> Option<u64> {
        place(RoomKey(room), &NEED, nodes.iter(), without).map(|node| node.at.node.0)
    }

    #[test]
    fn every_node_has_the_same_answer_in_whatever_order_it_knows_them() {
        let mut nodes: Vec<_> = (1..=5).map(|id| node(id, 300)).collect();
        let first: Vec<_> = (0..200).map(|room| placed(room, &nodes, &[])).collect();
        nodes.reverse();
        assert_eq!((0..200).map(|room| placed(room, &nodes, &[])).collect::<Vec<_>>(), first);
    }

    #[test]
    fn a_thousand_rooms_are_spread_among_equals() {
        let nodes: Vec<_> = (1..=4).map(|id| node(id, 300 + u16::try_from(id).unwrap())).collect();
        let mut count = BTreeMap::new();
        for room in 0..1_000 {
            *count.entry(placed(room, &nodes, &[])).or_insert(0) += 1;
        }
        assert!(count.len() == 4 && count.values().all(|rooms| (200..=300).contains(rooms)), "{count:?}");
    }

    #[test]
    fn a_node_that_goes_moves_only_its_own_rooms() {
        let nodes: Vec<_> = (1..=4).map(|id| node(id, 300)).collect();
        for room in 0..500 {
            let before = placed(room, &nodes, &[]);
            let after = placed(room, &nodes[..3], &[]);
            assert!(before == after || before == Some(4));
        }
    }

    #[test]
    fn the_least_loaded_takes_it_and_a_full_one_only_where_all_are() {
        for room in 0..100 {
            assert_eq!(placed(room, &[node(1, 700), node(2, 200), node(3, 301)], &[]), Some(2));
            assert_eq!(placed(room, &[node(1, 1_000), node(2, 950)], &[]), Some(2));
            assert!(placed(room, &[node(1, 1_000), node(2, 1_000)], &[]).is_some());
        }
    }

    #[test]
    fn nobody_takes_a_room_who_drains_or_cannot() {
        let draining = NodeRecord { taking: Taking::Nothing, ..node(1, 0) };
        let pages = NodeRecord { roles: Roles::PAGES.and(Roles::RELAY), ..node(2, 0) };
        let older = NodeRecord { version: Versions { speaks: 1, oldest: 1 }, ..node(3, 0) };
        let foreign = NodeRecord { cluster: ClusterTag([2; 16]), ..node(4, 0) };
        let before = NodeRecord { version: Versions { speaks: 2, oldest: 1 }, ..node(5, 900) };
        let next = NodeRecord { version: Versions { speaks: 4, oldest: 3 }, ..node(6, 900) };
        let nodes = [draining, pages, older, foreign, before, next];
        assert_eq!(placed(7, &nodes[..4], &[]), None);
        assert_eq!(placed(7, &nodes[..5], &[]), Some(5), "one version apart is well");
        assert_eq!(placed(7, &nodes, &[NodeId(5)]), Some(6), "not whoever has refused it");
        assert_eq!(placed(7, &nodes, &[NodeId(5), NodeId(6)]), None);
    }
}
