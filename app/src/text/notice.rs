//! What is said once, on the page and aloud.

use protocol::{MediaVia, Reaction, RoomEncryption, Source, first_character};
use view::{AnyNotice, Copied, DeviceKind, Notice, PageNotice};

use super::words::notice as words;
use super::{device_recording, devices, recording, refusal};

/// Whatever has happened.
pub(crate) fn said(said: &AnyNotice) -> String {
    match said {
        AnyNotice::Call(notice) => of_call(notice),
        AnyNotice::Page(notice) => of_page(notice),
    }
}

fn of_call(notice: &Notice) -> String {
    match notice {
        Notice::ParticipantJoined(name) => words::joined(&brief(name.as_str())),
        Notice::ManyJoined { name, others } => words::many_joined(*others, &brief(name.as_str())),
        Notice::ParticipantLeft(name) => words::left(&brief(name.as_str())),
        Notice::ManyLeft { name, others } => words::many_left(*others, &brief(name.as_str())),
        Notice::SignallingLost => words::SIGNALLING_LOST().to_owned(),
        Notice::SignallingBack => words::SIGNALLING_BACK().to_owned(),
        Notice::HandRaised(name) => words::hand_raised(&brief(name.as_str())),
        Notice::Reacted { from: None, name: _, reaction } => words::you_reacted(&in_sentence(*reaction)),
        Notice::Reacted { from: Some(_), name, reaction } => {
            words::reacted(&brief(name.as_str()), &in_sentence(*reaction))
        }
        Notice::YouShare => words::YOU_SHARE().to_owned(),
        Notice::Shares(name) => words::shares(&brief(name.as_str())),
        Notice::SharesNoMore(name) => words::shares_no_more(&brief(name.as_str())),
        Notice::RecordsOnDevice(name) => device_recording::someone_records(&brief(name.as_str())),
        Notice::Wrote(name) => words::wrote(&brief(name.as_str())),
        Notice::Knocked(name) => words::knocked(&brief(name.as_str())),
        Notice::TurnedOff(source) => turned_off(*source).to_owned(),
        Notice::AskedToTurnOn(source) => asked_to_turn_on(*source).to_owned(),
        // Whatever the reason, it is the new path of somebody that did not come about.
        Notice::MigrationAborted { via, reason: _ } => migration_aborted(*via).to_owned(),
        Notice::RecordingStarted => recording::started().to_owned(),
        Notice::RecordingStopped(reason) => recording::stopped(*reason).to_owned(),
        Notice::KeyRefused => words::KEY_REFUSED().to_owned(),
        Notice::KeyGranted => words::KEY_GRANTED().to_owned(),
        Notice::EncryptionChanged(RoomEncryption::EndToEnd) => words::ENCRYPTION_TURNED_ON().to_owned(),
        Notice::EncryptionChanged(RoomEncryption::Transport) => words::ENCRYPTION_TURNED_OFF().to_owned(),
        Notice::KeyNotShared => words::KEY_NOT_SHARED().to_owned(),
        Notice::KeyChanged(name) => words::key_changed(name),
        Notice::NotSealed { text: _ } => words::NOT_SEALED().to_owned(),
        Notice::Refused(code) => refusal::of_request(*code).to_owned(),
    }
}

/// What happens is told in one line, whatever people call themselves; their whole name is in the list of people.
fn brief(name: &str) -> String {
    let mut rest = name;
    for _ in 0..LONGEST {
        rest = rest.get(first_character(rest).len()..).unwrap_or_default();
    }
    if rest.is_empty() {
        return name.to_owned();
    }
    let start = name.strip_suffix(rest).unwrap_or(name);
    format!("{}…", start.trim_end())
}

/// Of a name in such a line, in characters as they are seen.
const LONGEST: usize = 24;

