//! Who is at the other end of a request: the address, the transport and the name that the socket and the request have, or what
//! a proxy says that the configuration trusts: `X-Forwarded-For`, `-Host` and `-Proto`, or `Forwarded` (RFC 7239).

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::browser::Transport;
use crate::site::Authority;

/// What was found out of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forwarded {
    pub(crate) address: IpAddr,
    pub(crate) transport: Option<Transport>,
    pub(crate) host: Option<Authority>,
}

/// What one proxy has said of whom it heard.
#[derive(Clone, Debug, Default)]
struct Hop {
    client: Option<IpAddr>,
    transport: Option<Transport>,
    host: Option<Authority>,
}

/// Lists are read from their end, where the nearest proxy writes, up to the last proxy that is trusted: what stands before was
/// written by somebody else. Of somebody who is not trusted nothing is believed.
pub(crate) fn of_request(
    socket: IpAddr,
    headers: &HeaderMap,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Forwarded {
    let socket = socket.to_canonical();
    let direct = Forwarded { address: socket, transport: None, host: None };
    if !is_trusted(socket) {
        return direct;
    }
    let usual = last_trusted(by_usual_headers(headers), &is_trusted);
    let standard = last_trusted(by_standard_header(headers), &is_trusted);
    let Some(first) = usual.as_ref().or(standard.as_ref()) else { return direct };
    let clients = [&usual, &standard].map(|hop| hop.as_ref().and_then(|hop| hop.client));
    // Most proxies write only one of the two, and pass the other on as the client wrote it.
    let address = match clients {
        [Some(usual), Some(standard)] if usual != standard => socket,
        [usual, standard] => usual.or(standard).unwrap_or(socket),
    };
    let or_standard = |hop: Hop| standard.clone().filter(|_| usual.is_none()).unwrap_or(hop);
    let Hop { transport, host, .. } = or_standard(first.clone());
    Forwarded { address, transport, host }
}

/// Of hops from the nearest on, the one that the outermost trusted proxy has written.
fn last_trusted(hops: Vec<Hop>, is_trusted: impl Fn(IpAddr) -> bool) -> Option<Hop> {
    let mut last: Option<Hop> = None;
    for hop in hops {
        let goes_on = hop.client.is_some_and(&is_trusted);
        // A proxy that says nothing of the name or the scheme leaves what the nearer one said.
        let before = last.unwrap_or_default();
        last = Some(Hop {
            client: hop.client.or(before.client),
            transport: hop.transport.or(before.transport),
            host: hop.host.or(before.host),
        });
        if !goes_on {
            break;
        }
    }
    last
}

/// The lists of `X-Forwarded-For`, `-Proto` and `-Host`, nearest first. A list with one entry speaks for all hops: many proxies
/// write the scheme and the name anew instead of adding to the list.
fn by_usual_headers(headers: &HeaderMap) -> Vec<Hop> {
    let list = |name: &str| {
        let lines = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        let mut entries: Vec<_> =
            lines.flat_map(|line| line.split(',')).map(|entry| entry.trim().to_owned()).collect();
        entries.reverse();
        entries
    };
    let [clients, protocols, hosts] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].map(list);
    let entry = |list: &[String], at: usize| list.get(at).or(list.last()).cloned();
    let is_aligned = protocols.len() == clients.len();
    let count = clients.len().max(usize::from(!protocols.is_empty() || !hosts.is_empty()));
    (0..count)
        .map(|at| Hop {
            client: clients.get(at).and_then(|text| forwarded_address(text)),
            // Where the lists do not belong together, what the first proxy has seen is what the browser did.
            transport: entry(&protocols, if is_aligned { at } else { usize::MAX })
                .and_then(|text| transport_of(&text)),
            host: entry(&hosts, at).and_then(|text| Authority::parse(&text)),
        })
        .collect()
}

/// The elements of `Forwarded`, nearest first.
fn by_standard_header(headers: &HeaderMap) -> Vec<Hop> {
    let lines = headers.get_all("forwarded").into_iter().filter_map(|value| value.to_str().ok());
    let elements = lines.flat_map(|line| split_outside_quotes(line, ','));
    let mut hops: Vec<_> = elements.map(|element| hop_of(&element)).collect();
    hops.reverse();
    hops
}

fn hop_of(element: &str) -> Hop {
    let mut hop = Hop::default();
    for pair in split_outside_quotes(element, ';') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        let value = unquoted(value.trim());
        match name.trim().to_ascii_lowercase().as_str() {
            "for" => hop.client = forwarded_address(&value),
            "proto" => hop.transport = transport_of(&value),
            "host" => hop.host = Authority::parse(&value),
            _ => {}
        }
    }
    hop
}

