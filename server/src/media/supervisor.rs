//! Starts a shard, and starts it again when it ends by itself: with the same sockets, so that it is found where it was, and told what
//! everybody may send. The links that it had are gone; their pages are told so, and open new ones.

use std::any::Any;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use sfu::{Address, Event, Input, Sfu, Transport};

use super::addresses::Addresses;
use super::health::Health;
use super::link_traces::LinkTraces;
use super::meter::{Meter, Refused};
use super::news::NewsSender;
use super::orders::Orders;
use super::relay::Relaying;
use super::report::Report;
use super::roster::Roster;
use super::shard::Shard;
use super::shard_links::{ShardLinks, ShardReceivers};
use super::sockets::Sockets;
use super::streams::Streams;
use super::surviving_state::SurvivingState;
use super::tcp_framing;
use super::udp::{Outbox, Receiver, UdpPort};
use crate::clock;
use crate::config::MediaConfig;
use crate::connection_quota::ConnectionQuota;
use crate::recordings::Inboxes;
use crate::tasks;
use crate::traces::JoinTraces;

/// A shard that lived for less than this waits before it begins again, longer each time: what ended it may be there still.
const TOO_SHORT: Duration = Duration::from_secs(5);
const WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What a shard is told once.
pub(super) struct ShardInit {
    pub(super) number: u16,
    pub(super) sockets: Sockets,
    pub(super) addresses: Addresses,
    pub(super) relay: Option<(relay::Config, RangeInclusive<u16>)>,
    pub(super) incoming: ShardReceivers,
    pub(super) shard_links: ShardLinks,
    /// What all shards have together.
    pub(super) unsorted: Arc<ConnectionQuota>,
    pub(super) health: Arc<Health>,
    pub(super) meter: Arc<Meter>,
    pub(super) joins: JoinTraces,
    pub(super) orders: Arc<Orders>,
    pub(super) news: NewsSender,
    pub(super) recordings: Inboxes,
}

/// What a shard is made of, each time it begins.
struct Parts {
    number: u16,
    port: u16,
    udp: UdpSocket,
    tcp: TcpListener,
    sfu: sfu::Config,
    relay: Option<(relay::Config, RangeInclusive<u16>)>,
    addresses: Addresses,
    shard_links: ShardLinks,
    unsorted: Arc<ConnectionQuota>,
    health: Arc<Health>,
    meter: Arc<Meter>,
    joins: JoinTraces,
}

/// Starts a shard's thread. It ends when nobody can give it orders any more.
pub(super) fn start(config: &MediaConfig, init: ShardInit) -> io::Result<()> {
    let ShardInit {
        number,
        sockets: Sockets { udp, tcp, port },
        addresses,
        relay,
        incoming,
        shard_links,
        unsorted,
        health,
        meter,
        joins,
        orders,
        news,
        recordings,
    } = init;
    let ways = |transport| {
        let at = move |address: &_| Address { transport, address: SocketAddr::new(*address, port) };
        addresses.announced.iter().map(at)
    };
    let sfu = sfu::Config {
        addresses: ways(Transport::Udp).chain(ways(Transport::Tcp)).collect(),
        initial_downlink: config.initial_downlink_kbps.saturating_mul(1_000),
        max_downlink: config.max_downlink_kbps.saturating_mul(1_000),
        shard: number,
        directory: Arc::clone(shard_links.directory()),
    };
    let surviving = SurvivingState { orders, news, incoming, roster: Roster::default(), recordings };
    let parts =
        Parts { number, port, udp, tcp, sfu, relay, addresses, shard_links, unsorted, health, meter, joins };
    std::thread::Builder::new().name(format!("media-{number}")).spawn(move || parts.supervise(surviving))?;
    Ok(())
}

impl Parts {
    fn supervise(&self, mut surviving: SurvivingState) {
        let mut wait = Duration::ZERO;
        loop {
            let began = clock::moment();
            let error = match catch_unwind(AssertUnwindSafe(|| self.live(&mut surviving))) {
                Ok(Ok(())) => return,
                Ok(Err(error)) => error.to_string(),
                Err(panic) => format!("panic: {}", words_of(&*panic)),
            };
            self.health.ended(self.number);
            self.meter.ended(self.number);
            // What came over streams was for links and allocations that are gone, and ends with what it would be answered by.
            while surviving.incoming.streams.try_recv().is_ok() {}
            self.shard_links.directory().forget_shard(self.number);
            tracing::error!(
                shard = self.number,
                error,
                "a media shard ended; it begins again, and its links are opened anew"
            );
            let lived = clock::moment().saturating_duration_since(began);
            wait = if lived < TOO_SHORT { next_wait(wait) } else { Duration::ZERO };
            std::thread::sleep(wait);
        }
    }

    /// From the beginning of a shard to its end.
    fn live(&self, surviving: &mut SurvivingState) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // The unit stays on the thread where it was made.
        let sfu = Sfu::new(self.sfu.clone()).ok_or_else(|| io::Error::other("no certificate can be made"))?;
        let ended = runtime.block_on(async { self.shard(sfu, surviving)?.run().await });
        // What still waits for the system to look up a name, for one, is not waited for.
        runtime.shutdown_background();
        ended
    }

    /// On the shard's runtime.
    fn shard<'a>(&self, mut sfu: Sfu, surviving: &'a mut SurvivingState) -> io::Result<Shard<'a>> {
        let tcp = tokio::net::TcpListener::from_std(self.tcp.try_clone()?)?;
        let udp = Outbox::new(UdpPort::new(self.udp.try_clone()?)?);
        tasks::spawn(tcp_framing::accept(
            tcp,
            self.number,
            self.shard_links.clone(),
            Arc::clone(&self.unsorted),
        ));
        let now = clock::moment();
        for (who, media) in surviving.roster.media() {
            sfu.handle_input(now, Input::Media { who, media });
        }
        for (who, link, subscriptions) in surviving.roster.slots() {
            sfu.handle_input(now, Input::Slots { who, link, subscriptions });
        }
        for who in surviving.roster.recorded() {
            sfu.handle_input(now, Input::Record { who });
        }
        for (who, link) in surviving.roster.take_links() {
            surviving.news.send(who, link, Event::Closed);
        }
        let relaying =
            self.relay.clone().map(|(config, ports)| Relaying::new(config, ports, self.addresses.clone()));
        Ok(Shard {
            surviving,
            sfu,
            relaying,
            udp,
            receiver: Receiver::new(),
            streams: Streams::default(),
            shard_links: self.shard_links.clone(),
            addresses: self.addresses.clone(),
            port: self.port,
            report: Report::new(self.number, now),
            number: self.number,
            health: Arc::clone(&self.health),
            meter: Arc::clone(&self.meter),
            refused: Refused::default(),
            traces: LinkTraces::new(self.joins.clone()),
            look: now,
        })
    }
}

/// How long a shard waits that ended again, when it waited so long before.
fn next_wait(before: Duration) -> Duration {
    if before.is_zero() { WAIT } else { before.saturating_mul(2).min(LONGEST_WAIT) }
}

/// What a panic said.
fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}
