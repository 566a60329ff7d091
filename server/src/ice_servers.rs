//! The servers that help browsers to get through, for each participant with credentials of their own.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use protocol::{Credential, IceServer, IceServers, ParticipantId};
use room::GiveIceServers;

use crate::clock::Clock;
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
            let port = front.map_or(address.port(), |front| front.port);
            format!("turn:{}?transport=tcp", SocketAddr::new(address.ip(), port))
        });
        let over_tls = front.and_then(|front| {
            Some(format!("turns:{}:{}?transport=tcp", front.tls_name.as_ref()?, front.port))
        });
        let credentials = self.secret.credentials(expires, &to.to_string());
        Some(IceServer {
            urls: over_udp.chain(over_tcp).chain(over_tls).collect(),
            username: Some(credentials.username),
            credential: Credential::new(credentials.password).ok(),
        })
    }
}
