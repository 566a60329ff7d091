//! The media driver: gives the forwarding unit of `crates/sfu` and the relay of `crates/relay` sockets, threads and time. It
//! has no ideas of its own.
//!
//! Shards share nothing: each has a thread, a UDP port, the TCP port of the same number, some of the rooms, and the relay's
//! clients that come to its port.

mod addresses;
mod batch;
mod relay;
mod report;
mod shard;
mod streams;
mod udp;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ::relay::Flow;
use anyhow::Context;
use ipnet::{IpNet, Ipv6Net};
use protocol::{LinkId, ParticipantId, PeerRef, RoomCode, ServerMessage};
use room::MediaOrder;
use sfu::Who;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;

use crate::config::{Config, MediaConfig, RelayConfig};
use addresses::Addresses;
use shard::{Beginning, Sockets};
use streams::{Channel, FromStream};

#[cfg(feature = "fuzzing")]
pub(crate) use streams::read_for_fuzzing;

/// A way to every shard; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Media {
    shards: Arc<[Shard]>,
    forwards: bool,
    /// Where the relay is reached, if there is one.
    relay_addresses: Arc<[SocketAddr]>,
}

struct Shard {
    orders: mpsc::UnboundedSender<Order>,
    /// Where streams are handed over that came in elsewhere.
    streams: mpsc::Sender<FromStream>,
}

/// What a room tells the forwarding unit.
pub(crate) struct Order {
    who: Who,
    order: MediaOrder,
}

/// What the forwarding unit tells a participant.
pub(crate) struct News {
    pub(crate) room: RoomCode,
    pub(crate) participant: ParticipantId,
    pub(crate) message: ServerMessage,
}

/// Where news of all shards comes in.
pub(crate) type NewsReceiver = mpsc::UnboundedReceiver<News>;

impl Media {
    /// Starts the shards; none when the configuration says so.
    ///
    /// # Errors
    ///
    /// When a port cannot be had.
    pub(crate) fn start(config: &Config, secret: &::relay::Secret) -> anyhow::Result<(Self, NewsReceiver)> {
        let (news, received) = mpsc::unbounded_channel();
        let Config { media, relay, .. } = config;
        let count = if media.enabled || relay.enabled { media.shard_count() } else { 0 };
        let addresses = Addresses::find(&media.addresses);
        let sockets: Vec<_> = (0..count).map(|number| bind(media, number)).collect::<anyhow::Result<_>>()?;
        let at = |sockets: &Sockets| {
            let port = sockets.port();
            addresses.announced.iter().map(move |address| SocketAddr::new(*address, port)).collect::<Vec<_>>()
        };
        let all: Vec<_> = sockets.iter().flat_map(at).collect();
        let relay_config =
            relay.enabled.then(|| relay_config(relay, secret, &addresses, &all, sockets.len()));
        let mut shards = Vec::new();
        for (number, sockets) in (0..).zip(sockets) {
            let (orders, ordered) = mpsc::unbounded_channel();
            let beginning = Beginning {
                number,
                sockets,
                addresses: addresses.clone(),
                relay: relay_config.clone().map(|config| (config, relay.first_port..=relay.last_port)),
                orders: ordered,
                news: news.clone(),
            };
            let streams = shard::start(media, beginning)?;
            shards.push(Shard { orders, streams });
        }
        let relay_addresses = if relay.enabled { all.into() } else { Arc::default() };
        Ok((Self { shards: shards.into(), forwards: media.enabled, relay_addresses }, received))
    }

    /// Whether there is a forwarding unit.
    pub(crate) fn is_available(&self) -> bool {
        self.forwards && !self.shards.is_empty()
    }

    /// Serves a client of the relay whose connection came in elsewhere, and of which some was read already, to its end.
    pub(crate) async fn relay<S>(&self, stream: S, read: Vec<u8>, flow: Flow)
    where
        S: AsyncRead + AsyncWrite + Send,
    {
        // All of one address are served by one shard: what is reserved for one is found by the other.
        let mut hasher = DefaultHasher::new();
        ::relay::one_customer(flow.client.ip()).hash(&mut hasher);
        let place = (hasher.finish() as usize).checked_rem(self.shards.len());
        if let Some(place) = place.filter(|_| !self.relay_addresses.is_empty()) {
            streams::serve(stream, read, Channel::Relay(flow), self.shards[place].streams.clone()).await;
        }
    }

    /// Where the relay is reached over UDP and TCP: each announced address with the port of each shard.
    pub(crate) fn relay_addresses(&self) -> &[SocketAddr] {
        &self.relay_addresses
    }

    /// Tells the shard of a room something about a participant.
    pub(crate) fn tell(&self, room: RoomCode, participant: ParticipantId, order: MediaOrder) {
        if self.shards.is_empty() {
            return;
        }
        let mut hasher = DefaultHasher::new();
        room.hash(&mut hasher);
        let place = hasher.finish() as usize % self.shards.len();
        _ = self.shards[place].orders.send(Order { who: Who { room, participant }, order });
    }
}

fn bind(config: &MediaConfig, number: u16) -> anyhow::Result<Sockets> {
    Sockets::bind(config, number).with_context(|| {
        let port = u32::from(config.port) + u32::from(number);
        format!("cannot use port {port} for media ([media] port)")
    })
}

/// What the relays of all shards have in common.
fn relay_config(
    config: &RelayConfig,
    secret: &::relay::Secret,
    addresses: &Addresses,
    media: &[SocketAddr],
    shards: usize,
) -> ::relay::Config {
    let denied = config.deny_peers.iter().copied().chain(addresses.local.iter().map(|own| inside(*own)));
    let rules = ::relay::PeerRules::new(
        addresses.announced.clone(),
        media.to_vec(),
        config.allow_peers.clone(),
        denied.collect(),
    );
    ::relay::Config {
        realm: REALM.to_owned(),
        secret: secret.clone(),
        rules,
        limits: ::relay::Limits {
            allocations: config.allocations.min(room_for_sockets() / shards.max(1)),
            per_user: config.allocations_per_participant,
            per_address: config.allocations_per_address,
            bytes_per_second: config.max_kbps.saturating_mul(1_000) / 8,
            ..::relay::Limits::default()
        },
        live: Arc::default(),
    }
}

/// How many of the files that this process may open the relay may have: half.
fn room_for_sockets() -> usize {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        limit.map_or(usize::MAX, |limit| usize::try_from(limit / 2).unwrap_or(usize::MAX))
    }
    #[cfg(not(unix))]
    usize::MAX
}

/// An address of this machine, which no client may name but where media is expected. Of IPv6 it is the whole network: machines
/// give themselves more addresses in it as time goes on, and it is the operator's own.
fn inside(own: IpAddr) -> IpNet {
    match own {
        IpAddr::V4(_) => IpNet::from(own),
        IpAddr::V6(address) => {
            Ipv6Net::new(address, 64).map_or(IpNet::from(own), |network| network.trunc().into())
        }
    }
}

/// The realm of the relay's credentials. Short, since it is told to strangers.
const REALM: &str = "veranda";

/// What an event of the forwarding unit is on the wire.
fn message(link: LinkId, event: sfu::Event) -> ServerMessage {
    match event {
        sfu::Event::Signal { number, expects, signal } => {
            ServerMessage::Signal { from: PeerRef::Sfu, link, number, expects: Some(expects), signal }
        }
        sfu::Event::AudioSlots(slots) => ServerMessage::AudioSlots { link, slots },
        sfu::Event::WantedLayers { source, layers } => ServerMessage::WantedLayers { link, source, layers },
        sfu::Event::Closed => ServerMessage::SfuLinkClosed { link },
    }
}
