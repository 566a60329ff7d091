//! The servers that help browsers to get through, for each participant with credentials of their own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use protocol::{Credential, IceServer, IceServers, ParticipantId};
use room::GiveIceServers;

use crate::clock::Clock;
use crate::front_port::FrontPort;
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
    /// Participants are spread over the shards.
    fn server(&self, expires: u64, to: ParticipantId) -> Option<IceServer> {
        let mut ports: Vec<_> = self.addresses.iter().map(SocketAddr::port).collect();
        ports.sort_unstable();
        ports.dedup();
        let mut hasher = DefaultHasher::new();
        to.hash(&mut hasher);
        let port = *ports.get((hasher.finish() as usize).checked_rem(ports.len())?)?;
        let of_shard = || self.addresses.iter().filter(|address| address.port() == port);
        let v4 = of_shard().find(|address| address.is_ipv4());
        let v6 = of_shard().find(|address| address.is_ipv6());
        let both: Vec<_> = [v4, v6].into_iter().flatten().collect();
        let front = self.front.get();
        let over_udp = both.iter().map(|address| format!("turn:{address}?transport=udp"));
        let over_tcp = both.iter().map(|address| {
            // The port of media takes streams too, and both versions of IP.
            let front = front.filter(|front| front.versions.have(address.ip()));
            let port = front.map_or(address.port(), |front| front.number);
            format!("turn:{}?transport=tcp", SocketAddr::new(address.ip(), port))
        });
        let over_tls = front.and_then(|front| {
            Some(format!("turns:{}:{}?transport=tcp", front.tls_name.as_ref()?, front.number))
        });
        let credentials = self.secret.credentials(expires, &to.to_string());
        Some(IceServer {
            urls: over_udp.chain(over_tcp).chain(over_tls).collect(),
            username: Some(credentials.username),
            credential: Credential::new(credentials.password).ok(),
        })
    }
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
        own.server(100, ids::participant()).unwrap().urls
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
