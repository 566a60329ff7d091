//! What the server says, and what is due when it says nothing.

use std::time::Duration;

use protocol::{
    CallId, Credential, ErrorCode, HangUpReason, IncomingRing, Outcome, ProtocolError, PublicKey, RingEvent,
    RingId, RingMessage, RoomCode, SealedNote, Standing,
};
use seal::KeyDigest;
use view::{RingPhase, RingRefusal};

use super::RingDevice;
use super::line::{InCall, Line, LineTimer};
use super::output::RingOutput;

impl RingDevice {
    pub(super) fn server(&mut self, now: Duration, event: RingEvent) {
        self.connection.heard_something(now);
        match event {
            RingEvent::Challenge { nonce, key } => self.outputs.push_back(RingOutput::Prove { nonce, key }),
            RingEvent::Welcome { call_id } => self.welcome(now, call_id),
            RingEvent::KeyOf { callee, key } => self.key_of(now, callee, key),
            RingEvent::Placed { ring, room, credential } => self.placed(ring, room, credential),
            RingEvent::Progress { ring, progress } => {
                if let Some(Line::Calling(calling)) = self.line_of(ring) {
                    calling.note_progress(progress);
                }
            }
            RingEvent::Incoming(incoming) => self.show(now, *incoming),
            RingEvent::Answered { ring, talked_ms } => self.answered(now, ring, talked_ms),
            RingEvent::Merged { ring, into } => self.merged(now, ring, &into),
            RingEvent::Over { ring, outcome, message } => self.over(now, ring, outcome, message),
            RingEvent::History { calls, more, unseen: _ } => {
                let said = self.keeper.history(calls, more);
                self.say_of_book(said);
            }
            RingEvent::Blocked { people, more } => self.keeper.blocked(people, more),
            RingEvent::Rules { rules } => self.keeper.rules(rules),
            RingEvent::Changed => {
                let said = self.keeper.changed();
                self.say_of_book(said);
            }
            RingEvent::Push { key, subscriptions } => {
                let todo = self.pushes.answered(key, subscriptions);
                self.do_of_pushes(todo);
            }
            RingEvent::Pong => {}
            RingEvent::Error(error) => self.error(now, &error),
        }
    }

    fn key_of(&mut self, now: Duration, of: CallId, key: PublicKey) {
        let into = self.line.ring();
        let seal = if let Some(ring) = self.line.take_key(now, of, &key) {
            RingOutput::Seal { ring, callee: of, key, into: None }
        } else if let Some(ring) = self.adding.take_key(now, of, &key) {
            RingOutput::Seal { ring, callee: of, key, into }
        } else {
            return;
        };
        self.outputs.push_back(seal);
    }

    fn placed(&mut self, ring: RingId, room: RoomCode, credential: Credential) {
        if self.line.ring() != Some(ring) {
            // It is the room that this device is in.
            if let Some(Line::Calling(calling)) = self.line_of(ring) {
                _ = calling.enter_room(room);
            }
            return;
        }
        if let Line::Calling(calling) = &mut self.line
            && calling.enter_room(room)
        {
            self.enter_room(ring, room, Some(credential), None);
        }
    }

    /// A ring comes, or is said again. One that this device has decided about is told so again.
    fn show(&mut self, now: Duration, incoming: IncomingRing) {
        let ring = incoming.ring;
        if let Some(decision) = self.kept.message(ring) {
            return self.say(Some(ring), decision);
        }
        if let Line::TakenOver { ring: taken, peer, expected, .. } = &self.line
            && *taken == ring
        {
            let is_same = incoming.caller == *peer
                && expected.is_none_or(|expected| expected == KeyDigest::of(&incoming.caller_key));
            // Somebody else than the one whom the person wanted to answer: it rings, as any does.
            self.line = match is_same {
                true => Line::Answering { incoming: Box::new(incoming.clone()), since: now },
                false => Line::Idle,
            };
        }
        if self.line.ring() == Some(ring) {
            if matches!(self.line, Line::Answering { .. }) {
                self.say_line(now);
            }
            return;
        }
        if let Some(receipt) = self.incoming.show(now, incoming) {
            // How the one before ended is not what is shown when this one does.
            self.put_away();
            self.say(None, RingMessage::Receipt { ring, receipt });
        }
    }

