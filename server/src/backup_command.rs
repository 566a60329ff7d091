//! `veranda backup FILE`: works beside a running server, on the same database.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, bail};
use server::config::Config;

pub(crate) async fn run(config: &Config, file: &Path) -> anyhow::Result<()> {
    if !config.storage.postgres.is_empty() {
        bail!("the database is PostgreSQL's: use pg_dump, and copy {} beside it", signing_key(config));
    }
    let data = &config.storage.data;
    storage::back_up(data, file)
        .await
        .with_context(|| format!("cannot back up {} to {}", data.display(), file.display()))?;
    let mut out = std::io::stdout();
    writeln!(out, "{} holds all rooms, chat and keys as of now", file.display())?;
    writeln!(
        out,
        "to restore: stop the server, delete veranda.sqlite-wal and veranda.sqlite-shm in {}, and put the file",
        data.display()
    )?;
    writeln!(
        out,
        "there as veranda.sqlite. Keep {} too: without it everyone is signed out",
        signing_key(config)
    )?;
    if config.push.enabled {
        let key = data.join("push.key");
        writeln!(out, "Keep {} too: without it nobody is pushed to until they come back", key.display())?;
    }
    Ok(())
}

fn signing_key(config: &Config) -> String {
    config.storage.data.join("signing.key").display().to_string()
}
