//! PostgreSQL, by URL.

use std::time::Duration;

use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;

use crate::StorageError;

/// Connections at once, of the hundred that PostgreSQL allows by default to all its clients.
const CONNECTIONS: u32 = 16;

/// How long a request waits for a connection before it fails.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(10);

pub(crate) async fn pool(url: &str) -> Result<AnyPool, StorageError> {
    let options = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_WITHIN);
    Ok(options.connect(url).await?)
}
