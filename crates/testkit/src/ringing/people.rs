//! What people do: call, answer, decline, hang up, close a page, go to a meeting; and two of them at once.

use std::time::Duration;

use call::{RingCommand, RingInput, RingPhase};
use protocol::{Activity, CloseCode, HangUpReason, Receipt, RingId, RingSide};
use uuid::Uuid;

use super::page::{id_of, is_ringing};
use super::world::{Act, Event, FIRST_RING, QUIET_AT, Reaction, RingWorld};

impl RingWorld {
    pub(super) fn act(&mut self, page: usize, act: Act) {
        if self.pages[page].is_closed {
            return;
        }
        match act {
            Act::Something => {
                self.do_something(page);
                let next = self.now + self.seed.millis(800..=12_000);
                if next < QUIET_AT {
                    self.events.send_at(next, Event::Act { page, act: Act::Something });
                }
            }
            Act::Receive(ring) => self.receive(page, ring),
            Act::React(ring, Reaction::Answer) => self.command(page, RingCommand::Answer { ring }),
            Act::React(ring, Reaction::Decline) => {
                self.command(page, RingCommand::Decline { ring, message: None });
            }
            Act::Call(person) => self.call(page, person),
            Act::Add(person) => self.ring_into_call(page, person),
            Act::HangUp => self.command(page, RingCommand::HangUp { reason: HangUpReason::HungUp }),
            Act::Reload(takes) => self.reload(page, takes),
            Act::Loaded => self.command(page, RingCommand::Attach),
        }
    }

    fn command(&mut self, page: usize, command: RingCommand) {
        self.input(page, RingInput::Command(command));
    }

    fn do_something(&mut self, page: usize) {
        let views = self.pages[page].machine.views();
        let talks = views.iter().any(|view| view.phase == RingPhase::Answered);
        let calls = views.iter().any(|view| view.side == RingSide::Caller && is_ringing(view.phase));
        if talks && self.seed.chance(0.3) {
            return self.add(page);
        }
        if talks || calls {
            let reason = if self.seed.chance(0.2) { HangUpReason::Lost } else { HangUpReason::HungUp };
            if self.seed.chance(if talks { 0.3 } else { 0.15 }) {
                self.command(page, RingCommand::HangUp { reason });
            } else if self.seed.chance(0.05) {
                self.close(page);
            } else if talks && self.seed.chance(0.1) {
                // Some machines are slow, or their owners think for a while.
                let takes = self.seed.millis(100..=14_000);
                self.reload(page, takes);
            }
            return;
        }
        match self.seed.number(0..20) {
            0 => self.command(page, RingCommand::SetActivity { activity: Activity::InMeeting }),
            1 => self.command(page, RingCommand::SetActivity { activity: Activity::Free }),
            2 => self.close(page),
            3 => self.command(page, RingCommand::Dismiss),
            4..=11 => {
                let person = self.somebody_else(page);
                self.call(page, person);
            }
            _ => {}
        }
    }

    fn somebody_else(&mut self, page: usize) -> usize {
        let others = self.people as u64 - 1;
        let person = usize::try_from(self.seed.number(0..others)).unwrap_or_default();
        if person >= self.pages[page].person { person + 1 } else { person }
    }

    /// Somebody is rung into the call, whoever they are, or not any more.
    fn add(&mut self, page: usize) {
        if self.seed.chance(0.15) {
            return self.command(page, RingCommand::TakeBack);
        }
        let person = self.somebody_else(page);
        self.ring_into_call(page, person);
    }

    pub(super) fn ring_into_call(&mut self, page: usize, person: usize) {
        let (ring, callee) = (self.next_ring(), id_of(person));
        self.command(page, RingCommand::Add { ring, callee, expected: None });
    }

    fn next_ring(&mut self) -> RingId {
        self.rings_made += 1;
        RingId::new(Uuid::from_u128(FIRST_RING + self.rings_made))
    }

    fn call(&mut self, page: usize, person: usize) {
        let ring = self.next_ring();
        self.command(page, RingCommand::Call { ring, callee: id_of(person), expected: None });
        if self.is_lively && self.seed.chance(0.2) {
            self.call_back(page, person);
        }
    }

    /// The person called has the same thought at the same time.
    fn call_back(&mut self, page: usize, person: usize) {
        let me = self.pages[page].person;
        let theirs = self.pages.iter().position(|page| page.person == person && !page.is_closed);
        if let Some(theirs) = theirs {
            let at = self.now + self.seed.millis(0..=300);
            let act = Act::Call(me);
            // Whoever calls back does not have that thought once more.
            if self.now < QUIET_AT {
                self.events.send_at(at, Event::Act { page: theirs, act });
            }
        }
    }

    /// A ring has come to a page: it sounds or cannot, and the person does something about it or does not.
    fn receive(&mut self, page: usize, ring: RingId) {
        if !self.pages[page].machine.views().iter().any(|view| view.ring == ring && is_ringing(view.phase)) {
            return;
        }
        let receipt = if self.seed.chance(0.8) { Receipt::Ringing } else { Receipt::Silent };
        self.command(page, RingCommand::Receipt { ring, receipt });
        if receipt == Receipt::Ringing && self.seed.chance(0.5) {
            self.command(page, RingCommand::ConnectBeforehand { ring });
        }
        let reaction = match self.seed.number(0..10) {
            _ if !self.is_lively => return,
            0..=2 => Reaction::Answer,
            3 => Reaction::Decline,
            _ => return,
        };
        let at = self.now + self.seed.millis(50..=9_000);
        self.events.send_at(at, Event::Act { page, act: Act::React(ring, reaction) });
        let person = self.pages[page].person;
        let others = self.pages.iter().enumerate();
        let other =
            others.map(|(other, one)| (other, one.person)).find(|one| one.1 == person && one.0 != page);
        if let Some((other, _)) = other.filter(|_| self.seed.chance(0.5)) {
            let soon = at + self.seed.millis(0..=3);
            self.report.races += 1;
            self.events.send_at(soon, Event::Act { page: other, act: Act::React(ring, Reaction::Answer) });
        }
    }

    /// The page is loaded anew in the middle of a call.
    fn reload(&mut self, page: usize, takes: Duration) {
        let Some(call) = self.pages[page].machine.ongoing(self.now).filter(|_| self.now < QUIET_AT) else {
            return;
        };
        self.report.reloaded += 1;
        self.hang_socket(page, Some(CloseCode::GOING_AWAY));
        self.pages[page].reload();
        self.command(page, RingCommand::Resume(Box::new(call)));
        self.events.send_at(self.now + takes, Event::Act { page, act: Act::Loaded });
    }

    /// The page is closed, and another one opened.
    fn close(&mut self, page: usize) {
        if self.now >= QUIET_AT {
            return;
        }
        self.report.closed += 1;
        self.pages[page].is_closed = true;
        self.command(page, RingCommand::Detach);
        let person = self.pages[page].person;
        let next = self.open_page(person);
        let at = self.now + self.seed.millis(1_000..=9_000);
        self.events.send_at(at, Event::Act { page: next, act: Act::Something });
    }
}
