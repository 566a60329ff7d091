//! What nodes tell each other by way of Redis: who is there, and where to ask for a room. Each question is one script, whose answer is of
//! one moment. Nothing here decides whose a room is.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use cluster::{
    Claim, ClusterTag, LeaseFound, NodeAt, NodeId, NodeRecord, OwnKey, RedisIdentity, Renewal, Renewed,
    RoomKey, RoomLease,
};
use redis::aio::MultiplexedConnection;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, IntoConnectionInfo as _, ProtocolVersion, RedisError,
    RedisResult, Script, ScriptInvocation,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use crate::config::ClusterConfig;
use crate::{ids, tasks};

/// Leases that one script renews, so that it keeps nobody else waiting.
const AT_ONCE: usize = 300;

/// How long opening a connection may take, past sentinels that do not answer.
const CONNECTS_WITHIN: Duration = Duration::from_secs(6);

/// Every value begins with a number (which start of a node, or a token) and a space, so that a script compares it without reading the rest.
///
/// Keys: the marker, the set of nodes, the node's own record; then leases. Arguments: a marker for a Redis that has none, what to do with the own
/// record, the start, the record, for how many milliseconds it stays, what keys of nodes begin with, the own id; then a token and a lease for
/// each key of one.
const RENEW: &str = r"
redis.call('SET', KEYS[1], ARGV[1], 'NX')
local function number(value) return tonumber(string.match(value, '^%d+')) end
local own = redis.call('GET', KEYS[3])
local start = tonumber(ARGV[3])
local claim = ARGV[2]
local free = not own or number(own) == start or (claim == 'overwrite' and number(own) < start)
if claim ~= 'look' and free then
    own = ARGV[3] .. ' ' .. ARGV[4]
    redis.call('SET', KEYS[3], own, 'PX', ARGV[5])
    redis.call('SADD', KEYS[2], ARGV[7])
