//! What browsers are told of the port of pages, where the relay is reached too: its number, the versions of IP, and the name in
//! its certificate.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::SockRef;
use tokio::net::TcpListener;

use crate::config::{Config, TlsMode};
use crate::tls_name::TlsName;

/// The port of pages. Whoever has loaded the page reaches it, whatever else is blocked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FrontPort {
    /// The port number.
    pub(crate) number: u16,
    /// What it is reached over.
    pub(crate) versions: Versions,
    /// The name that its certificate has, as it is written in an address, where the server does TLS.
    pub(crate) tls_name: Option<String>,
}

/// Versions of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions {
    V4,
    V6,
    Both,
}

impl FrontPort {
    /// Where `listener` is reached by others, if it is. `announced` are the relay's addresses, the best one first.
    ///
    /// # Errors
    ///
    /// When the listener has no address.
    pub(crate) fn of(
        listener: &TcpListener,
        config: &Config,
        announced: &[SocketAddr],
    ) -> io::Result<Option<Self>> {
        let address = listener.local_addr()?;
        // A system says this of sockets of IPv4 too, or refuses to.
        let only_v6 = SockRef::from(listener).only_v6().unwrap_or(false);
        Ok(Self::at(address, only_v6, config, announced))
    }

    fn at(address: SocketAddr, only_v6: bool, config: &Config, announced: &[SocketAddr]) -> Option<Self> {
        let tls_name = tls_name(config, announced);
        match config.server.public_port {
            // On the loopback address there is a proxy in front, of which nothing was said, or nobody else.
            0 if address.ip().to_canonical().is_loopback() => None,
            0 => {
                let versions = Versions::of(address.ip(), only_v6);
                Some(Self { number: address.port(), versions, tls_name })
            }
            // What this socket takes says nothing of what is in front.
            number => Some(Self { number, versions: Versions::Both, tls_name }),
        }
    }
}

impl Versions {
    /// Those that a socket takes which listens there.
    fn of(address: IpAddr, only_v6: bool) -> Self {
        match address.to_canonical() {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(address) if address.is_unspecified() && !only_v6 => Self::Both,
            IpAddr::V6(_) => Self::V6,
        }
    }

    /// Whether it is among them.
    pub(crate) fn have(self, address: IpAddr) -> bool {
        match self {
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
            Self::Both => true,
        }
    }
}

/// What the relay's clients call this server, so that they find the name in its certificate.
fn tls_name(config: &Config, announced: &[SocketAddr]) -> Option<String> {
    if config.tls.mode == TlsMode::Off {
        return None;
    }
    if config.tls.names.is_empty() {
        return TlsName::from(announced.first()?.ip()).in_url();
    }
    config.tls.names.iter().find_map(TlsName::in_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(address: &str, only_v6: bool, change: impl FnOnce(&mut Config)) -> Option<FrontPort> {
        let mut config = Config::default();
        change(&mut config);
        let announced = ["[2001:db8::7]:3478", "192.0.2.7:3478"].map(|text| text.parse().unwrap());
        FrontPort::at(address.parse().unwrap(), only_v6, &config, &announced)
    }

    #[test]
    fn a_socket_is_told_for_the_versions_that_it_takes() {
        for (address, only_v6, versions) in [
            ("0.0.0.0:443", false, Versions::V4),
            ("192.0.2.7:443", false, Versions::V4),
            ("[::ffff:192.0.2.7]:443", false, Versions::V4),
            ("[::]:443", false, Versions::Both),
            ("[::]:443", true, Versions::V6),
            ("[2001:db8::7]:443", false, Versions::V6),
        ] {
            assert_eq!(port(address, only_v6, |_| {}).unwrap().versions, versions, "{address}");
        }
    }

    #[test]
    fn what_stands_in_front_decides_where_it_has_a_port() {
        assert_eq!(port("127.0.0.1:3000", false, |_| {}), None);
        let told = port("127.0.0.1:3000", false, |config| config.server.public_port = 443).unwrap();
        assert_eq!((told.number, told.versions), (443, Versions::Both));
        assert_eq!(port("0.0.0.0:3000", false, |_| {}).unwrap().number, 3000);
    }

    #[test]
    fn the_first_name_that_can_be_reached_is_told() {
        let named = |mode, names: &[&str]| {
            let names: Vec<TlsName> = names.iter().map(|name| name.parse().unwrap()).collect();
            port("[::]:443", false, |config| (config.tls.mode, config.tls.names) = (mode, names))
                .unwrap()
                .tls_name
        };
        assert_eq!(named(TlsMode::Files, &["*.example", "meet.example"]).as_deref(), Some("meet.example"));
        assert_eq!(named(TlsMode::Files, &["*.example"]), None);
        assert_eq!(named(TlsMode::SelfSigned, &["2001:db8::1"]).as_deref(), Some("[2001:db8::1]"));
        assert_eq!(named(TlsMode::SelfSigned, &[]).as_deref(), Some("[2001:db8::7]"));
        assert_eq!(named(TlsMode::Off, &["meet.example"]), None);
    }
}
