//! What hosts and co-hosts may do, and to whom.

use std::time::Duration;

use protocol::limits::{MODERATION_BURST, MODERATION_PER_SECOND, SETTINGS_BURST, SETTINGS_PER_SECOND};
use protocol::{
    ErrorCode, MessageId, Moderation, Participant, ParticipantId, Right, Role, RoomSettings,
    RoomSettingsPatch, ServerMessage, Source, Switch,
};

use crate::admission::{AdmissionInput, Decision, is_by_one};
use crate::rules::Rules;
use crate::seats::Seat;
use crate::topology::TopologyInput;
use crate::{Change, Output, Room};

/// What somebody outside may do to a participant, whose right to do so the driver has checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decree {
    /// Turn off what they send.
    TurnOff(Source),
    /// Remove them.
    Remove,
}

impl Room {
    pub(crate) fn moderate(
        &mut self,
        now: Duration,
        from: ParticipantId,
        id: Option<MessageId>,
        moderation: Moderation,
    ) {
        let role = self.seats.participant(from).map(|participant| participant.role);
        let decided = match role.filter(|role| role.moderates()) {
            None => Err(ErrorCode::NotAllowed),
            Some(_) if !self.moderation_rates.allows(now, from, MODERATION_BURST, MODERATION_PER_SECOND) => {
                Err(ErrorCode::RateLimited)
            }
            Some(role) => Ok(role),
        };
        let decided = decided.and_then(|role| self.decide(now, from, role, id, moderation));
        match decided {
            Ok(action) => {
                let at = self.wall(now);
                self.outputs.push_back(Output::Keep(Change::Done { at, by: from, action }));
            }
            Err(code) => self.refuse(from, code, id),
        }
    }

