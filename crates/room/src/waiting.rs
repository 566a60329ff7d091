//! The waiting room: people who knocked, until a host decides.

use std::time::Duration;

use protocol::limits::MAX_WAITING;
use protocol::{
    ClientMessage, CloseCode, ErrorCode, MessageId, ParticipantId, ProtocolError, RoomKeyGrant, RoomKeyId,
    ServerMessage, WaitingPerson,
};

use crate::letters;
use crate::rules::Rules;
use crate::{ConnectionId, Output, Room, Visitor};

/// People who wait, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct WaitingRoom(Vec<(ConnectionId, Visitor)>);

impl WaitingRoom {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, connection: ConnectionId) -> bool {
        self.0.iter().any(|(waiting, _)| *waiting == connection)
    }

    fn people(&self, room_key: Option<&RoomKeyId>) -> Vec<WaitingPerson> {
        self.0.iter().map(|(_, visitor)| person(visitor, room_key)).collect()
    }

    /// Those who need neither a host's decision nor the secret.
    pub(crate) fn those_with(&self, rules: &Rules) -> Vec<ParticipantId> {
        let room_key = rules.settings.room_key.as_ref();
        let is_free =
            |visitor: &Visitor| !rules.lets_wait(visitor.pass) && !letters::lacks_secret(visitor, room_key);
        self.0
            .iter()
            .filter(|(_, visitor)| is_free(visitor))
            .map(|(_, visitor)| visitor.participant)
            .collect()
    }

    fn take(&mut self, id: ParticipantId) -> Option<(ConnectionId, Visitor)> {
        let place = self.0.iter().position(|(_, visitor)| visitor.participant == id)?;
        Some(self.0.remove(place))
    }

    pub(crate) fn drop_connection(&mut self, connection: ConnectionId) -> bool {
        let before = self.0.len();
        self.0.retain(|(waiting, _)| *waiting != connection);
        self.0.len() != before
    }

    pub(crate) fn take_those_with(&mut self, browser: &str) -> Vec<ConnectionId> {
        self.take_those(|visitor| visitor.browser.as_deref() == Some(browser))
    }

    pub(crate) fn take_those(&mut self, are_meant: impl Fn(&Visitor) -> bool) -> Vec<ConnectionId> {
        let (theirs, others) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|(_, visitor): &(ConnectionId, Visitor)| are_meant(visitor));
        self.0 = others;
        theirs.into_iter().map(|(connection, _)| connection).collect()
    }

    pub(crate) fn take_all(&mut self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.0).into_iter().map(|(connection, _)| connection).collect()
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
    pub(crate) fn let_wait(&mut self, connection: ConnectionId, visitor: Visitor) {
        if self.waiting.0.len() >= MAX_WAITING {
            return self.turn_away(connection, ErrorCode::RoomFull);
        }
        let lacks_secret = self.lacks_secret(&visitor);
        self.waiting.0.push((connection, visitor));
        self.tell_socket(connection, ServerMessage::Waiting { room: self.summary(), lacks_secret });
        self.tell_waiting_room();
    }

    /// Tells hosts who waits.
    pub(crate) fn tell_waiting_room(&mut self) {
        let people = self.waiting.people(self.rules.settings.room_key.as_ref());
        self.tell_those(ServerMessage::WaitingRoom { people }, |participant| participant.role.moderates());
    }

    /// Tells somebody who waits, if it is theirs to know and anybody does.
    pub(crate) fn tell_waiting_room_to(&mut self, id: ParticipantId) {
        let moderates = self.seats.get(id).is_some_and(|seat| seat.participant.role.moderates());
        if moderates && !self.waiting.is_empty() {
            let people = self.waiting.people(self.rules.settings.room_key.as_ref());
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
        if self.has_no_place_for(now, id) {
            return Err(ErrorCode::RoomFull);
        }
        let (connection, visitor) = self.waiting.take(id).ok_or(ErrorCode::ParticipantUnknown)?;
        self.admit_stranger(now, connection, Visitor { grant, ..visitor });
        self.tell_waiting_room();
        Ok(())
    }

    /// Lets everybody in for whom there is a place, and who needs nothing that a host would have to give them.
    pub(crate) fn admit_all_waiting(&mut self, now: Duration) -> Result<(), ErrorCode> {
        let people = self.waiting.people(self.rules.settings.room_key.as_ref());
        for person in people.into_iter().filter(|person| !person.lacks_secret) {
            self.admit_waiting(now, person.id, None)?;
        }
        Ok(())
    }

    pub(crate) fn refuse_waiting(&mut self, id: ParticipantId) -> Result<(), ErrorCode> {
        let (connection, _) = self.waiting.take(id).ok_or(ErrorCode::ParticipantUnknown)?;
        self.turn_away(connection, ErrorCode::NotAdmitted);
        self.tell_waiting_room();
        Ok(())
    }

    pub(crate) fn message_of_waiting(
        &mut self,
        connection: ConnectionId,
        id: Option<MessageId>,
        message: &ClientMessage,
    ) {
        match message {
            ClientMessage::Ping => self.tell_socket(connection, ServerMessage::Pong),
            ClientMessage::Leave => {
                self.waiting.drop_connection(connection);
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
