//! The media driver: gives the forwarding unit of `crates/sfu` sockets, threads and time. It has no ideas of its own.
//!
//! Shards share nothing: each has a thread, a UDP port, the TCP port of the same number, and some of the rooms.

mod addresses;
mod batch;
mod report;
mod shard;
mod tcp;
mod udp;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use anyhow::Context;
use protocol::{LinkId, ParticipantId, PeerRef, RoomCode, ServerMessage};
use room::MediaOrder;
use sfu::Who;
use tokio::sync::mpsc;

use crate::config::MediaConfig;

/// A way to every shard; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Media {
    shards: Arc<[mpsc::UnboundedSender<Order>]>,
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
    pub(crate) fn start(config: &MediaConfig) -> anyhow::Result<(Self, NewsReceiver)> {
        let (news, received) = mpsc::unbounded_channel();
        let mut shards = Vec::new();
        for number in 0..config.shard_count() {
            let sockets = shard::Sockets::bind(config, number).with_context(|| {
                format!(
                    "cannot use port {} for media ([media] port)",
                    u32::from(config.port) + u32::from(number)
                )
            })?;
            let (orders, ordered) = mpsc::unbounded_channel();
            shard::start(number, config, sockets, ordered, news.clone())?;
            shards.push(orders);
        }
        Ok((Self { shards: shards.into() }, received))
    }

    /// Whether there is a forwarding unit.
    pub(crate) fn is_available(&self) -> bool {
        !self.shards.is_empty()
    }

    /// Tells the shard of a room something about a participant.
    pub(crate) fn tell(&self, room: RoomCode, participant: ParticipantId, order: MediaOrder) {
        if self.shards.is_empty() {
            return;
        }
        let mut hasher = DefaultHasher::new();
        room.hash(&mut hasher);
        let place = hasher.finish() as usize % self.shards.len();
        _ = self.shards[place].send(Order { who: Who { room, participant }, order });
    }
}

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
