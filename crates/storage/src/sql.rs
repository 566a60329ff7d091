//! The connection pool, which speaks to either database with the same statements.

use std::path::Path;

use sqlx::AnyPool;
use sqlx::any::install_default_drivers;

use crate::{Fence, StorageError, postgres, sqlite};

/// Storage in SQLite or PostgreSQL.
#[derive(Clone, Debug)]
pub struct SqlStorage {
    pub(crate) pool: AnyPool,
    /// How a transaction that writes begins.
    begin: &'static str,
    /// What a `SELECT` ends with whose rows nobody else may change before the transaction ends.
    pub(crate) lock_rows: &'static str,
    /// The token with which the rings are owned, where several servers could own them.
    pub(crate) rings_fence: Option<Fence>,
}

impl SqlStorage {
    /// Opens, and makes when there is none, the file `veranda.sqlite` in a folder.
    ///
    /// # Errors
    ///
    /// When the folder or the file cannot be used, or holds something else.
    pub async fn sqlite(folder: &Path) -> Result<Self, StorageError> {
        install_default_drivers();
        // SQLite can tell only at the first write that somebody else writes; a transaction that begins with the write
        // lock waits its turn instead of failing.
        let location = sqlite::file(folder).display().to_string();
        let pool = sqlite::pool(folder).await?;
        Self { pool, begin: "BEGIN IMMEDIATE", lock_rows: "", rings_fence: None }.migrated(&location).await
    }

    /// Connects to a PostgreSQL database, `postgres://user:password@host/database`.
    ///
    /// # Errors
    ///
    /// When it does not answer, or refuses.
    pub async fn postgres(url: &str) -> Result<Self, StorageError> {
        install_default_drivers();
        let pool = postgres::pool(url).await?;
        let location = format!("the database at {}", postgres::location(url));
        Self { pool, begin: "BEGIN", lock_rows: " FOR NO KEY UPDATE", rings_fence: None }
            .migrated(&location)
            .await
    }

    async fn migrated(self, location: &str) -> Result<Self, StorageError> {
        sqlx::migrate!()
            .run(&self.pool)
            .await
            .map_err(|error| StorageError::of_migration(location, &error))?;
        Ok(self)
    }

    /// A transaction that will write.
    pub(crate) async fn writing(&self) -> Result<sqlx::Transaction<'static, sqlx::Any>, StorageError> {
        Ok(self.pool.begin_with(self.begin).await?)
    }

    /// Closes every connection; what is under way is finished first.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
