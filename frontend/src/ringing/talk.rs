//! The room of the call that there is: a session that ends with it.

use std::time::Duration;

use app::state::{CallCommand, CallView, CallViewStoreFields};
use call::{RingView, Switches};
use futures::channel::mpsc;
use leptos::prelude::{GetUntracked, ReadUntracked, Set};
use protocol::{
    DisplayName, ErrorCode, HangUpReason, ParticipantId, RingId, RingSide, RoomCode, Source, Switch,
};
use reactive_stores::Store;
use seal::RoomSecret;
use view::{LinkStatus, Phase, RingPhase};
use wasm_bindgen_futures::spawn_local;

use super::call_line::CallLine;
use crate::event::Event;
use crate::session::{Entrance, RingEntrance, RingStage, Visit};
use crate::{clock, lazy_session, remember};

/// How long two who talk may be without a connection.
const CONNECTS_WITHIN: Duration = Duration::from_secs(30);

/// What a call begins with.
pub(super) struct TalkInit {
    pub(super) ring: RingId,
    pub(super) room: RoomCode,
    pub(super) secret: RoomSecret,
    pub(super) name: DisplayName,
    pub(super) side: RingSide,
    pub(super) stage: RingStage,
}

/// Being in the room. Dropped, it is left, and every device is let go.
pub(super) struct Talk {
    ring: RingId,
    room: RoomCode,
    side: RingSide,
    went_ahead: bool,
    are_devices_opened: bool,
    view: Store<CallView>,
    line: CallLine,
    /// Whether anybody was connected once the call was answered.
    was_connected: bool,
    /// Since when nobody is connected though the call was answered.
    alone_since: Option<Duration>,
}

impl Talk {
    pub(super) fn begin(init: TalkInit, view: Store<CallView>, line: &CallLine) -> Self {
        let TalkInit { ring, room, secret, name, side, stage } = init;
        // What the room before has said is not what this one says.
        view.phase().set(Phase::Preparing);
        let (events, received) = mpsc::unbounded();
        line.begin(events.clone());
        let switches = match (stage, side) {
            (RingStage::Answered, _) => {
                Switches::at_start(|source| remember::tab::switch(room, source), remember::switch)
            }
            (RingStage::Unanswered, RingSide::Caller) => Switches::at_start(|_| None, remember::switch),
            // Nobody is captured who has not answered.
            (RingStage::Unanswered, RingSide::Callee) => {
                Switches { microphone: Switch::Off, camera: Switch::Off }
            }
        };
        if side == RingSide::Caller {
            keep_switches(room, switches);
        }
        let visit = Visit {
            code: room,
            name: name.to_string(),
            entrance: Entrance::Ring(RingEntrance { secret, side, stage, switches, name }),
        };
        spawn_local(lazy_session::run(visit, view, events, received));
        Self {
            ring,
            room,
            side,
            went_ahead: stage == RingStage::Answered,
            are_devices_opened: stage == RingStage::Answered,
            view,
            line: line.clone(),
            was_connected: false,
            alone_since: None,
        }
    }

    /// Whether it is about this ring, and its room has this person or may come to have them.
    pub(super) fn is_there_for(&self, ring: RingId) -> bool {
        self.ring == ring && !self.is_turned_away()
    }

    /// Whether whoever is called has connected while it rings.
    pub(super) fn is_beforehand(&self) -> bool {
        self.side == RingSide::Callee && !self.went_ahead
    }

    /// The person called answers, with their camera or without. The server has not confirmed it.
    pub(super) fn open_devices(&mut self, with_video: bool) {
        self.are_devices_opened = true;
        let microphone = remembered(Source::Microphone);
        keep_switches(self.room, Switches { microphone: microphone.into(), camera: with_video.into() });
        self.line.send(Event::Command(CallCommand::Begin { microphone, camera: with_video }));
    }

    /// The ring was answered, by the person called with their camera or without.
    pub(super) fn go_ahead(&mut self, with_video: bool) {
        self.went_ahead = true;
        let (microphone, camera) = match self.side {
            RingSide::Callee if !self.are_devices_opened => (remembered(Source::Microphone), with_video),
            RingSide::Caller | RingSide::Callee => (false, false),
        };
        if self.side == RingSide::Callee && !self.are_devices_opened {
            keep_switches(self.room, Switches { microphone: microphone.into(), camera: camera.into() });
        }
        self.line.send(Event::Command(CallCommand::GoAhead { microphone, camera }));
    }

    fn is_turned_away(&self) -> bool {
        matches!(self.view.phase().get_untracked(), Phase::Refused(_) | Phase::Left)
    }

    /// What the other one is called in the room, while there is one.
    pub(super) fn name_of_only_other(&self) -> Option<String> {
        match &self.view.participants().read_untracked()[..] {
            [other] => Some(other.name.clone()),
            _ => None,
        }
    }

    /// Who else is in the room.
    pub(super) fn others(&self) -> Vec<ParticipantId> {
        self.view.participants().read_untracked().iter().map(|other| other.id).collect()
    }

    /// What the only one is called who has come into the room since these were there.
    pub(super) fn name_of_only_newcomer(&self, before: &[ParticipantId]) -> Option<String> {
        let others = self.view.participants();
        let others = others.read_untracked();
        let mut newcomers = others.iter().filter(|other| !before.contains(&other.id));
        let name = newcomers.next()?.name.clone();
        newcomers.next().is_none().then_some(name)
    }

    /// Whether anybody is in the room.
    pub(super) fn is_with_somebody(&self) -> bool {
        !self.view.participants().read_untracked().is_empty()
    }

    /// Why the call cannot go on, if it cannot: a host has removed this person, the room does not have them, or no connection came about.
    pub(super) fn ends_because(&mut self, views: &[RingView]) -> Option<HangUpReason> {
        match self.view.phase().get_untracked() {
            Phase::Left => return Some(HangUpReason::HungUp),
            // Whoever was in it has talked until then.
            Phase::Refused(ErrorCode::Removed | ErrorCode::Blocked | ErrorCode::RoomEnded)
                if self.was_connected =>
            {
                return Some(HangUpReason::HungUp);
            }
            Phase::Refused(_) => return Some(HangUpReason::Lost),
            Phase::Preparing
            | Phase::Joining
            | Phase::PasswordAsked { .. }
            | Phase::Waiting
            | Phase::Joined
            | Phase::Unreachable => {}
        }
        let is_answered = views.iter().any(|view| view.phase == RingPhase::Answered);
        let others = self.view.participants();
        let is_connected = others
            .read_untracked()
            .iter()
            .any(|one| matches!(one.link, LinkStatus::Connected | LinkStatus::Reconnecting));
        if !is_answered || is_connected {
            self.was_connected |= is_answered;
            self.alone_since = None;
            return None;
        }
        let now = clock::now();
        let is_lost = now.saturating_sub(*self.alone_since.get_or_insert(now)) > CONNECTS_WITHIN;
        is_lost.then_some(HangUpReason::Lost)
    }
}

/// Whether a source is on where nobody has said otherwise: as the person left it.
pub(super) fn remembered(source: Source) -> bool {
    remember::switch(source).unwrap_or(Switch::On).is_on()
}

/// What is on from the beginning is on when the page is loaded anew, and nothing else.
fn keep_switches(room: RoomCode, switches: Switches) {
    for source in [Source::Microphone, Source::Camera] {
        remember::tab::remember_switch(room, source, switches.of(source));
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.line.send(Event::Command(CallCommand::Leave));
        self.line.end();
    }
}
