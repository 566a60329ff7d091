//! Where browsers can reach the media ports, and what those addresses are on this machine: behind a NAT that maps one to one,
//! and in a container, the two differ.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use relay::Family;

/// The addresses of a server.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    /// The addresses that clients are told.
    pub(super) announced: Vec<IpAddr>,
    /// Those of this machine, from which a datagram can be sent on purpose.
    pub(super) local: Vec<IpAddr>,
}

impl Addresses {
    /// The configured addresses; or those at which this machine is `seen` from outside, and after them, for people in the same
    /// network, its own. The loopback address is told only where there is no other: browsers do not offer it themselves.
    pub(super) fn find(configured: &[IpAddr], seen: &[IpAddr]) -> Self {
        let local = local();
        let mut announced = configured.to_vec();
        if announced.is_empty() {
            let is_new = |address: &&IpAddr| !address.is_loopback() && !seen.contains(address);
            announced.extend(local.iter().filter(is_new));
            // First the address by which this machine reaches others, and not that of some bridge or tunnel of its own.
            let primary: Vec<_> = primary_addresses().collect();
            announced.sort_by_key(|address| !primary.contains(address));
            announced.splice(..0, seen.iter().copied());
        }
        if announced.is_empty() {
            announced.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        Self { announced, local }
    }

    /// Which announced address a datagram came to: behind a NAT it is not the one on the datagram.
    pub(super) fn came_to(&self, source: SocketAddr, to: Option<IpAddr>) -> Option<IpAddr> {
        let exact = self.announced.iter().find(|address| Some(**address) == to);
        let same_version = || self.announced.iter().find(|address| address.is_ipv4() == source.is_ipv4());
        exact.or_else(same_version).copied()
    }

    /// The address to send from, where it is one of this machine's.
    pub(super) fn source(&self, announced: IpAddr) -> Option<IpAddr> {
        Some(announced).filter(|address| self.local.contains(address))
    }

    /// The announced address that sockets of the relay have, and what to bind for it.
    pub(super) fn relay(&self, family: Family) -> Option<(IpAddr, IpAddr)> {
        let announced = *self.announced.iter().find(|address| address.is_ipv4() == (family == Family::V4))?;
        let any = match family {
            Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        Some((announced, self.source(announced).unwrap_or(any)))
    }

    /// Where a peer is reached that a client names: at our own announced address, by way of this machine's, since few NATs
    /// turn a packet round.
    pub(super) fn inward(&self, peer: SocketAddr) -> SocketAddr {
        if !self.announced.contains(&peer.ip()) || self.local.contains(&peer.ip()) {
            return peer;
        }
        let same = |address: &&IpAddr| address.is_ipv4() == peer.is_ipv4() && !address.is_loopback();
        self.local.iter().find(same).map_or(peer, |local| SocketAddr::new(*local, peer.port()))
    }

    /// The other way round: what a client calls a peer whose datagram comes from this machine. `is_relayed` when it comes from
    /// a port of the relay, whose clients all have the first of our addresses.
    pub(super) fn outward(&self, source: SocketAddr, is_relayed: bool) -> SocketAddr {
        let is_known = self.announced.contains(&source.ip()) && !is_relayed;
        if is_known || !self.local.contains(&source.ip()) {
            return source;
        }
        let same = |address: &&IpAddr| address.is_ipv4() == source.is_ipv4();
        let mapped = self.announced.iter().find(same).filter(|address| !self.local.contains(address));
        mapped.map_or(source, |announced| SocketAddr::new(*announced, source.port()))
    }
}

/// The addresses by which this machine reaches others: at most one of IPv4, and after it one of IPv6.
pub(crate) fn primary_addresses() -> impl Iterator<Item = IpAddr> {
    [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()].into_iter().filter_map(primary)
}

/// The address from which this machine would send to the internet. Nothing is sent to find it.
fn primary(any: IpAddr) -> Option<IpAddr> {
    let elsewhere: IpAddr = match any {
        IpAddr::V4(_) => Ipv4Addr::new(203, 0, 113, 1).into(),
        IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    socket.connect(SocketAddr::new(elsewhere, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The addresses of this machine's interfaces that are up, but for those that only mean something on one link.
fn local() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<_> =
        interfaces.iter().filter(|one| !one.is_link_local()).map(if_addrs::Interface::ip).collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_nat_that_maps_one_to_one_we_find_ourselves() {
        let [public, inside] = ["203.0.113.7", "10.0.0.7"].map(|text| text.parse::<IpAddr>().unwrap());
        let addresses =
            Addresses { announced: vec![public], local: vec![Ipv4Addr::LOCALHOST.into(), inside] };
        let [named, sent, stranger] =
            ["203.0.113.7:3478", "10.0.0.7:3478", "198.51.100.1:9"].map(|text| text.parse().unwrap());
        assert_eq!(addresses.inward(named), sent);
        assert_eq!(addresses.outward(sent, false), named);
        assert_eq!((addresses.inward(stranger), addresses.outward(stranger, false)), (stranger, stranger));
        assert_eq!(addresses.relay(Family::V4), Some((public, Ipv4Addr::UNSPECIFIED.into())));
        assert_eq!(addresses.relay(Family::V6), None);
        assert_eq!(addresses.came_to(stranger, Some(inside)), Some(public));
        assert_eq!(addresses.source(public), None);
    }

    #[test]
    fn behind_a_nat_that_also_tells_its_inner_address_clients_of_the_relay_find_each_other() {
        let [public, inside] = ["203.0.113.7", "10.0.0.7"].map(|text| text.parse::<IpAddr>().unwrap());
        let addresses = Addresses { announced: vec![public, inside], local: vec![inside] };
        let [named, sent] = ["203.0.113.7:50000", "10.0.0.7:50000"].map(|text| text.parse().unwrap());
        assert_eq!(addresses.inward(named), sent);
        assert_eq!(addresses.outward(sent, true), named);
        assert_eq!(addresses.outward(sent, false), sent);
    }

    #[test]
    fn where_we_are_seen_is_announced_before_our_own_addresses_and_each_once() {
        let outside: IpAddr = "203.0.113.7".parse().unwrap();
        let own = Addresses::find(&[], &[]).announced;
        let both = Addresses::find(&[], &[outside]).announced;
        assert_eq!(both.first(), Some(&outside));
        assert_eq!(both[1..], own.iter().copied().filter(|one| !one.is_loopback()).collect::<Vec<_>>());
        let [first, ..] = own[..] else { panic!("nothing is announced") };
        assert_eq!(Addresses::find(&[], &[first]).announced, own, "without a NAT it is one of ours");
        assert_eq!(Addresses::find(&[outside], &[first]).announced, [outside]);
    }

    #[test]
    fn with_a_public_address_of_its_own_nothing_is_translated() {
        let [public, inside] = ["203.0.113.7", "10.0.0.7"].map(|text| text.parse::<IpAddr>().unwrap());
        let addresses = Addresses { announced: vec![public, inside], local: vec![inside, public] };
        for text in ["203.0.113.7:3478", "10.0.0.7:3478"] {
            let own: SocketAddr = text.parse().unwrap();
            assert_eq!((addresses.inward(own), addresses.outward(own, true)), (own, own));
            assert_eq!(addresses.came_to(own, Some(own.ip())), Some(own.ip()));
        }
        assert_eq!(addresses.relay(Family::V4), Some((public, public)));
    }
}
