//! PostgreSQL, by URL.

use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AnyConnection, AnyPool, Connection};

use crate::StorageError;

/// Connections at once, of the hundred that PostgreSQL allows by default to all its clients.
const CONNECTIONS: u32 = 16;

/// How long a request waits for a connection before it fails.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(10);

/// How long a server may take to answer at start. One that is not there says so at once; one behind a firewall says nothing.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn pool(url: &str) -> Result<AnyPool, StorageError> {
    // A pool tries again for a while what can never succeed, and then says only that it has waited.
    connect(url).await?.close().await?;
    let options = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_WITHIN);
    Ok(options.connect(url).await?)
}

/// One connection, or the reason why there is none.
pub(crate) async fn connect(url: &str) -> Result<AnyConnection, StorageError> {
    let failed = |reason| StorageError::OutOfReach { location: location(url), reason };
    match tokio::time::timeout(CONNECT_WITHIN, AnyConnection::connect(url)).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("no answer within {} seconds", CONNECT_WITHIN.as_secs()))),
    }
}

/// Where it is, without user and password.
pub(crate) fn location(url: &str) -> String {
    let Ok(options) = url.parse::<PgConnectOptions>() else {
        return "an address that is none (postgres://user:password@host/database)".to_owned();
    };
    let database = options.get_database().unwrap_or_default();
    format!("{}:{}/{database}", options.get_host(), options.get_port())
}
