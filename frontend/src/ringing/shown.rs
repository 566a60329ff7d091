//! What the page shows and sounds.

use app::state::{DirectView, RingLine};
use call::RingView;
use leptos::prelude::{GetUntracked, Set};
use protocol::{RingId, RingSide};
use seal::NotePurpose;
use view::RingPhase;

use super::sound::{Sound, Sounding};
use super::talk::Talk;
use super::{Ringing, notifications, peers};

impl Ringing {
    /// Who is in the call is known from then on: their name and key.
    pub(super) fn remember_peer(&mut self) {
        let Some(line) = self.device.views().into_iter().find(|view| view.phase == RingPhase::Answered)
        else {
            return;
        };
        let key = match line.side {
            RingSide::Caller => self.called.get(&line.ring).cloned(),
            RingSide::Callee => line.invitation.map(|incoming| incoming.caller_key),
        };
        let name = self.talk.as_ref().and_then(Talk::name_of_other);
        if let (Some(key), Some(name)) = (key, name) {
            peers::remember(line.peer, &name, &key);
        }
    }

    pub(super) fn publish(&mut self) {
        let views = self.device.views();
        for view in &views {
            if let Some(incoming) = &view.invitation {
                let incoming = incoming.clone();
                self.open(view.ring, &incoming.caller_key, &incoming.invitation);
            }
        }
        // What strangers have rung with is not kept beyond their rings.
        let is_shown = |ring: &RingId| views.iter().any(|view| view.ring == *ring);
        self.opened.retain(|ring, _| is_shown(ring));
        self.called.retain(|ring, _| is_shown(ring));
        self.without_video.retain(is_shown);
        self.sound();
        let rings: Vec<_> = views.into_iter().map(|view| self.line(view)).collect();
        self.notifier.update(&rings);
        let shown = DirectView {
            is_ready: true,
            is_engine_missing: false,
            is_unsupported: false,
            signalling: self.device.signalling(),
            refused: self.device.refused(),
            call_id: self.device.call_id(),
            name: self.name.clone(),
            problem: self.problem,
            rings,
            is_silenced: self.is_silenced,
            notifications: notifications::state(),
        };
        if self.view.get_untracked() != shown {
            self.view.set(shown);
        }
    }

    pub(super) fn line(&self, view: RingView) -> RingLine {
        let RingView { ring, peer, side, phase, since: _, invitation, message } = view;
        let said = match side {
            RingSide::Callee => self.opened.get(&ring).map(|invitation| invitation.name.to_string()),
            RingSide::Caller => None,
        };
        let key = match side {
            RingSide::Caller => self.called.get(&ring).cloned(),
            RingSide::Callee => invitation.map(|incoming| incoming.caller_key),
        };
        let message = message
            .zip(key)
            .and_then(|(note, key)| self.keys.open_note(&key, ring, NotePurpose::Decline, &note));
        let name = said.or_else(|| peers::name_of(peer)).or_else(|| self.name_before(ring));
        RingLine { ring, peer, name, side, phase, message }
    }

    /// Sounds what is to sound: a ring that came, or the tone of one that sounds at the other end.
    pub(super) fn sound(&mut self) {
        let wanted = self.device.views().iter().find_map(|view| match (view.side, view.phase) {
            (RingSide::Callee, RingPhase::Ringing) => Some((Sound::Ring, view.ring)),
            (RingSide::Caller, RingPhase::Ringing) => Some((Sound::Tone, view.ring)),
            _ => None,
        });
        if self.sounding.as_ref().map(Sounding::of) != wanted {
            self.sounding = wanted.map(|(sound, ring)| Sounding::begin(sound, ring, &self.events));
        }
    }
}
