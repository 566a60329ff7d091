//! The servers that help browsers to get through, for each participant with credentials of their own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use protocol::{
    ConnectionTest, Credential, IceServer, IceServers, ParticipantId, RelayOwner, RelayTransport, TestRelay,
};
use room::GiveIceServers;

use crate::clock::Clock;
use crate::front_port::FrontPort;
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
        let servers: Vec<_> = own.servers(expires, to).into_iter().chain(others.given(to, expires)).collect();
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

    /// The first shard's.
    fn stun(&self) -> Vec<String> {
        let first = self.ports().first().map(|port| self.of_shard(*port)).unwrap_or_default();
        first.iter().map(|address| format!("stun:{address}")).collect()
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
                is_sfu_port: false,
            },
        };
        let addresses = self.of_shard(port);
        let streams = addresses.iter().map(|address| over_tcp(*address, port)).collect();
        let mut ways = vec![
            way(RelayTransport::Udp, RelayOwner::Server, port, last_port, over_udp(&addresses)),
            way(RelayTransport::Tcp, RelayOwner::Server, port, last_port, streams),
        ];
        if let Some(front) = self.front.get() {
            let port = front.number;
            let reached = addresses.iter().filter(|address| front.versions.have(address.ip()));
            let urls = [
                reached.map(|address| over_tcp(*address, port)).collect(),
                over_tls(front).into_iter().collect(),
            ];
            for (transport, urls) in [RelayTransport::Tcp, RelayTransport::Tls].into_iter().zip(urls) {
                if !Vec::is_empty(&urls) {
                    ways.push(way(transport, RelayOwner::Pages, port, port, urls));
                }
            }
        }
        ways
    }

    /// The port of media, and streams by themselves. Participants are spread over the shards.
    fn servers(&self, expires: u64, to: ParticipantId) -> Vec<IceServer> {
        let ports = self.ports();
        let mut hasher = DefaultHasher::new();
        to.hash(&mut hasher);
        let index = (hasher.finish() as usize).checked_rem(ports.len());
        let Some(port) = index.and_then(|index| ports.get(index)) else { return Vec::new() };
        let addresses = self.of_shard(*port);
        let front = self.front.get();
        let streams = addresses.iter().map(|address| {
            // The port of media takes streams too, and both versions of IP.
            let front = front.filter(|front| front.versions.have(address.ip()));
            over_tcp(*address, front.map_or(address.port(), |front| front.number))
        });
        let streams = streams.chain(front.and_then(over_tls)).collect();
        let credentials = self.secret.credentials(expires, &to.to_string());
        let server = |(urls, is_sfu_port)| IceServer {
            urls,
            username: Some(credentials.username.clone()),
            credential: Credential::new(credentials.password.clone()).ok(),
            is_sfu_port,
        };
        [(over_udp(&addresses), true), (streams, false)].map(server).into()
    }
}

fn over_udp(addresses: &[SocketAddr]) -> Vec<String> {
    addresses.iter().map(|address| format!("turn:{address}?transport=udp")).collect()
}

/// At this address, on another port.
fn over_tcp(address: SocketAddr, port: u16) -> String {
    format!("turn:{}?transport=tcp", SocketAddr::new(address.ip(), port))
}

fn over_tls(front: &FrontPort) -> Option<String> {
    Some(format!("turns:{}:{}?transport=tcp", front.tls_name.as_ref()?, front.number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front_port::Versions;
    use crate::ids;

    fn told(front: Option<FrontPort>) -> Vec<String> {
        let own = Own {
            addresses: ["192.0.2.7:3478", "[2001:db8::7]:3478"].map(|text| text.parse().unwrap()).to_vec(),
            secret: relay::Secret::new(b"north".to_vec()),
            front: front.map_or_else(OnceLock::new, OnceLock::from),
        };
        own.servers(100, ids::participant()).into_iter().flat_map(|server| server.urls).collect()
    }

    #[test]
    fn over_tcp_browsers_are_sent_to_the_port_of_pages_only_where_it_is_reached() {
        let over_udp = ["turn:192.0.2.7:3478?transport=udp", "turn:[2001:db8::7]:3478?transport=udp"];
        let v4 =
            FrontPort { number: 443, versions: Versions::V4, tls_name: Some("[2001:db8::1]".to_owned()) };
        let urls = told(Some(v4));
        assert_eq!(urls[..2], over_udp);
        assert_eq!(urls[2], "turn:192.0.2.7:443?transport=tcp");
        assert_eq!(urls[3], "turn:[2001:db8::7]:3478?transport=tcp");
        assert_eq!(urls[4..], ["turns:[2001:db8::1]:443?transport=tcp"]);
        let both = FrontPort { number: 8443, versions: Versions::Both, tls_name: None };
        let urls = told(Some(both));
        assert_eq!(urls[2..], ["turn:192.0.2.7:8443?transport=tcp", "turn:[2001:db8::7]:8443?transport=tcp"]);
        assert_eq!(told(None)[2..], over_udp.map(|url| url.replace("=udp", "=tcp")));
    }
}
