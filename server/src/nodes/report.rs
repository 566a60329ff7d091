//! What nodes tell each other when they are asked how they are: for the admin page, and for lists that say how many are in rooms of other nodes.

use cluster::{NodeAt, Standing};
use protocol::{RoomCode, RoomName, Timestamp};
use serde::{Deserialize, Serialize};

/// Rooms in one report. Of more the last are left out, and how many are in them is not known then.
pub(crate) const MOST_ROOMS: usize = 5_000;

/// A node, as it says itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NodeReport {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) build: String,
    pub(crate) stage: ReportedStage,
    /// When it was started.
    pub(crate) since: Timestamp,
    /// Rooms that it owns.
    pub(crate) owned: usize,
    pub(crate) people: u64,
    pub(crate) has_redis: bool,
    pub(crate) has_database: bool,
    /// Those with somebody inside, most people first.
    pub(crate) rooms: Vec<ReportedRoom>,
    /// How many more there are.
    pub(crate) left_out: usize,
}

/// How far a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportedStage {
    Starting,
    Active,
    Leaving,
}

impl ReportedStage {
    pub(crate) fn of(standing: Option<Standing>) -> Self {
        match standing {
            None | Some(Standing::Starting) => Self::Starting,
            Some(Standing::Active) => Self::Active,
            Some(Standing::Draining | Standing::Stopped) => Self::Leaving,
        }
    }
}

/// A room with somebody inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReportedRoom {
    pub(crate) code: RoomCode,
    pub(crate) name: Option<RoomName>,
    pub(crate) people: u16,
    pub(crate) is_forwarded: bool,
    /// For how long somebody has been inside.
    pub(crate) minutes: u64,
    pub(crate) is_locked: bool,
    pub(crate) is_listed: bool,
}

/// Another node.
#[derive(Clone, Debug)]
pub(crate) struct Neighbour {
    pub(crate) at: NodeAt,
    /// Since when it is not one of the cluster any more.
    pub(crate) gone_since: Option<Timestamp>,
    /// What it has called itself when it answered last.
    pub(crate) name: Option<String>,
    /// What it says now; nothing where it does not answer in time.
    pub(crate) report: Option<NodeReport>,
}

/// All other nodes, as they were within the last second.
#[derive(Clone, Debug, Default)]
pub(crate) struct Neighbours(pub(crate) Vec<Neighbour>);

impl Neighbours {
    /// Rooms of other nodes.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &ReportedRoom> {
        self.0.iter().filter_map(|node| node.report.as_ref()).flat_map(|report| &report.rooms)
    }

    /// How many are in a room that is none of this node's; `None` where a node that might have it has not said.
    pub(crate) fn people_in(&self, room: RoomCode) -> Option<u16> {
        let found = self.rooms().find(|reported| reported.code == room).map(|reported| reported.people);
        found.or_else(|| self.silent().next().is_none().then_some(0))
    }

    /// The nodes that should be there and have not said everything.
    pub(crate) fn silent(&self) -> impl Iterator<Item = &Neighbour> {
        let has_said_all = |node: &&Neighbour| {
            node.gone_since.is_some() || node.report.as_ref().is_some_and(|report| report.left_out == 0)
        };
        self.0.iter().filter(move |node| !has_said_all(node))
    }
}

#[cfg(test)]
mod tests {
    use cluster::{Incarnation, NodeId};

    use super::*;

    fn neighbour(number: u64, rooms: Option<&[(u64, u16)]>) -> Neighbour {
        let room = |&(code, people): &(u64, u16)| ReportedRoom {
            code: RoomCode::from_random(code),
            name: None,
            people,
            is_forwarded: false,
            minutes: 0,
            is_locked: false,
            is_listed: false,
        };
        let report = rooms.map(|rooms| NodeReport {
            name: number.to_string(),
            version: String::new(),
            build: String::new(),
            stage: ReportedStage::Active,
            since: Timestamp(1),
            owned: rooms.len(),
            people: 0,
            has_redis: true,
            has_database: true,
            rooms: rooms.iter().map(room).collect(),
            left_out: 0,
        });
        let at = NodeAt { node: NodeId(number), incarnation: Incarnation(1), address: String::new() };
        Neighbour { at, gone_since: None, name: None, report }
    }

    #[test]
    fn how_many_are_inside_is_unknown_as_long_as_a_node_that_may_have_the_room_is_silent() {
        let [known, other] = [1, 2].map(RoomCode::from_random);
        let all = Neighbours(vec![neighbour(1, Some(&[(1, 3)])), neighbour(2, Some(&[]))]);
        assert_eq!((all.people_in(known), all.people_in(other)), (Some(3), Some(0)));
        let mut one_silent = Neighbours(vec![neighbour(1, Some(&[(1, 3)])), neighbour(2, None)]);
        assert_eq!((one_silent.people_in(known), one_silent.people_in(other)), (Some(3), None));
        one_silent.0[1].gone_since = Some(Timestamp(1));
        assert_eq!(one_silent.people_in(other), Some(0), "it is none of the cluster any more");
        let mut too_many = all;
        too_many.0[0].report.as_mut().unwrap().left_out = 1;
        assert_eq!(too_many.people_in(other), None);
    }
}
