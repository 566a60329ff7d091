//! Chat, hands, reactions, and what hosts do.

use std::time::Duration;

use call::{
    CaptureFault, Command, Delivery, Input, Level, Notice, Output, Phase, Publication, SwitchedBy, Switches,
};
use protocol::{
    ChatEntry, ChatId, ChatNumber, ChatTarget, Envelope, ErrorCode, HandNumber, MediaState, MessageId,
    Moderation, Participant, ProtocolError, Reaction, RoomMessage, ServerMessage, Source, Switch, Timestamp,
    WaitingPerson,
};
use uuid::Uuid;

use crate::support::{ADA, BOB, ME, TestCall, id, name, participant, said, token};

#[test]
fn what_somebody_writes_is_shown_at_once_and_its_delivery_follows() {
    let mut call = TestCall::in_room([ADA]);
    let outputs = write(&mut call, 1, "hello");
    assert!(matches!(&*said(&outputs), [RoomMessage::Chat { .. }]));
    assert_eq!(shown(&call), [(Delivery::Sending, "hello".to_owned())]);

    call.hear(ServerMessage::Chat { entry: entry(1, 1, ME, "hello") });
    assert_eq!(shown(&call), [(Delivery::Delivered, "hello".to_owned())]);
    call.hear(ServerMessage::ChatKept { chat: chat_id(1), number: ChatNumber(1) });
    assert_eq!(shown(&call), [(Delivery::Kept, "hello".to_owned())]);
}

#[test]
fn what_others_write_is_announced_once_and_stands_in_its_place() {
    let mut call = TestCall::in_room([ADA]);
    write(&mut call, 9, "mine");
    let heard = call.hear(ServerMessage::Chat { entry: entry(2, 2, ADA, "second") });
    assert_eq!(heard, [Output::Notify(Notice::Wrote(name("1")))]);
    assert!(call.hear(ServerMessage::Chat { entry: entry(2, 2, ADA, "second") }).is_empty());
    let entries = vec![entry(1, 1, BOB, "first"), entry(2, 2, ADA, "second")];
    assert!(call.hear(ServerMessage::ChatHistory { entries, more: true }).is_empty(), "history is no news");

    let texts: Vec<_> = shown(&call).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["first", "second", "mine"]);
    assert!(call.0.has_more_chat());
}

#[test]
fn a_message_that_failed_says_so_and_can_be_sent_again() {
    let mut call = TestCall::in_room([ADA]);
    let outputs = write(&mut call, 1, "hello");
    call.hear(ServerMessage::Chat { entry: entry(1, 1, ME, "hello") });
    call.hear(ServerMessage::ChatNotKept { chat: chat_id(1) });
    assert_eq!(shown(&call)[0].0, Delivery::Failed(None));
    let again = said(&call.command(Command::WriteAgain { id: chat_id(1) }));
    let [RoomMessage::Chat { chat, to: ChatTarget::Everyone, .. }] = &*again else { panic!("{again:?}") };
    assert_eq!((*chat, said(&outputs).len()), (chat_id(1), 1));

    let outputs = write(&mut call, 2, "too fast");
    let Output::Send(frame) = &outputs[0] else { panic!("{outputs:?}") };
    call.hear(ServerMessage::Error(ProtocolError::new(ErrorCode::ChatTooFast, frame.id)));
    assert_eq!(shown(&call)[1].0, Delivery::Failed(Some(ErrorCode::ChatTooFast)));
}

#[test]
fn what_is_written_while_the_server_is_away_is_sent_when_it_is_back() {
    let mut call = TestCall::in_room([ADA]);
    call.input(Input::SocketClosed);
    assert!(write(&mut call, 1, "are you there?").is_empty());
    call.wait(Duration::ZERO);
    call.input(Input::SocketOpened);
    let outputs = call.hear(ServerMessage::Resumed { session: token("second") });
    let chats: Vec<_> =
        said(&outputs).into_iter().filter(|one| matches!(one, RoomMessage::Chat { .. })).collect();
    assert_eq!(chats.len(), 1);
}