/// Splits where a separator is not inside a quoted string (RFC 9110 §5.6.4).
fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut is_quoted, mut is_escaped) = (false, false);
    for c in text.chars() {
        if c == separator && !is_quoted {
            parts.push(String::new());
            continue;
        }
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = is_quoted && c == '\\' && !is_escaped;
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    text
}

fn transport_of(scheme: &str) -> Option<Transport> {
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some(Transport::Tls),
        "http" | "ws" => Some(Transport::Plain),
        _ => None,
    }
}

/// An entry of a list: an address, or, as some proxies write it, one with a port, and then of IPv6 in brackets.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address =
        bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|with_port| with_port.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(socket: &str, headers: &[(&'static str, &str)]) -> (String, Option<Transport>, Option<String>) {
        let trusted = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse::<IpAddr>().unwrap());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let found = of_request(socket.parse().unwrap(), &map, |address| trusted.contains(&address));
        (found.address.to_string(), found.transport, found.host.map(|host| host.to_string()))
    }

    #[test]
    fn a_proxy_is_believed_when_it_is_trusted_and_nobody_else_is() {
        let headers = [
            ("x-forwarded-for", "203.0.113.1, 192.0.2.9"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "HTTPS"),
            ("x-forwarded-host", "Meet.example"),
        ];
        let found = ask("10.0.0.1", &headers);
        assert_eq!(found, ("192.0.2.9".into(), Some(Transport::Tls), Some("meet.example".into())));
        assert_eq!(ask("198.51.100.7", &headers), ("198.51.100.7".into(), None, None));
        assert_eq!(ask("10.0.0.1", &[]), ("10.0.0.1".into(), None, None));
    }

    #[test]
    fn an_address_with_a_port_is_the_address() {
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
            assert_eq!(ask("10.0.0.1", &[("x-forwarded-for", entry)]).0, client, "{entry}");
        }
    }

    #[test]
    fn what_a_client_has_written_before_the_trusted_proxies_counts_for_nothing() {
        let headers = [
            ("x-forwarded-for", "6.6.6.6, 192.0.2.9, 10.0.0.2"),
            ("x-forwarded-host", "evil.example, meet.example, inner"),
            ("x-forwarded-proto", "http, https, http"),
        ];
        let found = ask("10.0.0.1", &headers);
        assert_eq!(found, ("192.0.2.9".into(), Some(Transport::Tls), Some("meet.example".into())));
        let one_proxy =
            [("x-forwarded-for", "192.0.2.9"), ("x-forwarded-host", "evil.example, meet.example")];
        assert_eq!(ask("10.0.0.1", &one_proxy).2.as_deref(), Some("meet.example"));
    }

    #[test]
    fn forwarded_is_read_as_its_standard_says() {
        for (value, client, host) in [
            ("for=192.0.2.60;proto=https;host=meet.example", "192.0.2.60", Some("meet.example")),
            (
                "For=\"[2001:db8:cafe::17]:4711\"; Proto=HTTPS ;HOST=\"meet.example:8443\"",
                "2001:db8:cafe::17",
                Some("meet.example:8443"),
            ),
            (
                "for=6.6.6.6;host=evil.example, for=192.0.2.60;host=meet.example;proto=https, for=10.0.0.2",
                "192.0.2.60",
                Some("meet.example"),
            ),
            (
                "for=\"a, b\";host=evil.example,for=192.0.2.60;host=meet.example;proto=https",
                "192.0.2.60",
                Some("meet.example"),
            ),
            ("for=unknown;proto=https", "10.0.0.1", None),
            ("for=_hidden, for=\"192.0.2.60:x\";proto=https", "10.0.0.1", None),
        ] {
            let found = ask("10.0.0.1", &[("forwarded", value)]);
            assert_eq!((found.0.as_str(), found.2.as_deref()), (client, host), "{value}");
            assert_eq!(found.1, Some(Transport::Tls), "{value}");
        }
        let lines = [("forwarded", "for=192.0.2.60;proto=https"), ("forwarded", "for=10.0.0.2")];
        assert_eq!(ask("10.0.0.1", &lines).0, "192.0.2.60");
    }

    #[test]
    fn two_headers_that_disagree_about_the_client_are_believed_neither() {
        let both =
            |client| ask("10.0.0.1", &[("forwarded", "for=192.0.2.60"), ("x-forwarded-for", client)]).0;
        assert_eq!((both("192.0.2.60"), both("6.6.6.6")), ("192.0.2.60".into(), "10.0.0.1".into()));
    }
}
