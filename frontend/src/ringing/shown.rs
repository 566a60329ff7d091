//! What the page shows and sounds.

use app::state::{DirectView, RingLine};
use call::RingView;
use leptos::prelude::{GetUntracked, Set};
use protocol::{RingId, RingSide};
use seal::NotePurpose;
use view::{DialProblem, RingPhase};

use super::place::RingPlace;
use super::sound::{Sound, Sounding};
use super::talk::Talk;
use super::ticker::Ticker;
use super::{Ringing, TICK_MILLIS, notifications, peers};
use crate::{clock, lazy_session, web};

impl Ringing {
    /// Who is in the call is known from then on: their name and key.
    pub(super) fn remember_peer(&mut self) {
        let Some(line) = self.device.views().into_iter().find(|view| view.phase == RingPhase::Answered)
        else {
            return;
        };
        // Others may be there: who called has said their name, and who was called is the first to come.
        let said = self.opened.get(&line.ring).map(|opened| opened.invitation.name.to_string());
        let name = match line.side {
            RingSide::Callee => said.filter(|_| self.talk.as_ref().is_some_and(Talk::is_with_somebody)),
            RingSide::Caller if self.noted.contains(&line.ring) => return,
            RingSide::Caller => self.talk.as_ref().and_then(Talk::name_of_only_other),
        };
        let key = line.key.filter(|key| match line.side {
            // Compared with their link, or with what is remembered.
            RingSide::Caller => true,
            // Who calls with another key than before does not become the one who is known: it is said each time, until their link is used.
            RingSide::Callee => !peers::has_other_key(line.peer, key),
        });
        if let (Some(key), Some(name)) = (key, name) {
            peers::remember(line.peer, &name, &key);
            if line.side == RingSide::Caller {
                self.note_name(line.ring, &name);
            }
        }
    }

    /// So is who was rung into it: whoever comes into the room next, if nobody else does.
    pub(super) fn remember_added(&mut self) {
        let added = self.device.added().filter(|view| !self.noted.contains(&view.ring));
        if let Some(RingView { ring, peer, key: Some(key), .. }) = added.cloned()
            && let Some(name) =
                self.talk.as_ref().and_then(|talk| talk.name_of_only_newcomer(&self.there_before))
        {
            peers::remember(peer, &name, &key);
            self.note_name(ring, &name);
        }
        if self.device.adding().is_some_and(|view| view.phase.is_open()) {
            self.there_before = self.talk.as_ref().map(Talk::others).unwrap_or_default();
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
        let is_shown = |ring: &RingId| views.iter().chain(self.device.added()).any(|view| view.ring == *ring);
        self.opened.retain(|ring, _| is_shown(ring));
        self.chosen_video.retain(|ring, _| is_shown(ring));
        self.noted.retain(is_shown);
        self.sound();
        self.keep_call();
        self.prepare_for_call();
        let adding = self.device.adding().map(|view| self.line(view));
        // What was wrong is said for as long as it is so.
        let is_adding = adding.as_ref().is_some_and(|line| line.phase.is_open());
        let is_calling = self.is_calling();
        let is_so = |problem: &DialProblem| is_calling && (is_adding || *problem != DialProblem::OneAtATime);
        self.adding_problem = self.adding_problem.filter(is_so);
        let rings: Vec<_> = views.into_iter().map(|view| self.line(view)).collect();
        self.notifier.update(&rings);
        let shown = DirectView {
            is_ready: true,
            is_engine_missing: false,
            is_unsupported: false,
            signalling: self.device.signalling(),
            refused: self.device.refused(),
            call_id: self.device.call_id(),
            link: self.link(),
            can_share: web::can_share(),
            identity_notice: self.identity_notice,
            name: self.name.clone(),
            problem: self.problem,
            rings,
            adding,
            adding_problem: self.adding_problem,
            is_silenced: self.is_silenced,
            book: self.book.of(self.device.book(), &self.keys),
            notifications: notifications::state(),
            push: self.push_state(),
        };
        if clock::now() >= self.drawn_from && self.view.get_untracked() != shown {
            self.view.set(shown);
        }
    }

    pub(super) fn line(&self, view: RingView) -> RingLine {
        let RingView { ring, peer, side, phase, since, key, invitation, message } = view;
        let into_call = invitation.is_some_and(|invitation| invitation.into_call);
        let said = match side {
            RingSide::Callee => self.opened.get(&ring).map(|opened| opened.invitation.name.to_string()),
            RingSide::Caller => None,
        };
        let has_other_key =
            side == RingSide::Callee && key.as_ref().is_some_and(|key| peers::has_other_key(peer, key));
        // The name of the one who is known is not the name of whoever calls in their place.
        let name = said.or_else(|| peers::name_of(peer).filter(|_| !has_other_key));
        let message = message
            .zip(key)
            .and_then(|(note, key)| self.keys.open_note(&key, ring, NotePurpose::Decline, &note));
        let name = name.or_else(|| self.name_before(ring).filter(|_| !has_other_key));
        let answered_at = (phase == RingPhase::Answered).then_some(since);
        RingLine { ring, peer, name, has_other_key, into_call, side, phase, answered_at, message }
    }

    /// Time is counted while it rings, and what a call takes is fetched, where it would be answered.
    fn prepare_for_call(&mut self) {
        let is_call_near = self.device.views().iter().any(|view| view.phase.is_open());
        if !is_call_near {
            self.ticker = None;
        } else if self.ticker.is_none() {
            self.ticker = Ticker::begin(TICK_MILLIS, &self.events);
        }
        if is_call_near && !self.is_session_fetched && self.place == RingPlace::Own {
            self.is_session_fetched = true;
            lazy_session::fetch_ahead();
        }
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
