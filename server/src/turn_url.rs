//! The address of a TURN server (RFC 7065), read and checked once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// What a browser is given, and what the server needs to ask it whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TurnUrl {
    text: String,
    host: String,
    port: u16,
    way: Way,
}

/// How it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Udp,
    Tcp,
    Tls,
}

/// A text is no address of a TURN server.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a valid TURN URL, such as turn:turn.example:3478?transport=udp or turns:turn.example:443"
)]
pub struct TurnUrlError(String);

/// RFC 7065 §3.2, RFC 7064 §3.2.
pub(crate) const PORT: u16 = 3478;
const TLS_PORT: u16 = 5349;

impl TurnUrl {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// A name or an address, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn way(&self) -> Way {
        self.way
    }
}

impl FromStr for TurnUrl {
    type Err = TurnUrlError;

    fn from_str(text: &str) -> Result<Self, TurnUrlError> {
        parse(text).ok_or_else(|| TurnUrlError(text.to_owned()))
    }
}

impl TryFrom<String> for TurnUrl {
    type Error = TurnUrlError;

    fn try_from(text: String) -> Result<Self, TurnUrlError> {
        text.parse()
    }
}

impl Serialize for TurnUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for TurnUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn parse(text: &str) -> Option<TurnUrl> {
    let (scheme, rest) = text.split_once(':')?;
    let (authority, query) =
        rest.split_once('?').map_or((rest, None), |(authority, query)| (authority, Some(query)));
    let transport = match query {
        None => None,
        Some(query) => Some(query.strip_prefix("transport=")?),
    };
    let way = match (scheme, transport) {
        ("turn", None | Some("udp")) => Way::Udp,
        ("turn", Some("tcp")) => Way::Tcp,
        ("turns", None | Some("tcp")) => Way::Tls,
        _ => return None,
    };
    let (host, port) = split_host(authority)?;
    let usual = if way == Way::Tls { TLS_PORT } else { PORT };
    Some(TurnUrl { text: text.to_owned(), host: host.to_owned(), port: port.unwrap_or(usual), way })
}

/// A name or an address, without brackets, and the port where one is given; `None` when it is neither.
pub(crate) fn split_host(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = split_port(authority)?;
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.:_".contains(c));
    // Nothing listens at port 0.
    (is_name && port != Some(0)).then_some((host, port))
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port.parse().ok()?),
            None if after.is_empty() => None,
            None => return None,
        };
        return Some((host, port));
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_how() {
        for (text, host, port, way) in [
            ("turn:turn.example", "turn.example", 3478, Way::Udp),
            ("turn:turn.example:80?transport=tcp", "turn.example", 80, Way::Tcp),
            ("turn:192.0.2.1:9?transport=udp", "192.0.2.1", 9, Way::Udp),
            ("turns:turn.example", "turn.example", 5349, Way::Tls),
            ("turns:[2001:db8::1]:443?transport=tcp", "2001:db8::1", 443, Way::Tls),
        ] {
            let url: TurnUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.port(), url.way(), url.as_str()), (host, port, way, text));
        }
    }

    #[test]
    fn what_is_none_is_refused_with_an_example() {
        for text in [
            "",
            "turn:",
            "turn.example",
            "stun:stun.example",
            "https://turn.example",
            "turn:a b",
            "turn:a:99999",
            "turn:a:0",
            "turns:[::1]:0",
            "turn:a:",
            "turn://a",
            "turns:a?transport=udp",
            "turn:a?transport=sctp",
            "turn:a?x=1",
            "turn:[1.2.3.4]",
            "turn:[::1]x",
        ] {
            let error = text.parse::<TurnUrl>().unwrap_err();
            assert!(error.to_string().contains("turn:turn.example:3478"), "{text}");
        }
    }
}
