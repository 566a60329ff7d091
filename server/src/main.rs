//! The program: its commands.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use server::config::Config;

use crate::command::{Arguments, Command};

mod admin_link_command;
mod api_key_command;
mod backup_command;
mod command;
mod doctor_command;
mod serve;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let config = Config::load("Leptos.toml", std::env::vars().collect()).context("invalid configuration")?;
    match arguments.command {
        None => serve::serve(config).await?,
        Some(Command::Serve(serving)) => serve::serve(serving.apply(config)).await?,
        Some(Command::ApiKey { command }) => api_key_command::run(&config, command).await?,
        Some(Command::AdminLink { revoke }) => admin_link_command::run(&config, revoke).await?,
        Some(Command::Backup { file }) => backup_command::run(&config, &file).await?,
        Some(Command::Restore { file }) => backup_command::restore(&config, &file).await?,
        Some(Command::CheckConfig) => check(&config)?,
        Some(Command::Doctor) => return doctor_command::run(&config).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn check(config: &Config) -> anyhow::Result<()> {
    config.check().and_then(|()| config.check_site()).context("invalid configuration")?;
    write!(std::io::stdout(), "{}\n# the configuration can be used\n", config.without_secrets()?)?;
    Ok(())
}
