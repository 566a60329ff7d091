//! Where browsers can reach the media ports.

use std::net::{IpAddr, Ipv4Addr};

/// The configured addresses, or those of this machine. The loopback address is one of them only where there is no other:
/// browsers do not offer it themselves.
pub(super) fn announced(configured: &[IpAddr]) -> Vec<IpAddr> {
    if !configured.is_empty() {
        return configured.to_vec();
    }
    let mut found = local();
    found.retain(|address| !address.is_loopback());
    if found.is_empty() {
        found.push(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    found
}

/// The addresses of this machine's interfaces that are up, but for those that only mean something on one link.
pub(super) fn local() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut addresses: Vec<_> =
        interfaces.iter().filter(|one| !one.is_link_local()).map(if_addrs::Interface::ip).collect();
    addresses.sort();
    addresses.dedup();
    addresses
}
