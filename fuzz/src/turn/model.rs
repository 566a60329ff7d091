//! What was granted, by the answers alone, and which addresses are never sent to, written down a second time. What follows from it
//! is in `judge.rs`.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use ipnet::IpNet;
use relay::Flow;
use stun_types::attribute::Username;
use stun_types::message::Message;

/// Networks that the operator opens, and closes.
pub(super) const OPENED: [&str; 1] = ["192.168.7.0/24"];
pub(super) const CLOSED: [&str; 2] = ["1.2.3.0/24", "2606:5::/32"];

/// What was granted.
#[derive(Default)]
pub(super) struct Model {
    pub(super) permissions: HashMap<(Flow, IpAddr), Duration>,
    pub(super) channels: HashMap<(Flow, u16), (SocketAddr, Duration)>,
    pub(super) strangers: HashMap<IpAddr, usize>,
}

/// Who is named in a request, without the time.
pub(super) fn user(request: &[u8]) -> String {
    let message = Message::from_bytes(request).expect("it was read");
    let name = message.attribute::<Username>().expect("only who has a name gets a socket");
    name.username().split_once(':').expect("a time and a name").1.to_owned()
}

/// What the operator opens, what they close, and what is special.
pub(super) static NETWORKS: LazyLock<[Vec<IpNet>; 3]> = LazyLock::new(|| {
    [&OPENED[..], &CLOSED, &SPECIAL]
        .map(|list| list.iter().map(|text| text.parse().expect("a network")).collect())
});

/// IANA's special-purpose registries and the metadata services of clouds, as they print them.
const SPECIAL: [&str; 47] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "168.63.129.16/32",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "::1/128",
    "::/96",
    "::ffff:0:0/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "fd00:ec2::254/128",
    "ff00::/8",
];
