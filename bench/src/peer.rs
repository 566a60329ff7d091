//! A server as a process of its own: ours, or Socket.IO on Node. Its memory and its time on the processors can be read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::dialect::Dialect;

/// A running server; it is killed when this is dropped.
pub(crate) struct Peer {
    pub(crate) dialect: Dialect,
    pub(crate) address: SocketAddr,
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Where ours keeps things.
    data: tempfile::TempDir,
    settings: Vec<(String, String)>,
    /// Ours, where it is not the one of `VERANDA_BINARY`.
    binary: Option<PathBuf>,
}

impl Peer {
    /// Starts a server on a free port, with limits that do not get in the way.
    pub(crate) async fn start(dialect: Dialect) -> anyhow::Result<Self> {
        Self::start_with(dialect, &[]).await
    }

    /// The same, with settings for ours.
    pub(crate) async fn start_with(
        dialect: Dialect,
        settings: &'static [(&'static str, &'static str)],
    ) -> anyhow::Result<Self> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::start_program(dialect, settings.iter().map(owned).collect(), None).await
    }

    /// The same with settings that are known only now, and of another version.
    pub(crate) async fn start_program(
        dialect: Dialect,
        settings: Vec<(String, String)>,
        binary: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let (child, input, lines, address) = spawn(dialect, &data, &settings, binary.as_deref(), 0).await?;
        Ok(Self { dialect, address, child, input, lines, data, settings, binary })
    }

    /// Kills it and starts it again at the same address, with what it has kept.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        // It may have ended.
        _ = self.child.kill().await;
        let Self { dialect, data, settings, binary, address, .. } = self;
        (self.child, self.input, self.lines, _) =
            spawn(*dialect, data, settings, binary.as_deref(), address.port()).await?;
        Ok(())
    }

    /// The same, of another version.
    pub(crate) async fn become_version(&mut self, binary: PathBuf) -> anyhow::Result<()> {
        self.binary = Some(binary);
        self.restart().await
    }

    /// Kills it, without a word.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Tells it to end, and waits until it has: with which status.
    pub(crate) async fn told_to_end(&mut self) -> anyhow::Result<std::process::ExitStatus> {
        let id = rustix::process::Pid::from_raw(self.id()?.try_into()?).context("no process")?;
        rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        Ok(self.child.wait().await?)
    }

    /// Time on the processors since its start, of all its threads, in user and in kernel mode.
    pub(crate) fn processor_time(&self) -> anyhow::Result<Duration> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.id()?))?;
        let (_, fields) = text.rsplit_once(") ").context("no stat")?;
        let fields: Vec<_> = fields.split(' ').collect();
        // utime and stime (proc(5)), in ticks of 10 ms.
        let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Resident memory, in bytes; of Node after it has collected its garbage.
    pub(crate) async fn resident(&mut self) -> anyhow::Result<u64> {
        if self.dialect == Dialect::SocketIo {
            self.input.write_all(b"collect\n").await?;
            self.lines.next_line().await?.context("no answer")?;
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }

    /// Makes a room and returns its name.
    pub(crate) async fn new_room(&self, capacity: usize) -> anyhow::Result<String> {
        if self.dialect == Dialect::SocketIo {
            static ROOMS: AtomicU64 = AtomicU64::new(0);
            return Ok(format!("room {}", ROOMS.fetch_add(1, Ordering::Relaxed)));
        }
        let room = self.new_room_with(&json!({ "capacity": capacity })).await?;
        Ok(room["code"].as_str().with_context(|| format!("no code: {room}"))?.to_owned())
    }

    /// Makes a room of ours with these settings, and returns what the server says of it.
    pub(crate) async fn new_room_with(&self, settings: &Value) -> anyhow::Result<Value> {
        let body = settings.to_string();
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!(
            "POST /api/v1/rooms HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut response = String::new();
        stream.read_to_string(&mut response).await?;
        let (_, body) = response.split_once("\r\n\r\n").context("no body")?;
        serde_json::from_str(body).with_context(|| format!("no room: {body}"))
    }

    /// How many files ours has recorded, and their bytes.
    pub(crate) fn recorded(&self) -> anyhow::Result<(usize, u64)> {
        let mut all = (0, 0);
        for recording in std::fs::read_dir(self.data.path().join("recordings"))? {
            for file in std::fs::read_dir(recording?.path())? {
                all = (all.0 + 1, all.1 + file?.metadata()?.len());
            }
        }
        Ok(all)
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> anyhow::Result<u32> {
        self.child.id().context("the server ended")
    }
}

type Started = (Child, ChildStdin, Lines<BufReader<ChildStdout>>, SocketAddr);

async fn spawn(
    dialect: Dialect,
    data: &tempfile::TempDir,
    settings: &[(String, String)],
    binary: Option<&Path>,
    port: u16,
) -> anyhow::Result<Started> {
    let mut command = match dialect {
        Dialect::Veranda => {
            let usual = || {
                std::env::var_os("VERANDA_BINARY")
                    .map_or_else(|| "target/release/veranda".into(), PathBuf::from)
            };
            let mut command = Command::new(binary.map_or_else(usual, Path::to_owned));
            command
                .env("VERANDA__SERVER__ADDRESS", format!("127.0.0.1:{port}"))
                .env("VERANDA__STORAGE__DATA", data.path())
                .env("VERANDA__MEDIA__PORT", "0")
                .env("VERANDA__LIMITS__CONNECTIONS_PER_ADDRESS", "1000000")
                .env("VERANDA__LIMITS__JOINS_AT_ONCE", "1000000")
                .env("VERANDA__LIMITS__ROOMS_AT_ONCE", "1000000")
                .env("NO_COLOR", "1")
                .envs(settings.iter().map(|(name, value)| (name, value)));
            command
        }
        Dialect::SocketIo => {
            let mut command = Command::new("node");
            command.args(["--expose-gc", "bench/peers/socketio-server.mjs", &port.to_string()]);
            command
        }
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("a server cannot be started; 'make bench-signalling' prepares them")?;
    let input = child.stdin.take().context("no input")?;
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        // The address of its metrics, which has a path, comes before.
        let address = line.split_once("http://").and_then(|(_, address)| address.trim().parse().ok());
        if let Some(address) = address {
            return Ok((child, input, lines, address));
        }
    }
    anyhow::bail!("the server ended")
}
