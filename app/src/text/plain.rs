//! Pages without script: where rooms are made, found and listed.

use protocol::{
    CredentialKind, CredentialResource, RecordingInfo, Role, RoomEntry, RoomStanding, Timestamp,
    ValidateRoomResponse,
};

use protocol::limits::MAX_ROOM_NAME_CHARS;

use super::moment::in_words;
use super::refusal::{self, Words};
use super::words::plain as words;
pub(crate) use super::words::plain::*;
use crate::plain::{FormProblem, RecordingsProblem};

/// The heading and the text in place of a room that cannot be entered; `None` for one that can.
pub(crate) fn no_entry(found: &ValidateRoomResponse) -> Option<(&'static str, String)> {
    let Words { heading, text } = match found.standing {
        RoomStanding::Open => return None,
        RoomStanding::Full => refusal::ROOM_FULL,
        RoomStanding::Locked => refusal::ROOM_LOCKED,
        RoomStanding::NotStarted => refusal::NOT_STARTED,
        RoomStanding::Ended if found.role == Role::Host => {
            Words { text: words::ENDED_HOST_TEXT, ..refusal::ENDED }
        }
        RoomStanding::Ended => refusal::ENDED,
        RoomStanding::Unknown => refusal::ROOM_UNKNOWN,
    };
    let starts_at = found.starts_at.filter(|_| found.standing == RoomStanding::NotStarted);
    let text = match starts_at {
        Some(start) => [words::starts_on(&in_words(start)), text().to_owned()].join(super::SENTENCE_GAP()),
        None => text().to_owned(),
    };
    Some((heading(), text))
}

/// What stands between somebody and a room that is listed; `None` for one that is open.
pub(crate) fn entry(entry: RoomEntry) -> Option<&'static str> {
    match entry {
        RoomEntry::Open => None,
        RoomEntry::Password => Some(super::room::PASSWORD()),
        RoomEntry::WaitingRoom => Some(super::people::WAITING_ROOM()),
        RoomEntry::Locked => Some(words::LOCKED()),
        RoomEntry::Full => Some(words::FULL()),
    }
}

/// What was wrong with a form.
pub(crate) fn form_problem(problem: FormProblem) -> String {
    match problem {
        FormProblem::Code => words::NOT_A_CODE().to_owned(),
        FormProblem::Name => words::room_name_invalid(MAX_ROOM_NAME_CHARS),
        FormProblem::Password => super::name::PASSWORD_TOO_LONG().to_owned(),
        FormProblem::Settings => super::room::capacity_problem(),
        FormProblem::Busy => words::BUSY().to_owned(),
        FormProblem::Closed => words::ANYONE_CREATES_NOT().to_owned(),
    }
}

/// What a link is, and for whom.
pub(crate) fn credential(what: &CredentialResource) -> String {
    match (what.kind, &what.name) {
        (CredentialKind::HostKey, None) => words::HOST_KEY().to_owned(),
        (CredentialKind::HostKey, Some(name)) => words::host_key_for(name),
        (CredentialKind::Invitation, None) => words::INVITATION().to_owned(),
        (CredentialKind::Invitation, Some(name)) => words::invitation_for(name),
        (CredentialKind::AccessToken, None) => words::ACCESS_TOKEN().to_owned(),
        (CredentialKind::AccessToken, Some(name)) => words::access_token_for(name),
    }
}

/// What it gives, and how long.
pub(crate) fn credential_terms(what: &CredentialResource, has_ended: bool) -> String {
    let role = match what.role {
        Role::Host => words::GIVES_HOST(),
        Role::CoHost => words::GIVES_CO_HOST(),
        Role::Guest => words::GIVES_GUEST(),
    };
    let mut terms = vec![role.to_owned(), words::made_on(&in_words(what.created_at))];
    terms.extend(what.not_before.map(|from| words::valid_from(&in_words(from))));
    terms.extend(what.expires_at.filter(|_| !has_ended).map(|end| words::valid_until(&in_words(end))));
    terms.extend(what.uses_left.map(|uses| words::uses_left(uses as usize)));
    terms.extend(has_ended.then(|| words::ENDED().to_owned()));
    terms.join(words::TERM_GAP())
}

/// What stands below a room in the list: its code, and whether it is over.
pub(crate) fn room_terms(code: &str, has_ended: bool) -> String {
    let terms = [Some(code), has_ended.then(words::ENDED)];
    terms.into_iter().flatten().collect::<Vec<_>>().join(words::TERM_GAP())
}

/// Why what was wanted with a recording was not done.
pub(crate) fn recordings_problem(problem: RecordingsProblem) -> String {
    match problem {
        RecordingsProblem::Name => form_problem(FormProblem::Name),
        RecordingsProblem::GoesOn => words::STOP_RECORDING_FIRST().to_owned(),
    }
}

/// What a recording is called in the list: by its name, or by when it began.
pub(crate) fn recording_title(recording: &RecordingInfo) -> String {
    recording.name.as_ref().map_or_else(|| in_words(recording.started), ToString::to_string)
}

/// What stands below it: when it began, how long and how large it is, who opens it, and when it is deleted.
pub(crate) fn recording_terms(recording: &RecordingInfo) -> String {
    let started = recording.name.as_ref().map(|_| in_words(recording.started));
    let mut terms: Vec<_> = started.into_iter().collect();
    match recording.ended {
        Some(ended) => {
            let lasted = ended.0.saturating_sub(recording.started.0);
            terms.push(super::player::clock(u32::try_from(lasted).unwrap_or(u32::MAX)));
            terms.push(words::megabytes(&recording.bytes.div_ceil(MEGABYTE)));
        }
        None => terms.push(words::RECORDING_GOES_ON().to_owned()),
    }
    let sealed = if recording.sealed { super::player::SEALED() } else { words::NOT_SEALED() };
    terms.push(sealed.to_owned());
    terms.extend(recording.deletes_at.map(|date| words::deleted_on(&in_words(date))));
    terms.join(words::TERM_GAP())
}

const MEGABYTE: u64 = 1_000_000;

/// The button that takes one back.
pub(crate) fn revoke_credential(title: &str, made: Timestamp) -> String {
    words::revoke_credential(&in_words(made), &title)
}
