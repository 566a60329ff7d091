//! What every handler has.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::Context;
use cluster::StopReason;
use protocol::{RoomCode, Timestamp};
use storage::{DatabaseLock, FolderLock, Sharing, SqlStorage, Storage, StorageError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::admin::KnownSessions;
use crate::builds::Build;
use crate::clock::Clock;
use crate::config::Config;
use crate::database_health::DatabaseHealth;
use crate::front_port::FrontPort;
use crate::ice_servers::{IceServerList, Own};
use crate::kept_files::KeptFiles;
use crate::lookups::Lookups;
use crate::media::{Media, public_address};
use crate::metered_storage::MeteredStorage;
use crate::metrics::{LogCounts, Metrics};
use crate::nodes::{Cluster, ClusterSecret, Effect, SharedLimit};
use crate::page_files::PageFiles;
use crate::passwords::Passwords;
use crate::port_mux::PortMux;
use crate::push::{Notices, Push};
use crate::rate_limit::{ByteRate, SharedAddressRate, SharedRate};
use crate::recordings::{Inboxes, Recordings};
use crate::refusals::Refusals;
use crate::rings::{RingRates, RingsHandle};
use crate::rooms::{self, REMEMBERED_FOR, RoomFigures, Rooms, RoomsInit};
use crate::tls::{CertificateEnd, Tls};
use crate::tls_name::TlsName;
use crate::tokens::Tokens;
use crate::traces::{JoinTraces, Traces};
use crate::turn_servers::TurnServers;
use crate::usage::Usage;
use crate::version::VERSION;
use crate::wrong_passwords::WrongPasswords;
use crate::{builds, revocations, tasks, usage};

/// The server's shared state; a clone is another handle to the same.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What the state consists of; its parts are the server's own.
pub struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) build: Build,
    pub(crate) kept_files: KeptFiles,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) rooms: Rooms,
    /// Where this server is one of several.
    pub(crate) cluster: Option<Cluster>,
    /// What the cluster wants of this server, until somebody carries it out.
    pub(crate) cluster_effects: Mutex<Option<EffectsReceiver>>,
    /// Why this server's part in its cluster is over, once it is.
    pub(crate) left_cluster: watch::Sender<Option<StopReason>>,
    pub(crate) rings: RingsHandle,
    pub(crate) ring_rates: RingRates,
    /// Where the rings' task says whom nobody is there for.
    pub(crate) notices: Notices,
    /// Where the operator has turned it on.
    pub(crate) push: Option<Push>,
    pub(crate) media: Media,
    pub(crate) recordings: Recordings,
    pub(crate) database: DatabaseHealth,
    pub(crate) admin_sessions: KnownSessions,
    pub(crate) ice_servers: IceServerList,
    pub(crate) room_rate: SharedAddressRate,
    pub(crate) lookups: Lookups,
    pub(crate) refused_connections: Mutex<Refusals>,
    pub(crate) wrong_passwords: WrongPasswords,
    /// The names that this server is reached under with TLS, once somebody has come in the clear.
    pub(crate) https_names: OnceLock<Vec<TlsName>>,
    pub(crate) chat_rate: ByteRate,
    pub(crate) metrics: Metrics,
    pub(crate) joins: JoinTraces,
    /// When the certificate that is shown ends.
    pub(crate) certificate_end: Arc<CertificateEnd>,
    /// What the log has left out, once it is known which log is this server's.
    pub(crate) log: OnceLock<LogCounts>,
    /// Of API keys, by their id.
    pub(crate) key_rate: SharedRate,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Sender<bool>,
    /// No other server uses the folder and the database.
    locks: Locks,
}

/// What the cluster wants of this server.
type EffectsReceiver = mpsc::UnboundedReceiver<Effect>;

/// Who is told how the server is.
struct Watching {
    metrics: Metrics,
    joins: JoinTraces,
}

/// What says that folder and database are this server's.
struct Locks {
    folder: FolderLock,
    database: Option<DatabaseLock>,
}

impl Locks {
    async fn take(config: &Config) -> anyhow::Result<Self> {
        let folder = FolderLock::take(&config.storage.data)?;
        let postgres = &config.storage.postgres;
        let sharing = if config.cluster.is_on() { Sharing::Shared } else { Sharing::Alone };
        let database =
            if postgres.is_empty() { None } else { Some(DatabaseLock::take(postgres, sharing).await?) };
        Ok(Self { folder, database })
    }
}