fn of_page(notice: &PageNotice) -> String {
    let sentence = match notice {
        PageNotice::DeviceReplaced { kind, lost, now } => {
            return words::device_replaced(
                &device(*kind, lost.as_deref()),
                &default_device(*kind, now.as_deref()),
            );
        }
        PageNotice::DeviceIsBack { kind, device: back } => {
            return words::device_is_back(&device(*kind, back.as_deref()));
        }
        PageNotice::DefaultDeviceChanged { kind, now } => {
            return words::default_device_changed(&default_device(*kind, now.as_deref()));
        }
        PageNotice::DeviceAllowed(source) => allowed(*source),
        PageNotice::MicrophoneIsSilent => devices::MICROPHONE_IS_SILENT(),
        PageNotice::MicrophoneMutedBySystem => devices::MICROPHONE_MUTED_BY_SYSTEM(),
        PageNotice::Copied(Copied::Link) => words::LINK_COPIED(),
        PageNotice::Copied(Copied::Invitation) => words::INVITATION_COPIED(),
        PageNotice::Copied(Copied::HostLink) => words::HOST_LINK_COPIED(),
        PageNotice::Copied(Copied::Statistics) => words::STATISTICS_COPIED(),
        PageNotice::NotCopied => words::NOT_COPIED(),
        PageNotice::DeviceNotSwitched => words::DEVICE_NOT_SWITCHED(),
        PageNotice::CalendarFailed => words::CALENDAR_FAILED(),
        PageNotice::HostLinkFailed => words::HOST_LINK_FAILED(),
        PageNotice::SharedWithoutSound => words::SHARED_WITHOUT_SOUND(),
        PageNotice::SharedSoundIsTheCall => words::SHARED_SOUND_IS_THE_CALL(),
        PageNotice::ShareIsStill => words::SHARE_IS_STILL(),
        PageNotice::ShareEnded => words::SHARE_ENDED(),
        PageNotice::PhraseFailed => words::PHRASE_FAILED(),
        PageNotice::SealingFailed => words::SEALING_FAILED(),
        PageNotice::RecordingFailed(fault) => device_recording::fault(*fault),
        PageNotice::NoRandomness => words::NO_RANDOMNESS(),
    };
    sentence.to_owned()
}

fn allowed(source: Source) -> &'static str {
    match source {
        Source::Microphone => devices::MICROPHONE_ALLOWED(),
        Source::Camera => devices::CAMERA_ALLOWED(),
        Source::Screen | Source::ScreenAudio => devices::SCREEN_ALLOWED(),
    }
}

/// What a device is called, or what it is.
fn device(kind: DeviceKind, label: Option<&str>) -> String {
    label.unwrap_or_else(|| devices::kind(kind)).to_owned()
}

/// The same of one that the system has chosen.
fn default_device(kind: DeviceKind, label: Option<&str>) -> String {
    label.unwrap_or_else(|| devices::default_device(kind)).to_owned()
}

fn turned_off(source: Source) -> &'static str {
    match source {
        Source::Microphone => words::MUTED_BY_HOST(),
        Source::Camera => words::CAMERA_OFF_BY_HOST(),
        Source::Screen => words::SCREEN_STOPPED_BY_HOST(),
        Source::ScreenAudio => words::SCREEN_SOUND_STOPPED_BY_HOST(),
    }
}

fn asked_to_turn_on(source: Source) -> &'static str {
    match source {
        Source::Microphone => words::ASKED_TO_UNMUTE(),
        Source::Camera => words::ASKED_FOR_CAMERA(),
        Source::Screen | Source::ScreenAudio => words::ASKED_FOR_SCREEN(),
    }
}

fn migration_aborted(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Sfu(_) => words::STAYS_DIRECT(),
        MediaVia::Mesh => words::STAYS_ON_SERVER(),
    }
}

fn in_sentence(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::ThumbsUp => words::THUMBS_UP(),
        Reaction::Applause => words::APPLAUSE(),
        Reaction::Heart => words::HEART(),
        Reaction::Laughter => words::LAUGHTER(),
        Reaction::Surprise => words::SURPRISE(),
        Reaction::Celebration => words::CELEBRATION(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_its_characters_and_another_is_whole() {
        assert_eq!(brief("Ada King Lovelace"), "Ada King Lovelace");
        assert_eq!(brief(&"W".repeat(24)), "W".repeat(24));
        assert_eq!(brief(&"W".repeat(64)), format!("{}…", "W".repeat(24)));
        assert_eq!(brief(&"👩‍👩‍👧‍👦".repeat(30)), format!("{}…", "👩‍👩‍👧‍👦".repeat(24)));
    }
}
