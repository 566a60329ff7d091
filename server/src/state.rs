//! What every handler has.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use leptos::config::LeptosOptions;
use protocol::Timestamp;
use storage::{SqlStorage, Storage};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Config;
use crate::front::Front;
use crate::front_port::FrontPort;
use crate::ice_servers::{IceServerList, Own};
use crate::lookups::Lookups;
use crate::media::{Media, seen};
use crate::passwords::Passwords;
use crate::rate_limit::{AddressRate, KeyedRate};
use crate::rooms::{REMEMBERED_FOR, Rooms};
use crate::tasks;
use crate::tls::Tls;
use crate::tls_name::TlsName;
use crate::tokens::Tokens;
use crate::turn_servers::TurnServers;
use crate::wrong_passwords::WrongPasswords;

/// The server's shared state; a clone is another handle to the same.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What the state consists of; its parts are the server's own.
pub struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) rooms: Rooms,
    pub(crate) media: Media,
    pub(crate) ice_servers: IceServerList,
    pub(crate) leptos: LeptosOptions,
    pub(crate) room_rate: AddressRate,
    pub(crate) lookups: Lookups,
    pub(crate) wrong_passwords: WrongPasswords,
    /// The names that this server is reached under with TLS, once somebody has come in the clear.
    pub(crate) https_names: OnceLock<Vec<TlsName>>,
    /// Of API keys, by their id.
    pub(crate) key_rate: KeyedRate<String>,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Sender<bool>,
}

/// The database that the configuration names, with its tables as this version has them.
///
/// # Errors
///
/// When it cannot be used.
pub async fn open_storage(config: &Config) -> anyhow::Result<SqlStorage> {
    let data = &config.storage.data;
    if config.storage.postgres.is_empty() {
        SqlStorage::sqlite(data).await.with_context(|| format!("cannot use {}", data.display()))
    } else {
        SqlStorage::postgres(&config.storage.postgres).await.context("cannot use PostgreSQL")
    }
}

/// A room that is to be deleted when it is empty stays at the most so long.
const LEFT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How often rooms that nobody uses are looked for.
const CLEAN_EVERY: Duration = Duration::from_secs(60 * 60);

impl AppState {
    /// The state of a server that starts now.
    ///
    /// # Errors
    ///
    /// When settings contradict each other, or the data directory or the database cannot be used.
    pub async fn open(config: Config) -> anyhow::Result<Self> {
        let storage = Arc::new(open_storage(&config).await?);
        Self::with_storage(config, storage).await
    }

    /// The state of a server with a storage of its own. Waits for the STUN servers that the configuration names.
    ///
    /// # Errors
    ///
    /// When settings contradict each other, or the data directory cannot be used.
    pub async fn with_storage(config: Config, storage: Arc<dyn Storage>) -> anyhow::Result<Self> {
        config.check().context("the configuration cannot be used")?;
        // Leptos renders on the runtime it is given; a second server in the same process finds it set already.
        _ = any_spawner::Executor::init_tokio();
        let leptos = LeptosOptions::builder()
            .output_name("veranda")
            .site_root(config.server.site.to_string_lossy().into_owned())
            .site_addr(config.server.address)
            .build();
        let clock = Clock::start();
        let data = &config.storage.data;
        let tokens = Tokens::open(data, clock)
            .with_context(|| format!("cannot use the signing key in {}", data.display()))?;
        let (seen, stun_servers) = (seen::find(&config).await, seen::asked(&config).to_vec());
        let (media, news) = Media::start(&config, &seen, tokens.relay_secret())?;
        let own = Own {
            addresses: media.relay_addresses().to_vec(),
            secret: tokens.relay_secret().clone(),
            front: OnceLock::new(),
        };
        let ice_servers = IceServerList::new(
            clock,
            own,
            TurnServers::start(&config.turn),
            config.relay.credential_seconds(),
        );
        let rooms = Rooms::new(
            clock,
            Arc::clone(&storage),
            tokens.clone(),
            ice_servers.clone(),
            media.clone(),
            config.room_settings(),
            config.rooms.most,
        );
        tasks::spawn(rooms.clone().pass_on(news));
        let limits = &config.limits;
        let state = Self(Arc::new(Shared {
            passwords: rooms.passwords(),
            rooms,
            media,
            ice_servers,
            clock,
            storage,
            tokens,
            room_rate: AddressRate::new(limits.rooms_at_once, limits.rooms_per_minute),
            lookups: Lookups::new(limits),
            wrong_passwords: WrongPasswords::new(limits),
            https_names: OnceLock::new(),
            key_rate: KeyedRate::new(limits.requests_at_once, limits.requests_per_minute),
            stopping: watch::Sender::new(false),
            leptos,
            config,
        }));
        tasks::spawn(clean(Arc::downgrade(&state.0)));
        tasks::spawn(seen::watch(Arc::downgrade(&state.0), stun_servers, seen));
        Ok(state)
    }

    /// Where connections are taken: for pages, and for the relay.
    ///
    /// # Errors
    ///
    /// When the certificate that the configuration asks for cannot be had.
    pub fn open_front(&self, listener: TcpListener) -> anyhow::Result<Front> {
        let tls = Tls::open(&self.config)?;
        if let Some(port) = FrontPort::of(&listener, &self.config, self.media.relay_addresses())? {
            self.ice_servers.opened(port);
        }
        Ok(Front::new(listener, tls, self.media.clone(), self.config.clone()))
    }

    /// Tells every connection that the server stops, and waits until they are closed, for three seconds at the most; then
    /// until everything is kept.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        _ = tokio::time::timeout(Duration::from_secs(3), self.stopping.closed()).await;
        _ = tokio::time::timeout(Duration::from_secs(3), self.rooms.flush()).await;
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
        let kept = Duration::from_secs(state.config.rooms.unused_days * 24 * 60 * 60);
        let before = |age: Duration| Timestamp(state.clock.wall().0.saturating_sub(age.as_millis() as u64));
        // Rooms that the server's end kept from being deleted when they were left.
        for code in state.storage.left_rooms(before(LEFT_FOR)).await.unwrap_or_default() {
            if state.rooms.present(code).await == 0 {
                _ = state.rooms.delete(code).await;
            }
        }
        match state.storage.delete_unused(before(kept), before(REMEMBERED_FOR)).await {
            Ok(0) => {}
            Ok(rooms) => tracing::info!(rooms, "rooms that nobody used were deleted"),
            Err(error) => tracing::error!(%error, "unused rooms could not be deleted"),
        }
    }
}
