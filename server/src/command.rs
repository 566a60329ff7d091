//! What can be said on the command line.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use axum::http::Uri;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use protocol::Scope;
use server::config::{Config, TlsMode};
use server::tls_name::TlsName;

/// Video rooms in the browser: start it, share a link, talk.
#[derive(Parser)]
#[command(name = "veranda", about, after_help = SETTINGS)]
pub(crate) struct Arguments {
    /// Print version and build
    #[arg(short = 'V', long)]
    pub(crate) version: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const SETTINGS: &str = "Settings come from Leptos.toml in this folder and from the environment, such as \
                        VERANDA__SERVER__ADDRESS=0.0.0.0:3000.";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start the server (default)
    Serve(Serving),
    /// Print the settings without secrets, or what is wrong with them, without starting anything
    CheckConfig,
    /// Copy the SQLite database into a new file, also beside a running server
    Backup {
        /// The file to write, which must not be there yet
        file: PathBuf,
    },
    /// Make a copy the SQLite database of the data folder, which must not have one; no server may run on it
    Restore {
        /// The file that backup has written
        file: PathBuf,
    },
    /// Check this machine and its settings, and say how to fix problems
    Doctor,
    /// Move the rooms of this cluster node to others, and wait until it is empty and has ended
    Drain,
    /// Print a link that opens the admin page, once
    AdminLink {
        /// Instead, sign out everyone who is signed in, and revoke every link
        #[arg(long)]
        revoke: bool,
    },
    /// Check that a server serves exactly the page that is inside this program
    Verify(Verifying),
    /// Print the SHA-256 of every file that this program serves, for veranda verify --hashes
    Hashes,
    /// Create, list and revoke REST API keys
    ApiKey {
        #[command(subcommand)]
        command: ApiKeyCommand,
    },
}

/// What overrides the settings.
#[derive(Args, Default)]
pub(crate) struct Serving {
    /// Public DNS name: get a Let's Encrypt certificate (you agree to its terms), listen on 443
    #[arg(long, value_name = "NAME")]
    domain: Option<TlsName>,
    /// For a local network: https with a certificate of its own, address and QR code on the terminal
    #[arg(long, conflicts_with = "domain")]
    lan: bool,
    /// Where to listen, such as 0.0.0.0:3000
    #[arg(long)]
    address: Option<SocketAddr>,
}

/// What is verified.
#[derive(Args)]
pub(crate) struct Verifying {
    /// The server, such as `https://meet.example`; or the address of a room, without what follows the #
    pub(crate) address: Uri,
    /// What veranda hashes has written elsewhere, in place of what is inside this program
    #[arg(long, value_name = "FILE")]
    pub(crate) hashes: Option<PathBuf>,
    /// The certificate that vouches for the server, as PEM, where no public authority does
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Option<PathBuf>,
}

/// Where the world looks for https (RFC 9110 §4.2.2), and where the authority does.
const HTTPS: u16 = 443;

impl Serving {
    /// The settings, and what was said on the command line.
    pub(crate) fn apply(self, mut config: Config) -> Config {
        if let Some(name) = self.domain {
            config.tls.mode = TlsMode::Acme;
            config.tls.names = vec![name];
            // Nobody is reached by a name on the loopback address. Whoever has set another one means it.
            if config.server.address == Config::default().server.address {
                config.server.address = SocketAddr::from((Ipv6Addr::UNSPECIFIED, HTTPS));
            }
        }
        if self.lan {
            config.tls.mode = TlsMode::Lan;
            let usual = Config::default().server.address;
            if config.server.address == usual {
                config.server.address = SocketAddr::from((Ipv6Addr::UNSPECIFIED, usual.port()));
            }
        }
        config.server.address = self.address.unwrap_or(config.server.address);
        config
    }
}

#[derive(Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Create a key; it is shown only once
    Create {
        /// Name of the key
        #[arg(long)]
        label: String,
        /// Scope (repeatable)
        #[arg(long = "scope", required = true, value_parser = PossibleValuesParser::new(Scope::ALL.map(Scope::as_str)))]
        scopes: Vec<String>,
        /// Days until it expires (default: never)
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36500))]
        days: Option<u32>,
    },
    /// List the keys, with their ids
    List,
    /// Revoke a key
    Revoke {
        /// Its id, as in the list
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(words: &[&str], config: Config) -> Config {
        let words = ["veranda", "serve"].iter().chain(words);
        let Some(Command::Serve(serving)) = Arguments::try_parse_from(words).unwrap().command else {
            panic!("another command")
        };
        serving.apply(config)
    }

    #[test]
    fn a_domain_is_all_that_is_needed_for_a_certificate() {
        let config = applied(&["--domain", "Meet.Example.org"], Config::default());
        assert_eq!(config.server.address.to_string(), "[::]:443");
        assert_eq!(
            (config.tls.mode, config.tls.names[0].to_string()),
            (TlsMode::Acme, "meet.example.org".into())
        );
        assert_eq!(config.check(), Ok(()));
    }

    #[test]
    fn an_address_that_was_given_stays() {
        let address = |words: &[&str], set: Option<&str>| {
            let mut config = Config::default();
            config.server.address = set.map_or(config.server.address, |set| set.parse().unwrap());
            applied(words, config).server.address.to_string()
        };
        assert_eq!(address(&[], None), "127.0.0.1:3000");
        assert_eq!(address(&["--address", "0.0.0.0:80"], Some("[::]:1")), "0.0.0.0:80");
        assert_eq!(address(&["--domain", "meet.example"], Some("0.0.0.0:8443")), "0.0.0.0:8443");
        assert_eq!(address(&["--domain", "meet.example", "--address", "[::]:8443"], None), "[::]:8443");
    }

    #[test]
    fn a_local_network_needs_nothing_but_to_be_said() {
        let config = applied(&["--lan"], Config::default());
        assert_eq!(
            (config.server.address.to_string(), config.tls.mode),
            ("[::]:3000".to_owned(), TlsMode::Lan)
        );
        assert_eq!(config.check(), Ok(()));
        let both = ["veranda", "serve", "--lan", "--domain", "meet.example"];
        assert!(Arguments::try_parse_from(both).is_err());
    }

    #[test]
    fn what_is_no_domain_is_refused_on_the_spot() {
        for word in ["https://meet.example", "meet.example:443", ""] {
            assert!(Arguments::try_parse_from(["veranda", "serve", "--domain", word]).is_err(), "{word}");
        }
    }
}
