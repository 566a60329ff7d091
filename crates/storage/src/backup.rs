//! A copy of a SQLite database while others write to it, and the way back. Its files must not be copied one by one: what was written
//! last is in the log beside it, and a copy of the one without the other is damaged or empty.

use std::io;
use std::path::{Path, PathBuf};

use sqlx::{AnyConnection, Connection, Row};

use crate::sqlite::{escaped, file as database_file, make_new};
use crate::{FolderLock, SqlStorage, StorageError};

/// Writes a whole copy of the database in `folder` to `file`, for its owner alone.
///
/// # Errors
///
/// When there is no database, when the file is there already or cannot be written, when the disk is full. A copy that is not
/// whole is not left behind.
pub async fn back_up(folder: &Path, file: &Path) -> Result<(), StorageError> {
    let database = database_file(folder);
    if !database.is_file() {
        let text = format!("there is no database in {}", folder.display());
        return Err(StorageError::NotCopied(io::Error::new(io::ErrorKind::NotFound, text)));
    }
    let connection = connect(&database, "rw").await?;
    copy(connection, file).await
}

/// Makes the copy in `file` the database of `folder`, for a server that is started then, of the version that the copy is of or a newer one.
///
/// # Errors
///
/// When a server uses the folder, when there is a database in it or a part of one, when the file is no whole copy or of a newer version,
/// when the disk is full. What is no use is not left behind.
pub async fn restore(file: &Path, folder: &Path) -> Result<(), StorageError> {
    let refused = |kind, text: String| StorageError::NotCopied(io::Error::new(kind, text));
    let database = database_file(folder);
    let _lock = FolderLock::take(folder)?;
    for part in parts(&database) {
        if part.exists() {
            let text = format!("{} is there already: move it away first", part.display());
            return Err(refused(io::ErrorKind::AlreadyExists, text));
        }
    }
    let no_backup =
        || refused(io::ErrorKind::InvalidData, format!("{} is no backup of Veranda", file.display()));
    if !file.is_file() {
        return Err(refused(io::ErrorKind::NotFound, format!("there is no {}", file.display())));
    }
    let mut connection = connect(file, "ro").await.map_err(|_| no_backup())?;
    let row = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await;
    let is_whole = row.and_then(|row| row.try_get::<String, _>(0)).is_ok_and(|said| said == "ok");
    let is_ours = sqlx::query("SELECT 1 FROM rooms LIMIT 1").fetch_optional(&mut connection).await.is_ok();
    if !is_whole || !is_ours {
        return Err(no_backup());
    }
    copy(connection, &database).await?;
    // A server would find out only when it starts.
    if let Err(error) = SqlStorage::sqlite(folder).await {
        for part in parts(&database).iter().filter(|part| part.exists()) {
            std::fs::remove_file(part).map_err(StorageError::NotCopied)?;
        }
        return Err(error);
    }
    Ok(())
}

