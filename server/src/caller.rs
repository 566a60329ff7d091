//! Who made a request: an extractor.

use std::convert::Infallible;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderValue;
use axum::http::request::Parts;
use storage::BrowserId;

use crate::browser::{self, Transport};
use crate::entrance::Caller;
use crate::front::Peer;
use crate::{AppState, peer_address};

impl FromRequestParts<AppState> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let trusted = &state.config.server;
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| *peer);
        let socket = peer.map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |peer| peer.address.ip());
        let own = peer.map_or(Transport::Plain, |peer| peer.transport);
        Ok(Self {
            address: peer_address::of_client(socket, &parts.headers, trusted),
            browser: browser::of_request(&parts.headers),
            transport: peer_address::transport(own, socket, &parts.headers, trusted),
        })
    }
}

impl Caller {
    /// The caller's browser, and a cookie for it when it has none yet.
    pub(crate) fn browser_or_new(&self) -> (BrowserId, Option<HeaderValue>) {
        match &self.browser {
            Some(browser) => (browser.clone(), None),
            None => browser::new(self.transport),
        }
    }

    /// Whether the caller's pages travel over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.transport == Transport::Tls
    }
}
