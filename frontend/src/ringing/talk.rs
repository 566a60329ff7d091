//! The room of the call that there is: a session that ends with it.

use std::time::Duration;

use app::state::{CallCommand, CallView, CallViewStoreFields};
use call::{RingView, Switches};
use futures::channel::mpsc;
use leptos::prelude::{GetUntracked, With};
use protocol::{DisplayName, RingId, RingSide, RoomCode, Source, Switch};
use reactive_stores::Store;
use seal::RoomSecret;
use view::{LinkStatus, Phase, RingPhase};
use wasm_bindgen_futures::spawn_local;

use super::call_line::CallLine;
use crate::event::Event;
use crate::session::{Entrance, RingEntrance, Visit};
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
}

/// Being in the room. Dropped, it is left, and every device is let go.
pub(super) struct Talk {
    ring: RingId,
    side: RingSide,
    view: Store<CallView>,
    line: CallLine,
    /// Since when nobody is connected though the call was answered.
    alone_since: Option<Duration>,
}

impl Talk {
    pub(super) fn begin(init: TalkInit, view: Store<CallView>, line: &CallLine) -> Self {
        let TalkInit { ring, room, secret, name, side } = init;
        let (events, received) = mpsc::unbounded();
        line.begin(events.clone());
        let switches = match side {
            RingSide::Caller => Switches::at_start(|_| None, remember::switch),
            // Nobody is captured who has not answered.
            RingSide::Callee => Switches { microphone: Switch::Off, camera: Switch::Off },
        };
        let visit = Visit {
            code: room,
            name: name.to_string(),
            entrance: Entrance::Ring(RingEntrance { secret, side, switches, name }),
        };
        spawn_local(lazy_session::run(visit, view, events, received));
        Self { ring, side, view, line: line.clone(), alone_since: None }
    }

    /// Whether it is about this ring, and its room has this person or may come to have them.
    pub(super) fn is_there_for(&self, ring: RingId) -> bool {
        self.ring == ring && !self.is_turned_away()
    }

    /// Whether whoever is called has connected while it rings.
    pub(super) fn is_beforehand(&self, views: &[RingView]) -> bool {
        let is_answered =
            views.iter().any(|view| view.ring == self.ring && view.phase == RingPhase::Answered);
        self.side == RingSide::Callee && !is_answered
    }

    /// The ring was answered, by the person called with their camera or without.
    pub(super) fn go_ahead(&self, with_video: bool) {
        let (microphone, camera) = match self.side {
            RingSide::Caller => (false, false),
            RingSide::Callee => {
                (remember::switch(Source::Microphone).unwrap_or(Switch::On).is_on(), with_video)
            }
        };
        self.line.send(Event::Command(CallCommand::GoAhead { microphone, camera }));
    }

    fn is_turned_away(&self) -> bool {
        matches!(self.view.phase().get_untracked(), Phase::Refused(_) | Phase::Left)
    }

    /// What the other one is called in the room.
    pub(super) fn name_of_other(&self) -> Option<String> {
        self.view.participants().with(|others| others.first().map(|one| one.name.clone()))
    }

    /// Whether the call cannot go on: the room does not have this person, or no connection came about.
    pub(super) fn is_lost(&mut self, views: &[RingView]) -> bool {
        if self.is_turned_away() {
            return true;
        }
        let is_answered = views.iter().any(|view| view.phase == RingPhase::Answered);
        let is_connected = self.view.participants().with(|others| {
            others.iter().any(|one| matches!(one.link, LinkStatus::Connected | LinkStatus::Reconnecting))
        });
        if !is_answered || is_connected {
            self.alone_since = None;
            return false;
        }
        let now = clock::now();
        now.saturating_sub(*self.alone_since.get_or_insert(now)) > CONNECTS_WITHIN
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.line.send(Event::Command(CallCommand::Leave));
        self.line.end();
    }
}
