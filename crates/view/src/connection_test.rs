//! What a connection test tries, how that goes, and what it means for a call.

use protocol::{RelayOwner, RelayTransport};

/// What was found out so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestResults {
    /// Whether everything was tried.
    pub done: bool,
    /// When that was, as the browser writes it.
    pub taken: String,
    /// Whether the server answers requests.
    pub server: Hop,
    /// Whether messages go both ways.
    pub websocket: Hop,
    /// What the network makes of this browser's UDP address.
    pub mapping: Mapping,
    /// Each way to a relay, the best first.
    pub relays: Vec<RelayHop>,
}

/// How far one hop is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hop {
    /// Being tried.
    #[default]
    Waiting,
    /// It took so many milliseconds.
    Works(u32),
    /// Whoever is there answers, but no media come through.
    Mute,
    /// Nobody answers.
    Fails,
}

impl Hop {
    fn works(self) -> bool {
        matches!(self, Self::Works(_))
    }
}

/// A way to a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayHop {
    /// The transport between the client and the relay.
    pub transport: RelayTransport,
    /// The owner of the relay.
    pub owner: RelayOwner,
    /// On which ports.
    pub ports: Ports,
    /// How far.
    pub hop: Hop,
}

/// A range of ports, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The lowest.
    pub first: u16,
    /// The highest; the same as the lowest where there is one.
    pub last: u16,
}

/// What a network makes of a browser's UDP port towards different ones of another machine (RFC 4787 §4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mapping {
    /// Not known.
    #[default]
    Unknown,
    /// The same towards everybody, which is what direct calls need.
    Same,
    /// Another towards each, which keeps two such browsers from finding each other.
    Different,
}

/// Whether links to other people come about without the server, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectLinks {
    /// Being tried.
    Waiting,
    /// With most people.
    Likely,
    /// Not with people whose network maps ports as this one does.
    WithLessStrict,
    /// Nothing gets out of the network but by a relay.
    InsideOnly,
    /// Nothing is known.
    Unknown,
}

/// What the hops say of links without the server.
pub fn direct_links(results: &TestResults) -> DirectLinks {
    let over_udp = || results.relays.iter().filter(|one| one.transport == RelayTransport::Udp);
    match (results.done, results.mapping) {
        (false, _) => DirectLinks::Waiting,
        (true, Mapping::Different) => DirectLinks::WithLessStrict,
        (true, Mapping::Same) => DirectLinks::Likely,
        (true, Mapping::Unknown) if over_udp().any(|one| one.hop != Hop::Fails) => DirectLinks::Likely,
        (true, Mapping::Unknown) if over_udp().next().is_some() => DirectLinks::InsideOnly,
        (true, Mapping::Unknown) => DirectLinks::Unknown,
    }
}

/// What a test means for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What a call will use.
    pub outcome: Outcome,
    /// What would have to be opened, the most useful first.
    pub to_open: Vec<Opening>,
}

/// What a call will use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server answers no request.
    NoServer,
    /// Pages come, messages of a call do not.
    NoWebSocket,
    /// UDP, directly or through the server.
    AllOpen,
    /// UDP, through the server where the other network maps ports as this one does.
    StrictNat,
    /// UDP, directly alone.
    DirectOnly,
    /// It is not known whether direct links come about, and there is nothing else.
    NoRelay,
    /// A stream through the server.
    WithoutUdp(WithoutUdp),
    /// No media come through.
    NoMedia,
    /// The relay answers, and no media come through it.
    RelayIsMute,
}

/// The best of what is left where UDP is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutUdp {
    /// How the server is reached.
    pub over: RelayTransport,
    /// On which port.
    pub port: u16,
    /// Whether nothing but the port of pages is open.
    pub only_pages: bool,
}

/// Something that would make calls better if it were open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// WebSockets through whatever stands between.
    WebSocket,
    /// A relay, in the settings of the server.
    Relay,
    /// The ports that the server relays from, in the firewall of the server.
    RelayPorts,
    /// Ports of this server.
    Server {
        /// Over UDP, or over TCP with or without TLS.
        transport: RelayTransport,
        /// The ports that were tried.
        ports: Ports,
    },
    /// Ports of a TURN server that is another one.
    TurnServer {
        /// Over UDP, or over TCP with or without TLS.
        transport: RelayTransport,
        /// The ports that were tried.
        ports: Ports,
    },
}

