//! coturn from the distribution, with one user, on a free port.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use super::{Relay, own_address};

/// A running coturn; it is killed when this is dropped.
pub(super) struct Coturn {
    child: Child,
    pub(super) relay: Relay,
    _folder: tempfile::TempDir,
}

impl Coturn {
    pub(super) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let ip = own_address()?;
        let port = UdpSocket::bind((ip, 0))?.local_addr()?.port();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (address, number) = (ip.to_string(), port.to_string());
        let child = Command::new("turnserver")
            .args([
                "-n",
                "--no-cli",
                "--no-tls",
                "--no-dtls",
                "--no-tcp",
                "--log-file",
                "/dev/null",
                "--realm",
                "bench",
            ])
            .args(["--lt-cred-mech", "--user", "bench:bench", "--allow-loopback-peers"])
            .args(["--listening-ip", &address, "--listening-port", &number, "--relay-ip", &address])
            .args(["--pidfile", &file("pid"), "--userdb", &file("db")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("turnserver (Debian: apt install coturn)")?;
        // It answers when it is there; the first request that it misses is asked again.
        std::thread::sleep(Duration::from_secs(2));
        let relay = Relay {
            process: child.id(),
            address: SocketAddr::new(ip, port),
            username: "bench".to_owned(),
            password: "bench".to_owned(),
        };
        Ok(Self { child, relay, _folder: folder })
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
