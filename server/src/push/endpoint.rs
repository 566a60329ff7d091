//! Where a push service takes messages. A page names it, so it is not reached unless it is on the public internet: a server that sent requests
//! wherever it is told to would be a way into the network that it stands in.

use std::net::{IpAddr, SocketAddr};

use axum::http::Uri;

/// An address that a push may be sent to, as far as its text says.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Without brackets, in lower case, without a dot at its end.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_tls: bool,
    /// Path and query.
    pub(super) target: String,
}

/// A text is no endpoint, or none that may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a push service must have an https:// address on the public internet")]
pub(super) struct NotReachable;

impl Endpoint {
    /// Reads an address. With `allow_private` it may be inside this network, and in the clear.
    pub(super) fn parse(text: &str, allow_private: bool) -> Result<Self, NotReachable> {
        let uri: Uri = text.parse().map_err(|_| NotReachable)?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if allow_private => false,
            Some(_) | None => return Err(NotReachable),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'));
        let authority = authority.ok_or(NotReachable)?;
        let host = authority.host().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        // A name without a dot is one of this network.
        let is_public = match host.parse::<IpAddr>() {
            Ok(address) => is_public(address),
            Err(_) => host.contains('.'),
        };
        if host.is_empty() || !(is_public || allow_private) {
            return Err(NotReachable);
        }
        let port = match (authority.as_str().ends_with(':'), authority.port_u16()) {
            (false, Some(0)) | (true, _) => return Err(NotReachable),
            (false, Some(port)) => port,
            (false, None) => usual_port(is_tls),
        };
        let target = uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Ok(Self { host, port, is_tls, target })
    }

    /// The host and, unless it is the usual one, the port, as in the header `Host`.
    pub(super) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == usual_port(self.is_tls) { host } else { format!("{host}:{}", self.port) }
    }

    /// The origin (RFC 6454 §6.2), by which a token names the push service.
    pub(super) fn origin(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }
}

/// Of the addresses that a name has, those that may be reached.
pub(super) fn reachable(addresses: impl Iterator<Item = SocketAddr>, allow_private: bool) -> Vec<SocketAddr> {
    addresses.filter(|address| allow_private || is_public(address.ip())).collect()
}

/// The relay's list of what is not the public internet.
fn is_public(address: IpAddr) -> bool {
    relay::PeerRules::default().allows_address(address)
}

fn usual_port(is_tls: bool) -> u16 {
    if is_tls { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_taken_apart() {
        let endpoint = Endpoint::parse("https://Push.example/send/a?b=c", false).ok().unwrap();
        assert_eq!((&*endpoint.host, endpoint.port, endpoint.is_tls), ("push.example", 443, true));
        assert_eq!((&*endpoint.target, &*endpoint.origin()), ("/send/a?b=c", "https://push.example"));
        let endpoint = Endpoint::parse("https://[2606:4700::1]:8443", false).ok().unwrap();
        assert_eq!((&*endpoint.target, &*endpoint.origin()), ("/", "https://[2606:4700::1]:8443"));
    }

    #[test]
    fn what_is_not_on_the_public_internet_is_not_reached() {
        for text in [
            "",
            "push.example",
            "http://push.example/",
            "ftp://push.example/",
            "https://localhost/",
            "https://localhost./",
            "https://intranet:8443/",
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://192.168.1.1:443/",
            "https://224.0.0.1/",
            "https://0.0.0.0/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[ff02::1]/",
            "https://somebody@push.example/",
            "https://push.example:0/",
            "https://push.example:/",
        ] {
            assert!(Endpoint::parse(text, false).is_err(), "{text}");
        }
        assert!(Endpoint::parse("http://127.0.0.1:9/", true).is_ok());
        assert!(Endpoint::parse("ftp://127.0.0.1:9/", true).is_err());
    }

    #[test]
    fn a_name_leads_only_to_those_of_its_addresses_that_are_public() {
        let addresses = ["127.0.0.1:443", "198.41.0.4:443", "[::1]:443", "10.1.2.3:443"];
        let addresses = addresses.map(|address| address.parse::<SocketAddr>().unwrap());
        assert_eq!(reachable(addresses.into_iter(), false), [addresses[1]]);
        assert_eq!(reachable(addresses.into_iter(), true), addresses);
        assert_eq!(reachable([addresses[0], addresses[3]].into_iter(), false), []);
    }
}
