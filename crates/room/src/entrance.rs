//! Coming in: with nothing but the link, with a key, with an earlier session, or by resuming one.

use std::sync::Arc;
use std::time::Duration;

use protocol::{
    ErrorCode, Forbidden, HandNumber, Joined, Participant, ParticipantId, Presence, PublicKey, Role,
    ServerMessage, SessionToken, Source,
};

use crate::rules::refusal;
use crate::seats::{GoesOn, KeyStands, NewSeat, Recognised, Seat};
use crate::topology::TopologyInput;
use crate::{
    Change, ConnectionId, GivenPassword, Output, Pass, Resumption, Room, SessionClaims, Terms, Visitor,
};

/// What somebody brings who was here before.
#[derive(Clone, Copy, Debug, Default)]
struct Belongings {
    role: Role,
    hand: Option<HandNumber>,
    forbidden: Forbidden,
    /// The number of the last token made for them.
    issued: u32,
    /// The number of the last token they have used.
    confirmed: u32,
}

impl Room {
    pub(crate) fn enter(&mut self, now: Duration, connection: ConnectionId, visitor: Visitor) {
        if self.is_blocked(visitor.browser.as_deref()) {
            return self.turn_away(connection, ErrorCode::Blocked);
        }
        let Some(claims) = visitor.earlier.clone() else {
            return self.enter_as_stranger(now, connection, visitor);
        };
        let (issued, confirmed) = (claims.generation, claims.generation);
        // By what they came by their role, where the room knows it; else it is what their token says.
        let (belongings, known) = match self.seats.recognise(&claims) {
            Recognised::Refused => return self.enter_as_stranger(now, connection, visitor),
            // The room may have forgotten that a host took the token's role away, so only what they show now gives one.
            Recognised::Unheard => (Belongings { issued, confirmed, ..Belongings::default() }, None),
            Recognised::Former(former) => {
                let (role, forbidden) = (former.role(), former.forbidden());
                (Belongings { role, forbidden, issued, confirmed, hand: None }, former.into_terms())
            }
            Recognised::Seated => self.vacate(now, &claims),
        };
        let SessionClaims { participant, session, terms, .. } = claims;
        // What they show now counts more than what they showed the first time, unless it gives less: the role goes with what gave it.
        let shows_more = visitor.pass != Pass::Link && role_of(visitor.pass) >= belongings.role;
        let terms = if shows_more { visitor.terms } else { known.unwrap_or(terms) };
        let name = terms.name.clone().unwrap_or(visitor.name);
        let visitor = Visitor { participant, session, terms, name, ..visitor };
        self.enter_again(now, connection, visitor, belongings);
    }

    fn enter_as_stranger(&mut self, now: Duration, connection: ConnectionId, visitor: Visitor) {
        if let Some(code) = self.refusal_of(now, &visitor) {
            self.turn_away(connection, code);
        } else if self.rules.lets_wait(visitor.pass) || self.lacks_secret(&visitor) {
            self.let_wait(now, connection, visitor);
        } else {
            self.admit_stranger(now, connection, visitor);
        }
    }

    /// Why somebody may not come in by what they show.
    pub(crate) fn refusal_of(&self, now: Duration, visitor: &Visitor) -> Option<ErrorCode> {
        if let Some(code) = refusal(self.rules.standing(self.wall(now), role_of(visitor.pass))) {
            return Some(code);
        }
        if self.rules.asks_for_password(visitor.pass) {
            match visitor.password {
                GivenPassword::Missing => return Some(ErrorCode::PasswordNeeded),
                GivenPassword::Wrong => return Some(ErrorCode::PasswordWrong),
                GivenPassword::Right => {}
            }
        }
        self.has_no_place_for(now, visitor.participant, visitor.browser.as_deref())
            .then_some(ErrorCode::RoomFull)
    }

