//! What people in the room do: signals to each other, what they send, hands, going.

use std::time::Duration;

use protocol::{
    CloseCode, ErrorCode, HandNumber, LeaveReason, MediaState, MessageId, NodeId, ParticipantId,
    ServerMessage, Switch,
};

use super::Room;
use crate::admission::AdmissionInput;
use crate::recording::RecordingInput;
use crate::seats::Seat;
use crate::topology::TopologyInput;
use crate::{Change, ConnectionId, Departure, MediaOrder, Output, SeatState};

/// How long the place of somebody who closed the page is kept: long enough to load it again.
const RESERVED_FOR: Duration = Duration::from_secs(10);

impl Room {
    pub(super) fn relay(
        &mut self,
        from: ParticipantId,
        id: Option<MessageId>,
        target: ParticipantId,
        message: ServerMessage,
    ) {
        if target == from {
            self.refuse(from, ErrorCode::PeerIsSelf, id);
        } else if self.seats.contains(target) {
            self.tell(target, message);
        } else {
            self.refuse(from, ErrorCode::PeerUnknown, id);
        }
    }

    /// Passes something on to the forwarding unit of a node, where the room uses it, or is about to.
    pub(super) fn order(
        &mut self,
        from: ParticipantId,
        id: Option<MessageId>,
        node: NodeId,
        order: MediaOrder,
    ) {
        if self.topology.wanted_nodes().any(|wanted| wanted == node) {
            self.outputs.push_back(Output::Media { node, participant: from, order });
        } else {
            self.refuse(from, ErrorCode::PeerUnknown, id);
        }
    }

    pub(super) fn set_media(&mut self, from: ParticipantId, id: Option<MessageId>, media: MediaState) {
        let Some(mut wanted) = self.seats.participant(from).cloned() else { return };
        let was = wanted.media;
        wanted.media = media;
        let refused = self.turn_off_what_may_not_be(&mut wanted);
        if !refused.is_empty() {
            self.refuse(from, ErrorCode::NotAllowed, id);
            self.tell_turned_off(from, refused);
        }
        if was != wanted.media {
            self.seats.change(from, |participant| participant.media = wanted.media);
            self.tell_sfu_media(from);
            self.announce(from);
        }
    }

    pub(super) fn set_hand(&mut self, now: Duration, id: ParticipantId, hand: Switch) {
        let is_raised = self.seats.participant(id).is_some_and(|participant| participant.hand.is_some());
        if hand.is_on() == is_raised {
            return;
        }
        let hand = hand.is_on().then(|| self.next_hand());
        self.seats.change(id, |participant| participant.hand = hand);
        self.announce(id);
        self.keep_seat(now, id);
    }

    pub(super) fn next_hand(&mut self) -> HandNumber {
        self.last_hand = self.last_hand.saturating_add(1);
        HandNumber(self.last_hand)
    }

    /// Answers on the connection that asked, and is not said again on another.
    pub(super) fn answer(&mut self, id: ParticipantId, message: ServerMessage) {
        self.seats.answer(id, message, &mut self.outputs);
    }

    pub(super) fn leave(&mut self, now: Duration, id: ParticipantId) {
        let Some(seat) = self.remove_seat(now, id, LeaveReason::Left, None) else { return };
        if let Some(connection) = seat.connection() {
            self.outputs.push_back(Output::Close { connection, code: CloseCode::NORMAL });
        }
    }

    pub(super) fn disconnect(&mut self, now: Duration, connection: ConnectionId, departure: Departure) {
        if self.admission.contains(connection) {
            return self.admission(now, AdmissionInput::Disconnect { connection, departure });
        }
        let Some(id) = self.seats.of_connection(connection).map(|seat| seat.participant().id) else { return };
        match departure {
            Departure::Broken => {
                self.seats.disconnect(now, connection);
                self.announce(id);
                self.topology(now, TopologyInput::Review);
            }
            Departure::Closed => {
                // Only a browser loads its page anew.
                let comes_back = self.seats.browser_of(id).is_some();
                let reserved_until = comes_back.then_some(now + RESERVED_FOR);
                _ = self.remove_seat(now, id, LeaveReason::Left, reserved_until);
            }
            Departure::Offended => _ = self.remove_seat(now, id, LeaveReason::Removed, None),
        }
    }

    /// Takes a seat away and tells the others.
    pub(super) fn remove_seat(
        &mut self,
        now: Duration,
        id: ParticipantId,
        reason: LeaveReason,
        reserved_until: Option<Duration>,
    ) -> Option<Seat> {
        self.unseat(now, id, reason, SeatState::Left, reserved_until)
    }

    /// The same, for somebody whose session is over with it.
    pub(super) fn expel(&mut self, now: Duration, id: ParticipantId) -> Option<Seat> {
        self.unseat(now, id, LeaveReason::Removed, SeatState::Removed, None)
    }

    /// Ends the stay of somebody who has no seat any more.
    pub(super) fn expel_former(&mut self, now: Duration, id: ParticipantId) {
        let at = self.wall(now);
        let Some(former) = self.seats.ban(id) else { return };
        let change = former.change(id, at);
        self.outputs.push_back(Output::Keep(Change::Seat(change)));
        self.tell_all(ServerMessage::ParticipantLeft { id, reason: LeaveReason::Removed });
    }

    fn unseat(
        &mut self,
        now: Duration,
        id: ParticipantId,
        reason: LeaveReason,
        state: SeatState,
        reserved_until: Option<Duration>,
    ) -> Option<Seat> {
        let seat = self.seats.remove(id, state, reserved_until)?;
        let at = self.wall(now);
        self.tell_all(ServerMessage::ParticipantLeft { id, reason });
        self.outputs.push_back(Output::Keep(Change::Seat(seat.change(state, at))));
        self.outputs.push_back(Output::Keep(Change::Used(at)));
        self.record_call(now, RecordingInput::Left { id, reason });
        self.topology(now, TopologyInput::Left { id });
        Some(seat)
    }
}
