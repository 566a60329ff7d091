//! Browsers, known by a random cookie: it holds the keys to rooms, and is what a host blocks. It says nothing about a
//! person, is read by this server alone, and no script sees it.

use axum::http::{HeaderMap, HeaderValue, header};
use storage::BrowserId;

use crate::{digest, ids};

const COOKIE: &str = "veranda";

/// About thirteen months, the longest that browsers keep a cookie.
const KEPT_SECONDS: u64 = 400 * 24 * 60 * 60;

/// Whether a page travels over TLS, at least to the proxy in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Plain,
    Tls,
}

/// The browser that made a request, if it has shown itself.
pub(crate) fn of_request(headers: &HeaderMap) -> Option<BrowserId> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, value)| *name == COOKIE && is_well_formed(value))?;
    Some(BrowserId(digest::of(value)))
}

/// A browser that has no cookie yet, and its cookie.
pub(crate) fn new(transport: Transport) -> (BrowserId, Option<HeaderValue>) {
    let secret = ids::secret("b");
    let secure = if transport == Transport::Tls { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={secret}; Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax{secure}");
    (BrowserId(digest::of(&secret)), HeaderValue::from_str(&cookie).ok())
}

fn is_well_formed(value: &str) -> bool {
    value.strip_prefix("b_").is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_the_cookie_it_was_given() {
        let (browser, cookie) = new(Transport::Tls);
        let cookie = cookie.unwrap();
        let text = cookie.to_str().unwrap();
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(text.contains(attribute), "{text}");
        }
        let mut headers = HeaderMap::new();
        let pair = text.split(';').next().unwrap();
        headers.insert(header::COOKIE, format!("other=1; {pair}").parse().unwrap());
        assert_eq!(of_request(&headers), Some(browser));
    }

    #[test]
    fn a_cookie_that_we_did_not_make_is_no_cookie() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "veranda=b_1".parse().unwrap());
        assert_eq!(of_request(&headers), None);
        assert!(!new(Transport::Plain).1.unwrap().to_str().unwrap().contains("Secure"));
    }
}
