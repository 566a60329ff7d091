//! An allocation: whom its client may reach by way of it, under which numbers, and for how long.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use stun_types::message::{IntegrityKey, TransactionId};

use crate::Flow;
use crate::bucket::{Allowance, Bucket};
use crate::users::{Holder, UserKey};

/// RFC 8656 §9: "The Permission Lifetime MUST be 300 seconds".
pub(crate) const PERMISSION: Duration = Duration::from_secs(300);

/// RFC 8656 §12: channel bindings last for 10 minutes unless refreshed.
pub(crate) const CHANNEL: Duration = Duration::from_secs(600);

/// Peers that one allocation may reach at once, and channels to them. A browser names each address of each person it talks to.
const MOST: usize = 128;

/// Whose an allocation is.
pub(crate) struct Client {
    pub(crate) flow: Flow,
    pub(crate) username: String,
    pub(crate) key: IntegrityKey,
    pub(crate) holder: Holder,
}

pub(crate) struct Allocation {
    pub(crate) client: Client,
    /// Whose allowance is used besides its own.
    pub(crate) user: UserKey,
    /// The request that made it, which may come again because its answer was lost.
    pub(crate) transaction: TransactionId,
    /// The address at which peers reach the client.
    pub(crate) relayed: SocketAddr,
    pub(crate) made: Instant,
    pub(crate) expires: Instant,
    pub(crate) reservation: Option<u64>,
    permissions: Vec<Permission>,
    channels: Vec<Channel>,
    bucket: Bucket,
}

#[derive(Clone, Copy)]
struct Permission {
    peer: IpAddr,
    until: Instant,
}

#[derive(Clone, Copy)]
struct Channel {
    number: u16,
    peer: SocketAddr,
    until: Instant,
}

/// Why a client may not reach a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotBound {
    /// The number is another peer's, or the peer has another number (RFC 8656 §12.2: 400).
    Conflict,
    /// The allocation reaches as many as it may (508).
    Full,
}

impl Allocation {
    pub(crate) fn new(
        now: Instant,
        client: Client,
        user: UserKey,
        transaction: TransactionId,
        relayed: SocketAddr,
        lifetime: Duration,
        allowance: Allowance,
    ) -> Self {
        Self {
            client,
            user,
            transaction,
            relayed,
            made: now,
            expires: now + lifetime,
            reservation: None,
            permissions: Vec::new(),
            channels: Vec::new(),
            bucket: Bucket::full(now, allowance),
        }
    }

    /// Lets datagrams pass to and from all ports of a peer (RFC 8656 §9).
    pub(crate) fn permit(&mut self, now: Instant, peer: IpAddr) -> Result<(), NotBound> {
        let until = now + PERMISSION;
        if let Some(permission) = self.permissions.iter_mut().find(|permission| permission.peer == peer) {
            permission.until = until;
            return Ok(());
        }
        if self.permissions.len() >= MOST {
            self.permissions.retain(|permission| now < permission.until);
        }
        if self.permissions.len() >= MOST {
            return Err(NotBound::Full);
        }
        self.permissions.push(Permission { peer, until });
        Ok(())
    }

    /// Permits all of these peers, or none.
    pub(crate) fn permit_all(&mut self, now: Instant, peers: &[IpAddr]) -> Result<(), NotBound> {
        let mut new: Vec<_> = peers.iter().filter(|peer| !self.is_permitted(now, **peer)).collect();
        new.sort();
        new.dedup();
        let there = self.permissions.iter().filter(|permission| now < permission.until).count();
        if there + new.len() > MOST {
            return Err(NotBound::Full);
        }
        peers.iter().try_for_each(|peer| self.permit(now, *peer))
    }

    /// Gives a peer a number, or more time to the number it has, and permits it (RFC 8656 §12.2).
    pub(crate) fn bind(&mut self, now: Instant, number: u16, peer: SocketAddr) -> Result<(), NotBound> {
        self.channels.retain(|channel| now < channel.until);
        let found = self.channels.iter().position(|channel| channel.number == number || channel.peer == peer);
        let is_same = |channel: &Channel| channel.number == number && channel.peer == peer;
        match found {
            Some(index) if !is_same(&self.channels[index]) => return Err(NotBound::Conflict),
            None if self.channels.len() >= MOST => return Err(NotBound::Full),
            Some(_) | None => self.permit(now, peer.ip())?,
        }
        let until = now + CHANNEL;
        match found {
            Some(index) => self.channels[index].until = until,
            None => self.channels.push(Channel { number, peer, until }),
        }
        Ok(())
    }

    pub(crate) fn is_permitted(&self, now: Instant, peer: IpAddr) -> bool {
        self.permissions.iter().any(|permission| permission.peer == peer && now < permission.until)
    }

    /// The peer that has a number.
    pub(crate) fn peer(&self, now: Instant, number: u16) -> Option<SocketAddr> {
        let channel = self.channels.iter().find(|channel| channel.number == number)?;
        (now < channel.until).then_some(channel.peer)
    }

    /// The number that a peer has.
    pub(crate) fn channel(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let channel = self.channels.iter().find(|channel| channel.peer == peer)?;
        (now < channel.until).then_some(channel.number)
    }

    /// Whether so many bytes may still pass at this moment.
    pub(crate) fn may_carry(&mut self, now: Instant, allowance: Allowance, bytes: usize) -> bool {
        self.bucket.take(now, allowance, bytes)
    }
}