end
local nodes = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
    local node = redis.call('GET', ARGV[6] .. id)
    if node then nodes[#nodes + 1] = node else redis.call('SREM', KEYS[2], id) end
end
local newer = {}
for index = 4, #KEYS do
    local fence, lease = ARGV[2 * index], ARGV[2 * index + 1]
    local there = redis.call('GET', KEYS[index])
    if there and number(there) > tonumber(fence) then newer[#newer + 1] = there
    else redis.call('SET', KEYS[index], fence .. ' ' .. lease, 'PX', ARGV[5]) end
end
return {redis.call('GET', KEYS[1]), own or '', nodes, newer}";

/// Keys: the marker, a lease, and the record of a node.
const FIND: &str = r"
return {redis.call('GET', KEYS[1]) or '', redis.call('GET', KEYS[2]) or '', redis.call('GET', KEYS[3]) or ''}";

/// One lease, unless there is one with a higher token. Arguments: token, lease, milliseconds.
const ANNOUNCE: &str = r"
local there = redis.call('GET', KEYS[1])
if there and tonumber(string.match(there, '^%d+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1";

/// What is withdrawn, if it is still that.
const WITHDRAW: &str = r"
local there = redis.call('GET', KEYS[1])
if there and string.match(there, '^%d+') == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0";

/// The Redis that the nodes of a cluster share.
pub(super) struct Coordination {
    source: Arc<Mutex<Source>>,
    /// Until something goes wrong with it. What a library mends by itself, nobody would hear of.
    connection: Arc<watch::Sender<Option<Connected>>>,
    cluster: ClusterTag,
    prefix: String,
    lease: Duration,
    within: Duration,
    scripts: Scripts,
}

enum Source {
    One(Client),
    Sentinels(Box<SentinelClient>),
}

#[derive(Clone)]
struct Connected {
    connection: MultiplexedConnection,
    /// Which process answers: another one after a start and after a failover.
    run: String,
}

struct Scripts {
    renew: Script,
    find: Script,
    announce: Script,
    withdraw: Script,
}

/// It did not answer, or with an error.
#[derive(Debug, thiserror::Error)]
pub(super) enum RedisTrouble {
    #[error("Redis does not answer in time")]
    Late,
    #[error("Redis: {0}")]
    Refused(#[from] RedisError),
    #[error("Redis was exchanged for another one")]
    Exchanged,
}

impl Coordination {
    pub(super) fn open(config: &ClusterConfig, settings: &cluster::Settings) -> anyhow::Result<Self> {
        let tag: String = settings.cluster.0.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            source: Arc::new(Mutex::new(Source::open(config).context("cannot use [cluster] redis")?)),
            connection: Arc::new(watch::Sender::new(None)),
            cluster: settings.cluster,
            // One slot of a Redis that is divided, because a script reads several.
            prefix: format!("{{veranda:{tag}}}"),
            lease: settings.lease,
            within: settings.redis_timeout,
            scripts: Scripts {
                renew: Script::new(RENEW),
                find: Script::new(FIND),
                announce: Script::new(ANNOUNCE),
                withdraw: Script::new(WITHDRAW),
            },
        })
    }

    /// Renews a node's record and the leases of its rooms, and reads who is there.
    pub(super) async fn renew(&self, renewal: &Renewal) -> Result<Renewed, RedisTrouble> {
        self.in_time(async {
            let mut answer: Option<Renewed> = None;
            // Also without any room.
            let mut portions = renewal.rooms.chunks(AT_ONCE);
            let mut next = Some(portions.next().unwrap_or_default());
            while let Some(rooms) = next {
                let (connected, renewed) = self.ask(&self.renewing(renewal, rooms)).await?;
                let renewed = self.renewed(&connected, renewal, renewed);
                match &mut answer {
                    None => answer = Some(renewed),
                    Some(answer) if answer.identity == renewed.identity => answer.newer.extend(renewed.newer),
                    Some(_) => return Err(RedisTrouble::Exchanged),
                }
                next = portions.next();
            }
            answer.ok_or(RedisTrouble::Exchanged)
        })
        .await
    }

    fn renewing(&self, renewal: &Renewal, rooms: &[RoomLease]) -> ScriptInvocation<'_> {
        let at = &renewal.record.at;
        let claim = match renewal.claim {
            Claim::Look => "look",
            Claim::IfFree => "if free",
            Claim::Overwrite => "overwrite",
        };
        let mut script = self.scripts.renew.prepare_invoke();
        script.key(self.marker()).key(format!("{}:nodes", self.prefix)).key(self.key_of_node(at.node));
        script
            .arg(ids::secret("m"))
            .arg(claim)
            .arg(at.incarnation.0)
            .arg(json(&renewal.record))
            .arg(millis(renewal.lease))
            .arg(format!("{}:node:", self.prefix))
            .arg(at.node.0);
        for lease in rooms {
            script.key(self.key_of_room(lease.room)).arg(lease.fence.0).arg(json(lease));
        }
        script
    }

    fn renewed(
        &self,
        connected: &Connected,
        renewal: &Renewal,
        (marker, own, nodes, newer): (String, String, Vec<String>, Vec<String>),
    ) -> Renewed {
        let own = match value::<NodeRecord>(&own) {
            None => OwnKey::Free,
            Some(record) if record.at.incarnation == renewal.record.at.incarnation => OwnKey::Written,
            Some(record) => OwnKey::Occupied { by: record.at.incarnation, beat: record.beat },
        };
        let is_ours = |record: &NodeRecord| record.cluster == self.cluster;
        Renewed {
            identity: identity(&connected.run, &marker),
            own,
            nodes: nodes.iter().filter_map(|node| value(node)).filter(is_ours).collect(),
            newer: newer.iter().filter_map(|lease| value(lease)).collect(),
        }
    }

    /// A room's lease, and the record of a node.
    pub(super) async fn find(
        &self,
        room: RoomKey,
        owner: Option<NodeId>,
    ) -> Result<LeaseFound, RedisTrouble> {
        self.in_time(async {
            let mut script = self.scripts.find.prepare_invoke();
            // A node that nobody asks about has no record.
            let owner = owner.map_or_else(|| format!("{}:none", self.prefix), |node| self.key_of_node(node));
            script.key(self.marker()).key(self.key_of_room(room)).key(owner);
            let (connected, (marker, lease, owner)) = self.ask::<(String, String, String)>(&script).await?;
            let identity = identity(&connected.run, &marker);
            Ok(LeaseFound { identity, lease: value(&lease), owner: value(&owner) })
        })
        .await
    }

    pub(super) async fn announce(&self, lease: &RoomLease) -> Result<(), RedisTrouble> {
        let mut script = self.scripts.announce.prepare_invoke();
        script.key(self.key_of_room(lease.room));
        script.arg(lease.fence.0).arg(json(lease)).arg(millis(self.lease));
        self.in_time(async { self.ask::<u8>(&script).await.map(drop) }).await
    }

    pub(super) async fn withdraw_lease(&self, lease: &RoomLease) -> Result<(), RedisTrouble> {
        self.withdraw(self.key_of_room(lease.room), lease.fence.0).await
    }

    pub(super) async fn withdraw_node(&self, at: &NodeAt) -> Result<(), RedisTrouble> {
        self.withdraw(self.key_of_node(at.node), at.incarnation.0).await
    }

    async fn withdraw(&self, key: String, number: u64) -> Result<(), RedisTrouble> {
        let mut script = self.scripts.withdraw.prepare_invoke();
        script.key(key).arg(number);
        self.in_time(async { self.ask::<u8>(&script).await.map(drop) }).await
    }

    async fn in_time<T>(
        &self,
        asking: impl Future<Output = Result<T, RedisTrouble>>,
    ) -> Result<T, RedisTrouble> {
        let answer = timeout(self.within, asking).await.unwrap_or(Err(RedisTrouble::Late));
        if answer.is_err() {
            self.connection.send_replace(None);
        }
        answer
    }

    async fn ask<T: redis::FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<(Connected, T), RedisTrouble> {
        let mut connected = self.connected().await?;
        let answer = script.invoke_async(&mut connected.connection).await?;
        Ok((connected, answer))
    }

    /// The connection; where there is none, one is opened, in a task of its own: of several sentinels the first may be gone, and each question
    /// waits for a moment only.
    async fn connected(&self) -> Result<Connected, RedisTrouble> {
        let mut connection = self.connection.subscribe();
        if let Some(connected) = &*connection.borrow() {
            return Ok(connected.clone());
        }
        if let Ok(mut source) = Arc::clone(&self.source).try_lock_owned() {
            let (opened, within) = (Arc::clone(&self.connection), self.within);
            let attempt = tasks::spawn(async move {
                let connected = timeout(CONNECTS_WITHIN, source.open_connection(within));
                let connected = connected.await.map_err(|_| RedisTrouble::Late)??;
                opened.send_replace(Some(connected.clone()));
                Ok(connected)
            });
            return attempt.await.unwrap_or(Err(RedisTrouble::Late));
        }
        let there = connection.wait_for(Option::is_some).await.map_err(|_| RedisTrouble::Late)?;
        there.clone().ok_or(RedisTrouble::Late)
    }

    /// What every key of this cluster begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The connection, if there is one: nobody waits for it to be opened.
    pub(super) fn open_connection(&self) -> Option<MultiplexedConnection> {
        self.connection.borrow().as_ref().map(|connected| connected.connection.clone())
    }

    fn marker(&self) -> String {
        format!("{}:marker", self.prefix)
    }

    fn key_of_node(&self, node: NodeId) -> String {
        format!("{}:node:{}", self.prefix, node.0)
    }

    fn key_of_room(&self, room: RoomKey) -> String {
        format!("{}:room:{}", self.prefix, room.0)
    }
}

impl Source {
    fn open(config: &ClusterConfig) -> RedisResult<Self> {
        let infos: Vec<ConnectionInfo> = config
            .redis
            .iter()
            .map(|url| {
                let info = url.as_str().into_connection_info()?;
                let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
                Ok(info.set_redis_settings(settings))
            })
            .collect::<RedisResult<_>>()?;
        let Some(first) = infos.first().cloned() else {
            return Err((redis::ErrorKind::InvalidClientConfig, "no address").into());
        };
        if config.sentinel.is_empty() {
            return Client::open(first).map(Self::One);
        }
        let settings = first.redis_settings().clone();
        let node = SentinelNodeConnectionInfo::default().set_redis_connection_info(settings);
        let client =
            SentinelClient::build(infos, config.sentinel.clone(), Some(node), SentinelServerType::Master)?;
        Ok(Self::Sentinels(Box::new(client)))
    }

    async fn open_connection(&mut self, within: Duration) -> RedisResult<Connected> {
        let mut connection = self.connect(within).await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut connection).await?;
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default();
        Ok(Connected { connection, run: run.trim().to_owned() })
    }

    async fn connect(&mut self, within: Duration) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(within))
            .set_response_timeout(Some(within));
        match self {
            Self::One(client) => client.get_multiplexed_async_connection_with_config(&config).await,
            Self::Sentinels(client) => client.get_async_connection_with_config(&config).await,
        }
    }
}

fn identity(run: &str, marker: &str) -> RedisIdentity {
    let digest = Sha256::new().chain_update(run).chain_update("\n").chain_update(marker).finalize();
    RedisIdentity(digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte)))
}

/// What stands behind the number, if anything does that this version reads.
pub(super) fn value<T: DeserializeOwned>(value: &str) -> Option<T> {
    serde_json::from_str(value.split_once(' ')?.1).ok()
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
