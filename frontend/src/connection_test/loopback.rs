//! One way to a relay, through to pictures: two connections of this page talk to each other by way of the relay alone, each
//! reaching it in this way.

use std::cell::Cell;
use std::rc::Rc;

use app::state::HopView;
use futures::channel::mpsc;
use futures::future::{Either, join, select};
use futures::{StreamExt, pin_mut};
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use js_sys::Reflect;
use protocol::IceServer;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RtcIceCandidate, RtcIceCandidateInit, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcSessionDescriptionInit,
};

use super::pictures::Pictures;
use super::{HOP_MILLIS, works_since};
use crate::{clock, link, stats, web};

/// How often it is looked whether a picture has come, in milliseconds.
const LOOK_EVERY: u32 = 100;

/// Tries it. Without pictures to send, a connection counts as through.
pub(super) async fn run(relay: &IceServer, pictures: Option<&Pictures>) -> HopView {
    let began = clock::now();
    let (Some(mut one), Some(mut other)) = (End::open(relay), End::open(relay)) else {
        return HopView::Fails;
    };
    let relayed = [Rc::clone(&one.has_relayed), Rc::clone(&other.has_relayed)];
    let through = through(&mut one, &mut other, pictures);
    pin_mut!(through);
    match select(through, TimeoutFuture::new(HOP_MILLIS)).await {
        Either::Left((Some(()), _)) => works_since(began),
        Either::Left((None, _)) | Either::Right(_) if relayed.iter().all(|one| one.get()) => HopView::Mute,
        Either::Left((None, _)) | Either::Right(_) => HopView::Fails,
    }
}

/// One of the two connections.
struct End {
    connection: RtcPeerConnection,
    candidates: mpsc::UnboundedReceiver<RtcIceCandidate>,
    /// Whether the relay has given it an address.
    has_relayed: Rc<Cell<bool>>,
    _listener: EventListener,
}

impl End {
    fn open(relay: &IceServer) -> Option<Self> {
        let configuration = link::configuration(std::slice::from_ref(relay));
        _ = Reflect::set(&configuration, &"iceTransportPolicy".into(), &"relay".into());
        let connection = RtcPeerConnection::new_with_configuration(&configuration).ok()?;
        let (found, candidates) = mpsc::unbounded();
        let has_relayed = Rc::new(Cell::new(false));
        let relayed = Rc::clone(&has_relayed);
        let listener = EventListener::new(&connection, "icecandidate", move |event| {
            let candidate = event.dyn_ref::<RtcPeerConnectionIceEvent>().and_then(|event| event.candidate());
            if let Some(candidate) = candidate.filter(|candidate| !candidate.candidate().is_empty()) {
                relayed.set(true);
                _ = found.unbounded_send(candidate);
            }
        });
        Some(Self { connection, candidates, has_relayed, _listener: listener })
    }
}

/// Gives an end the candidates of the other, as they are found.
async fn give(connection: &RtcPeerConnection, candidates: &mut mpsc::UnboundedReceiver<RtcIceCandidate>) {
    while let Some(candidate) = candidates.next().await {
        let init = RtcIceCandidateInit::new(&candidate.candidate());
        init.set_sdp_mid(candidate.sdp_mid().as_deref());
        init.set_sdp_m_line_index(candidate.sdp_m_line_index());
        let added = connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init));
        _ = JsFuture::from(added).await;
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// Ends when a picture has come, or the two cannot agree.
async fn through(one: &mut End, other: &mut End, pictures: Option<&Pictures>) -> Option<()> {
    match pictures.and_then(|pictures| Some((pictures.track()?, pictures.stream()))) {
        Some((track, stream)) => {
            web::call(&one.connection, "addTrack", &[&track, stream])?;
        }
        None => _ = web::call(&one.connection, "createDataChannel", &[&"test".into()]),
    }
    let offer = described(&one.connection, one.connection.create_offer()).await?;
    JsFuture::from(other.connection.set_remote_description(&offer)).await.ok()?;
    let answer = described(&other.connection, other.connection.create_answer()).await?;
    JsFuture::from(one.connection.set_remote_description(&answer)).await.ok()?;
    let exchange =
        join(give(&one.connection, &mut other.candidates), give(&other.connection, &mut one.candidates));
    let arrival = arrival(&other.connection, pictures.is_some());
    pin_mut!(exchange, arrival);
    match select(arrival, exchange).await {
        Either::Left((arrived, _)) => arrived,
        Either::Right(_) => None,
    }
}

async fn arrival(at: &RtcPeerConnection, of_pictures: bool) -> Option<()> {
    loop {
        TimeoutFuture::new(LOOK_EVERY).await;
        let has_arrived = if of_pictures {
            let statistics = JsFuture::from(at.get_stats()).await.ok()?;
            stats::pictures(&statistics) > 0
        } else {
            at.connection_state() == web_sys::RtcPeerConnectionState::Connected
        };
        if has_arrived {
            return Some(());
        }
    }
}

async fn described(
    connection: &RtcPeerConnection,
    made: js_sys::Promise,
) -> Option<RtcSessionDescriptionInit> {
    let description: RtcSessionDescriptionInit = JsFuture::from(made).await.ok()?.unchecked_into();
    JsFuture::from(connection.set_local_description(&description)).await.ok()?;
    Some(description)
}