fn ice_servers(config: &Config, clock: Clock, media: &Media, tokens: &Tokens) -> IceServerList {
    let own = Own {
        addresses: media.relay_addresses().to_vec(),
        secret: tokens.relay_secret().clone(),
        front: OnceLock::new(),
    };
    IceServerList::new(clock, own, TurnServers::start(&config.turn), config.relay.credential_seconds())
}

/// With the key of the data folder, or with that of the cluster.
fn tokens(config: &Config, clock: Clock) -> anyhow::Result<Tokens> {
    if config.cluster.is_on() {
        return Ok(Tokens::with_key(&ClusterSecret::of(&config.cluster).signing_key(), clock));
    }
    let data = &config.storage.data;
    Tokens::open(data, clock).with_context(|| format!("cannot use the signing key in {}", data.display()))
}

/// The database that the configuration names, with its tables as this version has them.
///
/// # Errors
///
/// When it cannot be used.
pub async fn open_storage(config: &Config) -> anyhow::Result<SqlStorage> {
    let data = &config.storage.data;
    if config.storage.postgres.is_empty() {
        Ok(SqlStorage::sqlite(data).await?)
    } else {
        Ok(SqlStorage::postgres(&config.storage.postgres).await?)
    }
}

/// A room that is to be deleted when it is empty stays at the most so long.
const LEFT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a direct call is in the histories of its two people.
const CALLS_KEPT_FOR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long totals of usage are kept.
const USAGE_KEPT_FOR: Duration = Duration::from_secs(800 * 24 * 60 * 60);

/// How often rooms that nobody uses are looked for.
const CLEAN_EVERY: Duration = Duration::from_secs(60 * 60);

