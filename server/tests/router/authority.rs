//! An authority that gives certificates: pebble, the one that Let's Encrypt has for tests, with a DNS of its own in which every
//! name leads to this machine.

use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// A pebble that ends with the test. What it knows ends with it.
pub(crate) struct Authority {
    folder: TempDir,
    directory: SocketAddr,
    management: SocketAddr,
    /// Where it looks whether a name leads to whoever asks.
    pub(crate) looks_at: SocketAddr,
    children: Vec<Process>,
}

/// A program that ends with its value.
pub(crate) struct Process(pub(crate) Child);

impl Drop for Process {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// A port that nobody has now.
pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Authority {
    /// One whose certificates are good for so long.
    pub(crate) async fn start(good_for: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [directory, management, looks_at, dns_management] = [(); 4].map(|()| free_port());
        let dns = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        write_own_certificate(&folder);
        let config = json!({ "pebble": {
            "listenAddress": directory,
            "managementListenAddress": management,
            "certificate": file("own.crt"),
            "privateKey": file("own.key"),
            "httpPort": 1,
            "tlsPort": looks_at.port(),
            "certificateValidityPeriod": good_for.as_secs(),
        }});
        fs::write(file("pebble.json"), config.to_string()).unwrap();
        let names = Command::new("pebble-challtestsrv")
            .args(["-dns01", &dns.to_string(), "-management", &dns_management.to_string()])
            .args([
                "-http01",
                "",
                "-https01",
                "",
                "-tlsalpn01",
                "",
                "-defaultIPv4",
                "127.0.0.1",
                "-defaultIPv6",
                "",
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is no pebble-challtestsrv: 'make setup' installs one");
        let names = Process(names);
        let pebble = Command::new("pebble")
            .args(["-config", &file("pebble.json"), "-dnsserver", &dns.to_string()])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "0")
            .env("PEBBLE_AUTHZREUSE", "0")
            .stdout(fs::File::create(file("pebble.log")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .expect("there is no pebble: 'make setup' installs one");
        let children = vec![names, Process(pebble)];
        let authority = Self { folder, directory, management, looks_at, children };
        for port in [directory, management, dns_management] {
            until("the authority is there", async || TcpStream::connect(port).await.is_ok()).await;
        }
        authority
    }

    /// From now on nobody answers there.
    pub(crate) fn end(&mut self) {
        self.children.clear();
    }

    /// The address of its directory.
    pub(crate) fn directory(&self) -> String {
        format!("https://localhost:{}/dir", self.directory.port())
    }

    /// What vouches for the directory.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root.crt")
    }

    /// What vouches for the certificates that it gives.
    pub(crate) async fn root_of_certificates(&self) -> CertificateDer<'static> {
        let own = CertificateDer::from_pem_file(self.root()).unwrap();
        let stream = connect(self.management, "localhost", &own).await.unwrap();
        let answer = ask(stream, "localhost", "/roots/0").await;
        CertificateDer::from_pem_slice(answer.as_bytes()).unwrap()
    }

    /// How many certificates it was asked for, whatever became of it.
    pub(crate) fn orders(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("pebble.log")).unwrap();
        log.matches("Added order ").count()
    }
}

/// A certificate for the directory, and what vouches for it.
fn write_own_certificate(folder: &TempDir) {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let root_certificate = root.self_signed(&root_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    for (name, text) in
        [("root.crt", root_certificate.pem()), ("own.crt", own.pem()), ("own.key", key.serialize_pem())]
    {
        fs::write(folder.path().join(name), text).unwrap();
    }
}

/// TLS with a server that has to show a certificate for this name, for which this root vouches.
///
/// # Errors
///
/// When the server refuses, or the certificate is another.
pub(crate) async fn connect(
    address: SocketAddr,
    name: &str,
    root: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let stream = TcpStream::connect(address).await?;
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// The whole answer to a request.
pub(crate) async fn ask(mut stream: TlsStream<TcpStream>, host: &str, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Not every server says goodbye before it closes.
    _ = stream.read_to_string(&mut answer).await;
    answer
}

/// Waits until something is so, for half a minute at the most.
pub(crate) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what}: not within half a minute");
}