#[test]
fn older_messages_are_asked_for_from_where_the_known_ones_begin() {
    let mut call = TestCall::in_room([ADA]);
    call.hear(ServerMessage::ChatHistory { entries: vec![entry(7, 7, ADA, "seventh")], more: true });
    let outputs = call.command(Command::ReadOlderChat);
    assert_eq!(said(&outputs), [RoomMessage::ReadChat { before: Some(ChatNumber(7)) }]);
}

#[test]
fn what_a_host_turns_off_is_off_and_said() {
    let mut call = TestCall::in_room([ADA]);
    call.switch(Source::Microphone, Switch::On);
    call.input(Input::Captured(Source::Microphone));

    let outputs = call.hear(ServerMessage::TurnedOff { source: Source::Microphone });

    assert!(outputs.contains(&Output::StopCapture(Source::Microphone)));
    assert!(outputs.contains(&Output::Notify(Notice::TurnedOff(Source::Microphone))));
}

#[test]
fn what_a_host_turns_off_while_it_starts_stays_off_and_what_is_off_is_not_spoken_of() {
    let mut call = TestCall::in_room([ADA]);
    let turned_off = ServerMessage::TurnedOff { source: Source::Camera };
    assert_eq!(call.hear(turned_off.clone()), []);

    call.switch(Source::Camera, Switch::On);
    let outputs = call.hear(turned_off);

    assert!(outputs.contains(&Output::Notify(Notice::TurnedOff(Source::Camera))));
    assert_eq!(call.input(Input::Captured(Source::Camera)), [Output::StopCapture(Source::Camera)]);
}

#[test]
fn a_page_begins_with_what_was_on_and_that_is_no_choice() {
    let switches = Switches { microphone: Switch::Off, camera: Switch::On };
    let outputs = TestCall::new().command(Command::Begin { switches });
    assert_eq!(outputs, [Output::StartCapture(Source::Camera)]);
}

#[test]
fn what_is_turned_off_is_remembered_by_whom_and_leaving_is_no_choice() {
    let mut call = TestCall::in_room([ADA]);
    let remembered = |outputs: &[Output]| {
        let choice = |output: &Output| match output {
            Output::RememberSwitch { source, to, by } => Some((*source, *to, *by)),
            _ => None,
        };
        outputs.iter().filter_map(choice).collect::<Vec<_>>()
    };
    let on = call.command(Command::Switch { source: Source::Microphone, to: Switch::On });
    assert_eq!(remembered(&on), [(Source::Microphone, Switch::On, SwitchedBy::Person)]);
    let by_host = call.hear(ServerMessage::TurnedOff { source: Source::Microphone });
    assert_eq!(remembered(&by_host), [(Source::Microphone, Switch::Off, SwitchedBy::Host)]);
    call.switch(Source::Camera, Switch::On);
    assert_eq!(remembered(&call.command(Command::Leave)), []);
}

#[test]
fn what_a_host_asks_for_is_asked_and_never_done() {
    let mut call = TestCall::in_room([ADA]);
    let outputs = call.hear(ServerMessage::AskedToTurnOn { source: Source::Microphone });
    assert_eq!(outputs, [Output::Notify(Notice::AskedToTurnOn(Source::Microphone))]);
    assert_eq!(call.0.snapshot().asked_for, Some(Source::Microphone));
    call.command(Command::DeclineAsking);
    assert_eq!(call.0.snapshot().asked_for, None);
}

#[test]
fn a_raised_hand_is_announced_once() {
    let mut call = TestCall::in_room([ADA]);
    let raised = || {
        let participant = Participant { hand: Some(HandNumber(1)), ..participant(ADA) };
        ServerMessage::ParticipantUpdated { participant }
    };
    assert_eq!(call.hear(raised()), [Output::Notify(Notice::HandRaised(name("1")))]);
    assert_eq!(call.hear(raised()), []);
}

#[test]
fn whoever_begins_to_share_and_ends_it_is_told_of_once_each() {
    let mut call = TestCall::in_room([ADA]);
    let media = |screen| {
        let participant =
            Participant { media: MediaState { screen, ..MediaState::default() }, ..participant(ADA) };
        ServerMessage::ParticipantUpdated { participant }
    };
    let notices = |outputs: Vec<Output>| {
        outputs.into_iter().filter(|output| matches!(output, Output::Notify(_))).collect::<Vec<_>>()
    };
    assert_eq!(notices(call.hear(media(Switch::On))), [Output::Notify(Notice::Shares(name("1")))]);
    assert_eq!(notices(call.hear(media(Switch::On))), []);
    assert_eq!(notices(call.hear(media(Switch::Off))), [Output::Notify(Notice::SharesNoMore(name("1")))]);
}

