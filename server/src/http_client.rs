//! Who made a request, as far as it says. How that is read out of a request is said in `caller_extractor.rs`.

use std::net::IpAddr;

use storage::BrowserId;

use crate::browser::{Browser, Transport};
use crate::site::Site;

/// Who stands behind a socket, as far as the request said.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    pub(crate) address: IpAddr,
    pub(crate) browser: Option<Browser>,
    pub(crate) site: Site,
    /// Whether another node has judged them already, and has passed them on to this one.
    pub(crate) is_passed_on: bool,
}

impl HttpClient {
    /// Where the keys of the caller's browser are.
    pub(crate) fn keyring(&self) -> Option<&BrowserId> {
        self.browser.as_ref().map(|browser| &browser.keyring)
    }

    /// By which the caller's browser is blocked.
    pub(crate) fn browser_id(&self) -> Option<&BrowserId> {
        self.browser.as_ref().map(|browser| &browser.id)
    }

    /// The same as text, as a room knows it.
    pub(crate) fn browser_text(&self) -> Option<String> {
        self.browser_id().map(|browser| browser.0.0.clone())
    }

    /// Whether the caller's pages travel over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.site.transport == Transport::Tls
    }
}
