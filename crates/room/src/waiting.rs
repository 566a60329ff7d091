//! The waiting room: people who knocked, until a host decides.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocol::limits::MAX_WAITING;
use protocol::{
    ClientMessage, CloseCode, ErrorCode, MessageId, ParticipantId, ProtocolError, RoomKeyGrant, RoomKeyId,
    ServerMessage, WaitingPerson,
};

use crate::letters;
use crate::{ConnectionId, Departure, GivenPassword, Output, Room, Visitor};

/// How long somebody whose connection broke is known again at the door.
const KNOWN_AGAIN_FOR: Duration = Duration::from_secs(120);

/// People who wait, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct WaitingRoom {
    people: Vec<Knock>,
    /// Who waited until their connection broke.
    gone: VecDeque<Gone>,
    arrivals: u64,
    /// Whether those who wait were told that a host is inside.
    told_of_host: bool,
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
    pub(crate) fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    pub(crate) fn contains(&self, connection: ConnectionId) -> bool {
        self.people.iter().any(|knock| knock.connection == connection)
    }

    fn list(&self, room_key: Option<&RoomKeyId>) -> Vec<WaitingPerson> {
        self.people.iter().map(|knock| person(&knock.visitor, room_key)).collect()
    }

    fn find(&self, id: ParticipantId) -> Option<&Visitor> {
        self.people.iter().map(|knock| &knock.visitor).find(|visitor| visitor.participant == id)
    }

    /// There is another password, which nobody here has said.
    pub(crate) fn forget_passwords(&mut self) {
        let gone = self.gone.iter_mut().map(|gone| &mut gone.visitor);
        for visitor in self.people.iter_mut().map(|knock| &mut knock.visitor).chain(gone) {
            visitor.password = GivenPassword::Missing;
        }
    }

    fn take(&mut self, id: ParticipantId) -> Option<(ConnectionId, Visitor)> {
        let place = self.people.iter().position(|knock| knock.visitor.participant == id)?;
        let Knock { connection, visitor, .. } = self.people.remove(place);
        Some((connection, visitor))
    }

    /// Takes somebody from the door whose socket is gone; one whose connection broke is known again for a while.
    pub(crate) fn drop_connection(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        departure: Departure,
    ) -> bool {
        let Some(place) = self.people.iter().position(|knock| knock.connection == connection) else {
            return false;
        };
        let Knock { arrival, visitor, .. } = self.people.remove(place);
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
    fn add(&mut self, now: Duration, connection: ConnectionId, visitor: Visitor) -> Option<ConnectionId> {
        self.gone.retain(|gone| gone.until > now);
        if let Some(known) = self.people.iter_mut().find(|known| is_same(&known.visitor, &visitor)) {
            let Visitor { participant, session, .. } = known.visitor;
            known.visitor = Visitor { participant, session, ..visitor };
            return Some(std::mem::replace(&mut known.connection, connection));
        }
        let known = self.gone.iter().position(|gone| is_same(&gone.visitor, &visitor));
        let (arrival, visitor) = if let Some(gone) = known.and_then(|place| self.gone.remove(place)) {
            let Visitor { participant, session, .. } = gone.visitor;
            (gone.arrival, Visitor { participant, session, ..visitor })
        } else {
            self.arrivals += 1;
            (self.arrivals, visitor)
        };
        let place = self.people.partition_point(|other| other.arrival < arrival);
        self.people.insert(place, Knock { connection, arrival, visitor });
        None
    }

    fn is_known(&self, visitor: &Visitor) -> bool {
        self.people.iter().any(|known| is_same(&known.visitor, visitor))
    }

    /// Makes room for somebody at a door where as many wait as may: whoever came last of those who share the address of most has
    /// to go, if more of them wait than of the newcomer's. `None` when nobody has to go for this one.
    fn make_room_for(&mut self, visitor: &Visitor) -> Option<ConnectionId> {
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

    pub(crate) fn take_those_with(&mut self, browser: &str) -> Vec<ConnectionId> {
        let is_theirs = |visitor: &Visitor| visitor.browser.as_deref() == Some(browser);
        self.take_those(is_theirs)
    }

    pub(crate) fn take_those(&mut self, are_meant: impl Fn(&Visitor) -> bool) -> Vec<ConnectionId> {
        self.gone.retain(|gone| !are_meant(&gone.visitor));
        let theirs = self.people.extract_if(.., |knock| are_meant(&knock.visitor));
        theirs.map(|knock| knock.connection).collect()
    }

    pub(crate) fn take_all(&mut self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.people).into_iter().map(|knock| knock.connection).collect()
    }
}

fn person(visitor: &Visitor, room_key: Option<&RoomKeyId>) -> WaitingPerson {
    WaitingPerson {
        id: visitor.participant,
        name: visitor.name.clone(),
        key: visitor.key.clone(),
        lacks_secret: letters::lacks_secret(visitor, room_key),
    }
}

impl Room {
    pub(crate) fn let_wait(&mut self, now: Duration, connection: ConnectionId, visitor: Visitor) {
        if self.waiting.people.len() >= MAX_WAITING && !self.waiting.is_known(&visitor) {
            let Some(last) = self.waiting.make_room_for(&visitor) else {
                return self.turn_away(connection, ErrorCode::RoomFull);
            };
            self.turn_away(last, ErrorCode::RoomFull);
        }
        let lacks_secret = self.lacks_secret(&visitor);
        if let Some(older) = self.waiting.add(now, connection, visitor) {
            self.turn_away(older, ErrorCode::SessionTakenOver);
        }
        let host_inside = self.is_host_inside();
        if self.waiting.people.len() == 1 {
            self.waiting.told_of_host = host_inside;
        }
        let message = ServerMessage::Waiting { room: self.summary(), lacks_secret, host_inside };
        self.tell_socket(connection, message);
        self.tell_waiting_room();
    }

