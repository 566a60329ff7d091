//! What the hops of a test mean for a call, in plain words.

use protocol::{RelayOwner, RelayTransport};

use crate::state::{ConnectionTestView, HopView, MappingView, RelayHopView};

/// What came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) grade: Grade,
    /// What a call will use.
    pub(super) sentence: String,
    /// What an administrator would have to open, the most useful first.
    pub(super) to_open: Vec<String>,
}

/// How well calls will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    Good,
    Fair,
    Bad,
}

/// The verdict, once everything was tried.
pub(super) fn verdict(view: &ConnectionTestView) -> Option<Verdict> {
    view.done.then(|| {
        let of = |sentence: &str, grade, to_open| Verdict { grade, sentence: sentence.to_owned(), to_open };
        if !works(view.server) {
            return of(NO_SERVER, Grade::Bad, Vec::new());
        }
        if !works(view.websocket) {
            return of(NO_WEBSOCKET, Grade::Bad, vec![OPEN_WEBSOCKET.to_owned()]);
        }
        let over_udp = view.relays.iter().any(|relay| is_open(relay, RelayTransport::Udp));
        match (view.relays.is_empty(), over_udp, view.mapping) {
            (false, true, MappingView::Different) => of(STRICT, Grade::Good, Vec::new()),
            (false, true, MappingView::Same | MappingView::Unknown) => of(ALL_WELL, Grade::Good, Vec::new()),
            (true, _, MappingView::Same) => of(DIRECT_ONLY, Grade::Fair, vec![OFFER_RELAY.to_owned()]),
            (true, _, MappingView::Different | MappingView::Unknown) => {
                of(NO_RELAY, Grade::Fair, vec![OFFER_RELAY.to_owned()])
            }
            (false, false, _) => without_udp(&view.relays),
        }
    })
}

fn without_udp(relays: &[RelayHopView]) -> Verdict {
    let to_open = to_open(relays);
    let Some(best) = relays.iter().find(|relay| works(relay.hop)) else {
        let sentence = if relays.iter().any(|relay| relay.hop == HopView::Mute) { MUTE } else { NO_MEDIA };
        return Verdict { grade: Grade::Bad, sentence: sentence.to_owned(), to_open };
    };
    let way = match best.transport {
        RelayTransport::Udp | RelayTransport::Tcp => "TCP",
        RelayTransport::Tls => "TLS",
    };
    let only_pages =
        best.owner == RelayOwner::Pages && relays.iter().any(|relay| relay.owner == RelayOwner::Server);
    let blocked = if only_pages {
        format!("Your network lets nothing out but what pages use: port {}.", best.port)
    } else {
        "Your network blocks UDP.".to_owned()
    };
    let sentence = format!(
        "{blocked} Calls work all the same, by way of this server over {way} on port {}; when the line is busy, sound and \
         picture come late.",
        best.port
    );
    Verdict { grade: Grade::Fair, sentence, to_open }
}

/// What is blocked of that which would make calls better.
fn to_open(relays: &[RelayHopView]) -> Vec<String> {
    let mut to_open = Vec::new();
    for relay in relays.iter().filter(|relay| !works(relay.hop)) {
        let ports = ports(relay);
        to_open.push(match (relay.hop, relay.transport, relay.owner) {
            (HopView::Mute, ..) => {
                "At the server: UDP to the ports that it relays from, as the server's settings have them"
                    .to_owned()
            }
            (_, RelayTransport::Udp, RelayOwner::Server | RelayOwner::Pages) => {
                format!("UDP to this server, {ports}, and the answers. This helps most")
            }
            (_, RelayTransport::Udp, RelayOwner::Other) => {
                format!("UDP to the operator's relay, {ports}, and the answers")
            }
            (_, RelayTransport::Tcp | RelayTransport::Tls, RelayOwner::Server | RelayOwner::Pages) => {
                format!("TCP to this server, {ports}, without a proxy that looks inside")
            }
            (_, RelayTransport::Tcp | RelayTransport::Tls, RelayOwner::Other) => {
                format!("TCP to the operator's relay, {ports}")
            }
        });
    }
    to_open.dedup();
    to_open
}

/// The ports of a way, in words.
pub(super) fn ports(relay: &RelayHopView) -> String {
    if relay.last_port > relay.port {
        format!("ports {} to {}", relay.port, relay.last_port)
    } else {
        format!("port {}", relay.port)
    }
}

fn is_open(relay: &RelayHopView, transport: RelayTransport) -> bool {
    relay.transport == transport && works(relay.hop)
}

fn works(hop: HopView) -> bool {
    matches!(hop, HopView::Works(_))
}

const NO_SERVER: &str = "The server does not answer. Check your connection, then test again.";
const NO_WEBSOCKET: &str = "The page comes, but messages of a call do not: something between you and the server blocks WebSockets. \
     No call can begin.";
const OPEN_WEBSOCKET: &str =
    "WebSocket connections to this server, in the proxy or the security program between";
const ALL_WELL: &str = "Everything is open. Calls go directly to the others, over UDP, and by way of this server where the network of \
     the others is stricter.";
