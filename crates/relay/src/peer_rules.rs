//! To whom may be relayed. A relay sends where its clients say, from inside the operator's network; so by default it sends to
//! the public internet alone, and to its own media ports.
//!
//! The list is IANA's special-purpose registries (RFC 6890 and its successors) and the metadata services of clouds. An IPv6
//! address that stands for an IPv4 one (mapped, compatible, NAT64, 6to4, Teredo) is refused whatever it stands for: nobody
//! needs one to reach a public address, and coturn's holes were such (CVE-2020-26262, CVE-2026-27624).

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use crate::LivePorts;

/// Which peers a client may name.
#[derive(Clone, Debug, Default)]
pub struct PeerRules {
    own: Vec<IpAddr>,
    media: Vec<SocketAddr>,
    allowed: Vec<IpNet>,
    denied: Vec<IpNet>,
}

impl PeerRules {
    /// `own` are all addresses of this server: of those, only the `media` addresses and the ports that are relayed from may be
    /// reached. `allowed` are networks that the operator opens although the list closes them, `denied` ones that they close.
    #[must_use]
    pub fn new(own: Vec<IpAddr>, media: Vec<SocketAddr>, allowed: Vec<IpNet>, denied: Vec<IpNet>) -> Self {
        Self { own, media, allowed, denied }
    }

    /// Whether a peer at this address may be reached at all, on some port.
    #[must_use]
    pub fn allows_address(&self, address: IpAddr) -> bool {
        if self.own.contains(&address) {
            return true;
        }
        let is_in = |networks: &[IpNet]| networks.iter().any(|network| network.contains(&address));
        !is_in(&self.denied) && (is_in(&self.allowed) || !is_special(address))
    }

    /// Whether this is one of our own addresses.
    pub(crate) fn is_own(&self, address: IpAddr) -> bool {
        self.own.contains(&address)
    }

    /// Whether a datagram may go to, or come from, this peer.
    #[must_use]
    pub fn allows(&self, peer: SocketAddr, live: &LivePorts) -> bool {
        if peer.port() == 0 {
            return false;
        }
        if self.own.contains(&peer.ip()) {
            return live.contains(peer) || self.media.contains(&peer);
        }
        self.allows_address(peer.ip())
    }
}

/// Whether an address is not one of the public internet.
fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let bits = v4.to_bits();
            SPECIAL_V4
                .iter()
                .any(|(network, length)| same_prefix(bits, u32::from_be_bytes(*network), *length))
        }
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            SPECIAL_V6.iter().any(|(network, length)| {
                let network = std::net::Ipv6Addr::from(*network).to_bits();
                bits.checked_shr(128 - length) == network.checked_shr(128 - length)
            })
        }
    }
}

fn same_prefix(a: u32, b: u32, length: u32) -> bool {
    a.checked_shr(32 - length) == b.checked_shr(32 - length)
}

/// Each network with the length of its prefix.
const SPECIAL_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),        // this network, RFC 791
    ([10, 0, 0, 0], 8),       // private, RFC 1918
    ([100, 64, 0, 0], 10),    // shared, RFC 6598; 100.100.100.200 is a metadata service
    ([127, 0, 0, 0], 8),      // loopback, RFC 1122
    ([168, 63, 129, 16], 32), // a metadata service in the middle of public addresses
    ([169, 254, 0, 0], 16),   // link-local, RFC 3927; 169.254.169.254 is the usual metadata service
    ([172, 16, 0, 0], 12),    // private, RFC 1918
    ([192, 0, 0, 0], 24),     // protocol assignments, RFC 6890; 192.0.0.192 is a metadata service
    ([192, 0, 2, 0], 24),     // documentation, RFC 5737
    ([192, 31, 196, 0], 24),  // AS112, RFC 7535
    ([192, 52, 193, 0], 24),  // AMT, RFC 7450
    ([192, 88, 99, 0], 24),   // 6to4 relays, RFC 7526
    ([192, 168, 0, 0], 16),   // private, RFC 1918
    ([198, 18, 0, 0], 15),    // benchmarking, RFC 2544
    ([198, 51, 100, 0], 24),  // documentation, RFC 5737
    ([203, 0, 113, 0], 24),   // documentation, RFC 5737
    ([224, 0, 0, 0], 3),      // multicast, reserved and broadcast, RFC 5771, RFC 1112, RFC 919
];

const SPECIAL_V6: [([u16; 8], u32); 16] = [
    ([0; 8], 96),                                // unspecified, loopback, IPv4-compatible, RFC 4291
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96),         // IPv4-mapped, RFC 4291
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96),         // IPv4-translated, RFC 2765
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),      // NAT64, RFC 6052
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),      // NAT64 of one's own, RFC 8215
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 63),          // discard and dummy, RFC 6666, RFC 9780
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // Teredo, benchmarking, ORCHID, protocol assignments, RFC 2928
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation, RFC 3849
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4, RFC 3056
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112, RFC 7534
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation, RFC 9637
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16), // segment routing, RFC 9602
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),  // unique local, RFC 4193; fd00:ec2::254 is a metadata service
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), // link-local, RFC 4291
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10), // site-local, RFC 3879
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),  // multicast, RFC 4291
];

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_public_internet_may_be_reached() {
        let rules = PeerRules::default();
        for text in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "2606:4700::1",
            "2a00:1450::1",
            "2001:200::1",
            "2001:4860::8888",
            "168.63.129.17",
        ] {
            assert!(rules.allows(SocketAddr::new(address(text), 5_000), &LivePorts::default()), "{text}");
            assert!(!rules.allows(SocketAddr::new(address(text), 0), &LivePorts::default()), "{text} port 0");
        }
    }

    #[test]
    fn nothing_else_may_whatever_it_is_dressed_up_as() {
        let rules = PeerRules::default();
        for text in testkit::FORBIDDEN_PEERS {
            assert!(!rules.allows(SocketAddr::new(address(text), 5_000), &LivePorts::default()), "{text}");
            assert!(!rules.allows_address(address(text)), "{text}");
        }
    }

    #[test]
    fn of_our_own_addresses_media_and_relayed_ports_may_be_reached() {
        let own = address("10.0.0.7");
        let rules = PeerRules::new(vec![own], vec![SocketAddr::new(own, 3478)], vec![], vec![]);
        let live = LivePorts::default();
        live.insert(SocketAddr::new(own, 50_000));
        assert!(rules.allows(SocketAddr::new(own, 3478), &live));
        assert!(rules.allows(SocketAddr::new(own, 50_000), &live));
        assert!(!rules.allows(SocketAddr::new(own, 50_001), &live));
        assert!(!rules.allows(SocketAddr::new(own, 5432), &live));
        live.remove(SocketAddr::new(own, 50_000));
        assert!(!rules.allows(SocketAddr::new(own, 50_000), &live));
    }

    #[test]
    fn an_operator_opens_and_closes_networks() {
        let rules = PeerRules::new(
            vec![],
            vec![],
            vec!["192.168.7.0/24".parse().unwrap()],
            vec!["192.168.7.9/32".parse().unwrap(), "8.0.0.0/8".parse().unwrap()],
        );
        assert!(rules.allows_address(address("192.168.7.1")));
        assert!(!rules.allows_address(address("192.168.8.1")));
        assert!(!rules.allows_address(address("192.168.7.9")), "closed once more");
        assert!(!rules.allows_address(address("8.8.8.8")));
    }
}
