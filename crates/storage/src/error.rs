//! What can go wrong.

/// Why something was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database does not answer, is locked, or its disk is full. Trying again may help.
    #[error("the database cannot be used: {0}")]
    Unavailable(#[from] sqlx::Error),
    /// The tables could not be made or changed at start.
    #[error("the tables cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The data directory cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Directory(#[from] std::io::Error),
    /// There is one already.
    #[error("there is one already")]
    Exists,
    /// Somebody else changed it first.
    #[error("it was changed in the meantime")]
    Changed,
    /// What is in the table is nothing that this program wrote.
    #[error("the {0} of a row cannot be read")]
    Unreadable(&'static str),
}

impl StorageError {
    /// From a failed insert.
    pub(crate) fn of_insert(error: sqlx::Error) -> Self {
        let exists = error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation);
        if exists { Self::Exists } else { Self::Unavailable(error) }
    }
}
