//! Recordings that a browser makes by itself: everybody is told, and what was written is lost by nothing but *Delete*.

use std::time::Duration;

use call::{Command, DeviceRecordingInput, Notice, Output, Page, PageEffect, PageInput};
use protocol::{MediaState, Participant, RoomMessage, ServerMessage, Switch};
use view::{DeviceRecording, DeviceRecordingFault, KeptRecording, KeptState};

use crate::support::{ADA, BOB, TestCall, joined, name, participant, said};

fn records(id: u128, recording: Switch) -> Participant {
    Participant { media: MediaState { recording, ..MediaState::default() }, ..participant(id) }
}

fn notices(outputs: Vec<Output>) -> Vec<Output> {
    outputs.into_iter().filter(|output| matches!(output, Output::Notify(_))).collect()
}

#[test]
fn whoever_records_on_their_device_is_told_of_once_each_time() {
    let mut call = TestCall::in_room([ADA]);
    let update = |to| ServerMessage::ParticipantUpdated { participant: records(ADA, to) };
    let told = Output::Notify(Notice::RecordsOnDevice(name("1")));
    assert_eq!(notices(call.hear(update(Switch::On))), std::slice::from_ref(&told));
    assert_eq!(notices(call.hear(update(Switch::On))), []);
    assert_eq!(notices(call.hear(update(Switch::Off))), []);
    assert_eq!(notices(call.hear(update(Switch::On))), [told]);
}

#[test]
fn who_comes_later_is_told_who_records_and_so_are_those_whom_a_recorder_comes_to() {
    let mut call = TestCall::new();
    call.command(crate::support::join());
    call.input(call::Input::SocketOpened);
    let ServerMessage::Joined(mut inside) = joined([ADA], false) else { panic!() };
    inside.participants = vec![participant(crate::support::ME), records(ADA, Switch::On)];
    let outputs = notices(call.hear_numbered(1, ServerMessage::Joined(inside)));
    assert_eq!(outputs, [Output::Notify(Notice::RecordsOnDevice(name("1")))]);
    let came = ServerMessage::ParticipantJoined { participant: records(BOB, Switch::On) };
    let outputs = notices(call.hear(came));
    assert!(outputs.contains(&Output::Notify(Notice::RecordsOnDevice(name("9")))), "{outputs:?}");
}

#[test]
fn the_room_is_told_that_this_person_records_and_that_they_do_no_longer() {
    let mut call = TestCall::in_room([ADA]);
    for to in [Switch::On, Switch::Off] {
        let media = MediaState { recording: to, ..MediaState::default() };
        assert_eq!(said(&call.command(Command::TellRecording { to })), [RoomMessage::SetMedia { media }]);
        assert_eq!(said(&call.command(Command::TellRecording { to })), []);
    }
}

fn input(page: &mut Page, input: DeviceRecordingInput) -> Vec<PageEffect> {
    page.handle_input(Duration::from_secs(9), PageInput::Recording(input));
    std::iter::from_fn(|| page.poll_effect()).collect()
}

fn file(state: KeptState) -> KeptRecording {
    KeptRecording { file: "a.webm".to_owned(), began_millis: 7, length: 1_000, state }
}

fn running() -> Page {
    let mut page = Page::default();
    let effects = input(&mut page, DeviceRecordingInput::Begin { is_supported: true });
    assert_eq!(effects, [PageEffect::TellRecording(Switch::On), PageEffect::StartRecording]);
    assert_eq!(page.device_recording(), DeviceRecording::Starting);
    assert_eq!(input(&mut page, DeviceRecordingInput::Begin { is_supported: true }), []);
    assert_eq!(input(&mut page, DeviceRecordingInput::Began), []);
    assert_eq!(page.device_recording(), DeviceRecording::Running { since: Duration::from_secs(9) });
    page
}

#[test]
fn who_finishes_a_recording_is_asked_where_to_and_knows_when_they_have_it() {
    let mut page = running();
    assert_eq!(input(&mut page, DeviceRecordingInput::Finish), [PageEffect::FinishRecording]);
    assert_eq!(input(&mut page, DeviceRecordingInput::CallEnded), []);
    let ended = DeviceRecordingInput::Ended { file: Some(file(KeptState::Whole)), fault: None };
    let save = PageEffect::SaveRecording { file: "a.webm".to_owned(), is_cut: false };
    assert_eq!(input(&mut page, ended), [PageEffect::TellRecording(Switch::Off), save]);
    assert_eq!(page.kept_recordings(), [file(KeptState::Saving)]);
    input(&mut page, DeviceRecordingInput::Saved { file: "a.webm".to_owned() });
    assert_eq!(page.kept_recordings(), [file(KeptState::Saved)]);
    input(&mut page, DeviceRecordingInput::Dismiss { file: "a.webm".to_owned() });
    assert_eq!(page.kept_recordings(), []);
}

#[test]
fn what_ends_with_the_call_or_for_lack_of_room_is_kept_and_offered() {
    for fault in [None, Some(DeviceRecordingFault::StorageFull)] {
        let mut page = running();
        if fault.is_none() {
            assert_eq!(input(&mut page, DeviceRecordingInput::CallEnded), [PageEffect::FinishRecording]);
        }
        let ended = DeviceRecordingInput::Ended { file: Some(file(KeptState::Cut)), fault };
        assert_eq!(input(&mut page, ended), [PageEffect::TellRecording(Switch::Off)]);
        assert_eq!(page.kept_recordings(), [file(KeptState::Cut)]);
        assert_eq!(page.notices().len(), usize::from(fault.is_some()));
        let save = |page: &mut Page| input(page, DeviceRecordingInput::Save { file: "a.webm".to_owned() });
        let effect = PageEffect::SaveRecording { file: "a.webm".to_owned(), is_cut: true };
        assert_eq!(save(&mut page), [effect]);
        assert_eq!(save(&mut page), [], "it is being saved");
        input(&mut page, DeviceRecordingInput::NotSaved { file: "a.webm".to_owned(), fault: None });
        assert_eq!(save(&mut page).len(), 1, "who did not choose a place may choose one later");
        let delete = PageEffect::DeleteRecording { file: "a.webm".to_owned() };
        assert_eq!(input(&mut page, DeviceRecordingInput::Delete { file: "a.webm".to_owned() }), [delete]);
    }
}

#[test]
fn a_browser_that_cannot_says_so_and_nobody_is_told_of_a_recording() {
    let mut page = Page::default();
    assert_eq!(input(&mut page, DeviceRecordingInput::Begin { is_supported: false }), []);
    assert_eq!((page.device_recording(), page.notices().len()), (DeviceRecording::Off, 1));
}

#[test]
fn what_an_earlier_visit_left_is_offered_once() {
    let mut page = Page::default();
    for _ in 0..2 {
        input(&mut page, DeviceRecordingInput::Found(vec![file(KeptState::Cut)]));
    }
    assert_eq!(page.kept_recordings(), [file(KeptState::Cut)]);
}
