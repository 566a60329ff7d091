//! A copy of a SQLite database while others write to it. Its files must not be copied one by one: what was written last is in the
//! log beside it, and a copy of the one without the other is damaged or empty.

use std::io;
use std::path::Path;

use sqlx::{AnyConnection, Connection};

use crate::StorageError;
use crate::sqlite::{escaped, file as database_file, make_new};

/// Writes a whole copy of the database in `folder` to `file`, for its owner alone.
///
/// # Errors
///
/// When there is no database, when the file is there already or cannot be written, when the disk is full. A copy that is not
/// whole is not left behind.
pub async fn back_up(folder: &Path, file: &Path) -> Result<(), StorageError> {
    let failed = StorageError::NotCopied;
    let database = database_file(folder);
    if !database.is_file() {
        let text = format!("there is no database in {}", folder.display());
        return Err(failed(io::Error::new(io::ErrorKind::NotFound, text)));
    }
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}?mode=rw", escaped(&database.to_string_lossy()));
    let mut connection = AnyConnection::connect(&url).await?;
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
    use crate::{AuditEvent, AuditRepository as _, Change, Journal as _, SqlStorage};

    fn event(number: u64) -> Change {
        Change::Audit(AuditEvent {
            id: number.to_string(),
            at: Timestamp(number),
            room: Some(RoomCode::from_random(1)),
            actor: "host".into(),
            action: "nothing".into(),
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
        assert_eq!(restored.audit_events(None, 9).await.unwrap().len(), 2);
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
}