#[test]
fn whoever_closes_the_choice_of_screens_or_ends_it_in_the_browsers_bar_wanted_that() {
    let mut call = TestCall::in_room([ADA]);
    for fault in [CaptureFault::Dismissed, CaptureFault::Ended] {
        call.switch(Source::Screen, Switch::On);
        call.input(Input::CaptureFailed { source: Source::Screen, fault });
        assert_eq!(call.0.snapshot().publications.of(Source::Screen), Publication::Off, "{fault:?}");
    }
    call.switch(Source::Screen, Switch::On);
    call.input(Input::CaptureFailed { source: Source::Screen, fault: CaptureFault::Blocked });
    let failed = Publication::Failed(CaptureFault::Blocked);
    assert_eq!(call.0.snapshot().publications.of(Source::Screen), failed, "that was not wanted");
}

#[test]
fn whoever_shares_is_told_once_it_is_so() {
    let mut call = TestCall::in_room([ADA]);
    let told = Output::Notify(Notice::YouShare);
    assert!(!call.switch(Source::Screen, Switch::On).contains(&told));
    assert!(call.input(Input::Captured(Source::Screen)).contains(&told));
}

#[test]
fn a_screen_that_is_forbidden_while_it_is_chosen_is_not_heard_either() {
    let mut call = TestCall::in_room([ADA]);
    call.switch(Source::Screen, Switch::On);
    call.hear(ServerMessage::TurnedOff { source: Source::Screen });
    assert_eq!(call.input(Input::Captured(Source::Screen)), [Output::StopCapture(Source::Screen)]);
    assert_eq!(call.command(Command::Switch { source: Source::ScreenAudio, to: Switch::On }), []);
    assert_eq!(call.0.snapshot().publications.of(Source::ScreenAudio), Publication::Off);
}

#[test]
fn what_is_heard_of_a_screen_ends_with_it() {
    let ends: [fn(&mut TestCall) -> Vec<Output>; 3] = [
        |call| call.switch(Source::Screen, Switch::Off),
        |call| call.input(Input::CaptureFailed { source: Source::Screen, fault: CaptureFault::Ended }),
        |call| call.hear(ServerMessage::TurnedOff { source: Source::Screen }),
    ];
    for end in ends {
        let mut call = TestCall::in_room([ADA]);
        for source in [Source::Screen, Source::ScreenAudio] {
            call.switch(source, Switch::On);
            call.input(Input::Captured(source));
        }
        let outputs = end(&mut call);
        assert!(outputs.contains(&Output::StopCapture(Source::ScreenAudio)), "{outputs:?}");
        assert_eq!(call.0.snapshot().publications.captured().count(), 0);
    }
}

#[test]
fn a_hand_is_lowered_once_its_owner_has_been_speaking() {
    let mut call = TestCall::in_room([ADA]);
    call.switch(Source::Microphone, Switch::On);
    call.input(Input::Captured(Source::Microphone));
    let participant = Participant { hand: Some(HandNumber(1)), ..participant(ME) };
    call.hear(ServerMessage::ParticipantUpdated { participant });
    let mut lowered = Vec::new();
    for _ in 0..20 {
        lowered.extend(said(&call.input(Input::Level { participant: None, level: Level(0.5) })));
        call.wait(Duration::from_millis(250));
    }
    assert_eq!(lowered, [RoomMessage::SetHand { hand: Switch::Off }]);
}

#[test]
fn who_knocks_is_announced_once_to_those_who_can_open() {
    let mut call = TestCall::in_room([]);
    let people = vec![WaitingPerson { id: id(ADA), name: name("Ada"), key: None, lacks_secret: false }];
    let message = || ServerMessage::WaitingRoom { people: people.clone() };
    assert_eq!(call.hear(message()), [Output::Notify(Notice::Knocked(name("Ada")))]);
    assert_eq!(call.hear(message()), []);
    assert_eq!(call.0.snapshot().waiting, people);
}

