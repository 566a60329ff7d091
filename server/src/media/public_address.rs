//! Where this machine is seen from outside, by what the STUN servers of `[media] stun_servers` say. Nobody else is asked.
//!
//! Only the address matters, not the port: it is asked from a port of its own, and a NAT that maps one to one keeps ports.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Weak;
use std::time::Duration;

use futures::future::join_all;

use super::{Addresses, is_anything_on};
use crate::config::Config;
use crate::stun_url::StunUrl;
use crate::turn_servers::{ask_by_datagram, resolve};

/// How often it is asked again. Until then, whoever comes after the address has changed does not get through.
const ASK_EVERY: Duration = Duration::from_secs(3 * 60);

/// What one server says: nothing, or where it sees us over each version of IP.
pub(crate) struct Answer<'a> {
    pub(crate) server: &'a StunUrl,
    pub(crate) seen: Vec<IpAddr>,
}

/// The address of each version of IP, at most one, at which this machine is seen; none where addresses are configured, or no
/// server is. Takes three seconds where one does not answer, and five more where its name is not resolved.
pub(crate) async fn find(config: &Config) -> Vec<IpAddr> {
    let servers = asked(config);
    if servers.is_empty() {
        return Vec::new();
    }
    let answers = ask_all(servers).await;
    let seen = first_of_each_version(&answers);
    for Answer { server, seen: said } in &answers {
        if said.is_empty() {
            tracing::warn!(%server, "a STUN server does not answer");
        } else if said.iter().any(|address| !seen.contains(address)) {
            tracing::warn!(%server, ?said, ?seen, "STUN servers see this machine at different addresses; the first is announced");
        }
    }
    if seen.is_empty() {
        tracing::warn!(
            "no STUN server answers; only the addresses of this machine's interfaces are announced"
        );
    }
    seen
}

/// Asks again and again, as long as there is the state of a server that was started with these addresses, and warns when it is
/// seen at others.
pub(crate) async fn watch<S>(state: Weak<S>, servers: Vec<StunUrl>, seen: Vec<IpAddr>) {
    if servers.is_empty() {
        return;
    }
    let announced = Addresses::find(&[], &seen).announced;
    let mut warned_of = Vec::new();
    loop {
        tokio::time::sleep(ASK_EVERY).await;
        if state.strong_count() == 0 {
            return;
        }
        let news = not_told(&first_of_each_version(&ask_all(&servers).await), &announced);
        if !news.is_empty() && news != warned_of {
            tracing::warn!(
                seen = ?news,
                ?announced,
                "this machine is seen at an address that people are not told; restart the server"
            );
        }
        warned_of = news;
    }
}

/// Asks all at the same time, and gives their answers in the order of the servers.
pub(crate) async fn ask_all(servers: &[StunUrl]) -> Vec<Answer<'_>> {
    join_all(servers.iter().map(async |server| {
        let addresses = resolve(server.host(), server.port()).await;
        let answers = join_all(addresses.into_iter().map(ask_by_datagram)).await;
        let seen = answers.into_iter().flatten().map(|address| address.ip().to_canonical());
        Answer { server, seen: one_of_each_version(seen) }
    }))
    .await
}

/// Those that are announced: the first of each version.
pub(crate) fn first_of_each_version(answers: &[Answer<'_>]) -> Vec<IpAddr> {
    one_of_each_version(answers.iter().flat_map(|answer| answer.seen.iter().copied()))
}

/// IPv4 comes first: more people have it.
fn one_of_each_version(addresses: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let (v4, v6): (Vec<_>, Vec<_>) = addresses.partition(IpAddr::is_ipv4);
    v4.into_iter().take(1).chain(v6.into_iter().take(1)).collect()
}

/// The addresses of which people know nothing. Machines give themselves more of IPv6 in the network that they are in as time goes on
/// (RFC 8981), and the others stay good.
pub(crate) fn not_told(seen: &[IpAddr], announced: &[IpAddr]) -> Vec<IpAddr> {
    let network = |address: &IpAddr| match address {
        IpAddr::V4(address) => IpAddr::V4(*address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    };
    let is_told = |address: &IpAddr| announced.iter().any(|told| network(told) == network(address));
    seen.iter().copied().filter(|address| !is_told(address)).collect()
}

/// The servers that are asked for what is announced.
pub(crate) fn asked(config: &Config) -> &[StunUrl] {
    let is_asked = config.media.addresses.is_empty() && is_anything_on(config);
    if is_asked { &config.media.stun_servers } else { &[] }
}

#[cfg(test)]
mod tests {
    use tokio::net::UdpSocket;

    use super::*;

    fn addresses<const N: usize>(texts: [&str; N]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn of_different_answers_the_first_of_each_version_counts() {
        let server: StunUrl = "stun:stun.example".parse().unwrap();
        let says = |texts: &[&str]| Answer {
            server: &server,
            seen: texts.iter().map(|text| text.parse().unwrap()).collect(),
        };
        let answers = [says(&[]), says(&["2a00::7"]), says(&["45.0.0.1", "2a00::8"]), says(&["45.0.0.2"])];
        assert_eq!(first_of_each_version(&answers), addresses(["45.0.0.1", "2a00::7"]));
        assert_eq!(first_of_each_version(&answers[..1]), addresses([]));
    }

    #[test]
    fn an_address_is_new_unless_it_is_in_a_network_of_ipv6_that_is_announced() {
        let announced = addresses(["45.0.0.1", "10.0.0.2", "2a00::7"]);
        for (seen, is_new) in [
            ("45.0.0.1", false),
            ("10.0.0.2", false),
            ("45.0.0.2", true),
            ("2a00::9", false),
            ("2a01::7", true),
        ] {
            assert_eq!(!not_told(&addresses([seen]), &announced).is_empty(), is_new, "{seen}");
        }
        assert_eq!(not_told(&[], &announced), addresses([]), "no answer is no news");
    }

    #[tokio::test]
    async fn nobody_is_asked_where_addresses_are_configured_or_there_is_no_media() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::default();
        let url = format!("stun:127.0.0.1:{}", server.local_addr().unwrap().port());
        config.media.stun_servers = vec![url.parse().unwrap()];
        config.media.addresses = addresses(["203.0.113.7"]);
        assert_eq!(find(&config).await, addresses([]));
        config.media.addresses.clear();
        (config.media.enabled, config.relay.enabled) = (false, false);
        assert_eq!(find(&config).await, addresses([]));
        assert!(server.try_recv(&mut [0; 100]).is_err(), "it was asked");
        config.media.enabled = true;
        assert_eq!(find(&config).await, addresses([]), "it says nothing");
        assert!(server.recv(&mut [0; 100]).await.is_ok());
    }
}
