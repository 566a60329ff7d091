//! The room of the call that there is: a session that ends with it.

use std::time::Duration;

use app::state::{CallCommand, CallView, CallViewStoreFields};
use call::{RingView, SecretOrigin, Switches};
use futures::channel::mpsc;
use leptos::prelude::{GetUntracked, With};
use protocol::{DisplayName, RoomCode, Source, Switch};
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
    pub(super) room: RoomCode,
    pub(super) secret: RoomSecret,
    pub(super) name: DisplayName,
    pub(super) is_caller: bool,
    /// Whether the person called has answered with their camera.
    pub(super) with_video: bool,
}

/// Being in the room. Dropped, it is left, and every device is let go.
pub(super) struct Talk {
    view: Store<CallView>,
    line: CallLine,
    /// Since when nobody is connected though the call was answered.
    alone_since: Option<Duration>,
}

impl Talk {
    pub(super) fn begin(init: TalkInit, view: Store<CallView>, line: &CallLine) -> Self {
        let TalkInit { room, secret, name, is_caller, with_video } = init;
        let (events, received) = mpsc::unbounded();
        line.begin(events.clone());
        let (origin, switches) = if is_caller {
            (SecretOrigin::Maker, Switches::at_start(|_| None, remember::switch))
        } else {
            let microphone = remember::switch(Source::Microphone).unwrap_or(Switch::On);
            (SecretOrigin::Link, Switches { microphone, camera: with_video.into() })
        };
        let visit = Visit {
            code: room,
            name: name.to_string(),
            entrance: Entrance::Ring(RingEntrance { secret, origin, switches, name }),
        };
        spawn_local(async move { _ = lazy_session::session(visit, view, events, received).await });
        Self { view, line: line.clone(), alone_since: None }
    }

    /// What the other one is called in the room.
    pub(super) fn name_of_other(&self) -> Option<String> {
        self.view.participants().with(|others| others.first().map(|one| one.name.clone()))
    }

    /// Whether the call cannot go on: the room does not have this person, or no connection came about.
    pub(super) fn is_lost(&mut self, views: &[RingView]) -> bool {
        if matches!(self.view.phase().get_untracked(), Phase::Refused(_) | Phase::Left) {
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
