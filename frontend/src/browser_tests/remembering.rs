//! What a tab and a browser remember.

use std::time::Duration;

use protocol::{RoomCode, SessionToken, Source, Switch};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{capture, remember};

#[wasm_bindgen_test]
fn that_the_page_went_is_remembered_of_a_call_alone_and_asked_once() {
    let room = RoomCode::from_random(7);
    remember::tab::note_parting(room, 5_000.0);
    assert_eq!(remember::tab::take_parting(room, 6_000.0), None, "nobody was in a call");
    let session = SessionToken::new("a.b.c".to_owned()).unwrap();
    remember::tab::remember_session(room, Some(&session));
    remember::tab::note_parting(room, 5_000.0);
    assert_eq!(remember::tab::take_parting(room, 6_500.0), Some(Duration::from_millis(1_500)));
    assert_eq!(remember::tab::take_parting(room, 6_500.0), None, "once");
    remember::tab::note_parting(room, 5_000.0);
    assert_eq!(remember::tab::take_parting(room, 4_000.0), None, "the clock was set back");
}

#[wasm_bindgen_test]
fn a_source_is_remembered_for_the_room_and_for_the_browser_apart() {
    let [room, other] = [RoomCode::from_random(8), RoomCode::from_random(9)];
    remember::tab::remember_switch(room, Source::Camera, Switch::Off);
    remember::remember_switch(Source::Camera, Switch::On);
    assert_eq!(remember::tab::switch(room, Source::Camera), Some(Switch::Off));
    assert_eq!(remember::tab::switch(other, Source::Camera), None);
    assert_eq!(remember::switch(Source::Camera), Some(Switch::On));
}

#[wasm_bindgen_test]
fn a_chosen_device_is_remembered_until_none_is() {
    capture::remember_device(Source::Camera, Some("desk"));
    assert_eq!(capture::chosen_devices().collect::<Vec<_>>(), [(Source::Camera, "desk".to_owned())]);
    capture::remember_device(Source::Camera, None);
    assert_eq!(capture::chosen_devices().count(), 0);
}
