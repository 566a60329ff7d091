//! Which pages may talk to this server: its own, and those that the configuration names (RFC 6454, RFC 6455 §10.2).

use axum::http::{HeaderMap, Uri, header};

/// Whether a request comes from a page that may make it.
///
/// A request without `Origin` comes from no page; programs may connect.
pub(crate) fn is_allowed(headers: &HeaderMap, uri: &Uri, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if allowed.iter().any(|one| one.trim_end_matches('/').eq_ignore_ascii_case(origin)) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let own = host.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    match (authority, own) {
        (Some(authority), Some(own)) => authority.eq_ignore_ascii_case(own),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_named_pages_and_programs_may_connect_and_others_may_not() {
        let allowed = ["https://embed.example".to_owned()];
        let ask = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "meet.example:3000".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().unwrap());
            }
            is_allowed(&headers, &Uri::from_static("/api/v1/ws"), &allowed)
        };
        assert!(ask(None));
        assert!(ask(Some("http://meet.example:3000")));
        assert!(ask(Some("https://embed.example")));
        for foreign in
            ["https://evil.example", "http://meet.example", "https://meet.example:3000.evil.example", "null"]
        {
            assert!(!ask(Some(foreign)), "{foreign}");
        }
    }
}