/// How well calls will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// As well as they can.
    Good,
    /// Not always, or with delays.
    Fair,
    /// Not at all.
    Bad,
}

impl Outcome {
    /// How well calls will go.
    pub fn grade(self) -> Grade {
        match self {
            Self::AllOpen | Self::StrictNat => Grade::Good,
            Self::DirectOnly | Self::NoRelay | Self::WithoutUdp(_) => Grade::Fair,
            Self::NoServer | Self::NoWebSocket | Self::NoMedia | Self::RelayIsMute => Grade::Bad,
        }
    }
}

/// What the hops of a test mean, once everything was tried.
pub fn verdict(results: &TestResults) -> Option<Verdict> {
    results.done.then(|| {
        let of = |outcome, to_open| Verdict { outcome, to_open };
        if !results.server.works() {
            return of(Outcome::NoServer, Vec::new());
        }
        if !results.websocket.works() {
            return of(Outcome::NoWebSocket, vec![Opening::WebSocket]);
        }
        let is_open = |relay: &RelayHop| relay.transport == RelayTransport::Udp && relay.hop.works();
        let over_udp = results.relays.iter().any(is_open);
        match (results.relays.is_empty(), over_udp, results.mapping) {
            (false, true, Mapping::Different) => of(Outcome::StrictNat, Vec::new()),
            (false, true, Mapping::Same | Mapping::Unknown) => of(Outcome::AllOpen, Vec::new()),
            (true, _, Mapping::Same) => of(Outcome::DirectOnly, vec![Opening::Relay]),
            (true, _, Mapping::Different | Mapping::Unknown) => of(Outcome::NoRelay, vec![Opening::Relay]),
            (false, false, _) => of(without_udp(&results.relays), to_open(&results.relays)),
        }
    })
}

fn without_udp(relays: &[RelayHop]) -> Outcome {
    let Some(best) = relays.iter().find(|relay| relay.hop.works()) else {
        let is_mute = relays.iter().any(|relay| relay.hop == Hop::Mute);
        return if is_mute { Outcome::RelayIsMute } else { Outcome::NoMedia };
    };
    let has_media_ports = relays.iter().any(|relay| relay.owner == RelayOwner::Server);
    Outcome::WithoutUdp(WithoutUdp {
        over: best.transport,
        port: best.ports.first,
        only_pages: best.owner == RelayOwner::Pages && has_media_ports,
    })
}

/// What is blocked of that which would make calls better.
fn to_open(relays: &[RelayHop]) -> Vec<Opening> {
    let blocked = relays.iter().filter(|relay| !relay.hop.works());
    let mut to_open: Vec<_> = blocked.map(opening).collect();
    to_open.dedup();
    to_open
}

