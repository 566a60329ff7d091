//! What a call does when the room is said to be without end-to-end encryption: nothing leaves before the person has decided.

use call::{ChatText, Command, Encryption, Identity, Input, LinkCommand, Notice, Output, SecretOrigin};
use protocol::{
    ChatId, ChatTarget, Envelope, Joined, Moderation, RingSide, RoomCode, RoomEncryption, RoomMessage,
    RoomSettings, RoomSettingsPatch, ServerMessage, Source, Switch,
};
use seal::{Protection, RoomSecret};
use uuid::Uuid;

use crate::support::{ADA, TestCall, commands_to, join, joined, joined_later, said, told};

const TRANSPORT: RoomEncryption = RoomEncryption::Transport;
const END_TO_END: RoomEncryption = RoomEncryption::EndToEnd;

fn settings(encryption: RoomEncryption) -> RoomSettings {
    RoomSettings { encryption, ..RoomSettings::default() }
}

fn rule(encryption: RoomEncryption) -> ServerMessage {
    ServerMessage::RoomUpdated { settings: settings(encryption), password: false }
}

fn inside(encryption: RoomEncryption, continued: bool) -> ServerMessage {
    let ServerMessage::Joined(joined) = joined([ADA], continued) else { unreachable!() };
    ServerMessage::Joined(Box::new(Joined { settings: settings(encryption), ..*joined }))
}

fn call(origin: Option<SecretOrigin>) -> call::Call {
    let secret = origin.map(|origin| (RoomSecret::new([1; 16]), origin));
    call::Call::new(RoomCode::from_random(1), None, 7, Identity { secret, ..Identity::of_seed(7) })
}

/// Somebody with the link, whose microphone is on, inside with Ada.
fn talking(encryption: RoomEncryption) -> (TestCall, Vec<Output>) {
    let mut call = TestCall::of(call(Some(SecretOrigin::Link)));
    call.switch(Source::Microphone, Switch::On);
    call.input(Input::Captured(Source::Microphone));
    call.command(join());
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(encryption, false));
    (call, outputs)
}

fn protections(outputs: &[Output]) -> Vec<Protection> {
    let protection = |output: &Output| if let Output::Protect(now) = output { Some(*now) } else { None };
    outputs.iter().filter_map(protection).collect()
}

fn microphone(switch: Switch) -> LinkCommand {
    LinkCommand::Publish { source: Source::Microphone, switch }
}

fn write(call: &mut TestCall, number: u128, text: &str) -> Vec<Output> {
    let (id, to) = (ChatId(Uuid::from_u128(number)), ChatTarget::Everyone);
    call.command(Command::Write { id, to, text: text.to_owned() })
}

fn envelopes(outputs: &[Output]) -> Vec<Envelope> {
    let envelope =
        |message| if let RoomMessage::Chat { envelope, .. } = message { Some(envelope) } else { None };
    said(outputs).into_iter().filter_map(envelope).collect()
}

fn versions(outputs: &[Output]) -> Vec<u16> {
    envelopes(outputs).iter().map(Envelope::version).collect()
}

#[test]
fn nothing_leaves_from_the_word_of_the_server_to_the_click_of_the_person() {
    let (mut call, outputs) = talking(END_TO_END);
    assert!(protections(&outputs).is_empty() && commands_to(ADA, &outputs).contains(&microphone(Switch::On)));
    let outputs = call.hear(rule(TRANSPORT));
    assert_eq!(outputs.first(), Some(&Output::Protect(Protection::Withheld)), "before anything else");
    assert!(commands_to(ADA, &outputs).contains(&microphone(Switch::Off)));
    assert!(
        told(&outputs).iter().all(|media| !media.of(Source::Microphone).is_on())
            && !told(&outputs).is_empty()
    );
    assert!(outputs.contains(&Output::Notify(Notice::EncryptionChanged(TRANSPORT))));
    assert_eq!((call.0.snapshot().encryption, call.0.sent()), (Encryption::Undecided, Vec::new()));

    let outputs = write(&mut call, 1, "a secret");
    assert!(envelopes(&outputs).is_empty(), "it goes back to them");
    assert!(outputs.contains(&Output::Notify(Notice::NotSealed { text: "a secret".to_owned() })));
    call.input(Input::Captured(Source::Camera));
    let outputs = call.hear(joined_later(7));
    assert!(!commands_to(7, &outputs).contains(&microphone(Switch::On)), "nor to those who come");

    let outputs = call.command(Command::AcceptTransport);
    assert_eq!(outputs.first(), Some(&Output::Protect(Protection::Plaintext)));
    assert!(commands_to(ADA, &outputs).contains(&microphone(Switch::On)));
    assert_eq!(call.0.snapshot().encryption, Encryption::Transport);
    assert_eq!(versions(&write(&mut call, 2, "for anybody")), [Envelope::TEXT]);
}

