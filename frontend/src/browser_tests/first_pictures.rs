//! What is sent of the first pictures of a camera, from one connection of this page to another.

use std::cell::Cell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{RtcPeerConnection, RtcPeerConnectionState};

use super::PATIENCE_MILLIS;
use super::statistics::{connect, connection, statistics};
use crate::first_pictures::{self, OnePicture};
use crate::sections::replace_track;
use crate::stats;

#[wasm_bindgen_test]
async fn an_encoder_that_was_made_ready_has_sent_nothing_and_sends_the_first_picture() {
    let (one, other) = (connection(), connection());
    let section = one.add_transceiver_with_str("video");
    connect(&one, &other).await;
    until(async || one.connection_state() == RtcPeerConnectionState::Connected).await;
    let is_unused = Rc::new(Cell::new(true));
    first_pictures::make_ready(&section, is_unused.clone());
    until(async || section.sender().track().is_some()).await;
    until(async || section.sender().track().is_none()).await;
    assert_eq!(sent(&one).await, (0, 0), "of the picture of nobody");

    is_unused.set(false);
    let only = OnePicture::new().expect("Chromium can make one");
    replace_track(&section, Some(only.track()));
    until(async || section.sender().track().is_some()).await;
    only.write();
    until(async || sent(&one).await.0 == 1).await;
    one.close();
    other.close();
}

/// Frames and packets.
async fn sent(by: &RtcPeerConnection) -> (u32, u32) {
    stats::video_sent(&statistics(by).await)
}

async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..PATIENCE_MILLIS / 20 {
        if is_so().await {
            return;
        }
        TimeoutFuture::new(20).await;
    }
    panic!("it has not come to be so");
}
