//! The way to the driver, for the rest of the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Request, Response};
use cluster::{
    Arrival, Fence, Health, NodeAt, NodeId, NodeRecord, OfferAnswer, RedisContact, RequestId, Roles, RoomKey,
    Standing,
};
use hyper::body::Incoming;
use protocol::Timestamp;
use sha2::{Digest as _, Sha256};
use storage::{ClusterRepository, Ownable, Storage, StorageError};
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::rustls::ServerConfig;

use super::coordination::Coordination;
use super::driver::{Driver, DriverInit};
use super::effect::Effect;
use super::lead::{Event, Lead, Waiting, is_key, key_of};
use super::links::{LinkError, Links, NodeSocket};
use super::offer::Offer;
use super::passed_caller;
use super::report::{Neighbours, ReportedStage};
use super::reports::Reports;
use super::secrets::ClusterSecret;
use super::shared_counts::{Counted, Counting, SharedCounts, SharedLimit};
use super::status::Status;
use crate::clock::Clock;
use crate::config::{ClusterConfig, NodeRole};
use crate::http_client::HttpClient;
use crate::tasks;

/// This server's part in its cluster; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Cluster(Arc<Inner>);

struct Inner {
    node: NodeId,
    tls: Arc<ServerConfig>,
    links: Links,
    status: Status,
    counts: SharedCounts,
    reports: Reports,
    name: String,
    clock: Clock,
    since: Timestamp,
    events: mpsc::UnboundedSender<Event>,
    requests: AtomicU64,
    storage: Arc<dyn ClusterRepository + Send + Sync>,
}

impl Cluster {
    /// Begins, and returns what the rest of the server is to do.
    ///
    /// # Errors
    ///
    /// When Redis' address is none, or keys cannot be made of the secret.
    pub(crate) fn start(
        config: &ClusterConfig,
        clock: Clock,
        storage: Arc<dyn ClusterRepository + Send + Sync>,
    ) -> anyhow::Result<(Self, mpsc::UnboundedReceiver<Effect>)> {
        let secret = ClusterSecret::of(config);
        let tls = secret.tls()?;
        let node = node_id(config);
        let mut settings = cluster::Settings::new(node, secret.tag(), config.reached_at());
        settings.drain_within = config.drain_within();
        settings.roles = roles(config);
        let (events, received) = mpsc::unbounded_channel();
        let (effects, wanted) = mpsc::unbounded_channel();
        let status = Status::default();
        let server = Arc::clone(&tls.server);
        let links = Links::new(tls, status.clone(), events.clone());
        let coordination = Arc::new(Coordination::open(config, &settings)?);
        let counts = SharedCounts::new(Arc::clone(&coordination), status.clone(), secret.limits_key());
        let init = DriverInit {
            clock,
            coordination,
            settings,
            storage: Arc::clone(&storage),
            links: links.clone(),
            events: events.clone(),
            effects,
            status: status.clone(),
        };
        tasks::spawn(Driver::new(init).run(received));
        let inner = Inner {
            node,
            tls: server,
            reports: Reports::new(links.clone(), status.clone()),
            links,
            status,
            counts,
            name: name(config),
            clock,
            since: clock.wall(),
            events,
            requests: AtomicU64::new(0),
            storage,
        };
        Ok((Self(Arc::new(inner)), wanted))
    }

    /// Where somebody is to go who wants what one node owns.
    pub(crate) async fn lead(&self, to: Ownable, arrival: Arrival) -> Lead {
        let request = RequestId(self.0.requests.fetch_add(1, Ordering::Relaxed));
        Waiting::new(key_of(to), request, arrival, &self.0.events).lead().await
    }

    /// Counts something that is limited on all nodes together. Nobody waits for that longer than a moment.
    pub(crate) async fn count(&self, limit: SharedLimit, key: &str, counting: Counting) -> Counted {
        self.0.counts.count(limit, key, counting).await
    }

    /// What rows of calls are written to by whoever has taken the rings with this token.
    pub(crate) fn storage_of_rings(&self, fence: storage::Fence) -> Arc<dyn Storage> {
        self.0.storage.of_rings(fence)
    }

    /// Whether it is another node's, as far as PostgreSQL knows.
    pub(crate) async fn is_elsewhere(&self, of: Ownable) -> Result<bool, StorageError> {
        let owner = self.0.storage.ownership(of).await?.and_then(|found| found.owner);
        let owner = owner.and_then(|owner| serde_json::from_str::<NodeAt>(&owner).ok());
        Ok(owner.is_some_and(|owner| owner.node != self.0.node))
    }

    /// A stream to another node for somebody who is passed on.
    pub(crate) async fn socket(&self, to: &NodeAt, caller: &HttpClient) -> Result<NodeSocket, LinkError> {
        let caller = passed_caller::to_header(caller).ok_or(LinkError::Down)?;
        self.0.links.socket(to, caller).await
    }

