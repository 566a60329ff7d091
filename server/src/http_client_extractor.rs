//! Who made a request: an extractor.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use storage::{KeyRecord, StorageError};

use crate::browser::{self, Browser, Transport};
use crate::http_client::HttpClient;
use crate::port_mux::Peer;
use crate::site::{Authority, Site};
use crate::{AppState, origin, peer_address};

impl FromRequestParts<AppState> for HttpClient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        if let Some(passed) = parts.extensions.get::<Self>() {
            return Ok(passed.clone());
        }
        let is_trusted = |address: IpAddr| state.config.server.trusts(address);
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|ConnectInfo(peer)| *peer);
        let socket = peer.map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |peer| peer.address.ip());
        let own = peer.map_or(Transport::Plain, |peer| peer.transport);
        let said = peer_address::of_request(socket, &parts.headers, is_trusted);
        let transport = if own == Transport::Tls { own } else { said.transport.unwrap_or(own) };
        let asked = asked_for(parts);
        let public = said.host.or_else(|| asked.clone());
        let site = Site { transport, public, asked };
        // A page of another site may ask in its own name, never in that of whoever looks at it.
        let is_own = origin::is_own(&parts.headers, &site);
        let browser =
            if is_own { browser::of_request(&parts.headers, transport, &state.tokens) } else { None };
        Ok(Self { address: said.address, browser, site, is_passed_on: false })
    }
}

/// The name in the request: of HTTP/2 it stands in the URI.
fn asked_for(parts: &Parts) -> Option<Authority> {
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    Authority::parse(host.or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str))?)
}

impl HttpClient {
    /// A cookie for the caller's browser, when it has none yet.
    pub(crate) fn new_browser(&self, state: &AppState) -> Option<HeaderValue> {
        if self.browser.is_some() {
            return None;
        }
        browser::new(self.site.transport, &state.tokens).map(|(_, cookie)| cookie)
    }

    /// Gives the caller's browser a key. With it comes another keyring, and a cookie for that: whoever knows the cookie from before
    /// knows nothing of the key.
    pub(crate) async fn give_key(
        &self,
        state: &AppState,
        key: &KeyRecord,
    ) -> Result<Option<HeaderValue>, StorageError> {
        if let Some(known) = &self.browser {
            let held = state.storage.held_keys(&known.keyring, key.room).await?;
            if held.iter().any(|held| held.key.digest == key.digest) {
                return Ok(None);
            }
        }
        let at = state.clock.wall();
        let made = match &self.browser {
            Some(known) => browser::renewed(known, self.site.transport, &state.tokens),
            None => browser::new(self.site.transport, &state.tokens),
        };
        let Some((Browser { keyring, .. }, cookie)) = made else { return Ok(None) };
        if let Some(known) = &self.browser {
            // The one before stays as it is: an answer that is lost on its way takes no room from anybody.
            state.storage.add_keyring(&keyring, &known.keyring, at).await?;
        }
        state.storage.hold_key(&keyring, key, at).await?;
        Ok(Some(cookie))
    }
}