impl AppState {
    /// The state of a server that starts now.
    ///
    /// # Errors
    ///
    /// When settings contradict each other, or the data directory or the database cannot be used.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        Self::open_traced(config, &Traces::default()).await
    }

    /// The same, with somebody who is told of ways into rooms.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub async fn open_traced(config: Config, traces: &Traces) -> anyhow::Result<Self> {
        config.check().context("invalid configuration")?;
        let locks = Locks::take(&config).await?;
        let storage = Arc::new(open_storage(&config).await?);
        let clock = Clock::start();
        let cluster = if config.cluster.is_on() {
            Some(Cluster::start(&config.cluster, clock, Arc::clone(&storage) as _)?)
        } else {
            None
        };
        let metrics = Metrics::new();
        let storage = Arc::new(MeteredStorage::new(storage, metrics.clone()));
        let watching = Watching { metrics, joins: traces.joins() };
        Self::with_storage(config, clock, storage, (watching, cluster), locks).await
    }

    /// Waits for the STUN servers that the configuration names.
    async fn with_storage(
        mut config: Config,
        clock: Clock,
        storage: Arc<dyn Storage>,
        (Watching { metrics, joins }, cluster): (Watching, Option<(Cluster, EffectsReceiver)>),
        locks: Locks,
    ) -> anyhow::Result<Self> {
        // Leptos renders on the runtime it is given; a second server in the same process finds it set already.
        _ = any_spawner::Executor::init_tokio();
        let (cluster, effects) = cluster.unzip();
        config.keep_to_roles();
        let tokens = tokens(&config, clock)?;
        let seen = public_address::find(&config).await;
        let stun_servers = public_address::asked(&config).to_vec();
        let inboxes = Inboxes::default();
        let (media, news) = Media::start(&config, &seen, tokens.relay_secret(), &joins, &inboxes)?;
        let recordings = Recordings::open(
            (&config.recording, &config.storage.data, cluster.is_some()),
            clock,
            Arc::clone(&storage),
            (&media, inboxes),
            &metrics,
        );
        let left_over = recordings.clone();
        tasks::spawn(async move { left_over.clean_up().await });
        let ice_servers = ice_servers(&config, clock, &media, &tokens);
        let init = RoomsInit {
            clock,
            storage: Arc::clone(&storage),
            tokens: tokens.clone(),
            ice_servers: ice_servers.clone(),
            media: media.clone(),
            recordings: recordings.clone(),
            metrics: metrics.clone(),
            joins: joins.clone(),
            cluster: cluster.clone(),
        };
        let rooms = Rooms::new(init, &config, rooms::run);
        tasks::spawn(rooms.clone().pass_on(news));
        let (push, notices) = Push::start(&config, clock, Arc::clone(&storage), &metrics)?;
        let rings = RingsHandle::idle();
        if cluster.is_none() {
            rings.begin(clock, Arc::clone(&storage), rooms.clone(), notices.clone(), &mut None).await?;
        }
        let limits = &config.limits;
        let new_rooms = SharedLimit::new("rooms", limits.rooms_at_once, limits.rooms_per_minute);
        let of_keys = SharedLimit::new("keys", limits.requests_at_once, limits.requests_per_minute);
        let state = Self(Arc::new(Shared {
            passwords: rooms.passwords(),
            rooms,
            cluster: cluster.clone(),
            cluster_effects: Mutex::new(effects),
            left_cluster: watch::Sender::new(None),
            rings,
            notices,
            push,
            ring_rates: RingRates::new(limits, cluster.as_ref()),
            media,
            recordings,
            database: DatabaseHealth::default(),
            admin_sessions: KnownSessions::default(),
            ice_servers,
            clock,
            storage,
            build: Build::of(PageFiles::of(&config.server.site)).with_cdn(&config.server.assets),
            kept_files: KeptFiles::default(),
            tokens,
            room_rate: SharedAddressRate::new(new_rooms, cluster.clone()),
            lookups: Lookups::new(limits, cluster.as_ref()),
            refused_connections: Mutex::default(),
            wrong_passwords: WrongPasswords::new(limits, cluster.as_ref()),
            https_names: OnceLock::new(),
            chat_rate: ByteRate::new(limits.chat_kib_at_once, limits.chat_kib_per_minute),
            key_rate: SharedRate::new(of_keys, cluster.clone()),
            metrics,
            joins,
            certificate_end: Arc::default(),
            log: OnceLock::new(),
            stopping: watch::Sender::new(false),
            locks,
            config,
        }));
        state.begin_to_watch();
        tasks::spawn(public_address::watch(Arc::downgrade(&state.0), stun_servers, seen));
        Ok(state)
    }

    /// What is done again and again for as long as there is a server.
    fn begin_to_watch(&self) {
        tracing::info!(version = VERSION, build = self.build.id(), "Veranda starts");
        tasks::spawn(clean(Arc::downgrade(&self.0)));
        tasks::spawn(builds::keep(self.build.clone(), Arc::clone(&self.storage), self.clock.wall()));
        tasks::spawn(usage::watch(Arc::downgrade(&self.0)));
        tasks::spawn(watch_lock(Arc::downgrade(&self.0)));
        tasks::spawn(revocations::watch(Arc::downgrade(&self.0)));
    }

    /// Where connections are taken: for pages, and for the relay.
    ///
    /// # Errors
    ///
    /// When the certificate that the configuration asks for cannot be had.
    pub fn open_front(&self, listener: TcpListener) -> anyhow::Result<PortMux> {
        let tls = Tls::open(&self.config, &self.certificate_end)?;
        if let Some(port) = FrontPort::of(&listener, &self.config, self.media.relay_addresses())? {
            self.ice_servers.opened(port);
        }
        Ok(PortMux::new(listener, tls, self.media.clone(), self.config.clone()))
    }

    /// Which log is this server's, for whoever asks what was left out of it.
    pub fn set_log(&self, log: LogCounts) {
        _ = self.log.set(log);
    }

    /// Tells every connection that the server stops, and waits until they are closed, for three seconds at the most; then
    /// until everything is kept.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        _ = tokio::time::timeout(Duration::from_secs(3), self.stopping.closed()).await;
        _ = tokio::time::timeout(Duration::from_secs(3), self.recordings.stop()).await;
        _ = tokio::time::timeout(Duration::from_secs(3), self.rooms.flush()).await;
        _ = tokio::time::timeout(Duration::from_secs(3), self.rings.flush()).await;
        self.rooms.usage().keep(&*self.storage).await;
    }

    /// Makes every thread that forwards media panic, for tests of what happens then. No optimised server has this.
    #[cfg(debug_assertions)]
    pub fn panic_media(&self) {
        self.media.panic();
    }

    /// Makes the task of the rings fail, for tests of what happens then. No optimised server has this.
    #[cfg(debug_assertions)]
    pub async fn panic_rings(&self) {
        self.rings.panic().await;
    }

    /// Has the rooms of rings that are over go at once, for tests that do not wait for that. No optimised server has this.
    #[cfg(debug_assertions)]
    pub async fn clear_rooms_of_rings(&self) {
        self.rings.clear_rooms().await;
    }

    /// The same as [`Self::panic_media`], whenever SIGUSR2 comes.
    #[cfg(all(unix, debug_assertions))]
    pub fn panic_media_on_signal(&self) {
        use tokio::signal::unix::{SignalKind, signal};
        let state = Arc::downgrade(&self.0);
        tasks::spawn(async move {
            let Ok(mut asked) = signal(SignalKind::user_defined2()) else { return };
            while asked.recv().await.is_some()
                && let Some(state) = state.upgrade()
            {
                state.media.panic();
            }
        });
    }
}

