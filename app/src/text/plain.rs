//! Pages without script: where rooms are made, found and listed.

use protocol::{CredentialKind, CredentialResource, Role, RoomStanding, Timestamp, ValidateRoomResponse};

use super::moment::in_words;
use super::refusal::{ENDED, NOT_STARTED, ROOM_FULL, ROOM_LOCKED, ROOM_UNKNOWN};
use crate::plain::FormProblem;

texts! {
    landing_title => "Veranda: video calls in the browser";
    landing_heading => "Meet face to face. Just share a link.";
    landing_lead => "Create a room, share the link, start talking. No account, nothing to install.";
    anyone_creates_not =>
        "Only this server's administrator can create rooms. With a link or code, you can join.";
    new_room => "New room";
    new_room_with_options => "New room with options";
    my_rooms => "My rooms";
    promise_encrypted => "End-to-end encrypted: only people in the room can see or hear you";
    promise_no_third_party => "No third parties";
    promise_self_hosted => "Open source, self-hosted";
    optional => "(optional)";
    code_or_link => "Room code or link";
    code_example => "kfm-pqxz-wtr";
    code_only =>
        "Enter just the code. Open a link with a # in the address bar: its key never leaves your browser.";
    join => "Join";
    options => "Options";
    only_hosts_unmute => "Only hosts can unmute themselves";
    only_hosts_chat => "Only hosts can chat";
    my_rooms_hint =>
        "Rooms you host in this browser. From another browser, or after clearing cookies, use a room's host link.";
    no_rooms => "There are none yet.";
    ended => " · ended";
    delete => "Delete";
    delete_hint => "The room, its chat and its links are gone for everyone.";
    delete_permanently => "Delete permanently";
    not_found => "Page not found";
    not_found_text => "Check the address for typos, or start from the home page.";
    links_title => "Links of the room";
    links_hint =>
        "Host links, invitations and access tokens that you made, and what was made with them. Revoking one revokes everything made with it. Whoever came in by it has to leave.";
    no_links => "There are none.";
    to_the_room => "To the room";
    revoke => "Revoke";
    reopen_room => "Reopen room";
}

/// The heading and the text in place of a room that cannot be entered; `None` for one that can.
pub(crate) fn no_entry(found: &ValidateRoomResponse) -> Option<(&'static str, String)> {
    let (heading, text) = match found.standing {
        RoomStanding::Open => return None,
        RoomStanding::Full => ROOM_FULL,
        RoomStanding::Locked => ROOM_LOCKED,
        RoomStanding::NotStarted => NOT_STARTED,
        RoomStanding::Ended if found.role == Role::Host => {
            (ENDED.0, "You're a host, so you can reopen the room.")
        }
        RoomStanding::Ended => ENDED,
        RoomStanding::Unknown => ROOM_UNKNOWN,
    };
    let starts_at = found.starts_at.filter(|_| found.standing == RoomStanding::NotStarted);
    let text = match starts_at {
        Some(start) => format!("It starts on {}. {text}", in_words(start)),
        None => text.to_owned(),
    };
    Some((heading, text))
}

/// What was wrong with a form.
pub(crate) fn form_problem(problem: FormProblem) -> String {
    match problem {
        FormProblem::Code => {
            "That doesn't look like a room code. Codes have ten letters and digits, like kfm-pqxz-wtr."
                .to_owned()
        }
        FormProblem::Name => "Use up to 80 characters, without < or >.".to_owned(),
        FormProblem::Password => super::name::password_too_long().to_owned(),
        FormProblem::Settings => super::room::capacity_problem(),
        FormProblem::Busy => "Can't create a room right now. Try again in a minute.".to_owned(),
        FormProblem::Closed => anyone_creates_not().to_owned(),
    }
}

/// The button that deletes one room.
pub(crate) fn delete_room_permanently(room: &str) -> String {
    format!("Delete permanently: {room}")
}

/// The way to the links of a room.
pub(crate) fn links_of(room: &str) -> String {
    format!("Links of {room}")
}

/// What a link is, and for whom.
pub(crate) fn credential(what: &CredentialResource) -> String {
    let kind = match what.kind {
        CredentialKind::HostKey => "Host link",
        CredentialKind::Invitation => "Invitation",
        CredentialKind::AccessToken => "Access token",
    };
    match &what.name {
        Some(name) => format!("{kind} for {name}"),
        None => kind.to_owned(),
    }
}

/// What it gives, and how long.
pub(crate) fn credential_terms(what: &CredentialResource, has_ended: bool) -> String {
    let role = match what.role {
        Role::Host => "host",
        Role::CoHost => "co-host",
        Role::Guest => "guest",
    };
    let mut terms = format!("{role} · made {}", in_words(what.created_at));
    let mut add = |term: String| terms += &term;
    if let Some(from) = what.not_before {
        add(format!(" · from {}", in_words(from)));
    }
    if let Some(end) = what.expires_at.filter(|_| !has_ended) {
        add(format!(" · until {}", in_words(end)));
    }
    if let Some(uses) = what.uses_left {
        add(format!(" · lets in {uses} more"));
    }
    if has_ended {
        add(ended().to_owned());
    }
    terms
}

/// The button that takes one back.
pub(crate) fn revoke_credential(title: &str, made: Timestamp) -> String {
    format!("Revoke {title}, made {}", in_words(made))
}