    /// The device is in the call. Where the person has given it up meanwhile, it is hung up.
    fn answered(&mut self, now: Duration, ring: RingId, talked_ms: u32) {
        if self.line.ring() == Some(ring) {
            match &self.line {
                Line::Calling(calling) => {
                    if let Some(call) = calling.answered(now, talked_ms) {
                        self.line = Line::InCall(call);
                        self.outputs.push_back(RingOutput::GoAhead { ring });
                        return;
                    }
                }
                Line::Answering { incoming, .. } => {
                    let incoming = (**incoming).clone();
                    self.line = Line::InCall(InCall::as_callee(now, &incoming, talked_ms));
                    self.enter_room_of(incoming);
                    self.outputs.push_back(RingOutput::GoAhead { ring });
                    return;
                }
                Line::Resuming { call, .. } => {
                    let (call, room) = (call.clone(), call.room());
                    self.line = Line::InCall(call);
                    return self.enter_room(ring, room, None, None);
                }
                Line::InCall(_) => return,
                Line::Idle
                | Line::LookingUp { .. }
                | Line::Sealing { .. }
                | Line::TakenOver { .. }
                | Line::Over(_) => {}
            }
        }
        if self.adding.ring() == Some(ring) && matches!(self.adding, Line::Calling(_)) {
            // They come into the room that this device is in.
            self.added = std::mem::take(&mut self.adding).view();
            self.added.iter_mut().for_each(|view| (view.phase, view.since) = (RingPhase::Answered, now));
        } else if self.added.as_ref().is_none_or(|added| added.ring != ring) {
            self.give_back(ring);
        }
    }

    /// The person called is calling, too, and this device is in their call. It is the call that was wanted only with the person that was called,
    /// and with the key that was theirs: a link says which that is, and no server another one.
    fn merged(&mut self, now: Duration, ring: RingId, into: &IncomingRing) {
        if self.line.ring() == Some(into.ring) && matches!(self.line, Line::Resuming { .. } | Line::InCall(_))
        {
            return;
        }
        _ = self.incoming.take(into.ring);
        let is_other = match &self.line {
            Line::Calling(calling) if self.line.ring() == Some(ring) => {
                calling.is_to_another(into.caller, &into.caller_key)
            }
            Line::Idle
            | Line::LookingUp { .. }
            | Line::Sealing { .. }
            | Line::Calling(_)
            | Line::Answering { .. }
            | Line::Resuming { .. }
            | Line::InCall(_)
            | Line::TakenOver { .. }
            | Line::Over(_) => return self.give_back(into.ring),
        };
        if is_other {
            self.line.refuse(now, RingRefusal::WrongKey);
            return self.give_back(into.ring);
        }
        self.line = Line::InCall(InCall::as_callee(now, into, 0));
        self.enter_room_of(into.clone());
        self.outputs.push_back(RingOutput::GoAhead { ring: into.ring });
    }

    /// The server has this device in a call that its person does not want any more.
    fn give_back(&mut self, ring: RingId) {
        if !self.kept.has(ring) {
            let message = RingMessage::HangUp { ring, reason: HangUpReason::Lost };
            self.decide(ring, message, Standing::Idle);
        }
    }

    /// A ring has ended. The server's word counts, whatever this device thought.
    fn over(&mut self, now: Duration, ring: RingId, outcome: Outcome, message: Option<SealedNote>) {
        self.kept.confirm(ring);
        if let Some(line) = self.line_of(ring) {
            line.end(now, outcome, message);
        }
        self.incoming.end(now, ring, outcome);
        let said = self.keeper.read_again();
        self.say_of_book(said);
    }

    fn error(&mut self, now: Duration, error: &ProtocolError) {
        let said = self.keeper.refused(error.in_reply_to, error.code);
        self.say_of_book(said);
        if self.pushes.refused(error.in_reply_to, error.code) {
            return;
        }
        if let Some(ring) = self.kept.about(error.in_reply_to) {
            self.kept.confirm(ring);
            if self.line.ring() == Some(ring) {
                self.line_refused(now, ring, error.code);
            } else if self.adding.ring() == Some(ring) {
                self.adding_refused(now, ring, error.code);
            }
        }
        if is_final(error.code) {
            self.refused = Some(error.code);
            self.is_wanted = false;
            self.connection = self.connection.ended();
            self.pushes.disconnected();
            self.outputs.push_back(RingOutput::CloseSocket);
        }
    }

