//! `veranda backup FILE`, which works beside a running server, on the same database, and `veranda restore FILE`, which does not.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, bail};
use server::audit::{self, Deed};
use server::clock::Clock;
use server::config::Config;
use server::open_storage;

pub(crate) async fn run(config: &Config, file: &Path) -> anyhow::Result<()> {
    if !config.storage.postgres.is_empty() {
        bail!("the database is PostgreSQL's: use pg_dump, and copy {} beside it", signing_key(config));
    }
    let data = &config.storage.data;
    storage::back_up(data, file)
        .await
        .with_context(|| format!("cannot back up {} to {}", data.display(), file.display()))?;
    // It is said in the database, for the admin page, and not in the copy.
    let storage = open_storage(config).await?;
    let deed = Deed::of(audit::OPERATOR, audit::BACKUP_MADE);
    audit::note(&storage, Clock::start().wall(), deed).await;
    let mut out = std::io::stdout();
    writeln!(out, "{} holds all rooms, chat and keys as of now", file.display())?;
    writeln!(out, "veranda restore makes it the database of an empty folder")?;
    writeln!(out, "Keep {} too: without it everyone is signed out", signing_key(config))?;
    if config.push.enabled {
        let key = data.join("push.key");
        writeln!(out, "Keep {} too: without it nobody is pushed to until they come back", key.display())?;
    }
    Ok(())
}

pub(crate) async fn restore(config: &Config, file: &Path) -> anyhow::Result<()> {
    if !config.storage.postgres.is_empty() {
        bail!("the database is PostgreSQL's: use pg_restore");
    }
    let data = &config.storage.data;
    storage::restore(file, data)
        .await
        .with_context(|| format!("cannot restore {} to {}", file.display(), data.display()))?;
    let mut out = std::io::stdout();
    writeln!(out, "{} has all rooms, chat and keys of {}", data.display(), file.display())?;
    if !data.join("signing.key").exists() {
        writeln!(
            out,
            "{} is missing: put the one of that time there, or everyone is signed out",
            signing_key(config)
        )?;
    }
    Ok(())
}

fn signing_key(config: &Config) -> String {
    config.storage.data.join("signing.key").display().to_string()
}
