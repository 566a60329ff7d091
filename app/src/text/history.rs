//! Past calls, and who may ring.

use protocol::{Outcome, RingSide, WhoMayRing};

pub(crate) use super::words::history::*;
use super::{Text, direct};
use crate::state::{Day, PastCallLine, UndisturbedUntil};

/// How a call went.
pub(crate) fn how(call: &PastCallLine) -> String {
    let is_caller = call.side == RingSide::Caller;
    let text: Text = match call.outcome {
        None if call.is_ringing && is_caller => return direct::calling(&call.called()),
        None if call.is_ringing => direct::RINGING,
        None => UNDER_WAY,
        Some(Outcome::Answered { seconds }) if is_caller => return outgoing(&length(seconds)),
        Some(Outcome::Answered { seconds }) => return incoming(&length(seconds)),
        Some(Outcome::Lost { .. }) => LOST,
        Some(Outcome::Declined) => DECLINED,
        Some(Outcome::Asked) if is_caller => ASKED,
        Some(Outcome::Asked) => WOULD_LIKE,
        Some(Outcome::AnsweredElsewhere) => ELSEWHERE,
        Some(Outcome::Busy) if is_caller => BUSY,
        Some(Outcome::NoAnswer) if is_caller => NO_ANSWER,
        Some(Outcome::Cancelled) if is_caller => CANCELLED,
        Some(Outcome::Offline) if is_caller => NOT_REACHABLE,
        Some(Outcome::Busy | Outcome::NoAnswer | Outcome::Cancelled | Outcome::Offline) => MISSED,
    };
    text().to_owned()
}

/// Whether a call is one that this person has missed.
pub(crate) fn is_missed(call: &PastCallLine) -> bool {
    let is_missed = matches!(
        call.outcome,
        Some(Outcome::Busy | Outcome::NoAnswer | Outcome::Cancelled | Outcome::Offline)
    );
    is_missed && call.side == RingSide::Callee
}

/// The day of a call.
pub(crate) fn day(day: &Day) -> String {
    match day {
        Day::Today => TODAY().to_owned(),
        Day::Yesterday => YESTERDAY().to_owned(),
        Day::On(date) => date.clone(),
    }
}

/// Who may ring.
pub(crate) fn who_may_ring(who: WhoMayRing) -> Text {
    match who {
        WhoMayRing::Anyone => ANYONE,
        WhoMayRing::Known => KNOWN,
        WhoMayRing::Nobody => NOBODY,
    }
}

/// What not being disturbed means at the moment.
pub(crate) fn undisturbed_hint(until: Option<&UndisturbedUntil>) -> String {
    match until {
        Some(UndisturbedUntil::Time(time)) => undisturbed_until(time),
        Some(UndisturbedUntil::TurnedOff) => UNDISTURBED_NOW().to_owned(),
        None => UNDISTURBED_HINT().to_owned(),
    }
}

fn length(spoken: u32) -> String {
    if spoken < 60 { seconds(&spoken) } else { minutes(&(spoken / 60)) }
}