    /// Asks another node something.
    pub(crate) async fn request(
        &self,
        to: &NodeAt,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, LinkError> {
        self.0.links.request(to, request).await
    }

    /// Offers something to another node.
    pub(crate) async fn offer(&self, of: Ownable, fence: storage::Fence, to: &NodeAt) -> OfferAnswer {
        let offer = Offer { of: key_of(of), fence: Fence(fence.0), from: self.0.node };
        self.0.links.offer(to, &offer).await.unwrap_or(OfferAnswer::Refused)
    }

    /// The node is to leave; said again, at once.
    pub(crate) fn drain(&self) {
        _ = self.0.events.send(Event::Drain);
    }

    /// Whether it does not know yet who has which room, and takes nobody in.
    pub(crate) fn is_starting(&self) -> bool {
        self.0.status.health().is_none_or(|health| health.standing == Standing::Starting)
    }

    /// Whether its rooms go to others, or it has no part in the cluster any more.
    pub(crate) fn is_leaving(&self) -> bool {
        let leaves = |health: Health| matches!(health.standing, Standing::Draining | Standing::Stopped);
        self.0.status.health().is_some_and(leaves)
    }

    /// Whether Redis is not there, or was not until a moment ago.
    pub(crate) fn is_without_redis(&self) -> bool {
        self.0.status.health().is_some_and(|health| health.redis != RedisContact::Trusted)
    }

    /// How many nodes there are with this one, and how many rooms are this one's.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.0.status.nodes().len() + 1, self.rooms_owned())
    }

    pub(crate) fn rooms_owned(&self) -> usize {
        self.0.status.health().map_or(0, |health| health.rooms)
    }

    /// What this node is called.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Under which address another node is reached, also when it is there no more.
    pub(crate) fn address_of(&self, node: NodeId) -> Option<String> {
        let status = &self.0.status;
        let gone = status.gone(self.0.clock.wall()).into_iter().map(|(at, _)| at);
        status.nodes().into_iter().chain(gone).find(|at| at.node == node).map(|at| at.address)
    }

    /// When it was started.
    pub(crate) fn since(&self) -> Timestamp {
        self.0.since
    }

    pub(crate) fn stage(&self) -> ReportedStage {
        ReportedStage::of(self.0.status.health().map(|health| health.standing))
    }

    /// How the other nodes are, and who is in their rooms: at most a second old, and asked for less than half a second.
    pub(crate) async fn neighbours(&self) -> Arc<Neighbours> {
        self.0.reports.get(self.0.clock.wall()).await
    }

    pub(crate) async fn hello(&self, record: NodeRecord) -> Result<NodeRecord, String> {
        let Some(own) = self.0.status.record() else { return Err("not counted yet".to_owned()) };
        let (reply, answer) = oneshot::channel();
        _ = self.0.events.send(Event::Hello { record: Box::new(record), reply });
        match answer.await {
            Ok(Ok(())) => Ok(own),
            Ok(Err(refusal)) => Err(format!("{refusal:?}")),
            Err(_) => Err("Stopping".to_owned()),
        }
    }

    pub(crate) async fn offered(&self, of: RoomKey, fence: Fence, from: NodeId) -> OfferAnswer {
        if !is_key(of) {
            return OfferAnswer::Refused;
        }
        let (reply, answer) = oneshot::channel();
        _ = self.0.events.send(Event::Offered { of, fence, from, reply });
        answer.await.unwrap_or(OfferAnswer::Refused)
    }

    pub(crate) fn tls(&self) -> &Arc<ServerConfig> {
        &self.0.tls
    }
}

/// As it is set, or that of the machine.
fn name(config: &ClusterConfig) -> String {
    let machine = || rustix::system::uname().nodename().to_string_lossy().into_owned();
    if config.node.is_empty() { machine() } else { config.node.clone() }
}

/// The name as a number: the same at every start.
fn node_id(config: &ClusterConfig) -> NodeId {
    let digest = Sha256::digest(name(config));
    NodeId(digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

fn roles(config: &ClusterConfig) -> Roles {
    let role = |role: &NodeRole| match role {
        NodeRole::Pages => Roles::PAGES,
        NodeRole::Signalling => Roles::SIGNALLING,
        NodeRole::Media => Roles::MEDIA,
        NodeRole::Relay => Roles::RELAY,
    };
    config.roles.iter().map(role).fold(Roles::default(), Roles::and)
}

/// How somebody comes who stands behind a request or a socket.
pub(crate) fn arrival_of(caller: &HttpClient) -> Arrival {
    if caller.is_passed_on { Arrival::PassedOn } else { Arrival::Client }
}