    /// Carries out a decision and says what was done, for the record.
    fn decide(
        &mut self,
        now: Duration,
        from: ParticipantId,
        role: Role,
        in_reply_to: Option<MessageId>,
        moderation: Moderation,
    ) -> Result<&'static str, ErrorCode> {
        match moderation {
            Moderation::Admit { id, letter } => {
                let grant = self.grant(from, letter);
                let decision = Decision::Admit { id, grant };
                self.decide_admission(now, decision).map(|()| "participant.admitted")
            }
            Moderation::AdmitAll => self.admit_all(now).map(|()| "participant.admitted"),
            Moderation::Refuse { id } => {
                self.decide_admission(now, Decision::Refuse { id }).map(|()| "participant.refused")
            }
            Moderation::TurnOff { id, source } => {
                self.target(role, id)?;
                self.turn_off(id, source);
                Ok("media.turned_off")
            }
            Moderation::TurnOffAll { source } => Ok(self.turn_off_all(role, source)),
            Moderation::AskToTurnOn { id, source } => {
                let target = self.target(role, id)?;
                if !self.rules.may_send(&target, source) {
                    return Err(ErrorCode::NotAllowed);
                }
                self.tell(id, ServerMessage::AskedToTurnOn { source });
                Ok("media.asked_for")
            }
            Moderation::Forbid { id, right, forbidden } => {
                self.target(role, id)?;
                Ok(self.forbid(now, id, right, forbidden))
            }
            Moderation::LowerHand { id } => {
                self.seats.participant(id).ok_or(ErrorCode::ParticipantUnknown)?;
                self.set_hand(now, id, Switch::Off);
                Ok("hand.lowered")
            }
            Moderation::LowerAllHands => {
                let raised = self.participants().filter(|other| other.hand.is_some()).map(|other| other.id);
                for id in raised.collect::<Vec<_>>() {
                    self.set_hand(now, id, Switch::Off);
                }
                Ok("hand.lowered")
            }
            Moderation::SetRole { id, role: wanted } => self.set_role(now, role, id, wanted),
            Moderation::Remove { id } => {
                self.present_or_former(role, id)?;
                self.put_out(now, id, ErrorCode::Removed);
                Ok("participant.removed")
            }
            Moderation::Block { id } => {
                self.present_or_former(role, id)?;
                self.block(now, from, role, id)?;
                Ok("participant.blocked")
            }
            Moderation::ChangeSettings { patch } => self.want_settings(now, from, role, in_reply_to, patch),
            Moderation::End => self.want_end(now, from, role, in_reply_to),
        }
    }

    /// Lets everybody in for whom there is a place, and who needs nothing that a host would have to give them.
    fn admit_all(&mut self, now: Duration) -> Result<(), ErrorCode> {
        for person in self.waiting_people(now).into_iter().filter(|person| !person.lacks_secret) {
            self.decide_admission(now, Decision::Admit { id: person.id, grant: None })?;
        }
        Ok(())
    }

    /// Somebody about whom a role may decide.
    fn target(&self, role: Role, id: ParticipantId) -> Result<Participant, ErrorCode> {
        let target = self.seats.participant(id).ok_or(ErrorCode::ParticipantUnknown)?;
        if role.outranks(target.role) { Ok(target.clone()) } else { Err(ErrorCode::NotAllowed) }
    }

    /// The same, or somebody whom the server has lost and others may still see and hear.
    fn present_or_former(&self, role: Role, id: ParticipantId) -> Result<(), ErrorCode> {
        match self.seats.former(id) {
            Some(former) if role.outranks(former.role()) => Ok(()),
            Some(_) => Err(ErrorCode::NotAllowed),
            None => self.target(role, id).map(|_| ()),
        }
    }

    fn turn_off(&mut self, id: ParticipantId, source: Source) {
        if self.seats.participant(id).is_some_and(|participant| participant.media.of(source).is_on()) {
            self.seats.change(id, |participant| participant.media.turn_off(source));
            self.tell(id, ServerMessage::TurnedOff { source });
            self.tell_sfu_media(id);
            self.announce(id);
        }
    }

    fn turn_off_all(&mut self, role: Role, source: Source) -> &'static str {
        let lower = self.participants().filter(|other| role.outranks(other.role)).map(|other| other.id);
        for id in lower.collect::<Vec<_>>() {
            self.turn_off(id, source);
        }
        "media.turned_off"
    }

    fn forbid(&mut self, now: Duration, id: ParticipantId, right: Right, forbidden: Switch) -> &'static str {
        self.seats.change(id, |participant| participant.forbidden.set(right, forbidden));
        if let Some(source) = source_of(right).filter(|_| forbidden.is_on()) {
            self.turn_off(id, source);
        }
        self.announce(id);
        self.keep_seat(now, id);
        if forbidden.is_on() { "right.forbidden" } else { "right.allowed" }
    }

    fn set_role(
        &mut self,
        now: Duration,
        role: Role,
        id: ParticipantId,
        wanted: Role,
    ) -> Result<&'static str, ErrorCode> {
        if role != Role::Host {
            return Err(ErrorCode::NotAllowed);
        }
        self.target(role, id)?;
        let mut changed = self.seats.participant(id).cloned().ok_or(ErrorCode::ParticipantUnknown)?;
        changed.role = wanted;
        let turned_off = self.turn_off_what_may_not_be(&mut changed);
        self.seats.change(id, |participant| *participant = changed);
        self.tell_turned_off(id, turned_off);
        self.announce(id);
        self.keep_seat(now, id);
        self.tell_waiting_room_to(now, id);
        Ok("role.changed")
    }

    /// Removes somebody, and whoever else of no higher rank is here with the same browser, which may not come again. Not
    /// one's own.
    fn block(
        &mut self,
        now: Duration,
        from: ParticipantId,
        role: Role,
        id: ParticipantId,
    ) -> Result<(), ErrorCode> {
        let Some(browser) = self.seats.browser_of(id).map(str::to_owned) else {
            self.put_out(now, id, ErrorCode::Blocked);
            return Ok(());
        };
        if self.seats.browser_of(from) == Some(&*browser) {
            return Err(ErrorCode::NotAllowed);
        }
        // The browser of a host who was here as a guest before is a host's.
        if self.seats.roles_with(&browser).any(|other| !role.outranks(other)) {
            return Err(ErrorCode::NotAllowed);
        }
        self.put_out(now, id, ErrorCode::Blocked);
        let of_it =
            |seat: &&Seat| seat.browser() == Some(&*browser) && role.outranks(seat.participant().role);
        let others: Vec<_> = self.seats.iter().filter(of_it).map(|seat| seat.participant().id).collect();
        for other in others {
            self.put_out(now, other, ErrorCode::Blocked);
        }
        self.admission(now, AdmissionInput::Block { browser: browser.clone() });
        self.outputs.push_back(Output::Keep(Change::Blocked(browser)));
        Ok(())
    }

    /// Removes somebody and says why; also somebody who has no seat any more, so that nobody stays connected to them.
    fn put_out(&mut self, now: Duration, id: ParticipantId, code: ErrorCode) {
        if !self.seats.contains(id) {
            return self.expel_former(now, id);
        }
        if let Some(connection) = self.expel(now, id).and_then(|seat| seat.connection()) {
            self.turn_away(connection, code);
        }
    }

    fn want_settings(
        &mut self,
        now: Duration,
        participant: ParticipantId,
        role: Role,
        in_reply_to: Option<MessageId>,
        patch: Box<RoomSettingsPatch>,
    ) -> Result<&'static str, ErrorCode> {
        if role != Role::Host && !patch.is_only_the_lock() {
            return Err(ErrorCode::NotAllowed);
        }
        patch.apply(self.rules.settings()).map_err(|_| ErrorCode::SettingsInvalid)?;
        // Whoever wants to end it for everybody says that.
        if patch.ends_at.flatten().is_some_and(|end| end <= self.wall(now)) {
            return Err(ErrorCode::SettingsInvalid);
        }
        if !self.settings_rate.allows(now, SETTINGS_BURST, SETTINGS_PER_SECOND) {
            return Err(ErrorCode::SettingsTooFast);
        }
        self.outputs.push_back(Output::ChangeSettings { participant, in_reply_to, patch });
        Ok("settings.changed")
    }

    fn want_end(
        &mut self,
        now: Duration,
        from: ParticipantId,
        role: Role,
        in_reply_to: Option<MessageId>,
    ) -> Result<&'static str, ErrorCode> {
        if role != Role::Host {
            return Err(ErrorCode::NotAllowed);
        }
        let end = self.wall(now);
        let starts_later = self.rules.settings().starts_at.is_some_and(|start| start >= end);
        let patch = Box::new(RoomSettingsPatch {
            ends_at: Some(Some(end)),
            starts_at: starts_later.then_some(None),
            ..RoomSettingsPatch::default()
        });
        self.outputs.push_back(Output::ChangeSettings { participant: from, in_reply_to, patch });
        Ok("room.ended")
    }

    pub(crate) fn settings_changed(&mut self, now: Duration, settings: RoomSettings, password: bool) {
        let opened = self.rules.settings().waiting_room.is_on() && !settings.waiting_room.is_on();
        self.rules = Rules::new(settings.clone(), password);
        if self.rules.has_ended(self.wall(now)) {
            return self.end_for_all(now, ErrorCode::RoomEnded);
        }
        self.tell_all(ServerMessage::RoomUpdated { settings, password });
        if opened {
            self.admit_those_who_may(now);
        }
        for source in [Source::Microphone, Source::Screen] {
            let denied = self.participants().filter(|other| !self.rules.may_send(other, source));
            for id in denied.map(|other| other.id).collect::<Vec<_>>() {
                self.turn_off(id, source);
            }
        }
        self.topology(now, TopologyInput::Review);
    }

    pub(crate) fn decree(&mut self, now: Duration, id: ParticipantId, decree: Decree) {
        match decree {
            Decree::TurnOff(source) => self.turn_off(id, source),
            Decree::Remove => self.put_out(now, id, ErrorCode::Removed),
        }
    }

    /// Ends the stay of everybody who came with one of these credentials, inside and at the door.
    pub(crate) fn revoke(&mut self, now: Duration, credentials: Vec<String>) {
        let is_one = |terms: &crate::Terms| is_by_one(terms, &credentials);
        let bearers = self.seats.iter().filter(|seat| seat.terms().is_some_and(is_one));
        let bearers = bearers.map(|seat| seat.participant().id);
        for id in bearers.collect::<Vec<_>>() {
            self.put_out(now, id, ErrorCode::CredentialRefused);
        }
        self.seats.demote_former(is_one);
        self.admission(now, AdmissionInput::Revoke { credentials });
    }

    /// Closes every socket for the same reason.
    pub(crate) fn end_for_all(&mut self, now: Duration, code: ErrorCode) {
        self.admission(now, AdmissionInput::End { code });
        for id in self.participants().map(|participant| participant.id).collect::<Vec<_>>() {
            let seat = self.remove_seat(now, id, protocol::LeaveReason::Left, None);
            if let Some(connection) = seat.and_then(|seat| seat.connection()) {
                self.turn_away(connection, code);
            }
        }
    }
}

fn source_of(right: Right) -> Option<Source> {
    match right {
        Right::Microphone => Some(Source::Microphone),
        Right::Camera => Some(Source::Camera),
        Right::Screen => Some(Source::Screen),
        Right::Chat => None,
    }
}
