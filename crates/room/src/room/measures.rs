//! Measures: what moderators, programs and the rules do to people, carried out.

use std::time::Duration;

use protocol::{
    CloseCode, ErrorCode, Participant, ParticipantId, Right, Role, RoomEncryption, RoomSettings,
    ServerMessage, Source, Switch,
};

use super::Room;
use crate::admission::{AdmissionInput, Decision, is_by_one};
use crate::moderation::{ModerationEffect, ModerationInput, ModerationView};
use crate::recording::RecordingInput;
use crate::rules::Rules;
use crate::seats::Seat;
use crate::topology::TopologyInput;
use crate::{AdminAction, Change, Output};

impl Room {
    pub(super) fn moderate(&mut self, now: Duration, input: ModerationInput) {
        let view = ModerationView::new(&self.seats, &self.rules, self.wall(now));
        self.moderation.handle_input(now, input, &view);
        while let Some(effect) = self.moderation.poll_output() {
            self.carry_out_moderation(now, effect);
        }
    }

    fn carry_out_moderation(&mut self, now: Duration, effect: ModerationEffect) {
        match effect {
            ModerationEffect::Done { by, action } => self.record(now, by, action),
            ModerationEffect::Refuse { to, code, in_reply_to } => self.refuse(to, code, in_reply_to),
            ModerationEffect::Admission { by, in_reply_to, decision, action } => {
                match self.decide_admission(now, decision) {
                    Ok(()) => self.record(now, by, action),
                    Err(code) => self.refuse(by, code, in_reply_to),
                }
            }
            ModerationEffect::AdmitAll { by, in_reply_to, action } => match self.admit_all(now) {
                Ok(true) => self.record(now, by, action),
                Ok(false) => {}
                Err(code) => self.refuse(by, code, in_reply_to),
            },
            ModerationEffect::TurnOff { id, source } => self.turn_off(id, source),
            ModerationEffect::AskToTurnOn { id, source } => {
                self.tell(id, ServerMessage::AskedToTurnOn { source });
            }
            ModerationEffect::Forbid { id, right, forbidden } => self.forbid(now, id, right, forbidden),
            ModerationEffect::LowerHand { id } => self.set_hand(now, id, Switch::Off),
            ModerationEffect::SetRole { id, role } => self.set_role(now, id, role),
            ModerationEffect::Remove { id, code } => self.put_out(now, id, code),
            ModerationEffect::Block { browser } => {
                self.admission(now, AdmissionInput::Block { browser: browser.clone() });
                self.outputs.push_back(Output::Keep(Change::Blocked(browser)));
            }
            ModerationEffect::ChangeSettings { by: participant, in_reply_to, patch, action } => {
                let action = Some(action);
                self.outputs.push_back(Output::ChangeSettings { participant, in_reply_to, patch, action });
            }
        }
    }

    pub(super) fn record(&mut self, now: Duration, by: ParticipantId, action: &'static str) {
        let at = self.wall(now);
        self.outputs.push_back(Output::Keep(Change::Done { at, by, action }));
    }

    /// Whether anybody was let in.
    fn admit_all(&mut self, now: Duration) -> Result<bool, ErrorCode> {
        let mut is_done = false;
        for person in self.waiting_people(now).into_iter().filter(|person| !person.lacks_secret) {
            self.decide_admission(now, Decision::Admit { id: person.id, grant: None })?;
            is_done = true;
        }
        Ok(is_done)
    }

    /// Turns a source off, and with a screen its sound. They are told also when the source is off as far as the room knows: it may just be
    /// starting, and that news may cross with this.
    fn turn_off(&mut self, id: ParticipantId, source: Source) {
        let Some(mut media) = self.seats.participant(id).map(|participant| participant.media) else { return };
        let before = media;
        for source in with_sound(source) {
            media.turn_off(*source);
            self.tell(id, ServerMessage::TurnedOff { source: *source });
        }
        if media != before {
            self.seats.change(id, |participant| participant.media = media);
            self.tell_sfu_media(id);
            self.announce(id);
        }
    }

    fn forbid(&mut self, now: Duration, id: ParticipantId, right: Right, forbidden: Switch) {
        self.seats.change(id, |participant| participant.forbidden.set(right, forbidden));
        if let Some(source) = source_of(right).filter(|_| forbidden.is_on()) {
            self.turn_off(id, source);
        }
        self.announce(id);
        self.keep_seat(now, id);
    }