    fn is_host_inside(&self) -> bool {
        self.seats.iter().any(|seat| seat.connection().is_some() && seat.participant().role.moderates())
    }

    /// Tells those who wait when there is somebody now who can let them in, or nobody any more.
    pub(crate) fn review_hosts(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let host_inside = self.is_host_inside();
        if self.waiting.told_of_host == host_inside {
            return;
        }
        self.waiting.told_of_host = host_inside;
        let room = self.summary();
        let told = |knock: &Knock| (knock.connection, self.lacks_secret(&knock.visitor));
        for (connection, lacks_secret) in self.waiting.people.iter().map(told).collect::<Vec<_>>() {
            let message = ServerMessage::Waiting { room: room.clone(), lacks_secret, host_inside };
            self.tell_socket(connection, message);
        }
    }

    /// Tells hosts who waits.
    pub(crate) fn tell_waiting_room(&mut self) {
        let people = self.waiting.list(self.rules.settings.room_key.as_ref());
        self.tell_those(ServerMessage::WaitingRoom { people }, |participant| participant.role.moderates());
    }

    /// Tells somebody who waits, if it is theirs to know and anybody does.
    pub(crate) fn tell_waiting_room_to(&mut self, id: ParticipantId) {
        let moderates = self.seats.participant(id).is_some_and(|participant| participant.role.moderates());
        if moderates && !self.waiting.is_empty() {
            let people = self.waiting.list(self.rules.settings.room_key.as_ref());
            self.tell(id, ServerMessage::WaitingRoom { people });
        }
    }

    /// Lets somebody in, with the secret of the room where they need it. An error when there is no such person, or no place for
    /// them, who then waits on.
    pub(crate) fn admit_waiting(
        &mut self,
        now: Duration,
        id: ParticipantId,
        grant: Option<RoomKeyGrant>,
    ) -> Result<(), ErrorCode> {
        let visitor = self.waiting.find(id).ok_or(ErrorCode::ParticipantUnknown)?;
        if self.has_no_place_for(now, id, visitor.browser.as_deref()) {
            return Err(ErrorCode::RoomFull);
        }
        let (connection, visitor) = self.waiting.take(id).ok_or(ErrorCode::ParticipantUnknown)?;
        self.admit_stranger(now, connection, Visitor { grant, ..visitor });
        self.tell_waiting_room();
        Ok(())
    }

    /// Lets everybody in for whom there is a place, and who needs nothing that a host would have to give them.
    pub(crate) fn admit_all_waiting(&mut self, now: Duration) -> Result<(), ErrorCode> {
        let people = self.waiting.list(self.rules.settings.room_key.as_ref());
        for person in people.into_iter().filter(|person| !person.lacks_secret) {
            self.admit_waiting(now, person.id, None)?;
        }
        Ok(())
    }

    /// Lets those in who could come in by what they have shown, now that the room's rules or its secret are others.
    pub(crate) fn admit_those_who_may(&mut self, now: Duration) {
        let may = |visitor: &&Visitor| {
            !self.rules.lets_wait(visitor.pass)
                && !self.lacks_secret(visitor)
                && self.refusal_of(now, visitor).is_none()
        };
        let waiting = self.waiting.people.iter().map(|knock| &knock.visitor);
        for id in waiting.filter(may).map(|visitor| visitor.participant).collect::<Vec<_>>() {
            _ = self.admit_waiting(now, id, None);
        }
    }

    pub(crate) fn refuse_waiting(&mut self, id: ParticipantId) -> Result<(), ErrorCode> {
        let (connection, _) = self.waiting.take(id).ok_or(ErrorCode::ParticipantUnknown)?;
        self.turn_away(connection, ErrorCode::NotAdmitted);
        self.tell_waiting_room();
        Ok(())
    }

    pub(crate) fn message_of_waiting(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        id: Option<MessageId>,
        message: &ClientMessage,
    ) {
        match message {
            ClientMessage::Ping => self.tell_socket(connection, ServerMessage::Pong),
            ClientMessage::Leave => {
                self.waiting.drop_connection(now, connection, Departure::Closed);
                self.outputs.push_back(Output::Close { connection, code: CloseCode::NORMAL });
                self.tell_waiting_room();
            }
            ClientMessage::Join(_)
            | ClientMessage::Resume(_)
            | ClientMessage::Signal { .. }
            | ClientMessage::SetMedia { .. }
            | ClientMessage::SetHand { .. }
            | ClientMessage::React { .. }
            | ClientMessage::Chat { .. }
            | ClientMessage::ReadChat { .. }
            | ClientMessage::SendLetters { .. }
            | ClientMessage::Moderate { .. }
            | ClientMessage::TopologyReady { .. }
            | ClientMessage::TopologyFailed { .. }
            | ClientMessage::ReportTrouble { .. }
            | ClientMessage::SetSlots { .. }
            | ClientMessage::RenewIceServers => {
                let error = ProtocolError::new(ErrorCode::NotAllowed, id);
                self.tell_socket(connection, ServerMessage::Error(error));
            }
        }
    }
}
