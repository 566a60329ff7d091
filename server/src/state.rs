//! What every handler has.

use std::sync::Arc;

use leptos::config::LeptosOptions;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::Config;
use crate::rate_limit::AddressRate;
use crate::rooms::Rooms;

/// The server's shared state; a clone is another handle to the same.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What the state consists of; its parts are the server's own.
pub struct Shared {
    pub(crate) config: Config,
    pub(crate) rooms: Rooms,
    pub(crate) leptos: LeptosOptions,
    pub(crate) room_rate: AddressRate,
    pub(crate) join_rate: AddressRate,
    /// Becomes true when the server stops.
    pub(crate) stopping: watch::Sender<bool>,
}

impl AppState {
    /// The state of a server that starts now.
    pub fn new(config: Config) -> Self {
        // Leptos renders on the runtime it is given; a second server in the same process finds it set already.
        _ = any_spawner::Executor::init_tokio();
        let leptos = LeptosOptions::builder()
            .output_name("veranda")
            .site_root(config.server.site.to_string_lossy().into_owned())
            .site_addr(config.server.address)
            .build();
        let limits = &config.limits;
        Self(Arc::new(Shared {
            rooms: Rooms::new(Clock::start(), config.room_settings(), config.rooms.most),
            room_rate: AddressRate::new(limits.rooms_at_once, limits.rooms_per_minute),
            join_rate: AddressRate::new(limits.joins_at_once, limits.joins_per_minute),
            stopping: watch::Sender::new(false),
            leptos,
            config,
        }))
    }

    /// Tells every connection that the server stops, and waits until they are closed, for three seconds at the most.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        _ = tokio::time::timeout(std::time::Duration::from_secs(3), self.stopping.closed()).await;
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
