//! What no single setting can say of itself: settings that contradict each other are found before anything starts.

use axum::http::Uri;
use axum::http::uri::Authority;
use protocol::limits::MAX_CAPACITY;

use crate::cluster_config::{MAX_DRAIN_SECONDS, SECRET_CHARACTERS};
use crate::config::{Config, TlsMode, without_password};
use crate::page_files::PageFiles;
use crate::tls_name::TlsName;

/// A day: whoever got credentials of the relay is not let in for longer.
const MAX_CREDENTIAL_MINUTES: u64 = 24 * 60;

/// Settings that cannot be used together. The operator's to mend; the message says how.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// An authority gives certificates for names only.
    #[error(
        "[tls] mode = \"acme\" needs [tls] names: the name of this server in the DNS (or veranda serve --domain NAME)"
    )]
    NoNameToCertify,
    /// TLS-ALPN-01 shows that one name is ours, never a whole domain (RFC 8737 §3, RFC 8555 §7.1.3).
    #[error("[tls] names: '{0}' is a wildcard; mode = \"{1}\" needs every name listed")]
    Wildcard(TlsName, &'static str),
    /// Its authority may vouch for what is in a local network, and for nothing else.
    #[error(
        "[tls] names: with mode = \"lan\" the certificate has this machine's addresses in local networks; leave names empty, or choose another mode"
    )]
    NamesOnLan,
    /// RFC 8738 has addresses too, which few authorities certify, and the library does not ask for.
    #[error("[tls] names: '{0}' is an address, and with mode = \"acme\" names of the DNS are certified only")]
    AddressToCertify(TlsName),
    /// Whoever asks for certificates has to know whom.
    #[error("[tls.acme] directory = \"{0}\" is no https:// address of an authority")]
    NoDirectory(String),
    /// An origin that no page has. That of every page is none either: whoever lets every page connect has no list.
    #[error(
        "[server] allowed_origins: '{0}' is no origin; write scheme, name and, where it is not the usual one, the port, such as \
         https://meet.example (each page by name: '*' is not possible)"
    )]
    NoOrigin(String),
    /// It stands in pages and in their policy.
    #[error("[server] assets: '{0}' is no address such as https://cdn.example, without a slash at the end")]
    NoAssets(String),
    /// A folder without the page's files.
    #[error(
        "[server] site = \"{0}\": the page's files are not there ({0}/pkg is missing); build them with make build, or name their folder"
    )]
    NoSite(String),
    /// A folder of another build than the page inside the program, as one of an earlier version is after an upgrade.
    #[error(
        "[server] site = \"{0}\": that page is of another build than this program ({1} differs); leave site empty, and the page inside the \
         program is served"
    )]
    OtherSite(String, String),
    /// A number with which nothing would work.
    #[error("{setting} = {value}: it must be from {least} to {most}")]
    OutOfRange {
        /// The section and the name.
        setting: &'static str,
        /// What it says.
        value: u64,
        /// The least that it may be.
        least: u64,
        /// The most that it may be.
        most: u64,
    },
    /// A push service refuses whoever does not say whom it can write to (RFC 8292 §2.1).
    #[error(
        "[push] subject = \"{0}\": push services want to know whom to write to; give an address such as mailto:admin@example.org, or an https:// \
         page"
    )]
    NoSubject(String),
    /// A range that holds nothing.
    #[error(
        "[relay] first_port = {0} and last_port = {1}: first_port must be 1 or more, and not above last_port"
    )]
    NoPorts(u16, u16),
    /// A TURN server that cannot be reached.
    #[error("[turn.{0}] urls is empty: leave the section out, or say how the server is reached")]
    NoUrls(String),
    /// A TURN server that would refuse everybody, or let in everybody.
    #[error("[turn.{0}] secret is empty: it is what coturn has as static-auth-secret")]
    NoSecret(String),
    /// Who owns which room is kept where every node sees it.
    #[error(
        "[cluster] needs PostgreSQL: SQLite is one server's alone; set [storage] postgres, or leave [cluster] secret and redis empty"
    )]
    ClusterWithoutPostgres,
    /// Nodes find each other there.
    #[error("[cluster] redis is empty: name the Redis that all nodes use, such as redis://127.0.0.1:6379")]
    ClusterWithoutRedis,
    /// Without the secret this server is alone, and Redis is of no use to it.
    #[error(
        "[cluster] secret is empty, and redis is not: give every node the same secret (32 characters or more), or leave redis empty"
    )]
    ClusterWithoutSecret,
    /// Whoever guesses it is a node.
    #[error("[cluster] secret is shorter than 32 characters: openssl rand -hex 32 makes one")]
    WeakClusterSecret,
    /// It is no address of a Redis.
    #[error("[cluster] redis: '{0}' is no address such as redis://:password@redis.example:6379/0")]
    NoRedis(String),
    /// One Redis is asked, or sentinels are.
    #[error(
        "[cluster] redis names several, and sentinel is empty: name one Redis, or its sentinels and what they call it"
    )]
    SeveralRedis,
    /// Other nodes cannot connect to every address.
    #[error(
        "[cluster] address = \"{0}\" is every address of this machine: say in reached_at under which other nodes reach it, as host:port"
    )]
    NowhereReached(std::net::SocketAddr),
    /// Other nodes need a host and a port.
    #[error("[cluster] reached_at: '{0}' is not host:port, such as 10.0.0.7:4433 or node-1.example:4433")]
    NoNodeAddress(String),
    /// A node that is used for nothing.
    #[error("[cluster] roles is empty: leave it out, or name one of pages, signalling, media, relay")]
    NoRoles,
}

