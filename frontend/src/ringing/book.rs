//! What the server keeps for the identity, as the page shows it: names are opened, times are those of this browser.

use std::collections::BTreeMap;

use app::state::{BlockedLine, CallBook, Day, LocalHours, PastCallLine, RulesLine, UndisturbedUntil};
use call::Book;
use js_sys::Date;
use protocol::{CallRules, PastCall, QuietHours, RingId, RingSide};
use seal::{KeyPair, NotePurpose};

use super::{peers, zones};
use crate::web;

/// As long as nothing is read anew, what is shown is made again so often: days and the end of not being disturbed go by.
const SHOWN_FOR_MILLIS: f64 = 30_000.0;

/// From this year on an end is none. A person means the day on which they turn it off.
const FAR_MILLIS: u64 = 200_000_000_000_000;

/// What is shown, and of what it was made.
#[derive(Default)]
pub(super) struct ShownBook {
    made_of: Book,
    made_at: f64,
    shown: CallBook,
    /// What the sealed names say.
    names: BTreeMap<RingId, Option<String>>,
}

impl ShownBook {
    /// As the page shows it now.
    pub(super) fn of(&mut self, book: &Book, keys: &KeyPair) -> CallBook {
        let now = Date::now();
        if self.made_of != *book || now - self.made_at > SHOWN_FOR_MILLIS {
            self.names.retain(|ring, _| book.calls.iter().any(|call| call.ring == *ring));
            self.shown = self.made(book, keys);
            self.made_of = book.clone();
            self.made_at = now;
        }
        self.shown.clone()
    }

    fn made(&mut self, book: &Book, keys: &KeyPair) -> CallBook {
        let mut calls: Vec<_> = book.calls.iter().map(|call| self.line(call, book, keys)).collect();
        let names = name_alike(&mut calls);
        let blocked = book.blocked.iter().map(|one| {
            let known = names.get(one.key.as_str()).cloned();
            let name = known.or_else(|| one.call_id.and_then(peers::name_of));
            let called = name.or_else(|| one.call_id.map(|id| id.to_string()));
            BlockedLine { key: one.key.clone(), called }
        });
        CallBook {
            blocked: blocked.collect(),
            calls,
            has_older: book.has_older,
            has_more_blocked: book.has_more_blocked,
            rules: book.rules.clone().map(rules_line),
            is_refused: book.problem.is_some(),
        }
    }

    fn line(&mut self, call: &PastCall, book: &Book, keys: &KeyPair) -> PastCallLine {
        let sealed = self.names.entry(call.ring).or_default();
        if sealed.is_none() {
            *sealed = name_in(call, keys);
        }
        let at = Date::new(&(call.placed_at.0 as f64).into());
        PastCallLine {
            ring: call.ring,
            peer: call.peer,
            key: call.peer_key.clone(),
            name: sealed.clone().or_else(|| peers::name_of(call.peer)),
            side: call.side,
            outcome: call.outcome,
            is_ringing: call.is_ringing,
            relation: call.relation,
            day: day_of(&at),
            time: web::local_time(&at),
            is_fresh: book.fresh.contains(&call.ring),
        }
    }
}

/// What somebody called themselves last they are called in those calls that say no name. Returns it, by key.
fn name_alike(calls: &mut [PastCallLine]) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for call in calls.iter().rev() {
        if let Some(name) = &call.name {
            names.insert(call.key.as_str().to_owned(), name.clone());
        }
    }
    for call in calls.iter_mut().filter(|call| call.name.is_none()) {
        call.name = names.get(call.key.as_str()).cloned();
    }
    names
}

/// What the caller has called themselves, or what this identity has noted of whom it called.
fn name_in(call: &PastCall, keys: &KeyPair) -> Option<String> {
    match call.side {
        RingSide::Callee => {
            let opened = keys.open_invitation(&call.peer_key, call.ring, call.invitation.as_ref()?)?;
            Some(opened.name.to_string())
        }
        RingSide::Caller => {
            keys.open_note(keys.public(), call.ring, NotePurpose::OwnHistory, call.note.as_ref()?)
        }
    }
}

fn day_of(at: &Date) -> Day {
    let today = Date::new_0();
    let yesterday = Date::new_0();
    yesterday.set_date(yesterday.get_date().wrapping_sub(1));
    let is = |day: &Date| at.to_date_string() == day.to_date_string();
    if is(&today) {
        Day::Today
    } else if is(&yesterday) {
        Day::Yesterday
    } else {
        Day::On(web::local_date(at))
    }
}

fn rules_line(rules: CallRules) -> RulesLine {
    let CallRules { who_may_ring, quiet_hours, undisturbed_until } = rules;
    let here = |QuietHours { from, until, zone }: QuietHours| {
        let behind = zone.map_or_else(|| -zones::behind_utc(), |zone| -zones::ahead_of_here(&zone));
        LocalHours { from, until }.shifted(behind)
    };
    let until = undisturbed_until.filter(|until| until.0 as f64 > Date::now());
    RulesLine {
        who_may_ring,
        quiet_hours: quiet_hours.map(here),
        undisturbed: until.map(|until| {
            let at = Date::new(&(until.0 as f64).into());
            if until.0 > FAR_MILLIS {
                UndisturbedUntil::TurnedOff
            } else {
                UndisturbedUntil::Time(web::local_time(&at))
            }
        }),
    }
}
