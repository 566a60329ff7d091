//! Devices.

use call::{CaptureFault, Page};
use protocol::Source;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{DomException, MediaStreamTrackState};

use super::{Heard, captured, requests};
use crate::capture::{self, Captures};
use crate::devices;
use crate::event::Event;

#[wasm_bindgen_test]
async fn microphone_and_camera_are_asked_for_with_one_question_and_each_delivers() {
    let (events, mut heard) = Heard::new();
    let requests = requests(&mut Page::default(), &[Source::Microphone, Source::Camera]);
    Captures::default().start(requests.clone(), &events);
    for (request, kind) in requests.iter().zip(["audio", "video"]) {
        let (source, attempt, track) = heard.next(captured).await;
        assert_eq!((source, attempt), (request.source, request.attempt));
        assert_eq!(track.kind(), kind);
        track.stop();
    }
}

/// What is drawn next may take longer than the devices.
#[wasm_bindgen_test]
async fn the_browser_is_asked_before_anything_else_runs() {
    let asked = js_sys::eval(
        "(() => {
            const devices = navigator.mediaDevices, original = devices.getUserMedia;
            const asked = { times: 0 };
            devices.getUserMedia = function (constraints) {
                asked.times += 1;
                return original.call(devices, constraints);
            };
            return asked;
        })()",
    )
    .unwrap();
    let times = || js_sys::Reflect::get(&asked, &"times".into()).unwrap().as_f64().unwrap();
    let (events, mut heard) = Heard::new();
    Captures::default().start(requests(&mut Page::default(), &[Source::Microphone, Source::Camera]), &events);
    assert_eq!(times(), 1.0);
    for _ in 0..2 {
        heard.next(captured).await.2.stop();
    }
    assert_eq!(times(), 1.0, "with one question");
    js_sys::eval("delete navigator.mediaDevices.getUserMedia").unwrap();
}

#[wasm_bindgen_test]
async fn a_chosen_device_that_is_gone_is_replaced_by_whatever_there_is() {
    let (events, mut heard) = Heard::new();
    let mut requests = requests(&mut Page::default(), &[Source::Camera]);
    requests[0].device = Some("no-such-device".to_owned());
    Captures::default().start(requests, &events);
    let (_, _, track) = heard.next(captured).await;
    assert_eq!(track.ready_state(), MediaStreamTrackState::Live);
    track.stop();
}

#[wasm_bindgen_test]
async fn what_is_replaced_or_let_go_of_frees_its_device() {
    let (events, mut heard) = Heard::new();
    let (mut captures, mut page) = (Captures::default(), Page::default());
    let mut tracks = Vec::new();
    for _ in 0..3 {
        captures.start(requests(&mut page, &[Source::Camera]), &events);
        let (source, attempt, track) = heard.next(captured).await;
        // A track has a `clone` of its own, which makes another track.
        let device = captures.take(source, attempt, Clone::clone(&track), &events);
        assert!(device.is_some(), "Chromium says which device it is");
        tracks.push((attempt, track));
    }
    let states = |tracks: &[(_, web_sys::MediaStreamTrack)]| {
        tracks.iter().map(|(_, track)| track.ready_state() == MediaStreamTrackState::Live).collect::<Vec<_>>()
    };
    captures.make_use_of(Source::Camera, tracks[0].0);
    assert_eq!(states(&tracks), [true, true, true]);
    captures.make_use_of(Source::Camera, tracks[1].0);
    assert_eq!(states(&tracks), [false, true, true], "replaced");
    captures.let_go(Source::Camera, tracks[2].0);
    assert_eq!(states(&tracks), [false, true, false], "nobody waited for it");
    captures.stop(Source::Camera);
    assert_eq!(states(&tracks), [false, false, false]);
}

#[wasm_bindgen_test]
async fn the_sound_of_a_screen_is_that_which_came_with_it_or_none() {
    let (events, mut heard) = Heard::new();
    Captures::default().start(requests(&mut Page::default(), &[Source::ScreenAudio]), &events);
    let failed = |event| match event {
        Event::CaptureFailed { source, fault, .. } => Some((source, fault)),
        _ => None,
    };
    assert_eq!(heard.next(failed).await, (Source::ScreenAudio, CaptureFault::NotFound));
}

#[wasm_bindgen_test]
fn a_refusal_is_told_apart_from_a_device_in_use_and_from_none() {
    let fault = |name, message| {
        let error = DomException::new_with_message_and_name(message, name).unwrap();
        capture::fault(&JsValue::from(error))
    };
    assert_eq!(fault("NotAllowedError", "Permission denied"), CaptureFault::Blocked);
    assert_eq!(fault("NotAllowedError", "Permission dismissed"), CaptureFault::Dismissed);
    assert_eq!(fault("NotAllowedError", "Permission denied by system"), CaptureFault::InUse);
    assert_eq!(fault("NotFoundError", ""), CaptureFault::NotFound);
    assert_eq!(fault("OverconstrainedError", ""), CaptureFault::NotFound);
    assert_eq!(fault("NotReadableError", ""), CaptureFault::InUse);
    assert_eq!(fault("InvalidStateError", ""), CaptureFault::Unknown);
    assert_eq!(capture::fault(&JsValue::from("no exception")), CaptureFault::Unknown);
}

#[wasm_bindgen_test]
async fn the_list_of_devices_has_names_and_shows_the_one_in_use() {
    let (events, mut heard) = Heard::new();
    let mut page = Page::default();
    let mut captures = Captures::default();
    captures.start(requests(&mut page, &[Source::Microphone]), &events);
    let (source, attempt, track) = heard.next(captured).await;
    let device = captures.take(source, attempt, track, &events);
    page.handle_input(crate::clock::now(), call::PageInput::Captured { source, attempt, device });
    devices::list(&events);
    let listed = |event| match event {
        Event::Devices { listed, .. } => Some(listed),
        _ => None,
    };
    let microphones = heard.next(listed).await.shown(&page).microphones;
    assert!(microphones.iter().all(|device| !device.label.is_empty()), "{microphones:?}");
    assert_eq!(microphones.iter().filter(|device| device.selected).count(), 1, "{microphones:?}");
}
