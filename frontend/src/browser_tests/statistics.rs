//! What two connections of this page say of the pictures that go from one to the other.

use call::{LinkKey, Statistics};
use js_sys::Promise;
use protocol::{LinkId, ParticipantId, PeerRef, RelayTransport, Source};
use uuid::Uuid;
use view::{LinkPath, PathKind};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{RtcPeerConnection, RtcRtpTransceiver, RtcSessionDescriptionInit};

use gloo_timers::future::TimeoutFuture;

use super::{PATIENCE_MILLIS, track_of};
use crate::stats;

#[wasm_bindgen_test]
async fn frames_keyframes_and_the_path_of_a_direct_connection() {
    let (one, other) = (connection(), connection());
    let track = track_of(Source::Camera).await;
    one.add_transceiver_with_str("video"); // Over this one comes nothing.
    one.add_transceiver_with_media_stream_track(&track);
    assert_eq!(path(&one).await, None, "not connected yet");
    connect(&one, &other).await;
    for _ in 0..PATIENCE_MILLIS / 100 {
        TimeoutFuture::new(100).await;
        if stats::frames_decoded(&statistics(&other).await) > 0 {
            break;
        }
    }
    let seen = statistics(&other).await;
    assert!(stats::frames_decoded(&seen) > 0);
    let keyframes = stats::keyframes(&seen, &sections(&other));
    assert!(keyframes.len() == 2 && keyframes[0] == 0 && keyframes[1] > 0, "{keyframes:?}");
    let direct = LinkPath { kind: PathKind::Direct, over: RelayTransport::Udp };
    for end in [&one, &other] {
        assert_eq!(path(end).await, Some(direct));
    }
    assert!(!stats::is_short_of_bandwidth(&seen), "it sends nothing");
    track.stop();
    one.close();
    other.close();
}

pub(super) fn connection() -> RtcPeerConnection {
    RtcPeerConnection::new().expect("a browser with connections")
}

pub(super) async fn statistics(of: &RtcPeerConnection) -> JsValue {
    JsFuture::from(of.get_stats()).await.expect("an open connection has some")
}

/// As the call's statistics see it.
async fn path(of: &RtcPeerConnection) -> Option<LinkPath> {
    let link = LinkKey { peer: PeerRef::Participant(ParticipantId::new(Uuid::nil())), id: LinkId(0) };
    let mut all = Statistics::default();
    all.record(link, &stats::records(&statistics(of).await), &[]);
    all.links().next()?.path
}

fn sections(of: &RtcPeerConnection) -> Vec<RtcRtpTransceiver> {
    of.get_transceivers().iter().map(JsCast::unchecked_into).collect()
}

/// Offer and answer, each with all its candidates in it.
pub(super) async fn connect(one: &RtcPeerConnection, other: &RtcPeerConnection) {
    set_remote(other, described(one, one.create_offer()).await).await;
    set_remote(one, described(other, other.create_answer()).await).await;
}

async fn described(end: &RtcPeerConnection, made: Promise) -> RtcSessionDescriptionInit {
    let description: RtcSessionDescriptionInit = JsFuture::from(made).await.unwrap().unchecked_into();
    JsFuture::from(end.set_local_description(&description)).await.unwrap();
    while end.ice_gathering_state() != web_sys::RtcIceGatheringState::Complete {
        TimeoutFuture::new(20).await;
    }
    end.local_description().unwrap().unchecked_into()
}

async fn set_remote(end: &RtcPeerConnection, description: RtcSessionDescriptionInit) {
    JsFuture::from(end.set_remote_description(&description)).await.unwrap();
}
