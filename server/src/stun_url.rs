//! The address of a STUN server (RFC 7064), read and checked once.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::turn_url::{PORT, split_host};

/// A server that is asked over UDP where it sees us.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct StunUrl {
    text: String,
    host: String,
    port: u16,
}

/// A text is no address of a STUN server.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a valid STUN URL, such as stun:stun.example:3478")]
pub struct StunUrlError(String);

impl StunUrl {
    /// A name or an address, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// 3478 where none was given (RFC 7064 §3.2).
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for StunUrl {
    type Err = StunUrlError;

    /// # Errors
    ///
    /// When it is anything but `stun:host` or `stun:host:port`. The secure scheme, `stuns`, has nothing to hide here.
    fn from_str(text: &str) -> Result<Self, StunUrlError> {
        let parts = text.strip_prefix("stun:").and_then(split_host);
        let (host, port) = parts.ok_or_else(|| StunUrlError(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), host: host.to_owned(), port: port.unwrap_or(PORT) })
    }
}

impl TryFrom<String> for StunUrl {
    type Error = StunUrlError;

    fn try_from(text: String) -> Result<Self, StunUrlError> {
        text.parse()
    }
}

impl Serialize for StunUrl {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for StunUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where() {
        for (text, host, port) in [
            ("stun:stun.example", "stun.example", 3478),
            ("stun:192.0.2.1:19302", "192.0.2.1", 19_302),
            ("stun:[2001:db8::1]", "2001:db8::1", 3478),
            ("stun:[2001:db8::1]:9", "2001:db8::1", 9),
        ] {
            let url: StunUrl = text.parse().unwrap();
            assert_eq!((url.host(), url.port(), url.to_string().as_str()), (host, port, text));
        }
    }

    #[test]
    fn what_is_none_is_refused_with_an_example() {
        for text in [
            "",
            "stun:",
            "stun.example:3478",
            "stuns:stun.example",
            "turn:turn.example",
            "stun://stun.example",
            "stun:a b",
            "stun:a:0",
            "stun:a:99999",
            "stun:a:",
            "stun:a?transport=udp",
            "stun:[1.2.3.4]",
            "stun:[::1]x",
            "stun:2001:db8::1",
        ] {
            let error = text.parse::<StunUrl>().unwrap_err();
            assert!(error.to_string().contains("stun:stun.example:3478"), "{text}");
        }
    }
}
