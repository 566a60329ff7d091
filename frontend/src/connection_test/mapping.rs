//! What the network makes of a UDP port of this browser: one connection learns by STUN where it is seen, and calls another one
//! that has an address at the relay. When that sees it at another port than it was told, so will everybody else.

use futures::future::{Either, select};
use futures::pin_mut;
use gloo_timers::future::TimeoutFuture;
use protocol::{ConnectionTest, IceServer, RelayOwner, RelayTransport};
use view::Mapping;
use wasm_bindgen_futures::JsFuture;
use web_sys::RtcPeerConnection;

use super::pair::{End, Uses, until};
use crate::{stats, web};

/// How often it is looked whether they have found each other, in milliseconds.
const LOOK_EVERY: u32 = 200;

/// How long that may take, in milliseconds. Inside one's own network the relay sends nothing back, and nothing is found.
const FOUND_WITHIN: u32 = 4_000;

/// Asks for it.
pub(super) async fn find(plan: &ConnectionTest) -> Mapping {
    let is_ours = |owner| matches!(owner, RelayOwner::Server | RelayOwner::Pages);
    let relay = plan.relays.iter().find(|one| one.transport == RelayTransport::Udp && is_ours(one.owner));
    let Some(relay) = relay else { return Mapping::Unknown };
    let stun = IceServer { urls: plan.stun.clone(), username: None, credential: None, is_sfu_port: false };
    let seen = seen_as(&relay.ice_server, &stun);
    pin_mut!(seen);
    let seen = match select(seen, TimeoutFuture::new(FOUND_WITHIN)).await {
        Either::Left((seen, _)) => seen,
        Either::Right(_) => None,
    };
    match seen.as_deref() {
        // Whom nobody has told of (RFC 8445 §7.3.1.3).
        Some("prflx") => Mapping::Different,
        Some("srflx" | "host") => Mapping::Same,
        Some(_) | None => Mapping::Unknown,
    }
}

async fn seen_as(relay: &IceServer, stun: &IceServer) -> Option<String> {
    let (mut one, mut other) = (End::open(relay, Uses::Relays)?, End::open(stun, Uses::All)?);
    web::call(&one.connection, "createDataChannel", &[&"test".into()])?;
    let seen = seen(one.connection.clone());
    until(&mut one, &mut other, seen).await
}

async fn seen(at: RtcPeerConnection) -> Option<String> {
    loop {
        // Once more after they are connected: who called first may be told of only now.
        let is_connected = at.connection_state() == web_sys::RtcPeerConnectionState::Connected;
        TimeoutFuture::new(LOOK_EVERY).await;
        if is_connected {
            let statistics = JsFuture::from(at.get_stats()).await.ok()?;
            return stats::kind_of_peer(&statistics);
        }
    }
}