    fn set_role(&mut self, now: Duration, id: ParticipantId, role: Role) {
        let Some(mut changed) = self.seats.participant(id).cloned() else { return };
        changed.role = role;
        let turned_off = self.turn_off_what_may_not_be(&mut changed);
        self.seats.change(id, |participant| *participant = changed);
        self.tell_turned_off(id, turned_off);
        self.announce(id);
        self.keep_seat(now, id);
        self.tell_waiting_room_to(now, id);
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

    pub(super) fn settings_changed(&mut self, now: Duration, settings: RoomSettings, password: bool) {
        let before = self.rules.settings();
        let opened = before.waiting_room.is_on() && !settings.waiting_room.is_on()
            || before.encryption == RoomEncryption::EndToEnd
                && settings.encryption == RoomEncryption::Transport;
        let seals_again =
            before.encryption == RoomEncryption::Transport && settings.encryption == RoomEncryption::EndToEnd;
        self.rules = Rules::new(settings.clone(), password);
        if self.rules.has_ended(self.wall(now)) {
            return self.end_for_all(now, ErrorCode::RoomEnded);
        }
        self.record_call(now, RecordingInput::RulesChanged);
        self.tell_all(ServerMessage::RoomUpdated { settings, password });
        if opened {
            self.admit_those_who_may(now);
        }
        if seals_again {
            self.put_out_who_cannot_seal(now);
        }
        for source in Source::ALL {
            let sends = |other: &&Participant| other.media.of(source).is_on();
            let denied =
                self.participants().filter(sends).filter(|other| !self.rules.may_send(other, source));
            for id in denied.map(|other| other.id).collect::<Vec<_>>() {
                self.turn_off(id, source);
            }
        }
        self.topology(now, TopologyInput::Review);
    }

    /// Who can neither seal nor open came while nobody had to.
    fn put_out_who_cannot_seal(&mut self, now: Duration) {
        if self.rules.settings().room_key.is_some() {
            let unable = self.participants().filter(|other| other.key.is_none()).map(|other| other.id);
            for id in unable.collect::<Vec<_>>() {
                self.put_out(now, id, ErrorCode::EncryptionRequired);
            }
        }
    }

    /// Whether what somebody outside wants to do is about anybody: about somebody who is in, and to be removed also about somebody whom the server
    /// has lost and others may still see and hear.
    pub fn finds(&self, id: ParticipantId, action: AdminAction) -> bool {
        match action {
            AdminAction::TurnOff(_) => self.seats.contains(id),
            AdminAction::Remove => {
                self.seats.contains(id) || self.seats.former(id).is_some_and(|former| !former.was_removed())
            }
        }
    }

    pub(super) fn act(&mut self, now: Duration, id: ParticipantId, action: AdminAction) {
        match action {
            AdminAction::TurnOff(source) => self.turn_off(id, source),
            AdminAction::Remove => self.put_out(now, id, ErrorCode::Removed),
        }
    }

    /// Ends the stay of everybody who came with one of these credentials, inside and at the door.
    pub(super) fn revoke(&mut self, now: Duration, credentials: Vec<String>) {
        let is_one = |credential_claims: &crate::CredentialClaims| is_by_one(credential_claims, &credentials);
        let bearers = self.seats.iter().filter(|seat| seat.credential_claims().is_some_and(is_one));
        let bearers = bearers.map(|seat| seat.participant().id);
        for id in bearers.collect::<Vec<_>>() {
            self.put_out(now, id, ErrorCode::CredentialRefused);
        }
        self.seats.demote_former(is_one);
        self.admission(now, AdmissionInput::Revoke { credentials });
    }

    /// Closes every socket for the same reason.
    pub(super) fn end_for_all(&mut self, now: Duration, code: ErrorCode) {
        self.admission(now, AdmissionInput::End { code });
        for id in self.participants().map(|participant| participant.id).collect::<Vec<_>>() {
            let seat = self.remove_seat(now, id, protocol::LeaveReason::Left, None);
            if let Some(connection) = seat.and_then(|seat| seat.connection()) {
                self.turn_away(connection, code);
            }
        }
    }

    /// Lets go of everybody and of their media, and of the room. Seats stay as they are kept: it is another server that has them now.
    pub(super) fn let_go(&mut self, now: Duration) {
        self.send_on(now);
        for id in self.seats.ids().collect::<Vec<_>>() {
            self.topology(now, TopologyInput::Left { id });
        }
        self.outputs.push_back(Output::Unload);
    }

    /// Lets go of everybody and of the room, and not of their media: whoever has a link to the next server ends the one to this.
    pub(super) fn hand_over(&mut self, now: Duration) {
        self.send_on(now);
        self.outputs.push_back(Output::Unload);
    }

    /// Sends everybody to where the room is.
    fn send_on(&mut self, now: Duration) {
        self.record_call(now, RecordingInput::LetGo);
        self.admission(now, AdmissionInput::Move);
        let connections: Vec<_> = self.seats.iter().filter_map(Seat::connection).collect();
        for connection in connections {
            self.seats.disconnect(now, connection);
            self.outputs.push_back(Output::Close { connection, code: CloseCode::MOVED });
        }
    }
}

/// What goes off with a source: a screen's sound says nothing without the screen.
fn with_sound(source: Source) -> &'static [Source] {
    match source {
        Source::Microphone => &[Source::Microphone],
        Source::Camera => &[Source::Camera],
        Source::Screen => &[Source::Screen, Source::ScreenAudio],
        Source::ScreenAudio => &[Source::ScreenAudio],
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
