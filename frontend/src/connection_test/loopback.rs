//! One way to a relay, through to pictures: two connections of this page talk to each other by way of the relay alone, each
//! reaching it in this way.

use std::rc::Rc;

use futures::future::{Either, select};
use futures::pin_mut;
use gloo_timers::future::TimeoutFuture;
use protocol::IceServer;
use view::Hop;
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

use super::pair::{End, Uses, until};
use super::test_video::TestVideo;
use super::{HOP_MILLIS, works_since};
use crate::{clock, stats, web};

/// How often it is looked whether a picture has come, in milliseconds.
const LOOK_EVERY: u32 = 100;

/// Tries it.
pub(super) async fn run(relay: &IceServer, video: Option<&TestVideo>) -> Hop {
    let began = clock::now();
    let (Some(mut one), Some(mut other)) = (End::open(relay, Uses::Relays), End::open(relay, Uses::Relays))
    else {
        return Hop::Fails;
    };
    let relayed = [Rc::clone(&one.has_candidates), Rc::clone(&other.has_candidates)];
    let through = through(&mut one, &mut other, video);
    pin_mut!(through);
    match select(through, TimeoutFuture::new(HOP_MILLIS)).await {
        Either::Left((Some(()), _)) => works_since(began),
        Either::Left((None, _)) | Either::Right(_) if relayed.iter().all(|one| one.get()) => Hop::Mute,
        Either::Left((None, _)) | Either::Right(_) => Hop::Fails,
    }
}

/// Ends when a picture has come, or the two cannot agree. Where there are no pictures to send, to be connected is enough.
async fn through(one: &mut End, other: &mut End, video: Option<&TestVideo>) -> Option<()> {
    match video.and_then(|video| Some((video.track()?, video.stream()))) {
        Some((track, stream)) => _ = web::call(&one.connection, "addTrack", &[&track, stream])?,
        None => _ = web::call(&one.connection, "createDataChannel", &[&"test".into()])?,
    }
    let arrival = arrival(other.connection.clone(), video.is_some());
    until(one, other, arrival).await
}

async fn arrival(at: RtcPeerConnection, of_video: bool) -> Option<()> {
    loop {
        TimeoutFuture::new(LOOK_EVERY).await;
        let has_arrived = if of_video {
            let statistics = JsFuture::from(at.get_stats()).await.ok()?;
            stats::frames_decoded(&statistics) > 0
        } else {
            at.connection_state() == web_sys::RtcPeerConnectionState::Connected
        };
        if has_arrived {
            return Some(());
        }
    }
}
