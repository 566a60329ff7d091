//! The optimised server as a process of its own, whose memory can be read.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts `$VERANDA_BINARY` on a free port, with limits that do not get in the way.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let binary = std::env::var("VERANDA_BINARY").unwrap_or_else(|_| "target/release/veranda".to_owned());
        let mut child = Command::new(&binary)
            .env("VERANDA__SERVER__ADDRESS", "127.0.0.1:0")
            .env("VERANDA__LIMITS__JOINS_AT_ONCE", "1000000")
            .env("VERANDA__LIMITS__ROOMS_AT_ONCE", "1000000")
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{binary} cannot be started; 'make image' builds it"))?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, address)) = line.split_once("http://") {
                return Ok(Self { child, address: address.trim().parse()? });
            }
        }
        anyhow::bail!("the server ended")
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let pid = self.child.id().context("the server ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }

    /// Makes a room and returns its code.
    pub(crate) async fn new_room(&self) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!(
            "POST /api/v1/rooms HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}",
            self.address
        );
        stream.write_all(request.as_bytes()).await?;
        let mut response = String::new();
        stream.read_to_string(&mut response).await?;
        let (_, body) = response.split_once("\r\n\r\n").context("no body")?;
        let room: serde_json::Value = serde_json::from_str(body)?;
        Ok(room["code"].as_str().context("no code")?.to_owned())
    }
}