#[test]
fn the_same_at_the_door_and_when_the_server_comes_back_saying_so() {
    let (call, outputs) = talking(TRANSPORT);
    assert_eq!(protections(&outputs), [Protection::Withheld]);
    assert!(!commands_to(ADA, &outputs).contains(&microphone(Switch::On)));
    assert!(call.0.sent().is_empty());

    let (mut call, _) = talking(END_TO_END);
    call.input(Input::SocketClosed);
    call.wait(std::time::Duration::from_secs(5));
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(TRANSPORT, true));
    assert_eq!(protections(&outputs), [Protection::Withheld]);
    assert!(commands_to(ADA, &outputs).contains(&microphone(Switch::Off)), "over the links that go on");
}

#[test]
fn going_back_begins_a_new_epoch_and_what_was_said_as_plaintext_is_not_said_again() {
    let (mut call, before) = talking(END_TO_END);
    let epoch = |outputs: &[Output]| {
        outputs
            .iter()
            .rev()
            .find_map(|output| if let Output::SetOwnKey(key) = output { Some(key.epoch()) } else { None })
    };
    call.hear(rule(TRANSPORT));
    call.command(Command::AcceptTransport);
    assert_eq!(versions(&write(&mut call, 1, "plain")), [Envelope::TEXT]);
    let outputs = call.hear(rule(END_TO_END));
    assert_eq!(outputs.first(), Some(&Output::Protect(Protection::Sealed)), "before anything else");
    assert_eq!(epoch(&outputs), epoch(&before).map(|epoch| epoch + 1));
    assert_eq!(
        versions(&outputs),
        [Envelope::SEALED],
        "the server has not confirmed it, so it is said once more"
    );
    call.input(Input::SocketClosed);
    call.wait(std::time::Duration::from_secs(5));
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(END_TO_END, true));
    assert!(versions(&outputs).iter().all(|version| *version == Envelope::SEALED), "{outputs:?}");
    assert_eq!(call.0.snapshot().encryption, Encryption::EndToEnd);
}

#[test]
fn words_that_the_server_puts_in_ones_mouth_are_not_sealed_as_ones_own() {
    let (mut call, _) = talking(TRANSPORT);
    call.command(Command::AcceptTransport);
    write(&mut call, 1, "mine");
    let entry = protocol::ChatEntry {
        id: ChatId(Uuid::from_u128(1)),
        from: call.0.snapshot().you.unwrap().id,
        envelope: Envelope::new(Envelope::TEXT, "forged".to_owned()).unwrap(),
        number: protocol::ChatNumber(1),
        at: protocol::Timestamp(1),
        name: crate::support::name("me"),
        to: ChatTarget::Everyone,
    };
    call.hear(ServerMessage::Chat { entry });
    let outputs = call.hear(rule(END_TO_END));
    assert!(envelopes(&outputs).is_empty(), "what is shown is not what was written: {outputs:?}");
    let outputs = call.command(Command::WriteAgain { id: ChatId(Uuid::from_u128(1)) });
    assert_eq!(versions(&outputs), [Envelope::SEALED]);
    let shown: Vec<_> = call.0.chat().iter().map(|line| line.text.clone()).collect();
    assert!(shown.contains(&ChatText::Sealed("mine".to_owned())), "{shown:?}");
}

#[test]
fn a_host_who_turns_it_off_is_not_asked_again_and_one_whose_change_is_refused_has_changed_nothing() {
    let patch = RoomSettingsPatch { encryption: Some(TRANSPORT), ..RoomSettingsPatch::default() };
    let turn_off = Command::Moderate { moderation: Moderation::ChangeSettings { patch: Box::new(patch) } };
    let (mut call, _) = talking(END_TO_END);
    assert!(protections(&call.command(turn_off.clone())).is_empty(), "the room decides");
    assert_eq!(protections(&call.hear(rule(TRANSPORT))), [Protection::Plaintext]);

    let (mut call, _) = talking(END_TO_END);
    call.command(turn_off);
    let refusal =
        protocol::ProtocolError::new(protocol::ErrorCode::SettingsTooFast, Some(protocol::MessageId(1)));
    call.hear(ServerMessage::Error(refusal));
    assert_eq!(protections(&call.hear(rule(TRANSPORT))), [Protection::Withheld]);
}

