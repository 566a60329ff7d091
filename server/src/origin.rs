//! Which pages may talk to this server: its own, and those that the configuration names (RFC 6454, RFC 6455 §10.2).

use axum::http::{HeaderMap, header};

use crate::site::{Origin, Site};

/// Whether a request comes from a page that may make it.
///
/// A request without `Origin` comes from no page; programs may connect.
pub(crate) fn is_allowed(headers: &HeaderMap, site: &Site, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).into_iter();
    let Some(origin) = origins.next() else { return true };
    if origins.next().is_some() {
        return false;
    }
    let Some(origin) = origin.to_str().ok().and_then(Origin::parse) else { return false };
    site.has(&origin) || is_named(&origin, allowed)
}

/// Whether a request comes from a page of this server's own, or from none. That its browser says so counts as well: a proxy may have
/// changed the name (Fetch Metadata, `Sec-Fetch-Site`, which no script can set).
pub(crate) fn is_own(headers: &HeaderMap, site: &Site) -> bool {
    let said = headers.get("sec-fetch-site").is_some_and(|said| said == "same-origin");
    said || is_allowed(headers, site, &[])
}

/// Whether the configuration names an origin.
pub(crate) fn is_named(origin: &Origin, allowed: &[String]) -> bool {
    allowed.iter().any(|one| Origin::parse(one).as_ref() == Some(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::Transport;
    use crate::site::Authority;

    fn is_allowed_at(transport: Transport, host: &str, origin: &str) -> bool {
        let own = Authority::parse(host);
        let site = Site { transport, public: own.clone(), asked: own };
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, origin.parse().unwrap());
        is_allowed(&headers, &site, &["https://Embed.example:443/".to_owned()])
    }

    #[test]
    fn own_pages_named_pages_and_programs_may_connect_and_others_may_not() {
        let own = Authority::parse("meet.example:3000");
        let site = Site { transport: Transport::Plain, public: own.clone(), asked: own };
        assert!(is_allowed(&HeaderMap::new(), &site, &[]));
        for (origin, expected) in [
            ("http://meet.example:3000", true),
            ("https://embed.example", true),
            ("https://evil.example", false),
            ("http://meet.example", false),
            ("http://embed.example", false),
            ("https://meet.example:3000.evil.example", false),
            ("null", false),
        ] {
            assert_eq!(is_allowed_at(Transport::Plain, "meet.example:3000", origin), expected, "{origin}");
        }
        let mut twice = HeaderMap::new();
        for origin in ["http://meet.example:3000", "https://evil.example"] {
            twice.append(header::ORIGIN, origin.parse().unwrap());
        }
        assert!(!is_allowed(&twice, &site, &[]));
    }

    #[test]
    fn a_host_is_its_own_page_however_it_is_written() {
        for (host, origin) in [
            ("meet.example:443", "https://meet.example"),
            ("meet.example:80", "http://meet.example"),
            ("meet.example", "https://meet.example"),
            ("meet.example", "https://meet.example:443"),
            ("MEET.example.", "https://meet.example"),
            ("meet.example", "https://Meet.Example."),
            ("[2001:DB8::1]:443", "https://[2001:db8:0::1]"),
            ("[::1]:3000", "http://[::1]:3000"),
        ] {
            assert!(is_allowed_at(Transport::Plain, host, origin), "{host} {origin}");
        }
        for (host, origin) in [
            ("meet.example:443", "http://meet.example"),
            ("meet.example:443", "https://meet.example:8443"),
            ("meet.example", "https://meet.example:8443"),
            ("meet.example:443", "https://x.meet.example"),
        ] {
            assert!(!is_allowed_at(Transport::Plain, host, origin), "{host} {origin}");
        }
        assert!(!is_allowed_at(Transport::Tls, "meet.example", "http://meet.example"), "in the clear");
    }
}
