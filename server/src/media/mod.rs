//! The media driver: gives the forwarding unit of `crates/sfu` and the relay of `crates/relay` sockets, threads and time. It
//! has no ideas of its own.
//!
//! Shards share nothing but a port, UDP and TCP: each has a thread, sockets of its own on it, some of the rooms, and those of the
//! relay's clients whose datagrams the system gives it. What is for a room of another shard is passed on (`shard_links.rs`).

pub(crate) mod addresses;
mod batch;
mod fair_queue;
mod health;
mod link_traces;
mod meter;
mod news;
mod orders;
pub(crate) mod public_address;
mod relay;
mod report;
mod roster;
mod shard;
mod shard_links;
mod sockets;
mod streams;
mod supervisor;
mod surviving_state;
mod tcp_framing;
mod udp;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ::relay::Flow;
use ipnet::{IpNet, Ipv6Net};
use protocol::{MediaKey, ParticipantId, RoomCode};
use room::MediaOrder;
use sfu::Who;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::config::{Config, MediaConfig, RelayConfig};
use crate::node_id::NodeId;
use crate::open_files;
use crate::recordings::Inboxes;
use crate::traces::JoinTraces;
use addresses::Addresses;
use health::Health;
use meter::Meter;
use orders::{Orders, RecordOrder};
use shard_links::ShardLinks;
use sockets::Sockets;
use streams::TcpFlow;
use supervisor::ShardInit;

pub(crate) use meter::Metered;
pub(crate) use news::{News, NewsReceiver};

#[cfg(feature = "fuzzing")]
pub(crate) use tcp_framing::read_for_fuzzing;

/// A way to every shard; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Media {
    node: NodeId,
    shards: Arc<[Shard]>,
    /// Where streams are handed over that came in elsewhere.
    shard_links: ShardLinks,
    forwards: bool,
    health: Arc<Health>,
    meter: Arc<Meter>,
    /// Where the relay is reached, if there is one.
    relay_addresses: Arc<[SocketAddr]>,
}

struct Shard {
    orders: Arc<Orders>,
}

impl Drop for Shard {
    fn drop(&mut self) {
        self.orders.close();
    }
}

impl Media {
    /// Starts the shards; none when the configuration says so. `seen` is where this machine is seen from outside, as far as that
    /// is known (`public_address::find`).
    ///
    /// # Errors
    ///
    /// When a port cannot be had.
    pub(crate) fn start(
        config: &Config,
        seen: &[IpAddr],
        secret: &::relay::Secret,
        joins: &JoinTraces,
        recordings: &Inboxes,
    ) -> anyhow::Result<(Self, NewsReceiver)> {
        let node = NodeId::draw();
        let (news, received) = news::queue(node.on_the_wire());
        let Config { media, relay, .. } = config;
        let count = if is_anything_on(config) { media.shard_count() } else { 0 };
        let addresses = Addresses::find(&media.addresses, seen);
        let sockets = Sockets::of_shards(media.port, count).map_err(|(port, error)| {
            anyhow::Error::from(error).context(format!("cannot use port {port} for media ([media] port)"))
        })?;
        let ports: BTreeSet<_> = sockets.iter().map(|sockets| sockets.port).collect();
        if count > 0 {
            let announced = &addresses.announced;
            tracing::info!(?ports, shards = count, ?announced, relays = relay.enabled, "media is forwarded");
        }
        let at = |port| addresses.announced.iter().map(move |address| SocketAddr::new(*address, port));
        let all: Vec<_> = ports.into_iter().flat_map(at).collect();
        let relay_config =
            relay.enabled.then(|| relay_config(relay, secret, &addresses, &all, sockets.len()));
        let unsorted = tcp_framing::quota_of_unsorted();
        let (shard_links, incoming) = ShardLinks::new(sockets.len());
        let health = Arc::new(Health::new(sockets.len()));
        let meter = Arc::new(Meter::new(sockets.len()));
        let mut shards = Vec::new();
        for (number, (sockets, incoming)) in (0..).zip(sockets.into_iter().zip(incoming)) {
            let orders = Arc::<Orders>::default();
            let init = ShardInit {
                number,
                sockets,
                addresses: addresses.clone(),
                relay: relay_config.clone().map(|config| (config, relay.first_port..=relay.last_port)),
                incoming,
                shard_links: shard_links.clone(),
                unsorted: Arc::clone(&unsorted),
                health: Arc::clone(&health),
                meter: Arc::clone(&meter),
                joins: joins.clone(),
                orders: Arc::clone(&orders),
                news: news.clone(),
                recordings: recordings.clone(),
            };
            supervisor::start(media, init)?;
            shards.push(Shard { orders });
        }
        let relay_addresses = if relay.enabled { all.into() } else { Arc::default() };
        Ok((
            Self {
                node,
                shards: shards.into(),
                shard_links,
                forwards: media.enabled,
                health,
                meter,
                relay_addresses,
            },
            received,
        ))
    }