#[test]
fn a_reaction_is_shown_with_who_it_is_from() {
    let mut call = TestCall::in_room([ADA]);
    let reaction = Reaction::Applause;
    let outputs = call.hear(ServerMessage::Reacted { from: id(ADA), reaction });
    assert_eq!(outputs, [Output::Notify(Notice::Reacted { from: Some(id(ADA)), name: name("1"), reaction })]);
    let outputs = call.hear(ServerMessage::Reacted { from: id(ME), reaction });
    assert_eq!(outputs, [Output::Notify(Notice::Reacted { from: None, name: name("5"), reaction })]);
}

#[test]
fn a_decision_that_the_room_refuses_is_said_and_ends_nothing() {
    for code in [ErrorCode::RoomFull, ErrorCode::RateLimited] {
        let mut call = TestCall::in_room([ADA]);
        let outputs = call.command(Command::Moderate { moderation: Moderation::AdmitAll });
        let Output::Send(frame) = &outputs[0] else { panic!("{outputs:?}") };
        let heard = call.hear(ServerMessage::Error(ProtocolError::new(code, frame.id)));
        assert_eq!(heard, [Output::Notify(Notice::Refused(code))]);
        call.input(Input::SocketClosed);
        assert_eq!(call.0.phase(), Phase::Joined, "the next break of the line is no refusal");
    }
}

#[test]
fn something_that_is_not_allowed_is_said() {
    let mut call = TestCall::in_room([ADA]);
    let error = ProtocolError::new(ErrorCode::NotAllowed, Some(MessageId(99)));
    assert_eq!(
        call.hear(ServerMessage::Error(error)),
        [Output::Notify(Notice::Refused(ErrorCode::NotAllowed))]
    );
}

fn write(call: &mut TestCall, number: u128, text: &str) -> Vec<Output> {
    let text = text.to_owned();
    call.command(Command::Write { id: chat_id(number), to: ChatTarget::Everyone, text })
}

fn chat_id(number: u128) -> ChatId {
    ChatId(Uuid::from_u128(number))
}

fn entry(number: u64, chat: u128, from: u128, text: &str) -> ChatEntry {
    ChatEntry {
        number: ChatNumber(number),
        id: chat_id(chat),
        from: id(from),
        name: name(&from.to_string()),
        to: ChatTarget::Everyone,
        at: Timestamp(number),
        envelope: Envelope::new(1, text.to_owned()).unwrap(),
    }
}

fn text_of(line: &call::ChatLine) -> String {
    match &line.text {
        call::ChatText::Sealed(text) | call::ChatText::Open(text) => text.clone(),
        call::ChatText::Closed => "closed".to_owned(),
    }
}

fn shown(call: &TestCall) -> Vec<(Delivery, String)> {
    call.0.chat().iter().map(|line| (line.delivery, text_of(line))).collect()
}

#[test]
fn after_an_absence_chat_is_read_down_to_the_last_known_message() {
    let mut call = TestCall::in_room([ADA]);
    call.hear(ServerMessage::Chat { entry: entry(3, 3, ADA, "before") });
    let asked = |outputs: &[Output]| -> Vec<_> {
        let before =
            |message| if let RoomMessage::ReadChat { before } = message { Some(before) } else { None };
        said(outputs).into_iter().filter_map(before).collect()
    };
    call.input(Input::SocketClosed);
    call.input(Input::SocketOpened);
    assert_eq!(asked(&call.hear(crate::support::joined([ADA], false))), [None]);

    let page = |numbers: std::ops::RangeInclusive<u64>, more| {
        let entries = numbers.map(|number| entry(number, u128::from(number), ADA, "meanwhile")).collect();
        ServerMessage::ChatHistory { entries, more }
    };
    assert_eq!(asked(&call.hear(page(8..=9, true))), [Some(ChatNumber(8))]);
    assert_eq!(asked(&call.hear(page(5..=7, true))), [Some(ChatNumber(5))]);
    assert_eq!(asked(&call.hear(page(2..=4, true))), [], "what is older is read when somebody asks");
    let numbers = call.0.chat().iter().filter_map(|line| line.position).map(|(number, _)| number.0);
    assert_eq!(numbers.collect::<Vec<_>>(), (2..=9).collect::<Vec<_>>());
}
