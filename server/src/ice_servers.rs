//! The servers that help browsers to get through, for each participant with credentials of their own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use protocol::{
    ConnectionTest, Credential, IceServer, IceServers, ParticipantId, RelayOwner, RelayTransport, TestRelay,
};
use room::GiveIceServers;

use crate::clock::Clock;
use crate::ids;
use crate::turn_servers::TurnServers;

/// What participants are given; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct IceServerList(Arc<Shared>);

struct Shared {
    clock: Clock,
    own: Own,
    others: TurnServers,
    /// For how long credentials open, in seconds.
    good_for: u64,
}

/// The relay inside.
pub(crate) struct Own {
    /// Each announced address with the port of each shard; none when there is no relay.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) secret: relay::Secret,
    /// The port of pages, where the relay is reached too once it is open.
    pub(crate) front: OnceLock<FrontPort>,
}

/// The port of pages. Whoever has loaded the page reaches it, whatever else is blocked.
pub(crate) struct FrontPort {
    /// Its number.
    pub(crate) port: u16,
    /// The name that its certificate has, where the server does TLS.
    pub(crate) tls_name: Option<String>,
}

impl IceServerList {
    pub(crate) fn new(clock: Clock, own: Own, others: TurnServers, good_for: u64) -> Self {
        Self(Arc::new(Shared { clock, own, others, good_for }))
    }

    /// From now on the relay is reached on the port of pages too.
    pub(crate) fn opened(&self, front: FrontPort) {
        _ = self.0.own.front.set(front);
    }
}

/// For how long credentials of a test open, in seconds: longer than a slow one takes.
const TEST_SECONDS: u64 = 60;

impl IceServerList {
    /// The ways that a browser may try. Relays of others take credentials that lead everywhere; they are given to those who
    /// could get the same by making a room.
    pub(crate) fn connection_test(&self, with_others: bool) -> ConnectionTest {
        let Shared { clock, own, others, .. } = &*self.0;
        let expires = clock.wall().0 / 1_000 + TEST_SECONDS;
        let test = ids::participant();
        let mut relays = own.test_relays(expires, &test.to_string());
        if with_others {
            relays.extend(others.test_relays(test, expires));
        }
        ConnectionTest { stun: own.stun(), relays }
    }
}

impl GiveIceServers for IceServerList {
    fn ice_servers(&self, to: ParticipantId) -> IceServers {
        let Shared { clock, own, others, good_for } = &*self.0;
        let expires = clock.wall().0 / 1_000 + good_for;
        let servers: Vec<_> = own.server(expires, to).into_iter().chain(others.given(to, expires)).collect();
        let good_for = u32::try_from(*good_for).ok().filter(|_| !servers.is_empty());
        IceServers { servers, good_for }
    }
}

impl Own {
    /// The ports of the shards, the lowest first.
    fn ports(&self) -> Vec<u16> {
        let mut ports: Vec<_> = self.addresses.iter().map(SocketAddr::port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// The first address of each version of IP.
    fn of_shard(&self, port: u16) -> Vec<SocketAddr> {
        let of_shard = || self.addresses.iter().filter(|address| address.port() == port);
        let v4 = of_shard().find(|address| address.is_ipv4());
        let v6 = of_shard().find(|address| address.is_ipv6());
        [v4, v6].into_iter().flatten().copied().collect()
    }

    /// Up to two ports of one address.
    fn stun(&self) -> Vec<String> {
        let Some(first) = self.addresses.iter().find(|one| one.is_ipv4()).or(self.addresses.first()) else {
            return Vec::new();
        };
        let ports = self.ports();
        ports.iter().take(2).map(|port| format!("stun:{}", SocketAddr::new(first.ip(), *port))).collect()
    }

    /// Every way to this relay by itself.
    fn test_relays(&self, expires: u64, test: &str) -> Vec<TestRelay> {
        let ports = self.ports();
        let (Some(&port), Some(&last_port)) = (ports.first(), ports.last()) else { return Vec::new() };
        let credentials = self.secret.test_credentials(expires, test);
        let way = |transport, owner, port, last_port, urls| TestRelay {
            transport,
            port,
            last_port,
            owner,
            ice_server: IceServer {
                urls,
                username: Some(credentials.username.clone()),
                credential: Credential::new(credentials.password.clone()).ok(),
            },
        };
        let addresses = self.of_shard(port);
        let mut ways = vec![
            way(RelayTransport::Udp, RelayOwner::Server, port, last_port, over_udp(&addresses)),
            way(RelayTransport::Tcp, RelayOwner::Server, port, last_port, over_tcp(&addresses, port)),
        ];
        if let Some(front) = self.front.get() {
            let port = front.port;
            ways.push(way(RelayTransport::Tcp, RelayOwner::Pages, port, port, over_tcp(&addresses, port)));
            if let Some(url) = front.over_tls() {
                ways.push(way(RelayTransport::Tls, RelayOwner::Pages, port, port, vec![url]));
            }
        }
        ways
    }

    /// Participants are spread over the shards.
    fn server(&self, expires: u64, to: ParticipantId) -> Option<IceServer> {
        let ports = self.ports();
        let mut hasher = DefaultHasher::new();
        to.hash(&mut hasher);
        let port = *ports.get((hasher.finish() as usize).checked_rem(ports.len())?)?;
        let addresses = self.of_shard(port);
        let front = self.front.get();
        let mut urls = over_udp(&addresses);
        urls.extend(over_tcp(&addresses, front.map_or(port, |front| front.port)));
        urls.extend(front.and_then(FrontPort::over_tls));
        let credentials = self.secret.credentials(expires, &to.to_string());
        Some(IceServer {
            urls,
            username: Some(credentials.username),
            credential: Credential::new(credentials.password).ok(),
        })
    }
}

impl FrontPort {
    fn over_tls(&self) -> Option<String> {
        Some(format!("turns:{}:{}?transport=tcp", self.tls_name.as_ref()?, self.port))
    }
}

fn over_udp(addresses: &[SocketAddr]) -> Vec<String> {
    addresses.iter().map(|address| format!("turn:{address}?transport=udp")).collect()
}

/// At these addresses, on another port.
fn over_tcp(addresses: &[SocketAddr], port: u16) -> Vec<String> {
    let url = |address: &SocketAddr| format!("turn:{}?transport=tcp", SocketAddr::new(address.ip(), port));
    addresses.iter().map(url).collect()
}