impl Config {
    /// Whether all settings fit together.
    ///
    /// # Errors
    ///
    /// The first contradiction that was found.
    pub fn check(&self) -> Result<(), Contradiction> {
        self.check_names()?;
        self.check_origins()?;
        let assets = &self.server.assets;
        if !assets.is_empty() && !is_base(assets) {
            return Err(Contradiction::NoAssets(assets.clone()));
        }
        self.check_numbers()?;
        self.check_cluster()?;
        if self.push.enabled && !is_subject(&self.push.subject) {
            return Err(Contradiction::NoSubject(self.push.subject.clone()));
        }
        let (first, last) = (self.relay.first_port, self.relay.last_port);
        if first == 0 || first > last {
            return Err(Contradiction::NoPorts(first, last));
        }
        for (name, turn) in &self.turn {
            if turn.urls.is_empty() {
                return Err(Contradiction::NoUrls(name.clone()));
            }
            if turn.secret.is_empty() {
                return Err(Contradiction::NoSecret(name.clone()));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Contradiction> {
        let numbers = [
            ("[rooms] capacity", self.rooms.capacity.into(), MAX_CAPACITY.into()),
            ("[relay] credential_minutes", self.relay.credential_minutes, MAX_CREDENTIAL_MINUTES),
        ];
        for (setting, value, most) in numbers {
            if !(1..=most).contains(&value) {
                return Err(Contradiction::OutOfRange { setting, value, least: 1, most });
            }
        }
        Ok(())
    }

    fn check_cluster(&self) -> Result<(), Contradiction> {
        let cluster = &self.cluster;
        if !cluster.is_on() {
            let is_alone = cluster.redis.is_empty();
            return if is_alone { Ok(()) } else { Err(Contradiction::ClusterWithoutSecret) };
        }
        let is_redis = |url: &&String| redis::IntoConnectionInfo::into_connection_info(url.as_str()).is_ok();
        let (value, most) = (cluster.drain_seconds, MAX_DRAIN_SECONDS);
        if cluster.secret.chars().count() < SECRET_CHARACTERS {
            Err(Contradiction::WeakClusterSecret)
        } else if self.storage.postgres.is_empty() {
            Err(Contradiction::ClusterWithoutPostgres)
        } else if cluster.redis.is_empty() {
            Err(Contradiction::ClusterWithoutRedis)
        } else if let Some(wrong) = cluster.redis.iter().find(|url| !is_redis(url)) {
            Err(Contradiction::NoRedis(without_password(wrong)))
        } else if cluster.redis.len() > 1 && cluster.sentinel.is_empty() {
            Err(Contradiction::SeveralRedis)
        } else if cluster.address.ip().is_unspecified() && cluster.reached_at.is_empty() {
            Err(Contradiction::NowhereReached(cluster.address))
        } else if !cluster.reached_at.is_empty() && !is_host_and_port(&cluster.reached_at) {
            Err(Contradiction::NoNodeAddress(cluster.reached_at.clone()))
        } else if cluster.roles.is_empty() {
            Err(Contradiction::NoRoles)
        } else if !(1..=most).contains(&value) {
            Err(Contradiction::OutOfRange { setting: "[cluster] drain_seconds", value, least: 1, most })
        } else {
            Ok(())
        }
    }

    fn check_origins(&self) -> Result<(), Contradiction> {
        let wrong = self.server.allowed_origins.iter().find(|origin| !is_origin(origin));
        wrong.map_or(Ok(()), |origin| Err(Contradiction::NoOrigin(origin.clone())))
    }

    /// Whether the page's files are where they should be. A server of tests has none, so that this is asked by the program alone.
    ///
    /// # Errors
    ///
    /// When they are not.
    pub fn check_site(&self) -> Result<(), Contradiction> {
        let files = PageFiles::of(&self.server.site);
        let PageFiles::Folder(site) = &files else { return Ok(()) };
        let shown = || site.display().to_string();
        if !site.join("pkg").is_dir() {
            return Err(Contradiction::NoSite(shown()));
        }
        files.first_that_is_not_inside().map_or(Ok(()), |path| Err(Contradiction::OtherSite(shown(), path)))
    }

    fn check_names(&self) -> Result<(), Contradiction> {
        let mode = match self.tls.mode {
            TlsMode::Off | TlsMode::Files => return Ok(()),
            TlsMode::Lan if self.tls.names.is_empty() => return Ok(()),
            TlsMode::Lan => return Err(Contradiction::NamesOnLan),
            TlsMode::SelfSigned => "self-signed",
            TlsMode::Acme => "acme",
        };
        if self.tls.mode == TlsMode::Acme && self.tls.names.is_empty() {
            return Err(Contradiction::NoNameToCertify);
        }
        let directory = &self.tls.acme.directory;
        if self.tls.mode == TlsMode::Acme && !directory.starts_with("https://") {
            return Err(Contradiction::NoDirectory(directory.clone()));
        }
        for name in &self.tls.names {
            match name {
                TlsName::Wildcard(_) => return Err(Contradiction::Wildcard(name.clone(), mode)),
                TlsName::Address(_) if self.tls.mode == TlsMode::Acme => {
                    return Err(Contradiction::AddressToCertify(name.clone()));
                }
                TlsName::Dns(_) | TlsName::Address(_) => {}
            }
        }
        Ok(())
    }
}

/// An origin as browsers send it (RFC 6454 §6.2); a slash behind it is what people add.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
    is_web && is_bare && uri.authority().is_some_and(|name| !name.as_str().contains(['@', '*']))
}

/// Whether nodes can connect to it: a name or an address, and a port.
fn is_host_and_port(text: &str) -> bool {
    let authority = text.parse::<Authority>();
    authority.is_ok_and(|at| at.port_u16().is_some_and(|port| port > 0) && !at.as_str().contains('@'))
}

/// A contact as push services take it: somebody's address, or a page.
fn is_subject(text: &str) -> bool {
    let is_plain = !text.contains(|character: char| character.is_whitespace() || character.is_control());
    let is_mail = text
        .strip_prefix("mailto:")
        .and_then(|address| address.split_once('@'))
        .is_some_and(|(person, host)| !person.is_empty() && !host.is_empty());
    let is_page = text.starts_with("https://") && text.parse::<Uri>().is_ok_and(|uri| uri.host().is_some());
    is_plain && (is_mail || is_page)
}

/// Whether a text is scheme, name, and perhaps a path: with letters that mean nothing else in a policy (Content Security Policy §2.3.1).
pub(crate) fn is_base(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/[]%".contains(letter);
    let parsed = text.parse::<Uri>().ok().filter(|_| text.chars().all(is_plain) && !text.ends_with('/'));
    parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("https" | "http")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TurnConfig;

    fn named(mode: TlsMode, names: &[&str]) -> Result<(), Contradiction> {
        let mut config = Config::default();
        config.tls.mode = mode;
        config.tls.names = names.iter().map(|name| name.parse().unwrap()).collect();
        config.check()
    }

    #[test]
    fn names_that_nobody_would_certify_are_refused_before_anything_starts() {
        assert_eq!(named(TlsMode::Acme, &["meet.example", "www.example"]), Ok(()));
        assert_eq!(named(TlsMode::Acme, &[]), Err(Contradiction::NoNameToCertify));
        let refused = |mode, name| named(mode, &["meet.example", name]).unwrap_err().to_string();
        assert!(refused(TlsMode::Acme, "*.example").contains("'*.example' is a wildcard"));
        assert!(refused(TlsMode::Acme, "192.0.2.1").contains("'192.0.2.1' is an address"));
        assert!(refused(TlsMode::SelfSigned, "*.example").contains("self-signed"));
        assert_eq!(named(TlsMode::Lan, &[]), Ok(()));
        assert!(refused(TlsMode::Lan, "meet.example").contains("leave names empty"));
        assert_eq!(named(TlsMode::SelfSigned, &["192.0.2.1", "2001:db8::1"]), Ok(()));
        assert_eq!(named(TlsMode::Files, &["*.example"]), Ok(()), "somebody else certified it");
    }

    #[test]
    fn a_node_is_reached_at_a_host_and_a_port() {
        let with = |at: &str| {
            let mut config = Config::default();
            config.storage.postgres = "postgres://127.0.0.1/veranda".to_owned();
            config.cluster.secret = "s".repeat(SECRET_CHARACTERS);
            config.cluster.redis = vec!["redis://127.0.0.1:6379".to_owned()];
            config.cluster.reached_at = at.to_owned();
            config.check()
        };
        for at in ["10.0.0.7:4433", "node-1.example:4433", "[2001:db8::1]:4433"] {
            assert_eq!(with(at), Ok(()), "{at}");
        }
        for at in
            ["10.0.0.7", "node-1.example", "https://node-1.example:4433", "node-1:0", "a@b:1", "node-1:x"]
        {
            assert_eq!(with(at), Err(Contradiction::NoNodeAddress(at.to_owned())), "{at}");
        }
    }

    #[test]
    fn an_allowed_origin_that_no_page_has_is_refused_by_name() {
        let with = |origin: &str| {
            let mut config = Config::default();
            config.server.allowed_origins = vec!["https://meet.example".to_owned(), origin.to_owned()];
            config.check()
        };
        for origin in ["http://localhost:5173", "https://shop.example/", "https://[2001:db8::1]:8443"] {
            assert_eq!(with(origin), Ok(()), "{origin}");
        }
        for origin in [
            "*",
            "shop.example",
            "https://*.example",
            "https://a.example/path",
            "ftp://a.example",
            "",
            "null",
        ] {
            assert_eq!(with(origin), Err(Contradiction::NoOrigin(origin.to_owned())), "{origin}");
        }
    }

    #[test]
    fn assets_come_from_an_address_that_a_policy_can_name() {
        let with = |assets: &str| {
            let mut config = Config::default();
            config.server.assets = assets.to_owned();
            config.check()
        };
        for assets in ["", "https://cdn.example", "http://127.0.0.1:8080", "https://cdn.example/veranda"] {
            assert_eq!(with(assets), Ok(()), "{assets}");
        }
        for assets in [
            "cdn.example",
            "https://cdn.example/",
            "//cdn.example",
            "https://a b",
            "https://a;script-src *",
            "https://a'b",
            "ftp://a",
            "https://a?b",
        ] {
            assert_eq!(with(assets), Err(Contradiction::NoAssets(assets.to_owned())), "{assets}");
        }
    }

    #[test]
    fn a_site_folder_without_the_page_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.site = folder.path().to_owned();
        assert_eq!(config.check_site(), Err(Contradiction::NoSite(folder.path().display().to_string())));
        std::fs::create_dir(folder.path().join("pkg")).unwrap();
        assert_eq!(config.check_site(), Ok(()));
    }

    #[test]
    fn a_number_with_which_nothing_would_work_is_refused_by_name() {
        let refused = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.check().map_err(|wrong| wrong.to_string())
        };
        assert_eq!(refused(|config| config.rooms.capacity = 1), Ok(()));
        assert_eq!(
            refused(|config| config.rooms.capacity = 0),
            Err(format!("[rooms] capacity = 0: it must be from 1 to {MAX_CAPACITY}"))
        );
        assert!(refused(|config| config.rooms.capacity = MAX_CAPACITY + 1).is_err());
        assert!(refused(|config| config.relay.credential_minutes = 0).is_err());
        assert_eq!(refused(|config| config.relay.credential_minutes = 24 * 60), Ok(()));
    }

