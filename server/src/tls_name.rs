//! What browsers may call this server: a name of the DNS or an address, read and checked once.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// A name that a certificate can have (RFC 5280 §4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum TlsName {
    /// A name of the DNS, in lower case.
    Dns(String),
    /// All names one label below another, such as `*.example.org` (RFC 6125 §6.4.3). Nothing can be reached under it.
    Wildcard(String),
    /// An address.
    Address(IpAddr),
}

/// A text is no name that a server can have.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a valid server name: names are like meet.example.org, 192.0.2.1 or 2001:db8::1, without scheme, port and path; \
     letters outside of ASCII are written as the DNS has them (xn--…)"
)]
pub struct TlsNameError(String);

/// RFC 1035 §2.3.4, written with dots.
const LONGEST: usize = 253;
const LONGEST_LABEL: usize = 63;

impl TlsName {
    /// How it is written in the address of a page or a relay, where it can be: addresses of IPv6 in brackets (RFC 3986 §3.2.2).
    pub(crate) fn in_url(&self) -> Option<String> {
        match self {
            Self::Dns(name) => Some(name.clone()),
            Self::Wildcard(_) => None,
            Self::Address(IpAddr::V4(address)) => Some(address.to_string()),
            Self::Address(IpAddr::V6(address)) => Some(format!("[{address}]")),
        }
    }
}

impl From<IpAddr> for TlsName {
    fn from(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }
}

impl FromStr for TlsName {
    type Err = TlsNameError;

    fn from_str(text: &str) -> Result<Self, TlsNameError> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(address.into());
        }
        let name = text.to_ascii_lowercase();
        match name.strip_prefix("*.") {
            Some(parent) if is_dns(parent) => Ok(Self::Wildcard(name)),
            None if is_dns(&name) => Ok(Self::Dns(name)),
            Some(_) | None => Err(TlsNameError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for TlsName {
    type Error = TlsNameError;

    fn try_from(text: String) -> Result<Self, TlsNameError> {
        text.parse()
    }
}

impl Serialize for TlsName {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl fmt::Display for TlsName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) | Self::Wildcard(name) => formatter.write_str(name),
            Self::Address(address) => address.fmt(formatter),
        }
    }
}

/// Letters, digits, hyphens (RFC 1123 §2.1), and underscores, which some networks have. What ends in digits alone is a misspelt
/// address (RFC 3696 §2).
fn is_dns(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.chars().all(|c| c.is_ascii_digit());
    name.len() <= LONGEST
        && name.split('.').all(is_label)
        && name.rsplit('.').next().is_some_and(|last| !is_number(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_in_an_address_as_browsers_read_it() {
        for (text, url) in [
            ("meet.example.org", Some("meet.example.org")),
            ("Meet.Example.ORG", Some("meet.example.org")),
            ("localhost", Some("localhost")),
            ("xn--mller-kva.example", Some("xn--mller-kva.example")),
            ("192.0.2.1", Some("192.0.2.1")),
            ("2001:db8::1", Some("[2001:db8::1]")),
            ("[2001:db8::1]", Some("[2001:db8::1]")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("*.example.org", None),
        ] {
            let name: TlsName = text.parse().unwrap();
            assert_eq!(name.in_url().as_deref(), url, "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_an_example() {
        let long = format!("{}.example", "a".repeat(64));
        for text in [
            "",
            ".",
            "meet.example.org.",
            "https://meet.example.org",
            "meet.example.org:443",
            "meet.example.org/",
            "müller.example",
            "a b",
            "-a.example",
            "a..example",
            "*",
            "*.",
            "*.*.example",
            "a.*.example",
            "192.0.2.256",
            "192.0.2.1:443",
            "[meet.example]",
            &long,
        ] {
            let error = text.parse::<TlsName>().unwrap_err();
            assert!(error.to_string().contains("meet.example.org, 192.0.2.1"), "{text}");
        }
    }
}
