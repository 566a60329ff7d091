//! Before the call, in the waiting room, and after the call.

use view::Phase;

use super::list;

texts! {
    heading => "Ready to join?";
    untitled_room => "Room";
    your_name => "Your name";
    room_password => "Room password";
    join_now => "Join now";
    ask_to_join => "Ask to join";
    joining => "Joining…";
    encrypted => "Everything is encrypted end to end. Only people in the room can see or hear it.";
    unsupported =>
        "This browser doesn't support end-to-end encrypted calls. Update it, or use Chrome, Edge, Firefox or Safari.";
    you_are_host =>
        "You're the host in this browser. To host from another device, save this link now. It won't be shown again.";
    waiting => "Waiting to be let in";
    stop_waiting => "Stop waiting";
    lacks_key =>
        "Your link is missing the room's encryption key. A host can let you in and pass it on. Or open the full link.";
    opening => "Opening the call…";
    screen_missing => "Couldn't load the call";
    screen_missing_text =>
        "You're in the room, but part of the page is missing. Check your connection and try again.";
    left => "You left";
    left_text => "Your camera and microphone are off.";
    rejoin => "Rejoin";
}

/// What keeps somebody outside, where they can do something about it on the same page.
pub(crate) fn kept_out(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Unreachable => Some("Can't reach the server. Check your connection and try again."),
        Phase::PasswordAsked { wrong: true } => Some("Wrong password. Try again."),
        Phase::PasswordAsked { wrong: false } => Some("Enter the room password."),
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
        [] => "No one is here yet.".to_owned(),
        [one] => format!("{one} is here."),
        [_, _] | [_, _, _] => format!("{} are here.", list(people)),
        [first, second, others @ ..] => format!("{first}, {second} and {} others are here.", others.len()),
    }
}

/// What happens next to whoever waits.
pub(crate) fn waits(is_host_inside: bool) -> &'static str {
    if is_host_inside {
        "The host knows you're here. You'll join as soon as they let you in."
    } else {
        "No host is here yet. When one arrives, they'll see that you're waiting and can let you in."
    }
}

#[cfg(test)]
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