    #[test]
    fn a_relay_without_ports_is_refused() {
        for (first, last, is_range) in
            [(49_152, 65_535, true), (50_000, 50_000, true), (2, 1, false), (0, 9, false)]
        {
            let mut config = Config::default();
            (config.relay.first_port, config.relay.last_port) = (first, last);
            assert_eq!(config.check().is_ok(), is_range, "{first} to {last}");
        }
    }

    #[test]
    fn a_turn_server_without_address_or_secret_is_refused_by_name() {
        let with = |urls: &[&str], secret: &str| {
            let urls = urls.iter().map(|url| url.parse().unwrap()).collect();
            let mut config = Config::default();
            config.turn.insert("east".to_owned(), TurnConfig { urls, secret: secret.to_owned(), weight: 1 });
            config.check()
        };
        assert_eq!(with(&["turn:turn.example"], "north"), Ok(()));
        assert_eq!(with(&[], "north"), Err(Contradiction::NoUrls("east".to_owned())));
        assert_eq!(with(&["turn:turn.example"], ""), Err(Contradiction::NoSecret("east".to_owned())));
    }

    #[test]
    fn pushing_needs_somebody_to_write_to() {
        let with = |enabled, subject: &str| {
            let mut config = Config::default();
            (config.push.enabled, config.push.subject) = (enabled, subject.to_owned());
            config.check()
        };
        assert_eq!(with(false, ""), Ok(()));
        for subject in ["mailto:admin@example.org", "https://example.org/contact"] {
            assert_eq!(with(true, subject), Ok(()), "{subject}");
        }
        for subject in
            ["", "admin@example.org", "mailto:", "mailto:@", "http://example.org", "https://", "mailto:a@b c"]
        {
            assert_eq!(with(true, subject), Err(Contradiction::NoSubject(subject.to_owned())), "{subject}");
        }
    }
}