const STRICT: &str = "Calls work, over UDP. Your network shows another port to everybody you talk to; with people whose network does \
     that too, calls go by way of this server, with others directly.";
const DIRECT_ONLY: &str = "Calls go directly to the others. This server offers no relay, so nobody behind a strict network can be \
     reached.";
const NO_RELAY: &str =
    "This server offers no relay. Calls work only where both networks let direct connections through.";
const OFFER_RELAY: &str = "At the server: the relay, [relay] enabled = true, or a TURN server in [turn]";
const NO_MEDIA: &str = "The page and messages come, but sound and pictures would not: neither UDP nor TCP to the ports for media gets \
     through.";
const MUTE: &str = "The relay answers, but nothing comes through it: the ports that it relays from are closed at the server.";

#[cfg(test)]
mod tests {
    use super::*;

    const WORKS: HopView = HopView::Works(20);

    fn relay(transport: RelayTransport, owner: RelayOwner, hop: HopView) -> RelayHopView {
        let port = if owner == RelayOwner::Pages { 443 } else { 3478 };
        let last_port = if transport == RelayTransport::Udp { port + 1 } else { port };
        RelayHopView { transport, owner, port, last_port, hop }
    }

    fn view(mapping: MappingView, hops: [HopView; 4]) -> ConnectionTestView {
        use RelayOwner::{Pages, Server};
        use RelayTransport::{Tcp, Tls, Udp};
        let [udp, tcp, pages, tls] = hops;
        let relays = [(Udp, Server, udp), (Tcp, Server, tcp), (Tcp, Pages, pages), (Tls, Pages, tls)]
            .map(|(how, whose, hop)| relay(how, whose, hop));
        ConnectionTestView {
            done: true,
            server: WORKS,
            websocket: WORKS,
            mapping,
            relays: relays.into(),
            ..ConnectionTestView::default()
        }
    }

    fn of(mapping: MappingView, hops: [HopView; 4]) -> Verdict {
        verdict(&view(mapping, hops)).unwrap()
    }

    #[test]
    fn nothing_is_said_before_everything_was_tried() {
        assert_eq!(verdict(&ConnectionTestView::default()), None);
    }

    #[test]
    fn an_open_network_has_nothing_to_open() {
        for mapping in [MappingView::Same, MappingView::Unknown, MappingView::Different] {
            let verdict = of(mapping, [WORKS; 4]);
            assert_eq!((verdict.grade, verdict.to_open.len()), (Grade::Good, 0));
            assert_eq!(verdict.sentence.contains("another port"), mapping == MappingView::Different);
        }
    }

    #[test]
    fn without_udp_the_best_of_what_is_left_is_named_and_udp_is_to_be_opened() {
        let verdict = of(MappingView::Unknown, [HopView::Fails, WORKS, WORKS, WORKS]);
        assert_eq!(verdict.grade, Grade::Fair);
        assert!(verdict.sentence.contains("blocks UDP") && verdict.sentence.contains("TCP on port 3478"));
        assert_eq!(
            verdict.to_open,
            ["UDP to this server, ports 3478 to 3479, and the answers. This helps most"]
        );
    }

    #[test]
    fn where_only_the_port_of_pages_is_open_that_is_said() {
        let fails = HopView::Fails;
        let verdict = of(MappingView::Unknown, [fails, fails, WORKS, WORKS]);
        assert!(
            verdict.sentence.contains("nothing out but what pages use: port 443")
                && verdict.sentence.contains("over TCP")
        );
        let verdict = of(MappingView::Unknown, [fails, fails, fails, WORKS]);
        assert!(verdict.sentence.contains("over TLS on port 443"), "{}", verdict.sentence);
        assert_eq!(verdict.to_open.len(), 3);
    }

    #[test]
    fn where_nothing_comes_through_no_call_is_promised() {
        let verdict = of(MappingView::Unknown, [HopView::Fails; 4]);
        assert_eq!(
            (verdict.grade, verdict.to_open.len()),
            (Grade::Bad, 3),
            "two ways share the port of pages"
        );
        let verdict = of(MappingView::Unknown, [HopView::Mute; 4]);
        assert_eq!((verdict.grade, verdict.to_open.len()), (Grade::Bad, 1));
        let blocked = ConnectionTestView { websocket: HopView::Fails, ..view(MappingView::Same, [WORKS; 4]) };
        assert_eq!(verdict_grade(&blocked), Grade::Bad);
        let gone = ConnectionTestView { server: HopView::Fails, ..view(MappingView::Same, [WORKS; 4]) };
        assert_eq!(verdict_grade(&gone), Grade::Bad);
    }

    fn verdict_grade(view: &ConnectionTestView) -> Grade {
        verdict(view).unwrap().grade
    }

    #[test]
    fn a_server_without_a_relay_promises_what_it_can() {
        let without = |mapping| {
            let view = ConnectionTestView { relays: Vec::new(), ..view(mapping, [WORKS; 4]) };
            verdict(&view).unwrap()
        };
        assert!(without(MappingView::Same).sentence.contains("directly"));
        assert!(without(MappingView::Unknown).sentence.contains("no relay"));
    }
}
