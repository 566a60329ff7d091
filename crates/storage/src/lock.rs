//! One server at a time: two that number the chat of the same room would each overwrite what the other has acknowledged.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection, Row};
use tokio::sync::Mutex;

use crate::StorageError;

/// The file whose lock says that a server uses the folder. Which process that is stands in it, and what it notes; it stays when the server ends.
const FILE: &str = "veranda.lock";

/// Says that a database is used by a server; any number that nobody else locks.
const DATABASE_KEY: i64 = 0x0056_6572_616e_6461; // "Veranda"

/// A data folder that belongs to this process, until the lock is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock(File);

/// Which process has a data folder, or had it last, and what it has noted since it took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderHolder {
    /// Its number.
    pub pid: i32,
    /// What it has noted, in order.
    pub notes: Vec<String>,
}

/// A PostgreSQL database that belongs to this process, or to the nodes of its cluster, as long as its connection lasts.
#[derive(Debug)]
pub struct DatabaseLock {
    connection: Mutex<AnyConnection>,
    sharing: Sharing,
}

/// Who else may use a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody.
    Alone,
    /// Others that share it, too: what each may write is decided by who owns what.
    Shared,
}

impl FolderLock {
    /// Takes the folder, which is made when there is none.
    ///
    /// # Errors
    ///
    /// [`StorageError::InUse`] when another process has it.
    pub fn take(folder: &Path) -> Result<Self, StorageError> {
        let failed = |error| StorageError::directory(folder, error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(FILE);
        crate::sqlite::make(&path).map_err(failed)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                file.set_len(0).map_err(failed)?;
                let lock = Self(file);
                lock.note(&std::process::id().to_string()).map_err(failed)?;
                Ok(lock)
            }
            Err(rustix::io::Errno::WOULDBLOCK) => Err(StorageError::InUse(folder.display().to_string())),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// Leaves a line for whoever looks at the folder.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn note(&self, line: &str) -> std::io::Result<()> {
        let mut file = &self.0;
        file.write_all(format!("{line}\n").as_bytes())
    }

    /// Who has a folder, or had it last; `None` where nobody has taken it yet. Takes nothing.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn holder(folder: &Path) -> std::io::Result<Option<FolderHolder>> {
        let text = match std::fs::read_to_string(folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut lines = text.lines().map(str::to_owned);
        let pid = lines.next().and_then(|line| line.parse().ok());
        Ok(pid.map(|pid| FolderHolder { pid, notes: lines.collect() }))
    }
}

impl FolderHolder {
    /// Whether it has left this line.
    pub fn has_noted(&self, line: &str) -> bool {
        self.notes.iter().any(|note| note == line)
    }

    /// Whether that process has the folder now, so that nobody else is taken for it who got its number.
    pub fn is_there(&self, folder: &Path) -> bool {
        let Ok(lock) = folder.join(FILE).canonicalize() else { return false };
        let Ok(open) = std::fs::read_dir(format!("/proc/{}/fd", self.pid)) else { return false };
        open.filter_map(Result::ok).any(|file| file.path().read_link().is_ok_and(|path| path == lock))
    }
}

impl DatabaseLock {
    /// Takes the database.
    ///
    /// # Errors
    ///
    /// [`StorageError::InUse`] when another server has it.
    pub async fn take(url: &str, sharing: Sharing) -> Result<Self, StorageError> {
        install_default_drivers();
        Ok(Self { connection: Mutex::new(locked(url, sharing).await?), sharing })
    }

    /// Takes the database again when its connection broke, as when the database was started anew.
    ///
    /// # Errors
    ///
    /// When it cannot be reached, or another server has taken it meanwhile.
    pub async fn renew(&self, url: &str) -> Result<(), StorageError> {
        let mut connection = self.connection.lock().await;
        if connection.ping().await.is_err() {
            *connection = locked(url, self.sharing).await?;
        }
        Ok(())
    }
}

async fn locked(url: &str, sharing: Sharing) -> Result<AnyConnection, StorageError> {
    let mut connection = crate::postgres::connect(url).await?;
    let statement = match sharing {
        Sharing::Alone => "SELECT pg_try_advisory_lock($1) AS taken",
        Sharing::Shared => "SELECT pg_try_advisory_lock_shared($1) AS taken",
    };
    let row = sqlx::query(statement).bind(DATABASE_KEY).fetch_one(&mut connection).await?;
    if row.try_get::<bool, _>("taken")? {
        Ok(connection)
    } else {
        Err(StorageError::InUse(format!("the database at {}", crate::postgres::location(url))))
    }
}
