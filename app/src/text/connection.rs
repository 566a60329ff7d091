//! The connection test, and the paths of a call.

use protocol::{MediaVia, RelayOwner, RelayTransport};
use view::{
    DirectLinks, Hop, LinkPath, Opening, Outcome, PathKind, Ports, RelayHop, TestResults, Verdict, WithoutUdp,
};

use super::words::connection as words;
pub(crate) use super::words::connection::*;

/// How media travels between all.
pub(crate) fn topology(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Mesh => words::EVERYONE_TO_EACH(),
        MediaVia::Sfu(_) => words::EVERYONE_TO_SERVER(),
    }
}

/// The path of one link; the other end is somebody by name, or the server.
pub(crate) fn path(with: Option<&str>, path: LinkPath) -> String {
    let over = transport(path.over);
    match (with, path.kind) {
        (Some(name), PathKind::Direct) => words::person_direct(&name, &over),
        (Some(name), PathKind::Relayed) => words::person_relayed(&name, &over),
        (None, PathKind::Direct) => words::server_direct(&over),
        (None, PathKind::Relayed) => words::server_relayed(&over),
    }
}

/// How one hop went.
pub(crate) fn hop(hop: Hop) -> String {
    match hop {
        Hop::Waiting => words::CHECKING().to_owned(),
        Hop::Works(millis) => words::works(&millis),
        Hop::Mute => words::MUTE().to_owned(),
        Hop::Fails => words::BLOCKED().to_owned(),
    }
}

/// A way to a relay.
pub(crate) fn relay(relay: &RelayHop) -> String {
    let (over, ports) = (transport(relay.transport), ports(relay.ports));
    match relay.owner {
        RelayOwner::Server => words::relay_of_server(&over, &ports),
        RelayOwner::Pages => words::relay_of_pages(&over, &ports),
        RelayOwner::Other => words::relay_of_others(&over, &ports),
    }
}

/// Whether links to other people come about without the server.
pub(crate) fn direct(links: DirectLinks) -> &'static str {
    match links {
        DirectLinks::Waiting => words::CHECKING(),
        DirectLinks::Likely => words::SHOULD_WORK(),
        DirectLinks::WithLessStrict => words::LESS_STRICT(),
        DirectLinks::InsideOnly => words::INSIDE_ONLY(),
        DirectLinks::Unknown => words::UNKNOWN(),
    }
}

/// What a call will use.
pub(crate) fn outcome(outcome: Outcome) -> String {
    let sentence = match outcome {
        Outcome::NoServer => words::NO_SERVER(),
        Outcome::NoWebSocket => words::NO_WEBSOCKET(),
        Outcome::AllOpen => words::ALL_OPEN(),
        Outcome::StrictNat => words::STRICT_NAT(),
        Outcome::DirectOnly => words::DIRECT_ONLY(),
        Outcome::NoRelay => words::NO_RELAY(),
        Outcome::WithoutUdp(left) => return without_udp(left),
        Outcome::NoMedia => words::NO_MEDIA(),
        Outcome::RelayIsMute => words::RELAY_IS_MUTE(),
    };
    sentence.to_owned()
}

fn without_udp(WithoutUdp { over, port, only_pages }: WithoutUdp) -> String {
    let blocked = if only_pages { words::only_one_port(&port) } else { words::UDP_BLOCKED().to_owned() };
    [blocked, words::still_works(&transport(over), &port)].join(super::SENTENCE_GAP())
}

/// What an administrator would have to open, or to set.
pub(crate) fn opening(opening: Opening) -> String {
    match opening {
        Opening::WebSocket => words::OPEN_WEBSOCKET().to_owned(),
        Opening::Relay => words::OPEN_RELAY().to_owned(),
        Opening::RelayPorts => words::OPEN_RELAY_PORTS().to_owned(),
        Opening::Server { transport: RelayTransport::Udp, ports } => {
            words::open_server_udp(&self::ports(ports))
        }
        Opening::Server { transport: RelayTransport::Tcp | RelayTransport::Tls, ports } => {
            words::open_server_tcp(&self::ports(ports))
        }
        Opening::TurnServer { transport: RelayTransport::Udp, ports } => {
            words::open_turn_udp(&self::ports(ports))
        }
        Opening::TurnServer { transport: RelayTransport::Tcp | RelayTransport::Tls, ports } => {
            words::open_turn_tcp(&self::ports(ports))
        }
    }
}

/// The whole test as it is copied. No addresses: it may go into a ticket.
pub(crate) fn report(results: &TestResults, lines: &[(String, String)], verdict: &Verdict) -> String {
    let mut text = format!("{}\n\n", words::report_title(&results.taken));
    for (label, result) in lines {
        text += &format!("{}\n", words::report_line(label, result));
    }
    text += &format!("\n{}\n", outcome(verdict.outcome));
    if !verdict.to_open.is_empty() {
        text += &format!("\n{}:\n", words::TO_OPEN());
        for one in &verdict.to_open {
            text += &format!("- {}\n", opening(*one));
        }
    }
    text
}

fn transport(transport: RelayTransport) -> &'static str {
    match transport {
        RelayTransport::Udp => "UDP",
        RelayTransport::Tcp => "TCP",
        RelayTransport::Tls => "TLS",
    }
}

fn ports(Ports { first, last }: Ports) -> String {
    if last > first { words::ports(&first, &last) } else { words::port(&first) }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_without_udp_is_named() {
        let left =
            |over, port, only_pages| outcome(Outcome::WithoutUdp(WithoutUdp { over, port, only_pages }));
        let sentence = left(RelayTransport::Tcp, 3478, false);
        assert!(sentence.contains("blocks UDP") && sentence.contains("TCP on port 3478"), "{sentence}");
        let sentence = left(RelayTransport::Tls, 443, true);
        assert!(
            sentence.contains("allows only port 443") && sentence.contains("TLS on port 443"),
            "{sentence}"
        );
    }
}
