//! SQLite: one file in the data directory, written ahead (WAL), so that readers never wait for the writer.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
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
    std::fs::create_dir_all(folder).map_err(|error| StorageError::directory(folder, error))?;
    let file = file(folder);
    make(&file).map_err(|error| StorageError::directory(folder, error))?;
    let url = format!("sqlite://{}?mode=rwc", escaped(&file.to_string_lossy()));
    // A pool tries again for a while what can never succeed, and then says only that it has waited.
    let failed = |error| StorageError::of_file(&file, error);
    let mut first = AnyConnection::connect(&url).await.map_err(failed)?;
    prepare(&mut first).await.map_err(failed)?;
    let options = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(LOCKED_FOR * 2)
        .after_connect(|connection, _| Box::pin(prepare(connection)))
        // When the disk is full SQLite ends a transaction by itself, and sqlx thinks for ever that it is in one.
        .before_acquire(|connection, _| {
            let is_idle = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_idle) })
        });
    let pool = options.connect(&url).await?;
    first.close().await?;
    Ok(pool)
}

/// Where the database is.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("veranda.sqlite")
}

/// Makes the file, when there is none, for its owner alone: names and messages are in it. SQLite gives the files beside it the
/// same rights.
pub(crate) fn make(file: &Path) -> io::Result<()> {
    open(OpenOptions::new().append(true).create(true), file)
}

/// The same, and an error when there is one.
pub(crate) fn make_new(file: &Path) -> io::Result<()> {
    open(OpenOptions::new().write(true).create_new(true), file)
}

fn open(options: &mut OpenOptions, file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(file).map(drop)
}

async fn prepare(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let busy = format!("PRAGMA busy_timeout = {};", LOCKED_FOR.as_millis());
    sqlx::raw_sql(sqlx::AssertSqlSafe(busy)).execute(&mut *connection).await?;
    sqlx::raw_sql(PRAGMAS).execute(connection).await?;
    Ok(())
}

/// The characters that mean something in a URL.
pub(crate) fn escaped(path: &str) -> String {
    path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use protocol::{RoomCode, Timestamp};

    use crate::{AuditEvent, AuditFilter, AuditRepository as _, Change, Journal as _, SqlStorage};

    #[tokio::test]
    async fn a_disk_that_was_full_is_written_to_again_when_it_has_room() {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqlStorage::sqlite(folder.path()).await.unwrap();
        storage.keep(&[event(0, 10)]).await.unwrap();

        limit(&storage, 1).await; // SQLite takes the pages there are as the least.
        assert!(storage.keep(&[event(1, 100_000)]).await.is_err());
        limit(&storage, 1_000_000).await;
        for number in 2..10 {
            storage.keep(&[event(number, 100_000)]).await.unwrap();
        }

        let kept = storage.audit_events(&AuditFilter::default(), 99).await.unwrap();
        let kept: Vec<_> = kept.iter().map(|event| event.at.0).collect();
        assert_eq!(kept, [9, 8, 7, 6, 5, 4, 3, 2, 0]);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_but_the_owner_reads_the_files() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let _lock = crate::FolderLock::take(folder.path()).unwrap();
        let storage = SqlStorage::sqlite(folder.path()).await.unwrap();
        storage.keep(&[event(0, 10)]).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 4, "the lock, the database, its log and the log's index: {files:?}");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }

    /// How many pages the file may have, which is known to a connection, and not to the file.
    async fn limit(storage: &SqlStorage, pages: u32) {
        let mut connections = Vec::new();
        for _ in 0..super::CONNECTIONS {
            let mut connection = storage.pool.acquire().await.unwrap();
            let pragma = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            sqlx::raw_sql(pragma).execute(&mut *connection).await.unwrap();
            connections.push(connection);
        }
    }

    fn event(number: u64, length: usize) -> Change {
        Change::Audit(AuditEvent {
            id: number.to_string(),
            at: Timestamp(number),
            room: Some(RoomCode::from_random(1)),
            actor: "x".repeat(length),
            action: "nothing".into(),
            subject: None,
        })
    }
}
