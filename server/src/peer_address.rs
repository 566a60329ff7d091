//! Who is at the other end of a request: the address and the transport that the socket has, or what a proxy says that the
//! configuration trusts.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::browser::Transport;
use crate::config::ServerConfig;

/// The address of the client. Of the list in `X-Forwarded-For`, the last one that no trusted proxy has.
pub(crate) fn of_client(socket: IpAddr, headers: &HeaderMap, server: &ServerConfig) -> IpAddr {
    let socket = socket.to_canonical();
    if !server.trusts(socket) {
        return socket;
    }
    let forwarded = headers.get_all("x-forwarded-for").into_iter().filter_map(|value| value.to_str().ok());
    let addresses: Vec<_> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
    for address in addresses.into_iter().rev() {
        match forwarded_address(address) {
            Some(address) if server.trusts(address) => {}
            Some(address) => return address,
            None => break,
        }
    }
    socket
}

/// An entry of `X-Forwarded-For`: an address, or, as some proxies write it, one with a port, and then of IPv6 in brackets.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address =
        bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

/// How the request came to the server or to its proxy.
pub(crate) fn transport(
    own: Transport,
    socket: IpAddr,
    headers: &HeaderMap,
    server: &ServerConfig,
) -> Transport {
    let is_tls = server.trusts(socket)
        && headers
            .get("x-forwarded-proto")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"https"));
    if is_tls { Transport::Tls } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusting(proxies: &[IpAddr]) -> ServerConfig {
        let trusted_proxies = proxies.iter().copied().map(Into::into).collect();
        ServerConfig { trusted_proxies, ..ServerConfig::default() }
    }

    #[test]
    fn a_proxy_is_believed_when_it_is_trusted_and_nobody_else_is() {
        let [proxy, inner, client, stranger] =
            ["10.0.0.1", "10.0.0.2", "192.0.2.9", "198.51.100.7"].map(|text| text.parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "203.0.113.1, 192.0.2.9".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.2".parse().unwrap());
        headers.insert("x-forwarded-proto", "https".parse().unwrap());

        assert_eq!(of_client(proxy, &headers, &trusting(&[proxy, inner])), client);
        assert_eq!(transport(Transport::Plain, proxy, &headers, &trusting(&[proxy])), Transport::Tls);
        assert_eq!(transport(Transport::Tls, stranger, &headers, &trusting(&[])), Transport::Tls);
        assert_eq!(of_client(stranger, &headers, &trusting(&[proxy, inner])), stranger);
        assert_eq!(transport(Transport::Plain, stranger, &headers, &trusting(&[proxy])), Transport::Plain);
        assert_eq!(of_client(proxy, &HeaderMap::new(), &trusting(&[proxy])), proxy);
    }

    #[test]
    fn an_address_with_a_port_is_the_address() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        for (entry, client) in [
            ("1.2.3.4:5678", "1.2.3.4"),
            ("[2001:db8::9]:99", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("[::ffff:1.2.3.4]:5678", "1.2.3.4"),
            ("1.2.3.4, 10.0.0.1:80", "1.2.3.4"),
            ("1.2.3.4:port", "10.0.0.1"),
            ("unknown", "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", entry.parse().unwrap());
            assert_eq!(
                of_client(proxy, &headers, &trusting(&[proxy])),
                client.parse::<IpAddr>().unwrap(),
                "{entry}"
            );
        }
    }
}
