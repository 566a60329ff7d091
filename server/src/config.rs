//! Every setting, with its default. Where they come from is in `config_source.rs`; which do not go together, in `config_check.rs`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;
use protocol::RoomSettings;
use protocol::limits::DEFAULT_CAPACITY;
use rustls_acme::acme::LETS_ENCRYPT_PRODUCTION_DIRECTORY;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use storage::ChatQuota;

pub use crate::cluster_config::{ClusterConfig, NodeRole};
pub use crate::observing_config::{LogConfig, LogFormat, MetricsConfig, TracesConfig};
pub use crate::recording_config::RecordingConfig;
use crate::stun_url::StunUrl;
use crate::tls_name::TlsName;
use crate::turn_url::TurnUrl;

/// Every setting.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where and what to serve.
    pub server: ServerConfig,
    /// The server's own TLS.
    pub tls: TlsConfig,
    /// Where things are kept.
    pub storage: StorageConfig,
    /// Of which cluster this server is a node.
    pub cluster: ClusterConfig,
    /// The rules of new rooms.
    pub rooms: RoomsConfig,
    /// How media is forwarded.
    pub media: MediaConfig,
    /// What is recorded on the server, and for how long it is kept.
    pub recording: RecordingConfig,
    /// How those get through who find no direct way.
    pub relay: RelayConfig,
    /// TURN servers of one's own, by any name.
    pub turn: BTreeMap<String, TurnConfig>,
    /// How browsers are reached in which no page is open.
    pub push: PushConfig,
    /// What one address or key may do.
    pub limits: LimitsConfig,
    /// What is counted, and where it is read.
    pub metrics: MetricsConfig,
    /// What is traced, and who is told.
    pub traces: TracesConfig,
    /// What is logged.
    pub log: LogConfig,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen.
    pub address: SocketAddr,
    /// The port that browsers use, where something in front has another one than `address`; 0 where nothing has.
    pub public_port: u16,
    /// The folder with the page's files. Where it is empty those inside the program, or, in one that has none, `target/site`.
    pub site: PathBuf,
    /// Where browsers fetch the page's modules, such as `https://cdn.example`; from this server when it is empty.
    pub assets: String,
    /// Origins, other than the server's own, whose pages may connect.
    pub allowed_origins: Vec<String>,
    /// Addresses and networks of proxies that are believed when they say who is behind them.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Whether connections of trusted proxies begin with a header of the PROXY protocol.
    pub proxy_protocol: bool,
}

/// `[storage]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// The folder with the signing key and, unless PostgreSQL is used, the database.
    pub data: PathBuf,
    /// The address of a PostgreSQL database; SQLite is used when it is empty.
    #[serde(serialize_with = "shown_without_password")]
    pub postgres: String,
}

/// `[rooms]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomsConfig {
    /// How many people a room takes unless its settings say otherwise, at least 1.
    pub capacity: u16,
    /// Days after which a room that nobody used is deleted.
    pub unused_days: u64,
    /// How many rooms of people with a page there can be at once.
    pub most: u64,
    /// How many rooms of programs with an API key there can be at once, besides.
    pub most_of_api_keys: u64,
    /// How many chat messages of a room are kept.
    pub chat_messages: u64,
    /// How much chat of a room is kept, in MiB.
    pub chat_mib: u64,
    /// Days after which chat is deleted; never with 0.
    pub chat_days: u64,
    /// Whether everybody can make rooms; otherwise only programs with an API key can.
    pub anyone_creates: bool,
    /// Whether rooms that their hosts list are shown to strangers, on the landing page and over REST.
    pub shows_listed: bool,
}

/// `[tls]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// Whose certificate is shown.
    pub mode: TlsMode,
    /// With mode `files`: the chain of certificates, as PEM.
    pub certificate: PathBuf,
    /// With mode `files`: its key, as PEM.
    pub key: PathBuf,
    /// What browsers call this server. With modes `acme` and `self-signed` the certificate has all of them.
    pub names: Vec<TlsName>,
    /// With mode `acme`: which authority gives the certificate.
    pub acme: AcmeConfig,
}

/// `[tls.acme]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AcmeConfig {
    /// The authority's directory (RFC 8555 §7.1.1).
    pub directory: String,
    /// An address of electronic mail, to which the authority writes when something is wrong; may be empty.
    pub contact: String,
    /// What vouches for the directory itself, as PEM, where it is an authority of one's own; may be empty.
    pub root: PathBuf,
}

/// Whose certificate is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Nobody's: pages travel in the clear, or to a proxy in front that does TLS.
    #[default]
    Off,
    /// One that the server has made for itself.
    SelfSigned,
    /// One that an authority of the server's own has signed, for a local network.
    Lan,
    /// One in files.
    Files,
    /// One that an authority gives, and gives anew in time (ACME, RFC 8555).
    Acme,
}

