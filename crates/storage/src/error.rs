//! What can go wrong, in words for whoever runs the server.

use std::path::Path;

use sqlx::migrate::MigrateError;

/// Why something was not kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database does not answer, is locked, or its disk is full. Trying again may help.
    #[error("the database cannot be used: {0}")]
    Unavailable(#[from] sqlx::Error),
    /// The database was not reached at start.
    #[error(
        "the PostgreSQL server at {location} cannot be used: {reason}; check that it runs, that [storage] postgres names its address, \
         user, password and database, and that a firewall lets this machine in"
    )]
    OutOfReach {
        /// Host, port and database.
        location: String,
        /// What the connection said.
        reason: String,
    },
    /// The file is damaged, or is no database.
    #[error(
        "{location} is damaged, or not a database of Veranda ({reason}); stop the server, move the file and the ones beside it \
         (-wal, -shm) away, and put a copy from before in their place, or start without one"
    )]
    Damaged {
        /// The file.
        location: String,
        /// What SQLite said.
        reason: String,
    },
    /// The tables are those of a later version.
    #[error(
        "{location} was used by a newer version of Veranda (it has step {step}, which this version does not know); start that \
         version again, or put a copy from before in its place"
    )]
    Newer {
        /// The file or the database.
        location: String,
        /// The number of the step.
        step: i64,
    },
    /// A change of the tables began and did not end.
    #[error(
        "a change of the tables of {location} was interrupted (step {step}); put a copy from before in its place and start again: the \
         change is then made anew"
    )]
    Interrupted {
        /// The file or the database.
        location: String,
        /// The number of the step.
        step: i64,
    },
    /// The tables could not be made or changed at start.
    #[error("the tables of {location} cannot be brought up to date: {reason}")]
    Migration {
        /// The file or the database.
        location: String,
        /// What the database said.
        reason: String,
    },
    /// The data directory cannot be used.
    #[error(
        "the folder {location} cannot be used: {reason}; give it to whom the server runs as, or set [storage] data to another one"
    )]
    Directory {
        /// The folder.
        location: String,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A copy could not be written.
    #[error("{0}")]
    NotCopied(std::io::Error),
    /// What is to be written before was not written in time.
    #[error("what is to be kept could not be written yet")]
    Behind,
    /// Another server has it.
    #[error(
        "{0} is used by another Veranda that runs; stop that one, or give this one a folder (and a database) of its own: \
         [storage] data and postgres; where it is to be one of several nodes, give it the others' [cluster] secret"
    )]
    InUse(String),
    /// There is one already.
    #[error("there is one already")]
    Exists,
    /// Somebody with a newer token owns the room: nothing was changed, and whoever wrote has lost it.
    #[error("another server owns the room now")]
    Fenced,
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

    pub(crate) fn directory(folder: &Path, reason: std::io::Error) -> Self {
        Self::Directory { location: folder.display().to_string(), reason }
    }

    /// From tables that could not be brought up to date.
    pub(crate) fn of_migration(location: &str, error: &MigrateError) -> Self {
        let location = location.to_owned();
        if let MigrateError::VersionMissing(step)
        | MigrateError::VersionTooNew(step, _)
        | MigrateError::VersionMismatch(step) = error
        {
            return Self::Newer { location, step: *step };
        }
        if let MigrateError::Dirty(step) = error {
            return Self::Interrupted { location, step: *step };
        }
        let reason = error.to_string();
        if is_damage(&reason) {
            Self::Damaged { location, reason }
        } else {
            Self::Migration { location, reason }
        }
    }

    /// From a file that could not be opened.
    pub(crate) fn of_file(file: &Path, error: sqlx::Error) -> Self {
        let reason = error.to_string();
        if is_damage(&reason) {
            Self::Damaged { location: file.display().to_string(), reason }
        } else {
            Self::Unavailable(error)
        }
    }

    /// Whether it is no failure but says how things are: the caller asked for what cannot be.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Exists | Self::Changed | Self::Fenced)
    }

    /// Whether the database works and will never take this: trying again cannot help. Data that a type does not hold
    /// (SQLSTATE class 22), or that breaks a rule of the tables (23).
    pub fn is_final(&self) -> bool {
        let Self::Unavailable(error) = self else {
            return matches!(self, Self::Unreadable(_) | Self::Exists | Self::Fenced);
        };
        let code = error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
        code.is_some_and(|code| code.len() == 5 && (code.starts_with("22") || code.starts_with("23")))
    }
}

/// `SQLITE_NOTADB` and `SQLITE_CORRUPT` in SQLite's words.
fn is_damage(reason: &str) -> bool {
    reason.contains("file is not a database") || reason.contains("malformed")
}
