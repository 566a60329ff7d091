//! Who is passed on from one node to another: what the first has found out about them, so that the second need not believe a header of theirs.

use std::net::IpAddr;

use axum::http::HeaderValue;
use serde::{Deserialize, Serialize};
use storage::{BrowserId, Digest};

use crate::browser::{Browser, Transport};
use crate::http_client::HttpClient;
use crate::site::{Authority, Site};

/// As it stands in a header between nodes.
#[derive(Serialize, Deserialize)]
struct PassedCaller {
    address: IpAddr,
    is_secure: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    /// The browser's id, its keyring, and the first part of its cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    browser: Option<[String; 3]>,
}

/// For the other node; `None` when it has letters that no header has, which nothing of it should.
pub(crate) fn to_header(caller: &HttpClient) -> Option<HeaderValue> {
    let HttpClient { address, browser, site, .. } = caller;
    let authority = |authority: &Option<Authority>| authority.as_ref().map(ToString::to_string);
    let passed = PassedCaller {
        address: *address,
        is_secure: site.transport == Transport::Tls,
        public: authority(&site.public),
        asked: authority(&site.asked),
        browser: browser.as_ref().map(Browser::parts),
    };
    HeaderValue::from_str(&serde_json::to_string(&passed).ok()?).ok()
}

/// From the other node.
pub(crate) fn from_header(value: &HeaderValue) -> Option<HttpClient> {
    let passed: PassedCaller = serde_json::from_str(value.to_str().ok()?).ok()?;
    let transport = if passed.is_secure { Transport::Tls } else { Transport::Plain };
    let authority = |text: Option<String>| text.and_then(|text| Authority::parse(&text));
    let browser = passed.browser.map(|[id, keyring, body]| {
        Browser::from_parts(BrowserId(Digest(id)), BrowserId(Digest(keyring)), body)
    });
    let site = Site { transport, public: authority(passed.public), asked: authority(passed.asked) };
    Some(HttpClient { address: passed.address, browser, site, is_passed_on: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_passed_on_is_the_same_at_the_other_node() {
        let id = |text: &str| BrowserId(Digest(text.to_owned()));
        let browser = Browser::from_parts(id("who"), id("keys"), "b_1".to_owned());
        for (address, browser, host) in [
            ("203.0.113.7", Some(browser), Some("meet.example:8443")),
            ("2001:db8::1", None, Some("[2001:db8::1]")),
            ("127.0.0.1", None, None),
        ] {
            let authority = host.and_then(Authority::parse);
            let site = Site { transport: Transport::Tls, public: authority.clone(), asked: authority };
            let address = address.parse().unwrap();
            let caller = HttpClient { address, browser, site, is_passed_on: false };
            let passed = from_header(&to_header(&caller).unwrap()).unwrap();
            assert!(passed.is_passed_on);
            assert_eq!(
                (passed.address, passed.browser, passed.site),
                (caller.address, caller.browser, caller.site)
            );
        }
    }
}