/// `[media]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// Whether the server forwards media of rooms that are too large to talk directly.
    pub enabled: bool,
    /// The UDP and TCP port of all shards; on systems other than Linux that of the first, and the others have the numbers after
    /// it. 0 takes free ones.
    pub port: u16,
    /// Addresses at which browsers reach these ports; those of this machine when there are none.
    pub addresses: Vec<IpAddr>,
    /// Servers that are asked at which address they see this machine, where `addresses` is empty.
    pub stun_servers: Vec<StunUrl>,
    /// Threads among which rooms are divided; 0 for one a processor.
    pub shards: u16,
    /// What a participant's downlink is taken for at first, in kilobits per second.
    pub initial_downlink_kbps: u64,
    /// What is sent to one participant at the most, in kilobits per second.
    pub max_downlink_kbps: u64,
}

/// `[relay]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RelayConfig {
    /// Whether the server answers STUN and relays for those who find no direct way (TURN), on the ports of `[media]`.
    pub enabled: bool,
    /// The first of the UDP ports that are relayed from.
    pub first_port: u16,
    /// The last of them.
    pub last_port: u16,
    /// For how many minutes credentials open.
    pub credential_minutes: u64,
    /// Networks that may be relayed to although they are not public, such as one's own.
    pub allow_peers: Vec<IpNet>,
    /// Networks that may not be relayed to although they are public.
    pub deny_peers: Vec<IpNet>,
    /// Allocations at once on each shard.
    pub allocations: usize,
    /// Allocations at once of one participant.
    pub allocations_per_participant: usize,
    /// Allocations at once from one address.
    pub allocations_per_address: usize,
    /// What one allocation carries at the most, in kilobits per second, both ways together.
    pub max_kbps: u64,
    /// What all allocations of one participant carry together at the most, on each shard, in kilobits per second.
    pub max_kbps_per_participant: u64,
}

/// `[turn.NAME]`
#[derive(Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TurnConfig {
    /// How it is reached, the best way first.
    pub urls: Vec<TurnUrl>,
    /// What it shares with this server: coturn's `static-auth-secret`.
    #[serde(serialize_with = "hidden")]
    pub secret: String,
    /// How many participants it gets, compared with the others; none with 0.
    #[serde(default = "one")]
    pub weight: u32,
}

fn one() -> u32 {
    1
}

// Not the secret.
impl std::fmt::Debug for TurnConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TurnConfig").field("urls", &self.urls).finish_non_exhaustive()
    }
}

/// `[push]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushConfig {
    /// Whether people who are called are reached by the push services of their browsers' makers when no page of theirs is open.
    pub enabled: bool,
    /// Whom a push service writes to when something is wrong (RFC 8292 §2.1): `mailto:` or `https:`.
    pub subject: String,
    /// Dangerous: whether browsers may name push services inside this network, and in the clear.
    pub allow_private: bool,
}

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Connections that one address (of IPv6: one /64) has at once, on the port of pages. Many people sit behind one.
    pub connections_per_address: usize,
    /// Rooms that one address can make at once.
    pub rooms_at_once: u32,
    /// Rooms that one address can make per minute after that.
    pub rooms_per_minute: u32,
    /// Connections that one address can open at once.
    pub joins_at_once: u32,
    /// Connections that one address can open per minute after that.
    pub joins_per_minute: u32,
    /// Questions about rooms that one address can ask at once.
    pub lookups_at_once: u32,
    /// Questions about rooms that one address can ask per minute after that.
    pub lookups_per_minute: u32,
    /// Passwords that one address can try at once.
    pub passwords_at_once: u32,
    /// Passwords that one address can try per minute after that.
    pub passwords_per_minute: u32,
    /// Call identities that can be made from one address at once.
    pub identities_at_once: u32,
    /// Call identities that can be made from one address per minute after that.
    pub identities_per_minute: u32,
    /// Rings that one call identity can place at once.
    pub rings_at_once: u32,
    /// Rings that one call identity can place per minute after that.
    pub rings_per_minute: u32,
    /// Rings that can be placed from one address at once.
    pub rings_of_address_at_once: u32,
    /// Rings that can be placed from one address per minute after that.
    pub rings_of_address_per_minute: u32,
    /// KiB of chat that can come from one address at once.
    pub chat_kib_at_once: u32,
    /// KiB of chat that can come from one address per minute after that.
    pub chat_kib_per_minute: u32,
    /// Requests that one API key can make at once.
    pub requests_at_once: u32,
    /// Requests that one API key can make per minute after that.
    pub requests_per_minute: u32,
}

/// Stands for what is not shown.
const HIDDEN: &str = "…";

fn hidden<S: Serializer>(_: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(HIDDEN)
}

fn shown_without_password<S: Serializer>(url: &str, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&without_password(url))
}

