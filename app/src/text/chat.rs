//! Chat: its panel, its messages, and what became of them.

use protocol::ErrorCode;
use view::{Addressee, Delivery};

use crate::state::DraftProblem;

texts! {
    heading => "Chat";
    older => "Older messages";
    none_yet => "No messages yet. Messages stay in the room for people who join later.";
    only_hosts => "Only hosts can chat in this room.";
    off_for_you => "A host turned off chat for you.";
    messages => "Messages";
    new_messages => "New messages";
    message => "Message";
    write_a_message => "Write a message";
    send => "Send";
    send_again => "Send again";
    to => "To ";
    everyone => "Everyone";
    you => "You";
    not_encrypted => "Not encrypted";
    undecryptable => "This message can't be decrypted here.";
}

/// Somebody in the list of recipients who is not there any more.
pub(crate) fn recipient_left(name: &str) -> String {
    format!("{name} (left)")
}

/// For whom alone a message is.
pub(crate) fn private(to: &Addressee) -> String {
    match to {
        Addressee::You => "Private, to you".to_owned(),
        Addressee::Present(name) => format!("Private, to {name}"),
        Addressee::Gone => "Private, to someone who left".to_owned(),
    }
}

/// What became of a message. Of those of others there is nothing to say.
pub(crate) fn delivery(delivery: Delivery, is_mine: bool) -> Option<&'static str> {
    match delivery {
        Delivery::Sending => Some("Sending…"),
        Delivery::Delivered => is_mine.then_some("Delivered"),
        Delivery::Kept => is_mine.then_some("Delivered and saved"),
        Delivery::Failed(code) => Some(not_sent(code)),
    }
}

fn not_sent(code: Option<ErrorCode>) -> &'static str {
    let Some(code) = code else { return NOT_SAVED };
    match code {
        ErrorCode::ChatTooFast | ErrorCode::RateLimited => "Not sent. You're sending too fast.",
        ErrorCode::ParticipantUnknown | ErrorCode::PeerUnknown => "Not sent. They've left the call.",
        ErrorCode::NotAllowed => "Not sent. Chat is off for you.",
        ErrorCode::ChatFull => "Not sent. This room can't hold more messages.",
        ErrorCode::TooLarge => "Not sent. It's too long.",
        ErrorCode::Malformed
        | ErrorCode::UnsupportedVersion
        | ErrorCode::NotJoined
        | ErrorCode::AlreadyJoined
        | ErrorCode::RoomUnknown
        | ErrorCode::RoomFull
        | ErrorCode::RoomLocked
        | ErrorCode::RoomNotStarted
        | ErrorCode::RoomEnded
        | ErrorCode::PasswordNeeded
        | ErrorCode::PasswordWrong
        | ErrorCode::NotAdmitted
        | ErrorCode::Removed
        | ErrorCode::Blocked
        | ErrorCode::CredentialRefused
        | ErrorCode::SessionUnknown
        | ErrorCode::SessionTakenOver
        | ErrorCode::SettingsInvalid
        | ErrorCode::SettingsTooFast
        | ErrorCode::StorageUnavailable
        | ErrorCode::PeerIsSelf
        | ErrorCode::TooSlow
        | ErrorCode::Silent
        | ErrorCode::OriginRefused
        | ErrorCode::ServerStopping
        | ErrorCode::Internal => NOT_SAVED,
    }
}

const NOT_SAVED: &str = "Not sent. The server couldn't save it.";

/// Why a message is not sent as it is.
pub(crate) fn draft_problem(problem: &DraftProblem) -> String {
    match problem {
        DraftProblem::Gone { name } => format!("{name} has left. Choose who else to write to."),
        DraftProblem::TooLong { characters: 1 } => "Too long. Remove 1 character.".to_owned(),
        DraftProblem::TooLong { characters } => format!("Too long. Remove {characters} characters."),
    }
}

/// How much more there is room for.
pub(crate) fn room_left(characters: usize) -> String {
    format!("About {characters} characters left.")
}