impl AppState {
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// Deletes what nobody has used for a long time, as long as there is a server.
async fn clean(state: std::sync::Weak<Shared>) {
    loop {
        tokio::time::sleep(CLEAN_EVERY).await;
        let Some(state) = state.upgrade() else { return };
        // Of several nodes one cleans: that which has the rings.
        if !state.rings.is_here() {
            continue;
        }
        if let Err(error) = clean_once(&state).await {
            tracing::error!(%error, "what is too old could not be deleted");
        }
        builds::keep(state.build.clone(), Arc::clone(&state.storage), state.clock.wall()).await;
    }
}

/// By a time that does not leap: a clock that is months ahead for an hour deletes nothing.
async fn clean_once(state: &Shared) -> Result<(), StorageError> {
    let wall = state.clock.wall();
    let today = state.storage.retention_time(wall, CLEAN_EVERY).await?;
    if today.until(wall) > DAY {
        let days = today.until(wall).as_secs() / DAY.as_secs();
        tracing::warn!(
            days,
            "the clock is ahead of the time that this server has run; what is old is deleted later"
        );
    }
    let before = |age: Duration| before(today, age);
    // What one of them does not get done, the next ones do all the same.
    let rooms = clean_rooms(state, today).await;
    let builds = state.storage.forget_builds(before(builds::KEPT_FOR), builds::MOST_KEPT).await;
    let keyrings = state.storage.delete_unused_keyrings(before(crate::browser::KEPT_FOR)).await;
    let chat = clean_chat(state, today).await;
    let calls = state.storage.delete_calls(before(CALLS_KEPT_FOR)).await;
    let identities = state.storage.forget_identities(before(crate::browser::KEPT_FOR)).await;
    let recordings = state.recordings.delete_old(today).await;
    let usage = state.storage.forget_usage(before(USAGE_KEPT_FOR)).await;
    let admins = state.storage.forget_admins(wall).await;
    builds?;
    admins?;
    recordings?;
    usage?;
    keyrings?;
    calls?;
    identities?;
    rooms.and(chat)
}

/// Rooms that nobody uses, and those that the server's end kept from being deleted when they were left.
async fn clean_rooms(state: &Shared, today: Timestamp) -> Result<(), StorageError> {
    for code in state.storage.left_rooms(before(today, LEFT_FOR)).await? {
        if matches!(state.rooms.present(code).await, Ok(0)) {
            state.rooms.delete(code).await?;
        }
    }
    let unused = before(today, days(state.config.rooms.unused_days));
    let rooms = state.storage.delete_unused(unused, before(today, REMEMBERED_FOR)).await?;
    if rooms > 0 {
        tracing::info!(rooms, "rooms that no one used were deleted");
    }
    Ok(())
}

async fn clean_chat(state: &Shared, today: Timestamp) -> Result<(), StorageError> {
    let chat_days = state.config.rooms.chat_days;
    if chat_days > 0 {
        let messages = state.storage.delete_chat(before(today, days(chat_days))).await?;
        if messages > 0 {
            tracing::info!(messages, "old chat was deleted");
        }
    }
    Ok(())
}

fn before(today: Timestamp, age: Duration) -> Timestamp {
    Timestamp(today.0.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)))
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn days(number: u64) -> Duration {
    Duration::from_secs(number.saturating_mul(DAY.as_secs()))
}

/// How often it is looked whether the database is still locked for this server.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Locks the database again when its connection broke, as when it was started anew.
async fn watch_lock(state: std::sync::Weak<Shared>) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(state) = state.upgrade() else { return };
        let Some(lock) = &state.locks.database else { return };
        let renewed = lock.renew(&state.config.storage.postgres).await;
        state.database.note_lock(renewed.is_ok());
        if let Err(error) = renewed {
            tracing::error!(%error, "the database is not locked for this server any more");
        }
    }
}

impl Shared {
    /// Leaves a line in the data folder for `veranda drain`, which waits for it.
    pub(crate) fn note(&self, line: &str) {
        if let Err(error) = self.locks.folder.note(line) {
            tracing::warn!(%error, "how far a drain is could not be noted in the data folder");
        }
    }
}

impl usage::Counted for Shared {
    fn usage(&self) -> &Usage {
        self.rooms.usage()
    }

    fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    fn figures(&self) -> Vec<(RoomCode, RoomFigures)> {
        self.rooms.all_running().iter().map(|handle| (handle.code(), handle.figures())).collect()
    }
}

impl revocations::Rooted for Shared {
    fn storage(&self) -> &dyn Storage {
        &*self.storage
    }

    fn rooms(&self) -> &Rooms {
        &self.rooms
    }
}
