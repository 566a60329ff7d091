//! The ways to all shards, for each of them and for who takes streams: what comes to one is often for another.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use sfu::{Directory, Misrouted};
use tokio::sync::mpsc;

use super::streams::FromStream;

/// Datagrams of streams that wait for a shard before their readers wait too.
const WAITING_STREAMS: usize = 1_024;

/// Datagrams that other shards have passed on. Beyond them they are lost, as on any network: no shard waits for another.
const WAITING_MISROUTED: usize = 4_096;

/// All shards; a clone is another handle to the same.
#[derive(Clone)]
pub(super) struct ShardLinks {
    ways: Arc<[Way]>,
    directory: Arc<Directory>,
}

/// The other shard has no room for it.
#[derive(Debug)]
pub(super) struct Lost;

struct Way {
    streams: mpsc::Sender<FromStream>,
    misrouted: mpsc::Sender<Misrouted>,
}

/// Where a shard hears of streams and of other shards.
pub(super) struct ShardReceivers {
    pub(super) streams: mpsc::Receiver<FromStream>,
    pub(super) misrouted: mpsc::Receiver<Misrouted>,
}

impl ShardLinks {
    /// The ways to so many shards, and the other end of each.
    pub(super) fn new(count: usize) -> (Self, Vec<ShardReceivers>) {
        let (ways, incoming): (Vec<_>, _) = (0..count).map(|_| way()).unzip();
        (Self { ways: ways.into(), directory: Arc::default() }, incoming)
    }

    pub(super) fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The way for streams to a shard.
    pub(super) fn streams(&self, shard: u16) -> Option<&mpsc::Sender<FromStream>> {
        self.ways.get(usize::from(shard)).map(|way| &way.streams)
    }

    /// The way to the shard that relays for an address. All of one customer are served by one: what is reserved for one is
    /// found by the other.
    pub(super) fn of_client(&self, address: IpAddr) -> Option<&mpsc::Sender<FromStream>> {
        let mut hasher = DefaultHasher::new();
        relay::client_prefix(address).hash(&mut hasher);
        let index = (hasher.finish() as usize).checked_rem(self.ways.len())?;
        self.ways.get(index).map(|way| &way.streams)
    }

    /// The way to the shard of the link that a connectivity check names.
    pub(super) fn of_check(&self, datagram: &[u8]) -> Option<&mpsc::Sender<FromStream>> {
        self.streams(self.directory.of_check(datagram)?)
    }

    /// Never waits.
    pub(super) fn pass_on(&self, misrouted: Misrouted) -> Result<(), Lost> {
        match self.ways.get(usize::from(misrouted.shard)) {
            Some(way) => way.misrouted.try_send(misrouted).map_err(|_| Lost),
            None => Ok(()),
        }
    }
}

fn way() -> (Way, ShardReceivers) {
    let (to_streams, streams) = mpsc::channel(WAITING_STREAMS);
    let (to_misrouted, misrouted) = mpsc::channel(WAITING_MISROUTED);
    (Way { streams: to_streams, misrouted: to_misrouted }, ShardReceivers { streams, misrouted })
}
