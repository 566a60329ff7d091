//! Moderation: what hosts and co-hosts may decide, and about whom. Hosts may everything, co-hosts everything about guests; nobody
//! decides about somebody of their own rank.

use std::time::Duration;

use protocol::limits::{MODERATION_BURST, MODERATION_PER_SECOND, SETTINGS_BURST, SETTINGS_PER_SECOND};
use protocol::{
    ErrorCode, KeyMessage, MessageId, Moderation, Participant, ParticipantId, Right, Role, RoomKeyGrant,
    RoomSettingsPatch, Source, Switch, Timestamp,
};

use crate::admission::Decision;
use crate::effects::Effects;
use crate::rate::{Rate, Rates};
use crate::rules::Rules;
use crate::seats::{Seat, Seats};

/// Somebody decides something.
#[derive(Debug)]
pub(crate) struct ModerationInput {
    pub(crate) from: ParticipantId,
    pub(crate) in_reply_to: Option<MessageId>,
    pub(crate) moderation: Moderation,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum ModerationEffect {
    /// Keep a record of what was done.
    Done { by: ParticipantId, action: &'static str },
    /// Refuse a message.
    Refuse { to: ParticipantId, code: ErrorCode, in_reply_to: Option<MessageId> },
    /// Let somebody in who waits, or turn them away; it is done when that could be.
    Admission { by: ParticipantId, in_reply_to: Option<MessageId>, decision: Decision, action: &'static str },
    /// Let everybody in who waits, for whom there is a place, and who needs nothing that a host would have to give them; where somebody is, it is done.
    AdmitAll { by: ParticipantId, in_reply_to: Option<MessageId>, action: &'static str },
    /// Turn off what somebody sends.
    TurnOff { id: ParticipantId, source: Source },
    /// Ask somebody to turn something on.
    AskToTurnOn { id: ParticipantId, source: Source },
    /// Take a right from somebody, or give it back.
    Forbid { id: ParticipantId, right: Right, forbidden: Switch },
    /// Lower somebody's hand.
    LowerHand { id: ParticipantId },
    /// Give somebody another role.
    SetRole { id: ParticipantId, role: Role },
    /// Remove somebody, also somebody who has no seat any more, so that nobody stays connected to them.
    Remove { id: ParticipantId, code: ErrorCode },
    /// Keep a browser out.
    Block { browser: String },
    /// Change the rules.
    ChangeSettings {
        by: ParticipantId,
        in_reply_to: Option<MessageId>,
        patch: Box<RoomSettingsPatch>,
        action: &'static str,
    },
}

/// What it may know of the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModerationView<'a> {
    seats: &'a Seats,
    rules: &'a Rules,
    wall: Timestamp,
}

impl<'a> ModerationView<'a> {
    pub(crate) fn new(seats: &'a Seats, rules: &'a Rules, wall: Timestamp) -> Self {
        Self { seats, rules, wall }
    }

    /// Somebody about whom a role may decide.
    fn target(&self, role: Role, id: ParticipantId) -> Result<&'a Participant, ErrorCode> {
        let target = self.seats.participant(id).ok_or(ErrorCode::ParticipantUnknown)?;
        if role.outranks(target.role) { Ok(target) } else { Err(ErrorCode::NotAllowed) }
    }

    /// The same, or somebody whom the server has lost and others may still see and hear.
    fn present_or_former(&self, role: Role, id: ParticipantId) -> Result<(), ErrorCode> {
        match self.seats.former(id) {
            Some(former) if role.outranks(former.role()) => Ok(()),
            Some(_) => Err(ErrorCode::NotAllowed),
            None => self.target(role, id).map(|_| ()),
        }
    }

    /// The room's secret for somebody who is let in, sealed by whoever lets them in.
    fn grant(&self, from: ParticipantId, key_message: Option<KeyMessage>) -> Option<RoomKeyGrant> {
        let from = self.seats.participant(from)?.key.clone()?;
        Some(RoomKeyGrant { from, key_message: key_message? })
    }
}

/// The machine: how often people may decide.
#[derive(Debug, Default)]
pub(crate) struct ModerationMachine {
    rates: Rates<ParticipantId>,
    /// Of changes of the rules: each is kept, and told to everybody, and a new password is dear to hash.
    settings_rate: Rate,
    effects: Effects<ModerationEffect>,
}

/// Who decides, and about which message that is.
#[derive(Clone, Copy)]
struct Moderator {
    id: ParticipantId,
    role: Role,
    in_reply_to: Option<MessageId>,
}

impl ModerationMachine {
    pub(crate) fn handle_input(&mut self, now: Duration, input: ModerationInput, view: &ModerationView<'_>) {
        let ModerationInput { from, in_reply_to, moderation } = input;
        let role = view.seats.participant(from).map(|participant| participant.role);
        let decided = match role.filter(|role| role.moderates()) {
            None => Err(ErrorCode::NotAllowed),
            Some(_) if !self.rates.allows(now, from, MODERATION_BURST, MODERATION_PER_SECOND) => {
                Err(ErrorCode::RateLimited)
            }
            Some(role) => self.decide(now, Moderator { id: from, role, in_reply_to }, moderation, view),
        };
        self.effects.extend(match decided {
            Ok(action) => action.map(|action| ModerationEffect::Done { by: from, action }),
            Err(code) => Some(ModerationEffect::Refuse { to: from, code, in_reply_to }),
        });
    }

    pub(crate) fn poll_output(&mut self) -> Option<ModerationEffect> {
        self.effects.pop_front()
    }

    /// Decides, and says what was done, for the record; nothing where it is not sure yet.
    fn decide(
        &mut self,
        now: Duration,
        by: Moderator,
        moderation: Moderation,
        view: &ModerationView<'_>,
    ) -> Result<Option<&'static str>, ErrorCode> {
        let action = match moderation {
            Moderation::Admit { id, key_message } => {
                let decision = Decision::Admit { id, grant: view.grant(by.id, key_message) };
                return Ok(self.decide_admission(by, decision, "participant.admitted"));
            }
            Moderation::AdmitAll => {
                let (action, in_reply_to) = ("participant.admitted", by.in_reply_to);
                self.effects.push_back(ModerationEffect::AdmitAll { by: by.id, in_reply_to, action });
                return Ok(None);
            }
            Moderation::Refuse { id } => {
                return Ok(self.decide_admission(by, Decision::Refuse { id }, "participant.refused"));
            }
            Moderation::TurnOff { id, source } => self.turn_off(by, id, source, view)?,
            Moderation::TurnOffAll { source } => return Ok(self.turn_off_all(by, source, view)),
            Moderation::AskToTurnOn { id, source } => self.ask_to_turn_on(by, id, source, view)?,
            Moderation::Forbid { id, right, forbidden } => self.forbid(by, (id, right, forbidden), view)?,
            Moderation::LowerHand { id } => {
                let target = view.seats.participant(id).ok_or(ErrorCode::ParticipantUnknown)?;
                return Ok(self.lower_hands(std::iter::once(target)));
            }
            Moderation::LowerAllHands => return Ok(self.lower_hands(view.seats.participants())),
            Moderation::SetRole { id, role } => self.set_role(by, id, role, view)?,
            Moderation::Remove { id } => {
                view.present_or_former(by.role, id)?;
                self.effects.push_back(ModerationEffect::Remove { id, code: ErrorCode::Removed });
                "participant.removed"
            }
            Moderation::Block { id } => self.block(by, id, view)?,
            Moderation::ChangeSettings { patch } => {
                self.change_settings(now, by, patch, view)?;
                return Ok(None);
            }
            Moderation::End => {
                self.end(by, view)?;
                return Ok(None);
            }
        };
        Ok(Some(action))
    }

    fn decide_admission(
        &mut self,
        by: Moderator,
        decision: Decision,
        action: &'static str,
    ) -> Option<&'static str> {
        let Moderator { id: by, in_reply_to, .. } = by;
        self.effects.push_back(ModerationEffect::Admission { by, in_reply_to, decision, action });
        None
    }

