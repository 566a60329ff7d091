//! Before the call, in the waiting room, and after the call.

use view::Phase;

use super::list;
use super::words::joining as words;
pub(crate) use super::words::joining::*;

/// What keeps somebody outside, where they can do something about it on the same page.
pub(crate) fn kept_out(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Unreachable => Some(words::UNREACHABLE()),
        Phase::PasswordAsked { wrong: true } => Some(words::WRONG_PASSWORD()),
        Phase::PasswordAsked { wrong: false } => Some(words::ENTER_PASSWORD()),
        Phase::Preparing
        | Phase::Joining
        | Phase::Waiting
        | Phase::Joined
        | Phase::Left
        | Phase::Refused(_) => None,
    }
}

/// Who is inside.
pub(crate) fn who_is_here(people: &[String]) -> String {
    match people {
        [] => words::NO_ONE_HERE().to_owned(),
        [one] => words::one_here(one),
        [_, _] | [_, _, _] => words::some_here(&list(people)),
        [first, second, others @ ..] => words::many_here(others.len(), first, second),
    }
}

/// What happens next to whoever waits.
pub(crate) fn waits(is_host_inside: bool) -> &'static str {
    if is_host_inside { words::HOST_KNOWS() } else { words::NO_HOST_YET() }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;

    #[test]
    fn three_are_named_and_of_four_two() {
        let people = ["Ada", "Bob", "Cleo", "Dan"].map(str::to_owned);
        assert_eq!(who_is_here(&people[..0]), "No one is here yet.");
        assert_eq!(who_is_here(&people[..1]), "Ada is here.");
        assert_eq!(who_is_here(&people[..3]), "Ada, Bob and Cleo are here.");
        assert_eq!(who_is_here(&people), "Ada, Bob and 2 others are here.");
    }
}
