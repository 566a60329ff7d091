//! SQLite: one file in the data directory, written ahead (WAL), so that readers never wait for the writer.

use std::path::Path;
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection};

use crate::StorageError;

/// Readers at once. There is one writer at a time in any case.
const CONNECTIONS: u32 = 4;

/// How long a statement waits for a database that somebody else has locked.
const LOCKED_FOR: Duration = Duration::from_secs(5);

/// `FULL` writes the log through to the disk with each commit: what was acknowledged survives a power cut, too. Commits
/// are batched, so that this costs one write for many messages.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;";

pub(crate) async fn pool(folder: &Path) -> Result<AnyPool, StorageError> {
    std::fs::create_dir_all(folder)?;
    let file = folder.join("veranda.sqlite");
    let url = format!("sqlite://{}?mode=rwc", escaped(&file.to_string_lossy()));
    // A pool tries again for a while what can never succeed, and then says only that it has waited.
    let mut first = AnyConnection::connect(&url).await?;
    prepare(&mut first).await?;
    let options = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(LOCKED_FOR * 2)
        .after_connect(|connection, _| Box::pin(prepare(connection)));
    let pool = options.connect(&url).await?;
    first.close().await?;
    Ok(pool)
}

async fn prepare(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let busy = format!("PRAGMA busy_timeout = {};", LOCKED_FOR.as_millis());
    sqlx::raw_sql(sqlx::AssertSqlSafe(busy)).execute(&mut *connection).await?;
    sqlx::raw_sql(PRAGMAS).execute(connection).await?;
    Ok(())
}

/// The characters that mean something in a URL.
fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}