/// The database, and what SQLite has beside it while it is open.
fn parts(database: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

async fn connect(database: &Path, mode: &str) -> Result<AnyConnection, sqlx::Error> {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(&format!("sqlite://{}?mode={mode}", escaped(&database.to_string_lossy()))).await
}

async fn copy(mut connection: AnyConnection, file: &Path) -> Result<(), StorageError> {
    let failed = StorageError::NotCopied;
    // SQLite writes into a file that is empty, and refuses one that is not. Nothing that is there is written to, nor what a link leads to.
    make_new(file).map_err(|error| {
        let is_there = error.kind() == io::ErrorKind::AlreadyExists;
        let text = format!("{} is there already", file.display());
        failed(if is_there { io::Error::new(error.kind(), text) } else { error })
    })?;
    let copied = sqlx::query("VACUUM INTO $1")
        .bind(file.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await;
    connection.close().await?;
    if let Err(error) = copied {
        std::fs::remove_file(file).map_err(failed)?;
        return Err(error.into());
    }
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol::{RoomCode, Timestamp};

    use super::*;
    use crate::{AuditEvent, AuditFilter, AuditRepository as _, Change, Journal as _, SqlStorage};

    fn event(number: u64) -> Change {
        Change::Audit(AuditEvent {
            id: number.to_string(),
            at: Timestamp(number),
            room: Some(RoomCode::from_random(1)),
            actor: "host".into(),
            action: "nothing".into(),
            subject: None,
        })
    }

    #[tokio::test]
    async fn a_backup_holds_what_is_only_in_the_log_yet_and_a_server_starts_from_it() {
        let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let running = SqlStorage::sqlite(from.path()).await.unwrap();
        running.keep(&[event(1), event(2)]).await.unwrap();
        let file = database_file(to.path());
        back_up(from.path(), &file).await.unwrap();
        running.keep(&[event(3)]).await.unwrap();

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        let restored = SqlStorage::sqlite(to.path()).await.unwrap();
        assert_eq!(restored.audit_events(&AuditFilter::default(), 9).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_backup_overwrites_nothing_and_makes_nothing_up() {
        let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let file = to.path().join("copy.sqlite");
        let error = back_up(from.path(), &file).await.unwrap_err().to_string();
        assert!(error.contains("there is no database"), "{error}");
        assert!(!file.exists());
        let running = SqlStorage::sqlite(from.path()).await.unwrap();
        running.keep(&[event(1)]).await.unwrap();
        std::fs::write(&file, "mine").unwrap();
        let error = back_up(from.path(), &file).await.unwrap_err().to_string();
        assert!(error.contains("is there already"), "{error}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        #[cfg(unix)]
        {
            let [link, nowhere] = ["link.sqlite", "nowhere"].map(|name| to.path().join(name));
            std::os::unix::fs::symlink(&nowhere, &link).unwrap();
            let error = back_up(from.path(), &link).await.unwrap_err().to_string();
            assert!(error.contains("is there already"), "{error}");
            assert!(!nowhere.exists());
        }
    }

    #[tokio::test]
    async fn a_backup_becomes_the_database_of_an_empty_folder_and_of_no_other() {
        let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let copy = from.path().join("copy.sqlite");
        let running = SqlStorage::sqlite(from.path()).await.unwrap();
        running.keep(&[event(1), event(2)]).await.unwrap();
        back_up(from.path(), &copy).await.unwrap();

        let busy = FolderLock::take(to.path()).unwrap();
        let error = restore(&copy, to.path()).await.unwrap_err().to_string();
        assert!(error.contains("is used by another Veranda"), "{error}");
        drop(busy);
        let log = to.path().join("veranda.sqlite-wal");
        std::fs::write(&log, "of another one").unwrap();
        let error = restore(&copy, to.path()).await.unwrap_err().to_string();
        assert!(error.contains("veranda.sqlite-wal is there already"), "{error}");
        std::fs::remove_file(&log).unwrap();

        restore(&copy, to.path()).await.unwrap();
        let restored = SqlStorage::sqlite(to.path()).await.unwrap();
        assert_eq!(restored.audit_events(&AuditFilter::default(), 9).await.unwrap().len(), 2);
        let error = restore(&copy, to.path()).await.unwrap_err().to_string();
        assert!(error.contains("is there already"), "{error}");
        assert_eq!(restored.audit_events(&AuditFilter::default(), 9).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn what_is_no_whole_backup_is_refused_and_leaves_nothing_behind() {
        let [from, to] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let running = SqlStorage::sqlite(from.path()).await.unwrap();
        running.keep(&[event(1)]).await.unwrap();
        let [copy, torn, text, other] =
            ["copy", "torn", "text", "other"].map(|name| from.path().join(format!("{name}.sqlite")));
        back_up(from.path(), &copy).await.unwrap();
        let whole = std::fs::read(&copy).unwrap();
        std::fs::write(&torn, &whole[..whole.len() / 2]).unwrap();
        std::fs::write(&text, "rooms").unwrap();
        make_new(&other).unwrap();
        let mut connection = connect(&other, "rw").await.unwrap();
        sqlx::query("CREATE TABLE birds (name TEXT)").execute(&mut connection).await.unwrap();
        for file in [&torn, &text, &other] {
            let error = restore(file, to.path()).await.unwrap_err().to_string();
            assert!(error.contains("is no backup of Veranda"), "{}: {error}", file.display());
        }
        let error = restore(&from.path().join("none"), to.path()).await.unwrap_err().to_string();
        assert!(error.contains("there is no "), "{error}");
        // Of a version that has tables of which this one knows nothing.
        let mut connection = connect(&copy, "rw").await.unwrap();
        sqlx::query("UPDATE _sqlx_migrations SET version = version + 1000")
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        restore(&copy, to.path()).await.unwrap_err();
        assert!(parts(&database_file(to.path())).iter().all(|part| !part.exists()));
    }
}
