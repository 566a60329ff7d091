//! Browsers, known by a cookie that this server has signed. It has two random parts: one by which a host blocks the browser, and
//! one that is its keyring, the keys to rooms that it holds. With each key that it gets the keyring becomes another, so that
//! whoever has planted a cookie learns nothing of what comes later. It says nothing about a person, and no script sees it.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use storage::BrowserId;

use crate::tokens::Tokens;
use crate::{cookies, digest, ids};

/// The name in the clear.
const PLAIN: &str = "veranda";

/// The name over TLS: browsers take such a cookie from this very host alone, and over TLS (RFC 6265bis §4.1.3.2).
const OVER_TLS: &str = "__Host-veranda";

/// About thirteen months, the longest that browsers keep a cookie.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// A cookie is longer than any that we make.
const LONGEST: usize = 256;

/// Whether a page travels over TLS, at least to the proxy in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    Tls,
}

/// A browser that has shown its cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Browser {
    /// What a host blocks. Stays the same as long as the cookie is kept.
    pub(crate) id: BrowserId,
    /// Where its keys are.
    pub(crate) keyring: BrowserId,
    /// The first part of the cookie.
    body: String,
}

impl Browser {
    /// What another node needs to know it: who it is, where its keys are, and the first part of its cookie.
    pub(crate) fn parts(&self) -> [String; 3] {
        [self.id.0.0.clone(), self.keyring.0.0.clone(), self.body.clone()]
    }

    /// The same again.
    pub(crate) fn from_parts(id: BrowserId, keyring: BrowserId, body: String) -> Self {
        Self { id, keyring, body }
    }
}

/// The browser that made a request, if it has shown itself. Of several cookies, the first that is ours.
pub(crate) fn of_request(headers: &HeaderMap, transport: Transport, tokens: &Tokens) -> Option<Browser> {
    let name = name_of(transport);
    cookies::named(headers, name).find_map(|value| read(value, tokens))
}

/// A browser that has no cookie yet, and its cookie.
pub(crate) fn new(transport: Transport, tokens: &Tokens) -> Option<(Browser, HeaderValue)> {
    with_new_keyring(&ids::secret("b"), transport, tokens)
}

/// The same browser with a keyring that nobody has seen, and its cookie.
pub(crate) fn renewed(
    browser: &Browser,
    transport: Transport,
    tokens: &Tokens,
) -> Option<(Browser, HeaderValue)> {
    with_new_keyring(&browser.body, transport, tokens)
}

fn with_new_keyring(body: &str, transport: Transport, tokens: &Tokens) -> Option<(Browser, HeaderValue)> {
    let unsigned = format!("{body}.{}", ids::secret("r"));
    let value = format!("{unsigned}.{}", tokens.sign_cookie(&unsigned)?);
    let secure = if transport == Transport::Tls { "; Secure" } else { "" };
    let name = name_of(transport);
    let kept = KEPT_FOR.as_secs();
    let cookie = format!("{name}={value}; Path=/; Max-Age={kept}; HttpOnly; SameSite=Lax{secure}");
    Some((read(&value, tokens)?, HeaderValue::from_str(&cookie).ok()?))
}

fn read(value: &str, tokens: &Tokens) -> Option<Browser> {
    if value.len() > LONGEST {
        return None;
    }
    let (unsigned, signature) = value.rsplit_once('.')?;
    if !tokens.has_signed_cookie(unsigned, signature) {
        return None;
    }
    let (body, keyring) = unsigned.split_once('.')?;
    let [id, keyring] = [body, keyring].map(|part| BrowserId(digest::of(part)));
    Some(Browser { id, keyring, body: body.to_owned() })
}

fn name_of(transport: Transport) -> &'static str {
    match transport {
        Transport::Plain => PLAIN,
        Transport::Tls => OVER_TLS,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;
    use crate::clock::Clock;

    fn tokens() -> Tokens {
        Tokens::open(tempfile::tempdir().unwrap().path(), Clock::start()).unwrap()
    }

    fn shown(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers
    }

    #[test]
    fn a_browser_is_known_by_the_cookie_it_was_given() {
        let tokens = tokens();
        for transport in [Transport::Tls, Transport::Plain] {
            let (browser, cookie) = new(transport, &tokens).unwrap();
            let text = cookie.to_str().unwrap();
            let is_tls = transport == Transport::Tls;
            assert!(["HttpOnly", "SameSite=Lax", "Path=/"].iter().all(|part| text.contains(part)), "{text}");
            assert_eq!((text.contains("Secure"), text.starts_with("__Host-")), (is_tls, is_tls), "{text}");
            let pair = text.split(';').next().unwrap();
            let known = of_request(&shown(&format!("other=1; {pair}")), transport, &tokens);
            assert_eq!(known, Some(browser));
        }
    }

    #[test]
    fn a_cookie_that_we_did_not_make_is_no_cookie() {
        let tokens = tokens();
        let (browser, cookie) = new(Transport::Tls, &tokens).unwrap();
        let (_, foreign) = new(Transport::Tls, &self::tokens()).unwrap();
        let pair = |cookie: &HeaderValue| cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        let planted = pair(&cookie).replace("__Host-veranda", "veranda");
        for cookie in [
            "__Host-veranda=b_1",
            "__Host-veranda=b_00000000000000000000000000000000",
            "__Host-veranda=b_00000000000000000000000000000000.r_00000000000000000000000000000000.",
            &pair(&foreign),
            &planted,
        ] {
            assert_eq!(of_request(&shown(cookie), Transport::Tls, &tokens), None, "{cookie}");
        }
        let both = format!("__Host-veranda=b_1; {}", pair(&cookie));
        assert_eq!(of_request(&shown(&both), Transport::Tls, &tokens), Some(browser));
    }

    #[test]
    fn a_renewed_browser_is_the_same_to_a_host_and_has_another_keyring() {
        let tokens = tokens();
        let (before, _) = new(Transport::Plain, &tokens).unwrap();
        let (after, _) = renewed(&before, Transport::Plain, &tokens).unwrap();
        assert_eq!(before.id, after.id);
        assert_ne!(before.keyring, after.keyring);
    }
}
