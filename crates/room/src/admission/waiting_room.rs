//! The list of those who knocked, in the order in which they came.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::limits::MAX_WAITING;
use protocol::{ParticipantId, RoomSettings, WaitingPerson};

use super::secret::lacks_secret;
use crate::{ConnectionId, Departure, GivenPassword, Visitor};

/// How long somebody whose connection broke is known again at the door.
const KNOWN_AGAIN_FOR: Duration = Duration::from_secs(120);

/// People who wait, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct WaitingRoom {
    people: Vec<Knock>,
    /// Who waited until their connection broke.
    gone: VecDeque<Gone>,
    arrivals: u64,
}

/// Somebody at the door.
#[derive(Debug)]
struct Knock {
    connection: ConnectionId,
    /// Their number among those who knocked.
    arrival: u64,
    visitor: Visitor,
}

/// Somebody who waited, and whose connection broke.
#[derive(Debug)]
struct Gone {
    until: Duration,
    arrival: u64,
    visitor: Visitor,
}

/// Whether two visitors are one page, or one browser. A page's key alone says nothing: others have been told it.
fn is_same(a: &Visitor, b: &Visitor) -> bool {
    match (&a.browser, &b.browser) {
        (Some(a), Some(b)) => a == b,
        (Some(_), None) | (None, Some(_)) | (None, None) => {
            a.key.is_some() && a.key == b.key && a.share == b.share
        }
    }
}

impl WaitingRoom {
    pub(super) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    pub(super) fn contains(&self, connection: ConnectionId) -> bool {
        self.people.iter().any(|knock| knock.connection == connection)
    }

    pub(super) fn len(&self) -> usize {
        self.people.len()
    }

    /// Who waits, and over which connection.
    pub(super) fn iter(&self) -> impl Iterator<Item = (ConnectionId, &Visitor)> {
        self.people.iter().map(|knock| (knock.connection, &knock.visitor))
    }

    pub(super) fn list(&self, settings: &RoomSettings) -> Vec<WaitingPerson> {
        self.people.iter().map(|knock| person(&knock.visitor, settings)).collect()
    }

    pub(super) fn find(&self, id: ParticipantId) -> Option<&Visitor> {
        self.people.iter().map(|knock| &knock.visitor).find(|visitor| visitor.participant == id)
    }

    /// There is another password, which nobody here has said.
    pub(super) fn forget_passwords(&mut self) {
        let gone = self.gone.iter_mut().map(|gone| &mut gone.visitor);
        for visitor in self.people.iter_mut().map(|knock| &mut knock.visitor).chain(gone) {
            visitor.password = GivenPassword::Missing;
        }
    }

    pub(super) fn take(&mut self, id: ParticipantId) -> Option<(ConnectionId, Visitor)> {
        let index = self.people.iter().position(|knock| knock.visitor.participant == id)?;
        let Knock { connection, visitor, .. } = self.people.remove(index);
        Some((connection, visitor))
    }

    /// Takes somebody from the door whose socket is gone; one whose connection broke is known again for a while.
    pub(super) fn drop_connection(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        departure: Departure,
    ) -> bool {
        let Some(index) = self.people.iter().position(|knock| knock.connection == connection) else {
            return false;
        };
        let Knock { arrival, visitor, .. } = self.people.remove(index);
        if departure == Departure::Broken {
            if self.gone.len() >= MAX_WAITING {
                self.gone.pop_front();
            }
            self.gone.push_back(Gone { until: now + KNOWN_AGAIN_FOR, arrival, visitor });
        }
        true
    }

    /// Puts somebody at the door: in the place they have, where they had one lately, and last otherwise. Returns the socket from
    /// which they waited until now.
    pub(super) fn add(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        visitor: Visitor,
    ) -> Option<ConnectionId> {
        self.gone.retain(|gone| gone.until > now);
        if let Some(known) = self.people.iter_mut().find(|known| is_same(&known.visitor, &visitor)) {
            let Visitor { participant, session, .. } = known.visitor;
            known.visitor = Visitor { participant, session, ..visitor };
            return Some(std::mem::replace(&mut known.connection, connection));
        }
        let known = self.gone.iter().position(|gone| is_same(&gone.visitor, &visitor));
        let (arrival, visitor) = if let Some(gone) = known.and_then(|index| self.gone.remove(index)) {
            let Visitor { participant, session, .. } = gone.visitor;
            (gone.arrival, Visitor { participant, session, ..visitor })
        } else {
            self.arrivals += 1;
            (self.arrivals, visitor)
        };
        let index = self.people.partition_point(|other| other.arrival < arrival);
        self.people.insert(index, Knock { connection, arrival, visitor });
        None
    }

    pub(super) fn is_known(&self, visitor: &Visitor) -> bool {
        self.people.iter().any(|known| is_same(&known.visitor, visitor))
    }

    /// Makes room for somebody at a door where as many wait as may: whoever came last of those who share the address of most has
    /// to go, if more of them wait than of the newcomer's. `None` when nobody has to go for this one.
    pub(super) fn make_room_for(&mut self, visitor: &Visitor) -> Option<ConnectionId> {
        let mut shares = BTreeMap::new();
        for knock in &self.people {
            *shares.entry(knock.visitor.share).or_insert(0_usize) += 1;
        }
        let own = shares.get(&visitor.share).copied().unwrap_or_default();
        let (largest, count) = shares.into_iter().max_by_key(|(_, count)| *count)?;
        if count <= own + 1 {
            return None;
        }
        let last = self.people.iter().rposition(|knock| knock.visitor.share == largest)?;
        Some(self.people.remove(last).connection)
    }

    pub(super) fn take_those_with(&mut self, browser: &str) -> Vec<ConnectionId> {
        let is_theirs = |visitor: &Visitor| visitor.browser.as_deref() == Some(browser);
        self.take_those(is_theirs)
    }

    pub(super) fn take_those(&mut self, are_meant: impl Fn(&Visitor) -> bool) -> Vec<ConnectionId> {
        self.gone.retain(|gone| !are_meant(&gone.visitor));
        let theirs = self.people.extract_if(.., |knock| are_meant(&knock.visitor));
        theirs.map(|knock| knock.connection).collect()
    }

    pub(super) fn take_all(&mut self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.people).into_iter().map(|knock| knock.connection).collect()
    }
}

fn person(visitor: &Visitor, settings: &RoomSettings) -> WaitingPerson {
    WaitingPerson {
        id: visitor.participant,
        name: visitor.name.clone(),
        key: visitor.key.clone(),
        lacks_secret: lacks_secret(visitor, settings),
    }
}
