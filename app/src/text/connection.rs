//! The connection test, and the paths of a call.

use protocol::{MediaVia, RelayOwner, RelayTransport};
use view::{
    DirectLinks, Hop, LinkPath, Opening, Outcome, PathKind, Ports, RelayHop, TestResults, Verdict, WithoutUdp,
};

texts! {
    lead =>
        "Check whether calls work on your network. Takes a few seconds; your camera and microphone stay off.";
    needs_script => "The test needs JavaScript, as calls do.";
    preparing => "Preparing the test…";
    missing => "Part of this page didn't load. Check your connection and try again.";
    what_was_tried => "What was tried";
    test_again => "Test again";
    copy_result => "Copy result";
    to_open => "Ask your network administrator to allow";
    website => "Website";
    signalling => "Signalling (WebSocket)";
    direct_connection => "Direct connection";
    details => "Call details";
    this_call => "This call";
    connections => "Connections in this call";
    none_yet => "No one is connected yet.";
    your_network => "Your network";
}

/// How media travels between all.
pub(crate) fn topology(via: MediaVia) -> &'static str {
    match via {
        MediaVia::Mesh => "You send directly to each other.",
        MediaVia::Sfu(_) => "Everyone sends to the server, which forwards it still encrypted.",
    }
}

/// The path of one link; the other end is somebody by name, or the server.
pub(crate) fn path(with: Option<&str>, path: LinkPath) -> String {
    let over = transport(path.over);
    match (with, path.kind) {
        (Some(name), PathKind::Direct) => format!("{name}: direct, {over}"),
        (Some(name), PathKind::Relayed) => format!("{name}: relayed, {over}"),
        (None, PathKind::Direct) => format!("Server: direct, {over}"),
        (None, PathKind::Relayed) => format!("Server: relayed, {over}"),
    }
}

/// How one hop went.
pub(crate) fn hop(hop: Hop) -> String {
    match hop {
        Hop::Waiting => "Checking…".to_owned(),
        Hop::Works(millis) => format!("OK, {millis} ms"),
        Hop::Mute => "Responds, but no media gets through".to_owned(),
        Hop::Fails => "Blocked".to_owned(),
    }
}

/// A way to a relay.
pub(crate) fn relay(relay: &RelayHop) -> String {
    let (way, ports) = (transport(relay.transport), ports(relay.ports));
    match relay.owner {
        RelayOwner::Server => format!("Audio and video over {way}, {ports}"),
        RelayOwner::Pages => format!("Audio and video over {way}, {ports} (same as the website)"),
        RelayOwner::Other => format!("Audio and video through a TURN server over {way}, {ports}"),
    }
}

/// Whether links to other people come about without the server.
pub(crate) fn direct(links: DirectLinks) -> &'static str {
    match links {
        DirectLinks::Waiting => "Checking…",
        DirectLinks::Likely => "Should work",
        DirectLinks::WithLessStrict => "With people whose network is less strict than yours",
        DirectLinks::InsideOnly => "Only on your own network",
        DirectLinks::Unknown => "Unknown",
    }
}

/// What a call will use.
pub(crate) fn outcome(outcome: Outcome) -> String {
    let sentence = match outcome {
        Outcome::NoServer => "Can't reach the server. Check your connection and test again.",
        Outcome::NoWebSocket => "Calls can't start: a proxy or security software blocks WebSockets.",
        Outcome::AllOpen => {
            "Everything works. Calls connect directly over UDP, or through this server if someone else's network is stricter."
        }
        Outcome::StrictNat => {
            "Calls work, over UDP. Your network is strict (symmetric NAT), so calls with people on similar ones go through this server."
        }
        Outcome::DirectOnly => {
            "Calls connect directly. People on restrictive networks can't be reached: this server has no relay."
        }
        Outcome::NoRelay => {
            "Calls work only where both networks allow direct connections: this server has no relay."
        }
        Outcome::WithoutUdp(left) => return without_udp(left),
        Outcome::NoMedia => {
            "You can join, but without audio or video: your network blocks the media ports (UDP and TCP)."
        }
        Outcome::RelayIsMute => {
            "The relay responds, but no media gets through: the server's firewall blocks its ports."
        }
    };
    sentence.to_owned()
}

fn without_udp(WithoutUdp { over, port, only_pages }: WithoutUdp) -> String {
    let blocked = if only_pages {
        format!("Your network allows only port {port}.")
    } else {
        "Your network blocks UDP.".to_owned()
    };
    let way = transport(over);
    format!(
        "{blocked} Calls still work, through this server over {way} on port {port}. Expect delays when your connection is busy."
    )
}

/// What an administrator would have to open, or to set.
pub(crate) fn opening(opening: Opening) -> String {
    match opening {
        Opening::WebSocket => {
            "WebSocket connections to this server, in the proxy or security software".to_owned()
        }
        Opening::Relay => {
            "On the server: set [relay] enabled = true, or add a TURN server under [turn]".to_owned()
        }
        Opening::RelayPorts => {
            "On the server's firewall: inbound UDP to the relay ports ([relay] first_port to last_port)"
                .to_owned()
        }
        Opening::Server { transport: RelayTransport::Udp, ports } => {
            format!("UDP to this server, {}, both ways (helps most)", self::ports(ports))
        }
        Opening::Server { transport: RelayTransport::Tcp | RelayTransport::Tls, ports } => {
            format!("TCP to this server, {}, without TLS inspection", self::ports(ports))
        }
        Opening::TurnServer { transport: RelayTransport::Udp, ports } => {
            format!("UDP to the TURN server, {}, both ways", self::ports(ports))
        }
        Opening::TurnServer { transport: RelayTransport::Tcp | RelayTransport::Tls, ports } => {
            format!("TCP to the TURN server, {}", self::ports(ports))
        }
    }
}

/// The whole test as it is copied. No addresses: it may go into a ticket.
pub(crate) fn report(results: &TestResults, lines: &[(String, String)], verdict: &Verdict) -> String {
    let mut text = format!("Veranda connection test, {}\n\n", results.taken);
    for (label, result) in lines {
        text += &format!("{label}: {result}\n");
    }
    text += &format!("\n{}\n", outcome(verdict.outcome));
    if !verdict.to_open.is_empty() {
        text += &format!("\n{}:\n", to_open());
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
    if last > first { format!("ports {first} to {last}") } else { format!("port {first}") }
}

#[cfg(test)]
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
