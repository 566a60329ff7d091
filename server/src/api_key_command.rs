//! `veranda api-key`: works beside a running server, on the same database.

use std::io::Write as _;

use anyhow::{Context, bail};
use protocol::{Scope, Timestamp};
use server::api_keys::{self, NewApiKey};
use server::audit::{self, Deed};
use server::clock::Clock;
use server::config::Config;
use server::open_storage;
use storage::{ApiKeyRecord, ApiKeyRepository as _, SqlStorage};

use crate::command::ApiKeyCommand;

const DAY: u64 = 24 * 60 * 60 * 1000;

pub(crate) async fn run(config: &Config, command: ApiKeyCommand) -> anyhow::Result<()> {
    let storage = open_storage(config).await?;
    let now = Clock::start().wall();
    let mut out = std::io::stdout();
    match command {
        ApiKeyCommand::Create { label, scopes, days } => {
            let made = create(&storage, label, &scopes, now, days).await?;
            note(&storage, now, "api_key.created", &made.id).await;
            writeln!(out, "{}", made.secret)?;
        }
        ApiKeyCommand::List => {
            for key in storage.api_keys().await? {
                writeln!(out, "{}", line(&key, now))?;
            }
        }
        ApiKeyCommand::Revoke { id } => {
            if !storage.revoke_api_key(&id, now).await? {
                bail!("there is no such key, or it was revoked before");
            }
            note(&storage, now, "api_key.revoked", &id).await;
        }
    }
    Ok(())
}

async fn note(storage: &SqlStorage, at: Timestamp, action: &'static str, key: &str) {
    let deed = Deed { subject: Some(key), ..Deed::of(audit::OPERATOR, action) };
    audit::note(storage, at, deed).await;
}

async fn create(
    storage: &SqlStorage,
    label: String,
    scopes: &[String],
    now: Timestamp,
    days: Option<u32>,
) -> anyhow::Result<NewApiKey> {
    let scopes: Vec<_> =
        Scope::ALL.into_iter().filter(|scope| scopes.iter().any(|one| one == scope.as_str())).collect();
    let end = days.map(|days| Timestamp(now.0 + u64::from(days) * DAY));
    api_keys::create(storage, label, &scopes, now, end).await.context("could not save the key")
}

fn line(key: &ApiKeyRecord, now: Timestamp) -> String {
    let state = if key.revoked_at.is_some() {
        "revoked"
    } else if key.expires_at.is_some_and(|end| end <= now) {
        "expired"
    } else {
        "active"
    };
    format!("{}\t{state}\t{}\t{}", key.id, key.scopes, key.label)
}
