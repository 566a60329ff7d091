//! Direct calls: how far one is, and how it ended, at either end.

use protocol::{ErrorCode, Outcome, Progress, RingSide};
use view::{DialProblem, RingPhase, RingRefusal};

use super::Text;
use super::refusal;
use super::words::direct as words;
pub(crate) use super::words::direct::*;
use crate::state::RingLine;

/// What was wrong with what was typed.
pub(crate) fn dial_problem(problem: DialProblem) -> Text {
    match problem {
        DialProblem::NoCallId => words::BAD_ID,
        DialProblem::Own => words::OWN_ID,
        DialProblem::OneAtATime => words::ONE_AT_A_TIME,
    }
}

/// How far a call is, in a sentence; of one that has ended, how.
pub(crate) fn state(line: &RingLine) -> String {
    let name = line.called();
    match line.phase {
        RingPhase::Calling(None | Some(Progress::Shown | Progress::Ringing)) => words::calling(&name),
        RingPhase::Calling(Some(Progress::InAnotherCall)) => words::in_another_call(&name),
        RingPhase::Calling(Some(Progress::Silent)) => words::SHOWN_SILENT().to_owned(),
        RingPhase::Ringing | RingPhase::RingingQuietly => match line.side {
            RingSide::Caller => words::RINGING().to_owned(),
            RingSide::Callee => words::is_calling(&name),
        },
        RingPhase::Answered => words::CONNECTING().to_owned(),
        RingPhase::Over(outcome) => ended(outcome, line.side, &name),
        RingPhase::Refused(reason) => refused(reason, &name),
    }
}

fn ended(outcome: Outcome, side: RingSide, name: &str) -> String {
    let is_caller = side == RingSide::Caller;
    match outcome {
        Outcome::Answered { seconds } => words::ended_after(&time(seconds)),
        Outcome::Declined if is_caller => words::declined(&name),
        Outcome::Declined => words::YOU_DECLINED().to_owned(),
        Outcome::Busy if is_caller => words::busy(&name),
        Outcome::Busy => words::tried_to_call(&name),
        Outcome::NoAnswer if is_caller => words::NO_ANSWER().to_owned(),
        Outcome::Cancelled if is_caller => words::CANCELLED().to_owned(),
        Outcome::Offline if is_caller => words::NOT_REACHABLE().to_owned(),
        Outcome::NoAnswer | Outcome::Cancelled | Outcome::Offline => words::missed(&name),
        Outcome::Lost { .. } => words::LOST().to_owned(),
        Outcome::AnsweredElsewhere => words::ANSWERED_ELSEWHERE().to_owned(),
        Outcome::Asked if is_caller => words::asked(&name),
        Outcome::Asked => words::would_like_to_call(&name),
    }
}

fn refused(reason: RingRefusal, name: &str) -> String {
    match reason {
        RingRefusal::WrongKey => words::wrong_key(&name),
        RingRefusal::NoKey | RingRefusal::Server(ErrorCode::NotAllowed) => words::NOT_PLACED().to_owned(),
        RingRefusal::Server(ErrorCode::PeerInCall) => words::already_in_call(&name),
        RingRefusal::Server(ErrorCode::CallerBusy) => words::CALLER_BUSY().to_owned(),
        RingRefusal::Server(code) => (refusal::of_call(code).text)().to_owned(),
    }
}

/// Minutes and seconds, as a clock counts them.
fn time(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
