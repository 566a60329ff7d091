//! Where things are kept.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::config::Config;
use crate::open_storage;

const DATABASE: &str = "database";
const FOLDER: &str = "data folder";
const SPACE: &str = "free space";

const MIB: u64 = 1024 * 1024;

/// Below this there is no room for a day's chat of a busy server, above the other for a month's.
const TOO_LITTLE: u64 = 256 * MIB;
const ENOUGH: u64 = 2 * 1024 * MIB;

/// The folder, what is free there, and the database.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let data = &config.storage.data;
    let folder = folder(data);
    let is_usable = folder.advice.is_none();
    let mut findings = vec![folder];
    if is_usable {
        findings.extend(space(data));
        findings.push(database(config).await);
    }
    findings
}

fn folder(data: &Path) -> Finding {
    let shown = data.display();
    let probe: PathBuf = data.join(".doctor");
    let written = std::fs::create_dir_all(data)
        // What lies there may be a link to something else, which is not to be written to.
        .and_then(|()| std::fs::remove_file(&probe).or_else(none_is_well))
        .and_then(|()| std::fs::OpenOptions::new().write(true).create_new(true).open(&probe).map(drop))
        .and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => Finding::well(FOLDER, format!("{shown} is writable")),
        Err(error) => Finding::ill(
            FOLDER,
            format!("cannot write to {shown}: {error}"),
            "make the server's user its owner, or set [storage] data to another one",
        ),
    }
}

fn none_is_well(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn space(data: &Path) -> Option<Finding> {
    let about = rustix::fs::statvfs(data).ok()?;
    Some(of_space(about.f_bavail.saturating_mul(about.f_frsize)))
}

fn of_space(free: u64) -> Finding {
    let detail = format!("{} MiB", free / MIB);
    if free < TOO_LITTLE {
        Finding::ill(SPACE, detail, "make room, or set [storage] data to a folder on another disk")
    } else if free < ENOUGH {
        Finding::doubtful(SPACE, detail, "make room before chat and recordings have filled it")
    } else {
        Finding::well(SPACE, detail)
    }
}

async fn database(config: &Config) -> Finding {
    let kind = if config.storage.postgres.is_empty() { "SQLite" } else { "PostgreSQL" };
    match open_storage(config).await {
        Ok(_) => Finding::well(DATABASE, format!("{kind} answers")),
        Err(error) => Finding::ill(
            DATABASE,
            format!("{kind} cannot be used: {error:#}"),
            if config.storage.postgres.is_empty() {
                "the file is damaged or from a newer version; restore a backup"
            } else {
                "check [storage] postgres: the address, the user's rights, and whether the database exists"
            },
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn a_full_disk_is_told_from_a_filling_one() {
        for (free, health) in [(MIB, Health::Ill), (500 * MIB, Health::Doubtful), (9_999 * MIB, Health::Well)]
        {
            assert_eq!(of_space(free).health, health);
        }
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_an_illness_with_a_cure() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let mut config = Config::default();
        config.storage.data = file.join("data");
        let findings = examine(&config).await;
        assert_eq!((findings.len(), findings[0].health), (1, Health::Ill));
        config.storage.data = folder.path().join("data");
        let findings = examine(&config).await;
        assert_eq!(findings.iter().map(|one| one.what).collect::<Vec<_>>(), [FOLDER, SPACE, DATABASE]);
        assert_eq!((findings[0].health, findings[2].health), (Health::Well, Health::Well));
    }
}