    /// This process.
    pub(crate) fn node(&self) -> NodeId {
        self.node
    }

    /// The node whose forwarding unit rooms here use, if there is one.
    pub(crate) fn forwarding_node(&self) -> Option<protocol::NodeId> {
        let is_available = self.forwards && !self.shards.is_empty();
        is_available.then(|| self.node.on_the_wire())
    }

    /// Serves a client of the relay whose connection came in elsewhere, and of which some was read already, to its end.
    pub(crate) async fn relay<S>(&self, stream: S, read: Vec<u8>, flow: Flow)
    where
        S: AsyncRead + AsyncWrite + Send,
    {
        if self.relay_addresses.is_empty() {
            return;
        }
        if let Some(shard) = self.shard_links.of_client(flow.client.ip()).cloned() {
            tcp_framing::serve(stream, read, TcpFlow::Relay(flow), shard).await;
        }
    }

    /// Where the relay is reached over UDP and TCP: each announced address with the port of the shards.
    pub(crate) fn relay_addresses(&self) -> &[SocketAddr] {
        &self.relay_addresses
    }

    /// Tells the shard of a room something about a participant. Orders to another node cannot be passed on yet.
    pub(crate) fn tell(
        &self,
        node: protocol::NodeId,
        room: RoomCode,
        participant: ParticipantId,
        order: MediaOrder,
    ) {
        if self.shards.is_empty() || node != self.node.on_the_wire() {
            return;
        }
        if let Some(orders) = self.orders_of(room) {
            orders.tell(Who { room, participant }, order);
        }
    }

    /// What a participant sends goes to the recording of their room from now on.
    pub(crate) fn record(&self, room: RoomCode, participant: ParticipantId) {
        self.order_recorder(Who { room, participant }, RecordOrder::Begin);
    }

    /// The same, no longer.
    pub(crate) fn stop_recording(&self, room: RoomCode, participant: ParticipantId) {
        self.order_recorder(Who { room, participant }, RecordOrder::End);
    }

    /// The recording of a room misses something of a picture.
    pub(crate) fn recording_wants_keyframe(&self, room: RoomCode, key: MediaKey) {
        self.order_recorder(Who { room, participant: key.participant }, RecordOrder::Keyframe(key.source));
    }

    fn order_recorder(&self, who: Who, order: RecordOrder) {
        if let Some(orders) = self.orders_of(who.room) {
            orders.record(who, order);
        }
    }

    /// Of the shard that a room is on.
    fn orders_of(&self, room: RoomCode) -> Option<&Orders> {
        let mut hasher = DefaultHasher::new();
        room.hash(&mut hasher);
        let index = (hasher.finish() as usize).checked_rem(self.shards.len())?;
        self.shards.get(index).map(|shard| &*shard.orders)
    }

    /// How the shards are.
    pub(crate) fn health(&self) -> &Health {
        &self.health
    }

    /// What the shards have done.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Makes every shard panic, for tests of what happens then.
    #[cfg(debug_assertions)]
    pub(crate) fn panic(&self) {
        for shard in self.shards.iter() {
            shard.orders.panic();
        }
    }
}

/// The ports that the shards have, when their numbers are set.
pub(crate) fn ports(config: &MediaConfig) -> Vec<u16> {
    sockets::numbers(config.port, config.shard_count())
}

/// Whether the shards could have their ports now.
///
/// # Errors
///
/// The number of the first that somebody else has, and what the system says of it.
pub(crate) fn try_ports(config: &MediaConfig) -> Result<(), (u16, std::io::Error)> {
    Sockets::of_shards(config.port, config.shard_count()).map(drop)
}

/// The addresses that browsers are told by a server that is seen there from outside.
pub(crate) fn announced(config: &Config, seen: &[IpAddr]) -> Vec<IpAddr> {
    Addresses::find(&config.media.addresses, seen).announced
}

/// Whether anything is on the ports of media.
fn is_anything_on(config: &Config) -> bool {
    config.media.enabled || config.relay.enabled
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
            allocations: config.allocations.min(open_files::half() / shards.max(1)),
            per_user: config.allocations_per_participant,
            per_address: config.allocations_per_address,
            bytes_per_second: config.max_kbps.saturating_mul(1_000) / 8,
            user_bytes_per_second: config.max_kbps_per_participant.saturating_mul(1_000) / 8,
            ..::relay::Limits::default()
        },
        live: Arc::default(),
    }
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