fn opening(relay: &RelayHop) -> Opening {
    let RelayHop { transport, owner, ports, hop } = *relay;
    // A firewall sees no difference between a stream and one inside TLS.
    let transport = match transport {
        RelayTransport::Udp => RelayTransport::Udp,
        RelayTransport::Tcp | RelayTransport::Tls => RelayTransport::Tcp,
    };
    match (hop, owner) {
        (Hop::Mute, _) => Opening::RelayPorts,
        (Hop::Waiting | Hop::Works(_) | Hop::Fails, RelayOwner::Server | RelayOwner::Pages) => {
            Opening::Server { transport, ports }
        }
        (Hop::Waiting | Hop::Works(_) | Hop::Fails, RelayOwner::Other) => {
            Opening::TurnServer { transport, ports }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKS: Hop = Hop::Works(20);

    fn relay(transport: RelayTransport, owner: RelayOwner, hop: Hop) -> RelayHop {
        let first = if owner == RelayOwner::Pages { 443 } else { 3478 };
        let last = if transport == RelayTransport::Udp { first + 1 } else { first };
        RelayHop { transport, owner, ports: Ports { first, last }, hop }
    }

    fn results(mapping: Mapping, hops: [Hop; 4]) -> TestResults {
        use RelayOwner::{Pages, Server};
        use RelayTransport::{Tcp, Tls, Udp};
        let [udp, tcp, pages, tls] = hops;
        let relays = [(Udp, Server, udp), (Tcp, Server, tcp), (Tcp, Pages, pages), (Tls, Pages, tls)]
            .map(|(how, whose, hop)| relay(how, whose, hop));
        let (done, server, websocket) = (true, WORKS, WORKS);
        TestResults { done, server, websocket, mapping, relays: relays.into(), ..TestResults::default() }
    }

    fn of(mapping: Mapping, hops: [Hop; 4]) -> Verdict {
        verdict(&results(mapping, hops)).unwrap()
    }

    fn left(over: RelayTransport, port: u16, only_pages: bool) -> Outcome {
        Outcome::WithoutUdp(WithoutUdp { over, port, only_pages })
    }

    #[test]
    fn nothing_is_said_before_everything_was_tried() {
        assert_eq!(verdict(&TestResults::default()), None);
    }

    #[test]
    fn an_open_network_has_nothing_to_open() {
        for (mapping, outcome) in [
            (Mapping::Same, Outcome::AllOpen),
            (Mapping::Unknown, Outcome::AllOpen),
            (Mapping::Different, Outcome::StrictNat),
        ] {
            assert_eq!(of(mapping, [WORKS; 4]), Verdict { outcome, to_open: Vec::new() });
            assert_eq!(outcome.grade(), Grade::Good);
        }
    }

    #[test]
    fn without_udp_the_best_of_what_is_left_is_named_and_udp_is_to_be_opened() {
        let verdict = of(Mapping::Unknown, [Hop::Fails, WORKS, WORKS, WORKS]);
        assert_eq!(verdict.outcome, left(RelayTransport::Tcp, 3478, false));
        assert_eq!(verdict.outcome.grade(), Grade::Fair);
        let ports = Ports { first: 3478, last: 3479 };
        assert_eq!(verdict.to_open, [Opening::Server { transport: RelayTransport::Udp, ports }]);
    }

    #[test]
    fn where_only_the_port_of_pages_is_open_that_is_said() {
        let fails = Hop::Fails;
        let verdict = of(Mapping::Unknown, [fails, fails, WORKS, WORKS]);
        assert_eq!(verdict.outcome, left(RelayTransport::Tcp, 443, true));
        let verdict = of(Mapping::Unknown, [fails, fails, fails, WORKS]);
        assert_eq!(verdict.outcome, left(RelayTransport::Tls, 443, true));
        assert_eq!(verdict.to_open.len(), 3);
    }

    #[test]
    fn where_nothing_comes_through_no_call_is_promised() {
        let verdict = of(Mapping::Unknown, [Hop::Fails; 4]);
        assert_eq!(verdict.outcome, Outcome::NoMedia);
        assert_eq!(verdict.to_open.len(), 3, "two ways share the port of pages");
        let verdict = of(Mapping::Unknown, [Hop::Mute; 4]);
        assert_eq!((verdict.outcome, verdict.to_open), (Outcome::RelayIsMute, vec![Opening::RelayPorts]));
        let blocked = TestResults { websocket: Hop::Fails, ..results(Mapping::Same, [WORKS; 4]) };
        let gone = TestResults { server: Hop::Fails, ..results(Mapping::Same, [WORKS; 4]) };
        assert_eq!(super::verdict(&blocked).unwrap().outcome, Outcome::NoWebSocket);
        assert_eq!(super::verdict(&gone).unwrap().outcome, Outcome::NoServer);
        for outcome in [Outcome::NoMedia, Outcome::RelayIsMute, Outcome::NoWebSocket, Outcome::NoServer] {
            assert_eq!(outcome.grade(), Grade::Bad);
        }
    }

    #[test]
    fn a_server_without_a_relay_promises_what_it_can() {
        let without = |mapping| {
            let results = TestResults { relays: Vec::new(), ..results(mapping, [WORKS; 4]) };
            verdict(&results).unwrap()
        };
        assert_eq!(without(Mapping::Same).outcome, Outcome::DirectOnly);
        assert_eq!(without(Mapping::Unknown).outcome, Outcome::NoRelay);
        assert_eq!(without(Mapping::Unknown).to_open, [Opening::Relay]);
    }
}