#[test]
fn who_comes_without_a_key_to_a_room_that_was_shown_as_it_is_sends_and_keeps_no_secret() {
    let mut lobby = TestCall::of(call(None));
    lobby.command(Command::LobbyShows { encryption: TRANSPORT });
    lobby.command(join());
    lobby.input(Input::SocketOpened);
    let outputs = lobby.hear_numbered(1, inside(TRANSPORT, false));
    assert_eq!(protections(&outputs), [Protection::Plaintext]);
    let keeps = |outputs: &[Output]| outputs.iter().any(|output| matches!(output, Output::KeepSecret { .. }));
    assert!(!keeps(&outputs), "links of the room carry none");
    let shown = lobby.0.snapshot();
    assert!(!shown.key_warnings.room_has_another && shown.encryption == Encryption::Transport);
    assert!(shown.participants.iter().all(|one| one.secrecy == call::Secrecy::Plaintext));

    let mut told_otherwise = TestCall::of(call(None));
    told_otherwise.command(join());
    told_otherwise.input(Input::SocketOpened);
    let outputs = told_otherwise.hear_numbered(1, inside(TRANSPORT, false));
    assert_eq!(protections(&outputs), [Protection::Withheld]);
}

#[test]
fn a_direct_call_stays_sealed_whatever_the_server_says() {
    let mut call = TestCall::of(call(Some(SecretOrigin::Maker)).keeps_joining().unanswered(RingSide::Caller));
    call.command(join());
    call.input(Input::SocketOpened);
    let mut outputs = call.hear_numbered(1, inside(TRANSPORT, false));
    outputs.extend(call.hear(rule(TRANSPORT)));
    outputs.extend(call.command(Command::AcceptTransport));
    assert!(
        protections(&outputs).is_empty()
            && !outputs.contains(&Output::Notify(Notice::EncryptionChanged(TRANSPORT)))
    );
    assert_eq!(versions(&write(&mut call, 1, "sealed")), [Envelope::SEALED]);
    assert_eq!(call.0.snapshot().encryption, Encryption::EndToEnd);
}

#[test]
fn a_page_that_goes_back_by_itself_is_asked_whatever_the_server_s_page_says() {
    let mut call = TestCall::of(call(None));
    call.command(Command::LobbyShows { encryption: TRANSPORT });
    call.command(Command::Rejoin { name: crate::support::name("Me") });
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(TRANSPORT, false));
    assert_eq!(protections(&outputs), [Protection::Withheld], "nobody pressed anything");
}

#[test]
fn a_secret_that_was_drawn_and_is_the_rooms_is_a_key_also_after_the_page_was_loaded_again() {
    for identity in [
        Identity {
            secret: Some((RoomSecret::new([1; 16]), SecretOrigin::Provisional)),
            ..Identity::of_seed(7)
        },
        Identity { has_unreadable_secret: true, ..Identity::of_seed(7) },
    ] {
        let mut call = TestCall::of(call::Call::new(RoomCode::from_random(1), None, 7, identity));
        call.command(Command::LobbyShows { encryption: TRANSPORT });
        call.command(join());
        call.input(Input::SocketOpened);
        let outputs = call.hear_numbered(1, inside(TRANSPORT, false));
        assert_eq!(protections(&outputs), [Protection::Withheld]);
    }
}

#[test]
fn what_the_lobby_shows_after_the_press_was_not_shown() {
    let mut call = TestCall::of(call(None));
    call.command(Command::LobbyShows { encryption: END_TO_END });
    call.command(join());
    call.command(Command::LobbyShows { encryption: TRANSPORT });
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(TRANSPORT, false));
    assert_eq!(protections(&outputs), [Protection::Withheld]);
}

#[test]
fn a_host_s_own_decision_is_over_with_the_connection_and_after_seconds() {
    let patch = RoomSettingsPatch { encryption: Some(TRANSPORT), ..RoomSettingsPatch::default() };
    let turn_off = Command::Moderate { moderation: Moderation::ChangeSettings { patch: Box::new(patch) } };
    let (mut call, _) = talking(END_TO_END);
    call.command(turn_off.clone());
    call.input(Input::SocketClosed);
    call.wait(std::time::Duration::from_secs(5));
    call.input(Input::SocketOpened);
    let outputs = call.hear_numbered(1, inside(TRANSPORT, true));
    assert_eq!(protections(&outputs), [Protection::Withheld], "it was said over another connection");

    let (mut call, _) = talking(END_TO_END);
    call.command(turn_off);
    call.wait(std::time::Duration::from_secs(11));
    assert_eq!(protections(&call.hear(rule(TRANSPORT))), [Protection::Withheld], "it was not answered");
}

#[test]
fn that_the_room_has_another_key_is_said_until_the_person_has_given_up_keys() {
    let (mut call, _) = talking(END_TO_END);
    let another = RoomSettings {
        room_key: Some(protocol::RoomKeyId::new("b".repeat(11)).unwrap()),
        ..settings(TRANSPORT)
    };
    call.hear(ServerMessage::RoomUpdated { settings: another, password: false });
    assert!(call.0.snapshot().key_warnings.room_has_another, "the rule is the server's word");
    call.command(Command::AcceptTransport);
    assert!(!call.0.snapshot().key_warnings.room_has_another);
}
