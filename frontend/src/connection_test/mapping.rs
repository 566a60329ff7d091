//! What the network makes of a UDP port of this browser: two STUN servers say where they see it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use app::state::MappingView;
use futures::channel::oneshot;
use futures::future::select;
use gloo_events::EventListener;
use gloo_timers::future::TimeoutFuture;
use protocol::IceServer;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RtcPeerConnection, RtcPeerConnectionIceEvent};

use crate::{link, web};

/// How long answers may take, in milliseconds.
const ANSWERS_WITHIN: u32 = 5_000;

/// Where each port of this browser was seen, by the foundation of its candidates (RFC 8445 §5.1.1.3).
type Seen = BTreeMap<String, Vec<String>>;

/// Asks them. Without an address translated there is nothing to be seen, and nothing is known.
pub(super) async fn find(stun: &[String]) -> MappingView {
    let seen = seen(stun).await.unwrap_or_default();
    if seen.values().any(|ports| ports.len() > 1) {
        MappingView::Different
    } else if !seen.is_empty() && stun.len() > 1 {
        MappingView::Same
    } else {
        MappingView::Unknown
    }
}

async fn seen(stun: &[String]) -> Option<Seen> {
    let ask = |url: &String| IceServer { urls: vec![url.clone()], username: None, credential: None };
    let servers: Vec<_> = stun.iter().map(ask).collect();
    let connection = RtcPeerConnection::new_with_configuration(&link::configuration(&servers)).ok()?;
    let seen = Rc::new(RefCell::new(Seen::new()));
    let (done, all) = oneshot::channel();
    let (mut done, seeing) = (Some(done), Rc::clone(&seen));
    let listener = EventListener::new(&connection, "icecandidate", move |event| {
        let Some(event) = event.dyn_ref::<RtcPeerConnectionIceEvent>() else { return };
        match event.candidate() {
            Some(candidate) => note(&mut seeing.borrow_mut(), &candidate.candidate()),
            None => _ = done.take().map(|done| done.send(())),
        }
    });
    web::call(&connection, "createDataChannel", &[&"test".into()])?;
    let offer = JsFuture::from(connection.create_offer()).await.ok()?;
    JsFuture::from(connection.set_local_description(offer.unchecked_ref())).await.ok()?;
    select(all, TimeoutFuture::new(ANSWERS_WITHIN)).await;
    drop(listener);
    connection.close();
    Some(seen.take())
}

/// Foundation, component, transport, priority, address, port, and the type after `typ` (RFC 8839 §5.1).
fn note(seen: &mut Seen, candidate: &str) {
    let words: Vec<_> = candidate.split(' ').collect();
    let [foundation, _, transport, _, address, port, "typ", "srflx", ..] = words[..] else { return };
    if transport.eq_ignore_ascii_case("udp") {
        let place = format!("{address} {port}");
        let ports = seen.entry(foundation.to_owned()).or_default();
        if !ports.contains(&place) {
            ports.push(place);
        }
    }
}
