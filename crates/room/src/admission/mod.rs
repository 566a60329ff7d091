//! Admission: who comes in, who waits, who is turned away.
//!
//! ```text
//!                        may come in: a key, or an open door ─────────────────────────┐
//!   enter ──▶ stranger ──┤ waits: waiting room, or another secret ──▶ Waiting ── let in ──▶ admitted
//!         │              └ may not: turned away                          └── refused: turned away
//!         └─▶ with an earlier session: no password, no waiting, only a place ────────▶ admitted
//! ```

mod secret;
mod view;
mod waiting_room;

use std::collections::HashSet;
use std::time::Duration;

use protocol::limits::MAX_WAITING;
use protocol::{
    CloseCode, ErrorCode, Forbidden, HandNumber, MessageId, ParticipantId, ProtocolError, PublicKey, Role,
    RoomKeyGrant, RoomKeyId, RoomKeyOrigin, RoomMessage, ServerMessage, WaitingPerson,
};

use crate::effects::Effects;
use crate::seats::{KeyStands, Recognised, Seats};
use crate::{
    ConnectionId, CredentialClaims, Departure, Resumption, SessionClaims, VerifiedCredential, Visitor,
};
use waiting_room::WaitingRoom;

pub(crate) use view::AdmissionView;

/// What may happen to it. What moderators decide about those who wait may be refused, and has a function of its own,
/// [`AdmissionMachine::decide`].
#[derive(Debug)]
pub(crate) enum AdmissionInput {
    /// A connection asks to enter.
    Enter { connection: ConnectionId, visitor: Box<Visitor> },
    /// A connection takes the place of one that broke.
    Resume { connection: ConnectionId, resumption: Box<Resumption> },
    /// A message from somebody who waits.
    Message { connection: ConnectionId, id: Option<MessageId>, message: Box<RoomMessage> },
    /// A connection of somebody who waits is gone.
    Disconnect { connection: ConnectionId, departure: Departure },
    /// There is another password.
    PasswordChanged,
    /// A browser may not enter any more.
    Block { browser: String },
    /// Credentials were taken back.
    Revoke { credentials: Vec<String> },
    /// The room ends.
    End { code: ErrorCode },
    /// Another server has the room now.
    Move,
    /// Who is inside has changed.
    Review,
}

/// What a moderator decides about those who wait.
#[derive(Debug)]
pub(crate) enum Decision {
    /// To let somebody in, with the room's secret where they need it.
    Admit { id: ParticipantId, grant: Option<RoomKeyGrant> },
    /// To turn somebody away.
    Refuse { id: ParticipantId },
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum AdmissionEffect {
    /// Seat somebody.
    Admit(Box<Admitted>),
    /// Give somebody their seat again.
    Resume { connection: ConnectionId, resumption: Box<Resumption>, key: Option<PublicKey> },
    /// Take a seat away from somebody who comes with another page, or whom their own browser has left behind.
    Vacate(ParticipantId),
    /// Tell a connection why it is closed, and close it.
    TurnAway { connection: ConnectionId, code: ErrorCode },
    /// Close a connection.
    Close { connection: ConnectionId, code: CloseCode },
    /// Tell somebody who waits.
    Tell { connection: ConnectionId, message: ServerMessage },
    /// Tell those who moderate who waits.
    TellModerators(Vec<WaitingPerson>),
}

/// Somebody who is let in.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) connection: ConnectionId,
    pub(crate) visitor: Visitor,
    pub(crate) prior: PriorSession,
    /// Their public key, when it is nobody else's.
    pub(crate) key: Option<PublicKey>,
    /// The secret that the room has from now on, and how it came.
    pub(crate) claimed: Option<(RoomKeyId, RoomKeyOrigin)>,
}

/// What somebody keeps who was here before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PriorSession {
    pub(crate) role: Role,
    pub(crate) hand: Option<HandNumber>,
    pub(crate) forbidden: Forbidden,
    /// The number of the last token made for them.
    pub(crate) issued: u32,
    /// The number of the last token they have used.
    pub(crate) confirmed: u32,
}

/// The machine: the waiting room, and browsers that may not enter.
#[derive(Debug)]
pub(crate) struct AdmissionMachine {
    waiting: WaitingRoom,
    blocked: HashSet<String>,
    /// Whether those who wait were told that a host is inside.
    told_of_host: bool,
    effects: Effects<AdmissionEffect>,
}

