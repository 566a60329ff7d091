//! How a ring gets from another page to that of direct calls when it is answered.

use std::time::Duration;

use app::state::{CallCommand, CallView, CallViewStoreFields, DirectCommand};
use call::{RingCommand, RingInput};
use gloo_timers::future::sleep;
use leptos::prelude::GetUntracked;
use protocol::{CallId, RingId, RingSide, Source};
use reactive_stores::Store;
use seal::KeyDigest;
use view::{Phase, RingPhase};
use wasm_bindgen_futures::spawn_local;

use super::event::RingEvent;
use super::pressed::Pressed;
use super::talk::remembered;
use super::{CallLine, RingPlace, Ringing, peers};
use crate::event::Event;
use crate::page;
use crate::ring_note::RingNote;

/// How often it is looked whether the room is left.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// A room that does not let go within this time is left with its page. Longer, and the caller waits for nothing.
const LEFT_WITHIN: Duration = Duration::from_secs(1);

impl Ringing {
    /// What was answered on the page before is answered here, as soon as the server says it again.
    pub(super) fn take_over(&mut self) {
        let Some(note) = RingNote::take() else { return };
        let RingNote { ring, peer, with_video, .. } = note;
        self.chosen_video.insert(ring, with_video);
        let expected = note.key.as_deref().and_then(KeyDigest::parse);
        self.taken_over = Some(note);
        self.input(RingInput::Command(RingCommand::TakeOver { ring, peer, expected }));
    }

    /// What somebody called themselves whose ring was taken over.
    pub(super) fn name_before(&self, ring: RingId) -> Option<String> {
        self.taken_over.as_ref().filter(|note| note.ring == ring)?.name.clone()
    }

    /// Something was pressed on a notification, which may be older than what it is about. One that came of a push may also be quicker than the
    /// ring: it comes as soon as the server has this page.
    pub(super) fn pressed(&mut self, ring: RingId, what: Pressed, caller: Option<CallId>) {
        if self.waits(ring) {
            let command = match what {
                Pressed::Answer => DirectCommand::Answer { ring, with_video: remembered(Source::Camera) },
                Pressed::Decline => DirectCommand::Decline { ring, message: String::new() },
            };
            return self.handle(RingEvent::Command(command));
        }
        match (what, caller) {
            (Pressed::Answer, Some(peer)) if self.place == RingPlace::Own => {
                let expected = peers::key_of(peer);
                self.input(RingInput::Command(RingCommand::TakeOver { ring, peer, expected }));
            }
            (Pressed::Decline, Some(_)) => self.to_decline = Some(ring),
            (Pressed::Answer | Pressed::Decline, _) => {}
        }
    }

    /// Declines what was to be declined, once it is there.
    pub(super) fn decline_what_was_pressed(&mut self) {
        if let Some(ring) = self.to_decline.filter(|ring| self.waits(*ring)) {
            self.to_decline = None;
            self.handle(RingEvent::Command(DirectCommand::Decline { ring, message: String::new() }));
        }
    }

    /// Whether a ring that came waits for an answer.
    fn waits(&self, ring: RingId) -> bool {
        self.device.views().iter().any(|view| {
            let rings = matches!(view.phase, RingPhase::Ringing | RingPhase::RingingQuietly);
            view.ring == ring && view.side == RingSide::Callee && rings
        })
    }

    /// Leaves what this page is about, and has the ring answered by the page of direct calls.
    pub(super) fn answer_there(&mut self, ring: RingId, with_video: bool) {
        let Some(view) = self.device.views().into_iter().find(|view| view.ring == ring) else { return };
        let key = view.key.as_ref().map(|key| KeyDigest::of(key).to_text());
        let line = self.line(view);
        RingNote { ring, peer: line.peer, name: line.name, key, with_video }.leave();
        self.input(RingInput::Command(RingCommand::HandOver { ring }));
        let (call_view, call_line) = (self.call_view, self.call_line.clone());
        spawn_local(async move {
            leave_room(call_view, &call_line).await;
            page::go_to_direct();
        });
    }
}

/// As the person does with *Leave*: devices are let go, and the server is told.
async fn leave_room(view: Store<CallView>, line: &CallLine) {
    let is_inside = || match view.phase().get_untracked() {
        Phase::Joining | Phase::Waiting | Phase::Joined => true,
        Phase::Preparing
        | Phase::Unreachable
        | Phase::PasswordAsked { .. }
        | Phase::Left
        | Phase::Refused(_) => false,
    };
    if !is_inside() {
        return;
    }
    line.send(Event::Command(CallCommand::Leave));
    let mut waited = Duration::ZERO;
    while is_inside() && waited < LEFT_WITHIN {
        sleep(LOOK_EVERY).await;
        waited += LOOK_EVERY;
    }
}
