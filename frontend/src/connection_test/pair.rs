//! Two connections of this page that talk to each other.

use std::cell::Cell;
use std::rc::Rc;

use futures::channel::mpsc;
use futures::future::{Either, join, select};
use futures::{StreamExt, pin_mut};
use gloo_events::EventListener;
use js_sys::Reflect;
use protocol::IceServer;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RtcIceCandidate, RtcIceCandidateInit, RtcPeerConnection, RtcPeerConnectionIceEvent,
    RtcSessionDescriptionInit,
};

use crate::link;

/// One of the two connections. It closes when it is dropped.
pub(super) struct End {
    pub(super) connection: RtcPeerConnection,
    /// Whether it has found an address.
    pub(super) has_candidates: Rc<Cell<bool>>,
    candidates: mpsc::UnboundedReceiver<RtcIceCandidate>,
    _listener: EventListener,
}

/// Which addresses an end uses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Uses {
    All,
    /// Those of relays.
    Relays,
}

impl End {
    pub(super) fn open(server: &IceServer, uses: Uses) -> Option<Self> {
        let configuration = link::configuration(std::slice::from_ref(server));
        if uses == Uses::Relays {
            _ = Reflect::set(&configuration, &"iceTransportPolicy".into(), &"relay".into());
        }
        let connection = RtcPeerConnection::new_with_configuration(&configuration).ok()?;
        let (found, candidates) = mpsc::unbounded();
        let has_candidates = Rc::new(Cell::new(false));
        let has = Rc::clone(&has_candidates);
        let listener = EventListener::new(&connection, "icecandidate", move |event| {
            let candidate =
                event.dyn_ref::<RtcPeerConnectionIceEvent>().and_then(RtcPeerConnectionIceEvent::candidate);
            if let Some(candidate) = candidate.filter(|candidate| !candidate.candidate().is_empty()) {
                has.set(true);
                _ = found.unbounded_send(candidate);
            }
        });
        Some(Self { connection, has_candidates, candidates, _listener: listener })
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// Lets two ends connect until something has happened. `None` when they cannot agree.
pub(super) async fn until<T>(
    one: &mut End,
    other: &mut End,
    happened: impl Future<Output = Option<T>>,
) -> Option<T> {
    let offer = described(&one.connection, one.connection.create_offer()).await?;
    JsFuture::from(other.connection.set_remote_description(&offer)).await.ok()?;
    let answer = described(&other.connection, other.connection.create_answer()).await?;
    JsFuture::from(one.connection.set_remote_description(&answer)).await.ok()?;
    let exchange =
        join(give(&one.connection, &mut other.candidates), give(&other.connection, &mut one.candidates));
    pin_mut!(exchange, happened);
    match select(happened, exchange).await {
        Either::Left((happened, _)) => happened,
        Either::Right(_) => None,
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

async fn described(
    connection: &RtcPeerConnection,
    made: js_sys::Promise,
) -> Option<RtcSessionDescriptionInit> {
    let description: RtcSessionDescriptionInit = JsFuture::from(made).await.ok()?.unchecked_into();
    JsFuture::from(connection.set_local_description(&description)).await.ok()?;
    Some(description)
}
