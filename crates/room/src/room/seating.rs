//! Seating: somebody who is let in, or comes back, gets their seat and is told of the room.

use std::sync::Arc;
use std::time::Duration;

use protocol::{
    Consent, ErrorCode, Joined, Participant, ParticipantId, Presence, PublicKey, RoomSettingsPatch,
    ServerMessage, SessionToken, Source,
};

use super::Room;
use crate::admission::{Admitted, PriorSession};
use crate::recording::RecordingInput;
use crate::seats::{GoesOn, NewSeat, Seat};
use crate::topology::TopologyInput;
use crate::{Change, ConnectionId, Output, Resumption, Visitor};

impl Room {
    pub(super) fn admit(&mut self, now: Duration, admitted: Admitted) {
        let Admitted { connection, visitor, prior, key, claimed } = admitted;
        let Visitor { participant: id, session, name, media, browser, credential_claims, grant, .. } =
            visitor;
        let PriorSession { role, hand, forbidden, issued, confirmed } = prior;
        let has_other_secret = claimed.is_some_and(|(secret, origin)| {
            let patch = RoomSettingsPatch {
                room_key: Some(secret.clone()),
                room_key_origin: Some(origin),
                ..RoomSettingsPatch::default()
            };
            let patch = Box::new(patch);
            self.outputs.push_back(Output::ChangeSettings {
                participant: id,
                in_reply_to: None,
                patch,
                action: None,
            });
            self.rules.set_secret(secret, origin)
        });
        if has_other_secret {
            self.record_call(now, RecordingInput::RulesChanged);
        }
        let recorded = self.recording.state().map(|_| Consent::NotAnswered);
        let mut participant =
            Participant { id, name, role, media, hand, presence: Presence::Here, forbidden, key, recorded };
        let turned_off = self.turn_off_what_may_not_be(&mut participant);
        let told = participant.clone();
        let seat = NewSeat {
            participant,
            session,
            browser,
            connection,
            issued,
            confirmed,
            credential_claims,
            grant,
        };
        self.seats.add(now, Seat::new(seat));
        self.was_used = true;
        self.tell_sfu_media(id);
        self.record_call(now, RecordingInput::Came { id });
        self.topology(now, TopologyInput::Came { id });
        self.tell_joined(now, id, Continuity::Fresh);
        self.tell_turned_off(id, turned_off);
        self.tell_waiting_room_to(now, id);
        self.tell_all_but(id, ServerMessage::ParticipantJoined { participant: told });
        self.keep_seat(now, id);
        let at = self.wall(now);
        self.outputs.push_back(Output::Keep(Change::Used(at)));
        if has_other_secret {
            self.admit_those_who_may(now);
        }
    }

    pub(super) fn take_seat_again(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        resumption: &Resumption,
        key: Option<PublicKey>,
    ) {
        let Resumption { claims, last, media, hand, .. } = resumption;
        let id = claims.participant;
        if let Some(older) = self.seats.connect(id, connection) {
            self.turn_away(older, ErrorCode::SessionTakenOver);
        }
        let Some(seat) = self.seats.get_mut(id) else { return };
        let had_raised = seat.participant().hand.is_some();
        let (was_restored, goes_on) = seat.resume(claims, *last, key);
        match goes_on {
            GoesOn::With(missed) => self.repeat(id, connection, missed),
            GoesOn::Anew => {
                self.tell_joined(now, id, Continuity::Continued);
                self.tell_waiting_room_to(now, id);
            }
        }
        // What the server has forgotten, the client knows.
        let hand = if was_restored { hand.is_on() } else { had_raised };
        self.update_after_absence(now, id, *media, hand);
    }

    fn repeat(
        &mut self,
        id: ParticipantId,
        connection: ConnectionId,
        missed: Vec<(protocol::Sequence, Arc<ServerMessage>)>,
    ) {
        let Some(session) = self.token_of(id) else { return };
        let received = self.seats.get_mut(id).and_then(Seat::news_of_received);
        let message = Arc::new(ServerMessage::Resumed { session });
        self.outputs.push_back(Output::Send { to: connection, seq: None, received, message });
        for (seq, message) in missed {
            self.outputs.push_back(Output::Send { to: connection, seq: Some(seq), received: None, message });
        }
    }

    fn update_after_absence(
        &mut self,
        now: Duration,
        id: ParticipantId,
        media: protocol::MediaState,
        has_raised: bool,
    ) {
        let Some(mut participant) = self.seats.participant(id).cloned() else { return };
        participant.media = media;
        let turned_off = self.turn_off_what_may_not_be(&mut participant);
        if has_raised != participant.hand.is_some() {
            participant.hand = has_raised.then(|| self.next_hand());
        }
        self.seats.change(id, |known| *known = participant);
        self.tell_sfu_media(id);
        self.announce(id);
        self.tell_turned_off(id, turned_off);
        self.keep_seat(now, id);
        self.topology(now, TopologyInput::Review);
    }

    /// Takes a seat away from somebody who comes with another page, or whom their own browser has left behind.
    pub(super) fn vacate(&mut self, now: Duration, id: ParticipantId) {
        let seat = self.remove_seat(now, id, protocol::LeaveReason::Left, None);
        if let Some(older) = seat.and_then(|seat| seat.connection()) {
            self.turn_away(older, ErrorCode::SessionTakenOver);
        }
    }

    fn tell_joined(&mut self, now: Duration, id: ParticipantId, continuity: Continuity) {
        let Some(session) = self.token_of(id) else { return };
        let Some(seat) = self.seats.get(id) else { return };
        let (you, grant) = (seat.participant().clone(), seat.grant().cloned());
        let joined = Joined {
            you,
            session,
            continued: continuity == Continuity::Continued,
            room: self.summary(),
            settings: self.rules.settings().clone(),
            participants: self.participants().filter(|other| other.id != id).cloned().collect(),
            topology: self.topology.current(),
            ice_servers: self.ice_servers.ice_servers(id),
            recording: self.recording.state().cloned(),
            grant,
            running: u32::try_from(self.seats.running(now).as_secs()).unwrap_or(u32::MAX),
        };
        self.tell(id, ServerMessage::Joined(Box::new(joined)));
    }

    fn token_of(&self, id: ParticipantId) -> Option<SessionToken> {
        Some(self.signer.sign(&self.seats.get(id)?.claims()))
    }

    /// Turns off what the rules do not let somebody send, and says what that was.
    pub(super) fn turn_off_what_may_not_be(&self, participant: &mut Participant) -> Vec<Source> {
        let mut turned_off = Vec::new();
        for source in Source::ALL {
            if participant.media.of(source).is_on() && !self.rules.may_send(participant, source) {
                participant.media.turn_off(source);
                turned_off.push(source);
            }
        }
        turned_off
    }

    pub(super) fn tell_turned_off(&mut self, id: ParticipantId, sources: Vec<Source>) {
        for source in sources {
            self.tell(id, ServerMessage::TurnedOff { source });
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Continuity {
    Fresh,
    Continued,
}