    /// Whoever has been let in once needs neither password nor host again, only a place.
    fn enter_again(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        visitor: Visitor,
        belongings: Belongings,
    ) {
        let role = belongings.role.max(role_of(visitor.pass));
        if self.rules.has_ended(self.wall(now)) {
            self.turn_away(connection, ErrorCode::RoomEnded);
        } else if self.has_no_place_for(now, visitor.participant, visitor.browser.as_deref()) {
            self.turn_away(connection, ErrorCode::RoomFull);
        } else {
            self.admit(now, connection, visitor, Belongings { role, ..belongings });
        }
    }

    pub(crate) fn has_no_place_for(&self, now: Duration, id: ParticipantId, browser: Option<&str>) -> bool {
        self.seats.places_taken(now, id, browser) >= usize::from(self.rules.settings.capacity)
    }

    /// Lets somebody in who waited.
    pub(crate) fn admit_stranger(&mut self, now: Duration, connection: ConnectionId, visitor: Visitor) {
        let role = role_of(visitor.pass);
        self.admit(now, connection, visitor, Belongings { role, ..Belongings::default() });
    }

    fn admit(&mut self, now: Duration, connection: ConnectionId, visitor: Visitor, belongings: Belongings) {
        let secret = self.rules.settings.room_key.clone();
        self.claim(&visitor);
        let has_other_secret = self.rules.settings.room_key != secret;
        let Visitor { participant: id, session, name, media, browser, terms, key, grant, .. } = visitor;
        let Belongings { role, hand, forbidden, issued, confirmed } = belongings;
        let key = self.own_key(now, id, browser.as_deref(), key);
        let mut participant =
            Participant { id, name, role, media, hand, presence: Presence::Here, forbidden, key };
        let turned_off = self.turn_off_what_may_not_be(&mut participant);
        self.seats.add(Seat::new(NewSeat {
            participant: participant.clone(),
            session,
            browser,
            connection,
            issued,
            confirmed,
            terms,
            grant,
        }));
        self.was_used = true;
        self.tell_sfu_media(id);
        self.topology(now, TopologyInput::Review);
        self.tell_joined(id, Continuity::Fresh);
        self.tell_turned_off(id, turned_off);
        self.tell_waiting_room_to(id);
        self.tell_all_but(id, ServerMessage::ParticipantJoined { participant });
        self.keep_seat(now, id);
        let at = self.wall(now);
        self.outputs.push_back(Output::Keep(Change::Used(at)));
        if has_other_secret {
            self.admit_those_who_may(now);
        }
    }

    pub(crate) fn resume(&mut self, now: Duration, connection: ConnectionId, resumption: &Resumption) {
        if self.is_blocked(resumption.browser.as_deref()) {
            return self.turn_away(connection, ErrorCode::Blocked);
        }
        if self.rules.has_ended(self.wall(now)) {
            return self.turn_away(connection, ErrorCode::RoomEnded);
        }
        match self.seats.recognise(&resumption.claims) {
            Recognised::Seated => self.take_seat_again(now, connection, resumption),
            // Whoever was away for too long comes in as anybody with an earlier session; but that needs a name, which is
            // in the client's next message, a join.
            Recognised::Former(_) | Recognised::Unheard | Recognised::Refused => {
                self.turn_away(connection, ErrorCode::SessionUnknown);
            }
        }
    }

    fn take_seat_again(&mut self, now: Duration, connection: ConnectionId, resumption: &Resumption) {
        let Resumption { claims, last, media, hand, key, .. } = resumption;
        let id = claims.participant;
        if let Some(older) = self.seats.connect(id, connection) {
            self.turn_away(older, ErrorCode::SessionTakenOver);
        }
        let key = self.own_key(now, id, resumption.browser.as_deref(), key.clone());
        let Some(seat) = self.seats.get_mut(id) else { return };
        let had_raised = seat.participant().hand.is_some();
        let (was_restored, goes_on) = seat.resume(claims, *last, key);
        match goes_on {
            GoesOn::With(missed) => self.repeat(id, connection, missed),
            GoesOn::Anew => {
                self.tell_joined(id, Continuity::Continued);
                self.tell_waiting_room_to(id);
            }
        }
        // What the server has forgotten, the client knows.
        let hand = if was_restored { hand.is_on() } else { had_raised };
        self.update_after_absence(now, id, *media, hand);
    }

