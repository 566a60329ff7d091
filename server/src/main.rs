//! The program: its commands.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use server::config::Config;
use server::verify::HashList;

use crate::command::{Arguments, Command};

mod admin_link_command;
mod api_key_command;
mod backup_command;
mod command;
mod doctor_command;
mod drain_command;
mod lan_notice;
mod serve;
mod verify_command;

/// Where settings are, in the folder that the program is started in.
const SETTINGS_FILE: &str = "Leptos.toml";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if arguments.version {
        return say_version();
    }
    let config = Config::load(SETTINGS_FILE, std::env::vars().collect()).context("invalid configuration")?;
    match arguments.command {
        None => serve::serve(config).await?,
        Some(Command::Serve(serving)) => serve::serve(serving.apply(config)).await?,
        Some(Command::ApiKey { command }) => api_key_command::run(&config, command).await?,
        Some(Command::AdminLink { revoke }) => admin_link_command::run(&config, revoke).await?,
        Some(Command::Backup { file }) => backup_command::run(&config, &file).await?,
        Some(Command::Restore { file }) => backup_command::restore(&config, &file).await?,
        Some(Command::CheckConfig) => check(&config)?,
        Some(Command::Hashes) => write!(std::io::stdout(), "{}", HashList::own(&config))?,
        Some(Command::Verify(verifying)) => return verify_command::run(&config, &verifying).await,
        Some(Command::Drain) => return drain_command::run(&config).await,
        Some(Command::Doctor) => return doctor_command::run(&config).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Also where the settings cannot be used: then those of a server without any.
fn say_version() -> anyhow::Result<ExitCode> {
    let config = Config::load(SETTINGS_FILE, std::env::vars().collect()).unwrap_or_default();
    writeln!(std::io::stdout(), "veranda {}", server::version_and_build(&config))?;
    Ok(ExitCode::SUCCESS)
}

fn check(config: &Config) -> anyhow::Result<()> {
    config.check().and_then(|()| config.check_site()).context("invalid configuration")?;
    write!(std::io::stdout(), "{}\n# the configuration can be used\n", config.without_secrets()?)?;
    Ok(())
}
