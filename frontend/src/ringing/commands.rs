//! What the person wants.

use app::state::{DirectCommand, IdentityNotice};
use call::{Dialled, RingCommand, RingInput};
use gloo_timers::callback::Timeout;
use protocol::{CallRules, HangUpReason, HistoryChange, RingId, SealedNote};
use seal::{KeyDigest, NotePurpose};
use view::DialProblem;
use wasm_bindgen_futures::spawn_local;

use super::event::RingEvent;
use super::{DEVICES_FIRST, Ringing, notifications, peers};
use crate::identity::{random, random_id};
use crate::{clock, page, remember, web};

impl Ringing {
    pub(super) fn command(&mut self, command: DirectCommand) {
        match command {
            DirectCommand::Dial { text } => match Dialled::parse(&text) {
                Some(dialled) => self.call(dialled),
                None => self.problem = Some(DialProblem::NoCallId),
            },
            DirectCommand::Add { text } => self.add(&text),
            DirectCommand::TakeBack => self.input(RingInput::Command(RingCommand::TakeBack)),
            DirectCommand::CallAgain { peer } => self.call(Dialled { callee: peer, expected: None }),
            DirectCommand::Answer { ring, with_video } => {
                self.chosen_video.insert(ring, with_video);
                self.input(RingInput::Command(RingCommand::Answer { ring }));
                self.draw_later();
            }
            DirectCommand::Decline { ring, message } => {
                let message = self.words_for(ring, message.trim());
                self.input(RingInput::Command(RingCommand::Decline { ring, message }));
            }
            DirectCommand::HangUp => {
                self.input(RingInput::Command(RingCommand::HangUp { reason: HangUpReason::HungUp }));
            }
            DirectCommand::Dismiss => self.input(RingInput::Command(RingCommand::Dismiss)),
            DirectCommand::SetName { name } => {
                self.name = name;
                remember::write(remember::NAME, self.name.trim());
            }
            DirectCommand::CopyId => {
                if let Some(id) = self.device.call_id() {
                    self.copy(id.to_string(), IdentityNotice::IdCopied);
                }
            }
            DirectCommand::CopyLink => {
                if let Some(link) = self.link() {
                    self.copy(link, IdentityNotice::LinkCopied);
                }
            }
            DirectCommand::ShareLink => {
                if let Some(link) = self.link() {
                    spawn_local(async move { _ = web::share(&link).await });
                }
            }
            DirectCommand::SaveIdentity { passphrase } => self.save_identity(passphrase),
            DirectCommand::UseIdentity { passphrase } => self.use_identity(passphrase),
            DirectCommand::ReplaceCallId if self.is_calling() => {
                self.identity_notice = Some(IdentityNotice::InCall);
            }
            DirectCommand::ReplaceCallId => self.input(RingInput::Command(RingCommand::ReplaceCallId)),
            DirectCommand::ReadOlder => self.input(RingInput::Command(RingCommand::ReadOlder)),
            DirectCommand::ReadMoreBlocked => self.input(RingInput::Command(RingCommand::ReadMoreBlocked)),
            DirectCommand::ForgetCall { ring } => self.change_history(HistoryChange::Forget { ring }),
            DirectCommand::ForgetAllCalls => self.change_history(HistoryChange::ForgetAll),
            DirectCommand::SetContact { key, rule } => {
                self.input(RingInput::Command(RingCommand::SetContact { peer: key, rule }));
            }
            DirectCommand::SetWhoMayRing { who } => {
                self.set_rules(|rules| CallRules { who_may_ring: who, ..rules });
            }
            DirectCommand::SetQuietHours { hours } => self.set_quiet_hours(hours),
            DirectCommand::SetUndisturbed { length } => self.set_undisturbed(length),
            DirectCommand::SetNotifications { on } => notifications::turn(on, &self.events),
            DirectCommand::SetPush { on } => self.switch_push(on),
            DirectCommand::AllowSound => {
                self.sounding = None;
                self.sound();
            }
        }
    }

    fn draw_later(&mut self) {
        self.drawn_from = clock::now() + DEVICES_FIRST;
        let events = self.events.clone();
        let draws = move || _ = events.unbounded_send(RingEvent::Tick);
        Timeout::new(DEVICES_FIRST.as_millis() as u32 + 1, draws).forget();
    }

    /// A few words, sealed for whoever rings.
    fn words_for(&self, ring: RingId, words: &str) -> Option<SealedNote> {
        let views = self.device.views();
        let incoming = views.into_iter().find(|view| view.ring == ring)?.invitation?;
        let words = Some(words).filter(|words| !words.is_empty())?;
        self.keys.seal_note(&incoming.caller_key, ring, NotePurpose::Decline, random()?, words)
    }

    fn change_history(&mut self, change: HistoryChange) {
        self.input(RingInput::Command(RingCommand::ChangeHistory { change }));
    }

    fn call(&mut self, dialled: Dialled) {
        let Dialled { callee, expected } = dialled;
        if self.device.call_id() == Some(callee) {
            self.problem = Some(DialProblem::Own);
            return;
        }
        self.problem = None;
        let Some(ring) = random_id().map(RingId::new) else { return };
        let expected = expected.or_else(|| peers::key_of(callee));
        self.input(RingInput::Command(RingCommand::Dismiss));
        self.input(RingInput::Command(RingCommand::Call { ring, callee, expected }));
    }

    /// Rings somebody into the call that this page is in.
    fn add(&mut self, text: &str) {
        let ringing = self.device.adding().filter(|view| view.phase.is_open());
        let (callee, expected) = match Dialled::parse(text) {
            None => return self.adding_problem = Some(DialProblem::NoCallId),
            Some(Dialled { callee, .. }) if self.device.call_id() == Some(callee) => {
                return self.adding_problem = Some(DialProblem::Own);
            }
            Some(Dialled { callee, expected }) => (callee, expected),
        };
        self.adding_problem = None;
        match ringing {
            Some(ringing) if ringing.peer == callee => {}
            Some(_) => self.adding_problem = Some(DialProblem::OneAtATime),
            None => {
                let Some(ring) = random_id().map(RingId::new) else { return };
                let expected = expected.or_else(|| peers::key_of(callee));
                self.input(RingInput::Command(RingCommand::Add { ring, callee, expected }));
            }
        }
    }

    /// The page of somebody's link calls them, once. Loaded again it does not.
    pub(super) fn call_by_address(&mut self) {
        if self.device.call_id().is_some()
            && let Some(dialled) = self.to_call.take()
        {
            page::forget_dialled();
            self.call(dialled);
        }
    }

    /// The link that leads to this person.
    pub(super) fn link(&self) -> Option<String> {
        let key = KeyDigest::of(self.keys.public());
        Some(Dialled::link(&page::origin()?, self.device.call_id()?, &key))
    }

    /// Whether this page rings somebody or is in a call.
    pub(super) fn is_calling(&self) -> bool {
        self.device.views().iter().any(|view| view.phase.is_open())
    }

    fn copy(&self, text: String, notice: IdentityNotice) {
        let events = self.events.clone();
        spawn_local(async move {
            let is_copied = web::copy(&text).await.is_some();
            let notice = if is_copied { notice } else { IdentityNotice::NotCopied };
            _ = events.unbounded_send(RingEvent::Noted(notice));
        });
    }
}