/// Everything but the password, which stands between `:` and the last `@`, and the parameters. What may be anything is hidden.
pub(crate) fn without_password(url: &str) -> String {
    let shown = url.split_once("://").map(|(scheme, rest)| match rest.rsplit_once('@') {
        // Somewhere in the parameters.
        Some((user, _)) if user.contains('?') => HIDDEN.to_owned(),
        Some((user, place)) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}:{HIDDEN}@{}", place.split('?').next().unwrap_or_default())
        }
        None => format!("{scheme}://{}", rest.split('?').next().unwrap_or_default()),
    });
    shown.unwrap_or_else(|| if url.is_empty() { String::new() } else { HIDDEN.to_owned() })
}

impl Config {
    /// All settings as the file has them, without what nobody should read over somebody's shoulder.
    ///
    /// # Errors
    ///
    /// When a number is larger than the file can hold.
    pub fn without_secrets(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// Does what the roles of a node say.
    pub(crate) fn keep_to_roles(&mut self) {
        self.media.enabled &= self.cluster.has(NodeRole::Media);
        self.relay.enabled &= self.cluster.has(NodeRole::Relay);
    }

    /// The rules of a room about which nothing else was said.
    pub(crate) fn room_settings(&self) -> RoomSettings {
        RoomSettings { capacity: self.rooms.capacity, ..RoomSettings::default() }
    }
}

impl ServerConfig {
    /// Whether what this address says of others is believed.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

/// Addresses and networks as they are compared: one of IPv4 is the same however a socket for both versions writes it (RFC 4291
/// §2.5.5.2).
fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let entries = Vec::<String>::deserialize(from)?;
    let network = |entry: &String| {
        network(entry).ok_or_else(|| {
            D::Error::custom(format!("'{entry}' is neither an address nor a network such as 10.0.0.0/8"))
        })
    };
    entries.iter().map(network).collect()
}

fn network(entry: &str) -> Option<IpNet> {
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Some(IpNet::from(address.to_canonical()));
    }
    let network = entry.parse::<IpNet>().ok()?.trunc();
    let mapped = match network {
        IpNet::V6(network) => network.addr().to_ipv4_mapped().zip(network.prefix_len().checked_sub(MAPPED)),
        IpNet::V4(_) => None,
    };
    match mapped {
        Some((address, length)) => IpNet::new(address.into(), length).ok(),
        None => Some(network),
    }
}

/// How many bits of an address of IPv6 say that it is one of IPv4.
const MAPPED: u8 = 96;

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            public_port: 0,
            site: PathBuf::new(),
            assets: String::new(),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
        }
    }
}

impl Default for AcmeConfig {
    fn default() -> Self {
        Self {
            directory: LETS_ENCRYPT_PRODUCTION_DIRECTORY.to_owned(),
            contact: String::new(),
            root: PathBuf::new(),
        }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self { data: PathBuf::from("data"), postgres: String::new() }
    }
}

impl Default for RoomsConfig {
    fn default() -> Self {
        Self {
            capacity: DEFAULT_CAPACITY,
            unused_days: 90,
            most: 100_000,
            most_of_api_keys: 100_000,
            chat_messages: 20_000,
            chat_mib: 16,
            chat_days: 365,
            anyone_creates: true,
            shows_listed: true,
        }
    }
}

impl RoomsConfig {
    /// How much chat a room keeps.
    pub(crate) fn chat_quota(&self) -> ChatQuota {
        ChatQuota { messages: self.chat_messages, bytes: self.chat_mib.saturating_mul(1024 * 1024) }
    }
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            port: 3478,
            addresses: Vec::new(),
            stun_servers: Vec::new(),
            shards: 0,
            initial_downlink_kbps: 1_000,
            max_downlink_kbps: 20_000,
        }
    }
}

impl MediaConfig {
    /// How many threads forward and relay media, where any do.
    pub(crate) fn shard_count(&self) -> u16 {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        if self.shards == 0 { u16::try_from(processors).unwrap_or(u16::MAX) } else { self.shards }
    }
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            first_port: 49_152,
            last_port: u16::MAX,
            credential_minutes: 10,
            allow_peers: Vec::new(),
            deny_peers: Vec::new(),
            allocations: 5_000,
            allocations_per_participant: 64,
            allocations_per_address: 1_000,
            max_kbps: 20_000,
            max_kbps_per_participant: 60_000,
        }
    }
}

impl RelayConfig {
    /// How long credentials open, in seconds.
    pub(crate) fn credential_seconds(&self) -> u64 {
        self.credential_minutes * 60
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections_per_address: 2_000,
            rooms_at_once: 30,
            rooms_per_minute: 6,
            joins_at_once: 120,
            joins_per_minute: 120,
            lookups_at_once: 240,
            lookups_per_minute: 240,
            passwords_at_once: 10,
            passwords_per_minute: 6,
            identities_at_once: 60,
            identities_per_minute: 10,
            rings_at_once: 10,
            rings_per_minute: 30,
            rings_of_address_at_once: 30,
            rings_of_address_per_minute: 120,
            chat_kib_at_once: 4_096,
            chat_kib_per_minute: 1_024,
            requests_at_once: 600,
            requests_per_minute: 600,
        }
    }
}