    /// The server does not take what was said of the call of this device.
    fn line_refused(&mut self, now: Duration, ring: RingId, code: ErrorCode) {
        match &self.line {
            Line::Calling(calling) => {
                if calling.may_ring() {
                    let standing = self.line.standing(now);
                    self.decide(ring, RingMessage::Cancel { ring }, standing);
                }
                self.line.refuse(now, RingRefusal::Server(code));
            }
            Line::LookingUp { .. } => self.line.refuse(now, RingRefusal::Server(code)),
            // A server that knows how a ring ended says so. One that has lost everything does not know it before its caller is back.
            Line::TakenOver { .. }
            | Line::Answering { .. }
            | Line::Idle
            | Line::Sealing { .. }
            | Line::Resuming { .. }
            | Line::InCall(_)
            | Line::Over(_) => {}
        }
    }

    pub(super) fn line_timeout(&mut self, now: Duration, timer: LineTimer) {
        match (timer, &mut self.line) {
            (LineTimer::NotPlaced, _) => self.line.refuse(now, RingRefusal::NoKey),
            (LineTimer::RungOut, Line::Calling(calling)) => calling.rung_out(now),
            (LineTimer::NoVerdict, _) => {
                let standing = self.line.standing(now);
                if let Some(ring) = self.line.ring() {
                    self.decide(ring, RingMessage::Cancel { ring }, standing);
                }
                self.line.end(now, Outcome::NoAnswer, None);
            }
            (LineTimer::NotConfirmed, _) => {
                let standing = self.line.standing(now);
                if let Some(ring) = self.line.ring() {
                    let reason = HangUpReason::Lost;
                    self.decide(ring, RingMessage::HangUp { ring, reason }, standing);
                }
                self.line.end(now, Outcome::Lost { seconds: 0 }, None);
            }
            // A server that is in reach has forgotten it long ago.
            (LineTimer::NotSaidAgain, _) if self.connection.is_connected() => {
                self.line.end(now, Outcome::NoAnswer, None);
            }
            (LineTimer::NotSaidAgain, _) => self.line.end(now, Outcome::Lost { seconds: 0 }, None),
            (
                LineTimer::RungOut,
                Line::Idle
                | Line::LookingUp { .. }
                | Line::Sealing { .. }
                | Line::TakenOver { .. }
                | Line::Answering { .. }
                | Line::Resuming { .. }
                | Line::InCall(_)
                | Line::Over(_),
            ) => {}
        }
    }
}

/// Whether trying again by itself makes no sense: another page has taken this one's place, or the server does not want it.
fn is_final(code: ErrorCode) -> bool {
    match code {
        ErrorCode::UnsupportedVersion
        | ErrorCode::NotOffered
        | ErrorCode::CredentialRefused
        | ErrorCode::SessionTakenOver
        | ErrorCode::OriginRefused
        | ErrorCode::NotJoined
        | ErrorCode::Blocked => true,
        ErrorCode::Malformed
        | ErrorCode::TooLarge
        | ErrorCode::AlreadyJoined
        | ErrorCode::RoomUnknown
        | ErrorCode::RoomFull
        | ErrorCode::RoomLocked
        | ErrorCode::RoomNotStarted
        | ErrorCode::RoomEnded
        | ErrorCode::PasswordNeeded
        | ErrorCode::PasswordWrong
        | ErrorCode::EncryptionRequired
        | ErrorCode::NotAdmitted
        | ErrorCode::Removed
        | ErrorCode::SessionUnknown
        | ErrorCode::NotAllowed
        | ErrorCode::ParticipantUnknown
        | ErrorCode::SettingsInvalid
        | ErrorCode::SettingsTooFast
        | ErrorCode::ChatTooFast
        | ErrorCode::ChatFull
        | ErrorCode::RecordingUnavailable
        | ErrorCode::StorageUnavailable
        | ErrorCode::PeerUnknown
        | ErrorCode::PeerIsSelf
        | ErrorCode::CallerBusy
        | ErrorCode::PeerInCall
        | ErrorCode::RingUnknown
        | ErrorCode::RateLimited
        | ErrorCode::TooSlow
        | ErrorCode::Silent
        | ErrorCode::ServerStopping
        | ErrorCode::Internal => false,
    }
}
