//! What can be said on the command line.

use clap::builder::PossibleValuesParser;
use clap::{Parser, Subcommand};
use protocol::Scope;

/// Video rooms in the browser: start it, share a link, talk.
#[derive(Parser)]
#[command(name = "veranda", version, about, after_help = SETTINGS)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const SETTINGS: &str = "Settings come from Leptos.toml in this folder and from the environment, such as \
                        VERANDA__SERVER__ADDRESS=0.0.0.0:3000.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start the server; so does no command at all
    Serve,
    /// Look at this machine and at the settings, and say what to do about what is not well
    Doctor,
    /// Make, list and revoke keys for programs that use the REST interface
    ApiKey {
        #[command(subcommand)]
        command: ApiKeyCommand,
    },
}

#[derive(Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Make a key; it is printed this once
    Create {
        /// What to call it in the list
        #[arg(long)]
        label: String,
        /// What it may do; can be given several times
        #[arg(long = "scope", required = true, value_parser = PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)))]
        scopes: Vec<String>,
        /// For how many days it opens; for ever when absent
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: Option<u32>,
    },
    /// List the keys, with their ids
    List,
    /// End a key for ever
    Revoke {
        /// Its id, as in the list
        id: String,
    },
}