    fn turn_off(
        &mut self,
        by: Moderator,
        id: ParticipantId,
        source: Source,
        view: &ModerationView<'_>,
    ) -> Result<&'static str, ErrorCode> {
        view.target(by.role, id)?;
        self.effects.push_back(ModerationEffect::TurnOff { id, source });
        Ok("media.turned_off")
    }

    /// Nothing was done where nobody is of a lower rank.
    fn turn_off_all(
        &mut self,
        by: Moderator,
        source: Source,
        view: &ModerationView<'_>,
    ) -> Option<&'static str> {
        let lower = view.seats.participants().filter(|other| by.role.outranks(other.role));
        let turned_off = lower.map(|other| ModerationEffect::TurnOff { id: other.id, source });
        self.do_each(turned_off, "media.turned_off")
    }

    /// Nothing was done where none is raised.
    fn lower_hands<'a>(&mut self, people: impl Iterator<Item = &'a Participant>) -> Option<&'static str> {
        let raised = people.filter(|one| one.hand.is_some());
        self.do_each(raised.map(|one| ModerationEffect::LowerHand { id: one.id }), "hand.lowered")
    }

    fn do_each(
        &mut self,
        effects: impl Iterator<Item = ModerationEffect>,
        action: &'static str,
    ) -> Option<&'static str> {
        let mut effects = effects.peekable();
        let action = effects.peek().map(|_| action);
        self.effects.extend(effects);
        action
    }

    fn ask_to_turn_on(
        &mut self,
        by: Moderator,
        id: ParticipantId,
        source: Source,
        view: &ModerationView<'_>,
    ) -> Result<&'static str, ErrorCode> {
        let target = view.target(by.role, id)?;
        if !view.rules.may_send(target, source) {
            return Err(ErrorCode::NotAllowed);
        }
        self.effects.push_back(ModerationEffect::AskToTurnOn { id, source });
        Ok("media.asked_for")
    }

    fn forbid(
        &mut self,
        by: Moderator,
        (id, right, forbidden): (ParticipantId, Right, Switch),
        view: &ModerationView<'_>,
    ) -> Result<&'static str, ErrorCode> {
        view.target(by.role, id)?;
        self.effects.push_back(ModerationEffect::Forbid { id, right, forbidden });
        Ok(if forbidden.is_on() { "right.forbidden" } else { "right.allowed" })
    }

    fn set_role(
        &mut self,
        by: Moderator,
        id: ParticipantId,
        role: Role,
        view: &ModerationView<'_>,
    ) -> Result<&'static str, ErrorCode> {
        if by.role != Role::Host {
            return Err(ErrorCode::NotAllowed);
        }
        view.target(by.role, id)?;
        self.effects.push_back(ModerationEffect::SetRole { id, role });
        Ok("role.changed")
    }

    /// Removes somebody, and whoever else of no higher rank is here with the same browser, which may not come again. Not
    /// one's own.
    fn block(
        &mut self,
        by: Moderator,
        id: ParticipantId,
        view: &ModerationView<'_>,
    ) -> Result<&'static str, ErrorCode> {
        view.present_or_former(by.role, id)?;
        let code = ErrorCode::Blocked;
        let Some(browser) = view.seats.browser_of(id) else {
            self.effects.push_back(ModerationEffect::Remove { id, code });
            return Ok("participant.blocked");
        };
        if view.seats.browser_of(by.id) == Some(browser) {
            return Err(ErrorCode::NotAllowed);
        }
        // The browser of a host who was here as a guest before is a host's.
        if view.seats.roles_with(browser).any(|other| !by.role.outranks(other)) {
            return Err(ErrorCode::NotAllowed);
        }
        self.effects.push_back(ModerationEffect::Remove { id, code });
        let of_it = |seat: &&Seat| seat.browser() == Some(browser) && seat.participant().id != id;
        let others = view.seats.iter().filter(of_it).map(|seat| seat.participant().id);
        self.effects.extend(others.map(|id| ModerationEffect::Remove { id, code }));
        self.effects.push_back(ModerationEffect::Block { browser: browser.to_owned() });
        Ok("participant.blocked")
    }

    fn change_settings(
        &mut self,
        now: Duration,
        by: Moderator,
        patch: Box<RoomSettingsPatch>,
        view: &ModerationView<'_>,
    ) -> Result<(), ErrorCode> {
        if by.role != Role::Host && !patch.is_only_the_lock() {
            return Err(ErrorCode::NotAllowed);
        }
        patch.apply(view.rules.settings()).map_err(|_| ErrorCode::SettingsInvalid)?;
        // Whoever wants to end it for everybody says that.
        if patch.ends_at.flatten().is_some_and(|end| end <= view.wall) {
            return Err(ErrorCode::SettingsInvalid);
        }
        if !self.settings_rate.allows(now, SETTINGS_BURST, SETTINGS_PER_SECOND) {
            return Err(ErrorCode::SettingsTooFast);
        }
        let action = match patch.locked {
            Some(Switch::On) if patch.is_only_the_lock() => "room.locked",
            Some(Switch::Off) if patch.is_only_the_lock() => "room.unlocked",
            Some(_) | None => "settings.changed",
        };
        let Moderator { id: by, in_reply_to, .. } = by;
        self.effects.push_back(ModerationEffect::ChangeSettings { by, in_reply_to, patch, action });
        Ok(())
    }

    fn end(&mut self, by: Moderator, view: &ModerationView<'_>) -> Result<(), ErrorCode> {
        if by.role != Role::Host {
            return Err(ErrorCode::NotAllowed);
        }
        let end = view.wall;
        let starts_later = view.rules.settings().starts_at.is_some_and(|start| start >= end);
        let patch = Box::new(RoomSettingsPatch {
            ends_at: Some(Some(end)),
            starts_at: starts_later.then_some(None),
            ..RoomSettingsPatch::default()
        });
        let Moderator { id: by, in_reply_to, .. } = by;
        self.effects.push_back(ModerationEffect::ChangeSettings {
            by,
            in_reply_to,
            patch,
            action: "room.ended",
        });
        Ok(())
    }
}