    /// A public key, unless it is somebody else's: pages take what two say with one key for neither's. Who comes anew with the browser
    /// of a seat that nobody sits on any more is the one who had it.
    fn own_key(
        &mut self,
        now: Duration,
        id: ParticipantId,
        browser: Option<&str>,
        key: Option<PublicKey>,
    ) -> Option<PublicKey> {
        let key = key?;
        let mut ghosts = Vec::new();
        for (other, of_browser, stands) in self.seats.others_with_key(id, &key) {
            if stands == KeyStands::Here || browser.is_none() || of_browser != browser {
                return None;
            }
            ghosts.extend((stands == KeyStands::Away).then_some(other));
        }
        for ghost in ghosts {
            self.remove_seat(now, ghost, protocol::LeaveReason::Left, None);
        }
        Some(key)
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
    }

    /// Ends the other page of somebody who joins with the session of a page that is still open.
    fn vacate(&mut self, now: Duration, claims: &SessionClaims) -> (Belongings, Option<Terms>) {
        let seat = self.remove_seat(now, claims.participant, protocol::LeaveReason::Left, None);
        let Some(seat) = seat else { return (Belongings::default(), None) };
        if let Some(older) = seat.connection() {
            self.turn_away(older, ErrorCode::SessionTakenOver);
        }
        let Participant { role, hand, forbidden, .. } = *seat.participant();
        let (issued, confirmed) = seat.generations();
        let issued = issued.max(claims.generation);
        (Belongings { role, hand, forbidden, issued, confirmed }, seat.terms().cloned())
    }

    fn tell_joined(&mut self, id: ParticipantId, continuity: Continuity) {
        let Some(session) = self.token_of(id) else { return };
        let Some(seat) = self.seats.get(id) else { return };
        let (you, grant) = (seat.participant().clone(), seat.grant().cloned());
        let joined = Joined {
            you,
            session,
            continued: continuity == Continuity::Continued,
            room: self.summary(),
            settings: self.rules.settings.clone(),
            participants: self.participants().filter(|other| other.id != id).cloned().collect(),
            topology: self.topology.current(),
            ice_servers: self.ice_servers.ice_servers(id),
            grant,
        };
        self.tell(id, ServerMessage::Joined(Box::new(joined)));
    }

    fn token_of(&self, id: ParticipantId) -> Option<SessionToken> {
        Some(self.signer.sign(&self.seats.get(id)?.claims()))
    }

    /// Turns off what the rules do not let somebody send, and says what that was.
    pub(crate) fn turn_off_what_may_not_be(&self, participant: &mut Participant) -> Vec<Source> {
        let mut turned_off = Vec::new();
        for source in [Source::Microphone, Source::Camera, Source::Screen] {
            if participant.media.of(source).is_on() && !self.rules.may_send(participant, source) {
                participant.media.turn_off(source);
                turned_off.push(source);
            }
        }
        turned_off
    }

    pub(crate) fn tell_turned_off(&mut self, id: ParticipantId, sources: Vec<Source>) {
        for source in sources {
            self.tell(id, ServerMessage::TurnedOff { source });
        }
    }

    fn is_blocked(&self, browser: Option<&str>) -> bool {
        browser.is_some_and(|browser| self.blocked.contains(browser))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Continuity {
    Fresh,
    Continued,
}

fn role_of(pass: Pass) -> Role {
    match pass {
        Pass::Link => Role::Guest,
        Pass::Key(role) => role,
    }
}
