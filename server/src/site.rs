//! What browsers call this server: scheme, name and port, as the request said it, or the proxy in front.

use std::fmt;
use std::net::IpAddr;

use crate::browser::Transport;

/// A name or an address, and a port where one was written (RFC 3986 §3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    /// In lower case, without a dot at the end; an address of IPv6 in brackets.
    host: String,
    port: Option<u16>,
}

/// Where the page of a request is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) transport: Transport,
    /// As browsers have it in their address bar.
    pub(crate) public: Option<Authority>,
    /// As it stood in the request, which a proxy may have written anew.
    pub(crate) asked: Option<Authority>,
}

/// The origin of a page (RFC 6454 §7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) scheme: String,
    pub(crate) authority: Authority,
}

impl Authority {
    /// `None` when the text is no authority, or has a name of somebody who signs in.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let parsed: axum::http::uri::Authority = text.parse().ok()?;
        if text.contains('@') {
            return None;
        }
        let host = parsed.host().to_ascii_lowercase();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
        let host = match bare.parse::<IpAddr>() {
            Ok(IpAddr::V4(address)) => address.to_string(),
            Ok(IpAddr::V6(address)) => format!("[{address}]"),
            Err(_) => host.strip_suffix('.').unwrap_or(&host).to_owned(),
        };
        // "name:" has no port, and "name:x" is nothing.
        let port = text.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
        let port = match port.unwrap_or_default() {
            "" => None,
            number => Some(number.parse().ok()?),
        };
        (!host.is_empty()).then_some(Self { host, port })
    }

    /// The name, without the port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Whether a page of this origin is a page of this authority. One without a port has the port of any scheme.
    fn is_of(&self, origin: &Origin) -> bool {
        let usual = usual_port(&origin.scheme);
        let port = origin.authority.port.or(usual);
        self.host == origin.authority.host && (self.port.or(usual) == port)
    }

    fn without_port(self, port: u16) -> Self {
        Self { port: self.port.filter(|own| *own != port), ..self }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(formatter, "{}:{port}", self.host),
            None => formatter.write_str(&self.host),
        }
    }
}

impl Site {
    /// The address of a path; the path alone where nobody said what the server is called.
    pub(crate) fn link(&self, path: &str) -> String {
        let (scheme, port) = match self.transport {
            Transport::Plain => ("http", 80),
            Transport::Tls => ("https", 443),
        };
        match self.public.clone() {
            Some(authority) => format!("{scheme}://{}{path}", authority.without_port(port)),
            None => path.to_owned(),
        }
    }

    /// Whether a page is one of ours. Where pages travel over TLS, one in the clear is somebody else's.
    pub(crate) fn has(&self, origin: &Origin) -> bool {
        let is_downgraded = self.transport == Transport::Tls && origin.scheme != "https";
        let mut names = self.public.iter().chain(&self.asked);
        !is_downgraded && names.any(|name| name.is_of(origin))
    }
}

impl Origin {
    /// `None` for `null` and everything else that is no origin.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.trim().split_once("://")?;
        let authority = Authority::parse(authority.strip_suffix('/').unwrap_or(authority))?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = match usual_port(&scheme) {
            Some(port) => authority.without_port(port),
            None => authority,
        };
        Some(Self { scheme, authority })
    }
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_the_same_however_it_is_written() {
        for (text, host, port) in [
            ("Meet.Example", "meet.example", None),
            ("meet.example.:443", "meet.example", Some(443)),
            ("meet.example:", "meet.example", None),
            ("[2001:DB8:0::1]:8443", "[2001:db8::1]", Some(8443)),
            ("[::1]", "[::1]", None),
            ("192.0.2.1:80", "192.0.2.1", Some(80)),
        ] {
            let authority = Authority::parse(text).unwrap();
            assert_eq!((authority.host(), authority.port), (host, port), "{text}");
        }
        for text in ["", ":80", "a b", "user@meet.example", "meet.example/x", "meet.example:99999", "a:b"] {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_link_has_the_port_only_where_it_is_not_the_usual_one() {
        let link = |transport, text: &str| {
            let public = Authority::parse(text);
            Site { transport, asked: None, public }.link("/r/x")
        };
        assert_eq!(link(Transport::Tls, "meet.example:443"), "https://meet.example/r/x");
        assert_eq!(link(Transport::Tls, "meet.example:8443"), "https://meet.example:8443/r/x");
        assert_eq!(link(Transport::Plain, "meet.example:80"), "http://meet.example/r/x");
        assert_eq!(link(Transport::Plain, ""), "/r/x");
    }
}