impl AdmissionMachine {
    pub(crate) fn new(blocked: Vec<String>) -> Self {
        Self {
            waiting: WaitingRoom::default(),
            blocked: blocked.into_iter().collect(),
            told_of_host: false,
            effects: Effects::default(),
        }
    }

    pub(crate) fn handle_input(&mut self, now: Duration, input: AdmissionInput, view: &AdmissionView<'_>) {
        match input {
            AdmissionInput::Enter { connection, visitor } => self.enter(now, connection, *visitor, view),
            AdmissionInput::Resume { connection, resumption } => self.resume(connection, resumption, view),
            AdmissionInput::Message { connection, id, message } => {
                self.message(now, connection, id, &message, view);
            }
            AdmissionInput::Disconnect { connection, departure } => {
                if self.waiting.drop_connection(now, connection, departure) {
                    self.tell_moderators(view);
                }
            }
            AdmissionInput::PasswordChanged => self.waiting.forget_passwords(),
            AdmissionInput::Block { browser } => self.block(browser, view),
            AdmissionInput::Revoke { credentials } => self.revoke(&credentials, view),
            AdmissionInput::End { code } => {
                for connection in self.waiting.take_all() {
                    self.turn_away(connection, code);
                }
            }
            AdmissionInput::Move => {
                let close = |connection| AdmissionEffect::Close { connection, code: CloseCode::MOVED };
                self.effects.extend(self.waiting.take_all().into_iter().map(close));
            }
            AdmissionInput::Review => self.review_hosts(view),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<AdmissionEffect> {
        self.effects.pop_front()
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether somebody waits at the other end of a connection.
    pub(crate) fn contains(&self, connection: ConnectionId) -> bool {
        self.waiting.contains(connection)
    }

    /// Who waits.
    pub(crate) fn people(&self, view: &AdmissionView<'_>) -> Vec<WaitingPerson> {
        self.waiting.list(view.rules.settings())
    }

    /// Those who could come in by what they have shown, as things are now.
    pub(crate) fn who_may_enter(&self, now: Duration, view: &AdmissionView<'_>) -> Vec<ParticipantId> {
        let may = |visitor: &&Visitor| {
            !view.rules.lets_wait(visitor.verified)
                && !view.lacks_secret(visitor)
                && view.refusal_of(now, visitor).is_none()
        };
        let visitors = self.waiting.iter().map(|(_, visitor)| visitor);
        visitors.filter(may).map(|visitor| visitor.participant).collect()
    }

    /// Does what a moderator decides. An error when there is no such person, or no place for them, who then waits on.
    pub(crate) fn decide(
        &mut self,
        now: Duration,
        decision: Decision,
        view: &AdmissionView<'_>,
    ) -> Result<(), ErrorCode> {
        match decision {
            Decision::Admit { id, grant } => {
                let visitor = self.waiting.find(id).ok_or(ErrorCode::ParticipantUnknown)?;
                if view.is_full_for(now, id, visitor.browser.as_deref()) {
                    return Err(ErrorCode::RoomFull);
                }
                let (connection, visitor) = self.waiting.take(id).ok_or(ErrorCode::ParticipantUnknown)?;
                self.admit_stranger(connection, Visitor { grant, ..visitor }, view);
            }
            Decision::Refuse { id } => {
                let (connection, _) = self.waiting.take(id).ok_or(ErrorCode::ParticipantUnknown)?;
                self.turn_away(connection, ErrorCode::NotAdmitted);
            }
        }
        self.tell_moderators(view);
        Ok(())
    }

    fn enter(&mut self, now: Duration, connection: ConnectionId, visitor: Visitor, view: &AdmissionView<'_>) {
        if self.is_blocked(visitor.browser.as_deref()) {
            return self.turn_away(connection, ErrorCode::Blocked);
        }
        let Some(claims) = visitor.earlier.clone() else {
            return self.enter_as_stranger(now, connection, visitor, view);
        };
        let Some((prior, known)) = prior_session(&claims, view.seats) else {
            return self.enter_as_stranger(now, connection, visitor, view);
        };
        let SessionClaims { participant, session, credential_claims, .. } = claims;
        if view.seats.contains(participant) {
            self.effects.push_back(AdmissionEffect::Vacate(participant));
        }
        // What they show now counts more than what they showed the first time, unless it gives less: the role goes with what gave it.
        let shows_more =
            visitor.verified != VerifiedCredential::Link && visitor.verified.role() >= prior.role;
        let credential_claims =
            if shows_more { visitor.credential_claims } else { known.unwrap_or(credential_claims) };
        let name = credential_claims.name.clone().unwrap_or(visitor.name);
        let visitor = Visitor { participant, session, credential_claims, name, ..visitor };
        self.enter_again(now, connection, visitor, prior, view);
    }

    /// Whoever has been let in once needs neither password nor host again, only a place.
    fn enter_again(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        visitor: Visitor,
        prior: PriorSession,
        view: &AdmissionView<'_>,
    ) {
        let role = prior.role.max(visitor.verified.role());
        if view.rules.has_ended(view.wall) {
            self.turn_away(connection, ErrorCode::RoomEnded);
        } else if view.is_full_for(now, visitor.participant, visitor.browser.as_deref()) {
            self.turn_away(connection, ErrorCode::RoomFull);
        } else {
            self.admit(connection, visitor, PriorSession { role, ..prior }, view);
        }
    }

    fn enter_as_stranger(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        visitor: Visitor,
        view: &AdmissionView<'_>,
    ) {
        if let Some(code) = view.refusal_of(now, &visitor) {
            self.turn_away(connection, code);
        } else if view.rules.lets_wait(visitor.verified) || view.lacks_secret(&visitor) {
            self.let_wait(now, connection, visitor, view);
        } else {
            self.admit_stranger(connection, visitor, view);
        }
    }

    fn admit_stranger(&mut self, connection: ConnectionId, visitor: Visitor, view: &AdmissionView<'_>) {
        let role = visitor.verified.role();
        self.admit(connection, visitor, PriorSession { role, ..PriorSession::default() }, view);
    }

    fn admit(
        &mut self,
        connection: ConnectionId,
        mut visitor: Visitor,
        prior: PriorSession,
        view: &AdmissionView<'_>,
    ) {
        let is_empty = view.is_empty_but_for(visitor.participant);
        let claimed = secret::claimed(&visitor, view.rules.settings(), is_empty);
        let key = visitor.key.take();
        let key = self.own_key(visitor.participant, visitor.browser.as_deref(), key, view);
        let admitted = Admitted { connection, visitor, prior, key, claimed };
        self.effects.push_back(AdmissionEffect::Admit(Box::new(admitted)));
    }

    fn resume(&mut self, connection: ConnectionId, resumption: Box<Resumption>, view: &AdmissionView<'_>) {
        if self.is_blocked(resumption.browser.as_deref()) {
            return self.turn_away(connection, ErrorCode::Blocked);
        }
        if view.rules.has_ended(view.wall) {
            return self.turn_away(connection, ErrorCode::RoomEnded);
        }
        match view.seats.recognise(&resumption.claims) {
            Recognised::Seated => {
                let Resumption { claims, browser, key, .. } = &*resumption;
                let key = self.own_key(claims.participant, browser.as_deref(), key.clone(), view);
                self.effects.push_back(AdmissionEffect::Resume { connection, resumption, key });
            }
            // Whoever was away for too long comes in as anybody with an earlier session; but that needs a name, which is
            // in the client's next message, a join.
            Recognised::Former(_) | Recognised::Unheard | Recognised::Refused => {
                self.turn_away(connection, ErrorCode::SessionUnknown);
            }
        }
    }

    /// A public key, unless it is somebody else's: pages take what two say with one key for neither's. Who comes anew with the browser
    /// of a seat that nobody sits on any more is the one who had it.
    fn own_key(
        &mut self,
        id: ParticipantId,
        browser: Option<&str>,
        key: Option<PublicKey>,
        view: &AdmissionView<'_>,
    ) -> Option<PublicKey> {
        let key = key?;
        let mut left_behind = Vec::new();
        for (other, of_browser, stands) in view.seats.others_with_key(id, &key) {
            if stands == KeyStands::Here || browser.is_none() || of_browser != browser {
                return None;
            }
            left_behind.extend((stands == KeyStands::Away).then_some(AdmissionEffect::Vacate(other)));
        }
        self.effects.extend(left_behind);
        Some(key)
    }

    fn let_wait(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        visitor: Visitor,
        view: &AdmissionView<'_>,
    ) {
        if self.waiting.len() >= MAX_WAITING && !self.waiting.is_known(&visitor) {
            let Some(last) = self.waiting.make_room_for(&visitor) else {
                return self.turn_away(connection, ErrorCode::RoomFull);
            };
            self.turn_away(last, ErrorCode::RoomFull);
        }
        let lacks_secret = view.lacks_secret(&visitor);
        if let Some(older) = self.waiting.add(now, connection, visitor) {
            self.turn_away(older, ErrorCode::SessionTakenOver);
        }
        let host_inside = view.is_host_inside();
        if self.waiting.len() == 1 {
            self.told_of_host = host_inside;
        }
        let message = ServerMessage::Waiting { room: view.summary(), lacks_secret, host_inside };
        self.effects.push_back(AdmissionEffect::Tell { connection, message });
        self.tell_moderators(view);
    }

    /// Tells those who wait when there is somebody now who can let them in, or nobody any more.
    fn review_hosts(&mut self, view: &AdmissionView<'_>) {
        if self.waiting.is_empty() {
            return;
        }
        let host_inside = view.is_host_inside();
        if self.told_of_host == host_inside {
            return;
        }
        self.told_of_host = host_inside;
        let room = view.summary();
        for (connection, visitor) in self.waiting.iter() {
            let lacks_secret = view.lacks_secret(visitor);
            let message = ServerMessage::Waiting { room: room.clone(), lacks_secret, host_inside };
            self.effects.push_back(AdmissionEffect::Tell { connection, message });
        }
    }

    fn message(
        &mut self,
        now: Duration,
        connection: ConnectionId,
        id: Option<MessageId>,
        message: &RoomMessage,
        view: &AdmissionView<'_>,
    ) {
        let answer = if matches!(message, RoomMessage::Leave) {
            self.waiting.drop_connection(now, connection, Departure::Closed);
            self.effects.push_back(AdmissionEffect::Close { connection, code: CloseCode::NORMAL });
            return self.tell_moderators(view);
        } else if matches!(message, RoomMessage::Ping) {
            ServerMessage::Pong
        } else {
            ServerMessage::Error(ProtocolError::new(ErrorCode::NotAllowed, id))
        };
        self.effects.push_back(AdmissionEffect::Tell { connection, message: answer });
    }

    fn block(&mut self, browser: String, view: &AdmissionView<'_>) {
        for connection in self.waiting.take_those_with(&browser) {
            self.turn_away(connection, ErrorCode::Blocked);
        }
        self.blocked.insert(browser);
        self.tell_moderators(view);
    }

    fn revoke(&mut self, credentials: &[String], view: &AdmissionView<'_>) {
        for connection in
            self.waiting.take_those(|visitor| is_by_one(&visitor.credential_claims, credentials))
        {
            self.turn_away(connection, ErrorCode::CredentialRefused);
        }
        self.tell_moderators(view);
    }

    fn tell_moderators(&mut self, view: &AdmissionView<'_>) {
        self.effects.push_back(AdmissionEffect::TellModerators(self.people(view)));
    }

    fn turn_away(&mut self, connection: ConnectionId, code: ErrorCode) {
        self.effects.push_back(AdmissionEffect::TurnAway { connection, code });
    }

    fn is_blocked(&self, browser: Option<&str>) -> bool {
        browser.is_some_and(|browser| self.blocked.contains(browser))
    }
}

/// What somebody keeps of the stay that their token tells of, and by what they came by their role, where the room knows that. `None` when the token
/// counts for nothing.
fn prior_session(claims: &SessionClaims, seats: &Seats) -> Option<(PriorSession, Option<CredentialClaims>)> {
    let (issued, confirmed) = (claims.generation, claims.generation);
    match seats.recognise(claims) {
        Recognised::Refused => None,
        // The room may have forgotten that a host took the token's role away, so only what they show now gives one.
        Recognised::Unheard => Some((PriorSession { issued, confirmed, ..PriorSession::default() }, None)),
        Recognised::Former(former) => {
            let (role, forbidden) = (former.role(), former.forbidden());
            let prior = PriorSession { role, forbidden, issued, confirmed, hand: None };
            Some((prior, former.into_terms()))
        }
        Recognised::Seated => {
            let seat = seats.get(claims.participant)?;
            let protocol::Participant { role, hand, forbidden, .. } = *seat.participant();
            let (issued, confirmed) = seat.generations();
            let issued = issued.max(claims.generation);
            Some((
                PriorSession { role, hand, forbidden, issued, confirmed },
                seat.credential_claims().cloned(),
            ))
        }
    }
}

/// Whether somebody came with one of these credentials.
pub(crate) fn is_by_one(credential_claims: &CredentialClaims, credentials: &[String]) -> bool {
    credential_claims.credential.as_ref().is_some_and(|id| credentials.contains(id))
}
