//! Nodes of one cluster as processes of their own, with the PostgreSQL and the Redis of `scripts/with-postgres` and `scripts/with-redis`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::dialect::Dialect;
use crate::peer::Peer;

/// What is the same for all nodes.
pub(crate) struct Setup {
    postgres: String,
    redis: String,
}

impl Setup {
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let variable = |name: &str| {
            std::env::var(name).with_context(|| format!("{name} is not set: scripts/bench cluster sets it"))
        };
        let postgres = format!("{}/postgres", variable("VERANDA_TEST_POSTGRES")?);
        Ok(Self { postgres, redis: variable("VERANDA_TEST_REDIS")? })
    }

    /// A node that takes people, with these roles.
    pub(crate) async fn node(&self, name: &str, roles: &str) -> anyhow::Result<Peer> {
        self.node_of(name, roles, None).await
    }

    /// The same, of another version.
    pub(crate) async fn node_of(
        &self,
        name: &str,
        roles: &str,
        binary: Option<PathBuf>,
    ) -> anyhow::Result<Peer> {
        let address = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.to_string();
        let secret = "measured".repeat(4);
        let settings = [
            ("STORAGE__POSTGRES", self.postgres.as_str()),
            ("CLUSTER__SECRET", secret.as_str()),
            ("CLUSTER__REDIS", self.redis.as_str()),
            ("CLUSTER__NODE", name),
            ("CLUSTER__ADDRESS", address.as_str()),
            ("CLUSTER__REACHED_AT", address.as_str()),
            ("CLUSTER__ROLES", roles),
            ("CLUSTER__DRAIN_SECONDS", "10"),
            ("MEDIA__ADDRESSES", "127.0.0.1"),
            ("MEDIA__INITIAL_DOWNLINK_KBPS", "50000"),
            ("MEDIA__MAX_DOWNLINK_KBPS", "100000"),
            ("METRICS__ENABLED", "false"),
            ("LIMITS__LOOKUPS_AT_ONCE", "1000000"),
            // Nobody reads what it writes after its address; a full pipe would stop it.
            ("LOG__FILTER", "warn,veranda::serve=info,server::serve=info"),
        ];
        let settings = settings.map(|(name, value)| (format!("VERANDA__{name}"), value.to_owned()));
        let peer = Peer::start_program(Dialect::Veranda, settings.into(), binary).await?;
        until_ready(&peer).await?;
        Ok(peer)
    }

    /// How many rooms each node has, as PostgreSQL says: by its address.
    pub(crate) async fn owners(&self) -> anyhow::Result<String> {
        let select = "SELECT owner::json->>'node' AS node, count(*) FROM rooms WHERE owner IS NOT NULL GROUP BY 1 ORDER BY 1";
        let said = tokio::process::Command::new("psql").args([&self.postgres, "-Atc", select]).output().await;
        let said = said.context("there is no psql")?;
        anyhow::ensure!(said.status.success(), "psql: {}", String::from_utf8_lossy(&said.stderr));
        Ok(String::from_utf8_lossy(&said.stdout).trim().replace('\n', ", "))
    }
}

/// Waits until a node says that it takes people.
pub(crate) async fn until_ready(peer: &Peer) -> anyhow::Result<()> {
    for _ in 0..300 {
        if get(peer, "/readyz").await?.starts_with("HTTP/1.1 200") {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    anyhow::bail!("a node is not ready: {}", get(peer, "/readyz").await?)
}

/// What a node answers.
pub(crate) async fn get(peer: &Peer, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(peer.address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", peer.address);
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}
