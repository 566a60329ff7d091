//! The program with a certificate from an authority: it gets one, keeps it, renews it, and stays up when there is none.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use server::config::{Config, TlsMode};
use server::{AppState, router};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::authority::{Authority, Process, ask, connect, free_port, until};

const DOMAIN: &str = "meet.example.org";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What is said on the command line, and what the environment says.
type ReceivedMessage = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const BY_DOMAIN: ReceivedMessage = (&["--domain", DOMAIN], &[]);
const BY_SETTINGS: ReceivedMessage =
    (&[], &[("VERANDA__TLS__MODE", "acme"), ("VERANDA__TLS__NAMES", "meet.example.org,www.example.org")]);

/// `veranda serve`, which ends with the test.
struct Program {
    process: Process,
    address: SocketAddr,
    folder: PathBuf,
}

impl Program {
    /// Starts it in a folder, which has its data and its log.
    async fn start(
        said: ReceivedMessage,
        authority: &Authority,
        address: SocketAddr,
        folder: &TempDir,
    ) -> Self {
        let log = fs::File::create(folder.path().join("log")).unwrap();
        fs::create_dir_all(folder.path().join("target/site/pkg")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_veranda"))
            .args(["serve", "--address", &address.to_string()])
            .args(said.0)
            .envs(said.1.iter().copied())
            .env("VERANDA__TLS__ACME__DIRECTORY", authority.directory())
            .env("VERANDA__TLS__ACME__ROOT", authority.root())
            .env("VERANDA__MEDIA__ENABLED", "false")
            .env("VERANDA__RELAY__ENABLED", "false")
            .current_dir(folder)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let program = Self { process: Process(process), address, folder: folder.path().to_owned() };
        until("the program listens", async || TcpStream::connect(address).await.is_ok()).await;
        program
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    async fn connect(&self, root: &CertificateDer<'static>) -> io::Result<TlsStream<TcpStream>> {
        connect(self.address, DOMAIN, root).await
    }

    /// The certificate that is shown, which has to be good.
    async fn shown(&self, root: &CertificateDer<'static>) -> io::Result<CertificateDer<'static>> {
        let stream = self.connect(root).await?;
        Ok(stream.get_ref().1.peer_certificates().unwrap()[0].clone())
    }

    /// The certificate that is shown, once there is one.
    async fn certificate(&self, root: &CertificateDer<'static>) -> CertificateDer<'static> {
        until("there is a certificate", async || self.connect(root).await.is_ok()).await;
        self.shown(root).await.unwrap()
    }
}

/// Every file below, with who may do what with it.
fn files_below(folder: &Path) -> Vec<(PathBuf, u32)> {
    use std::os::unix::fs::PermissionsExt as _;
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let inner = if path.is_dir() { files_below(&path) } else { Vec::new() };
        inner.into_iter().chain([(path, mode)])
    };
    entries.flat_map(below).collect()
}

#[tokio::test]
async fn a_domain_gets_a_certificate_and_keeps_it_over_a_restart() {
    let authority = Authority::start(90 * DAY).await;
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(BY_DOMAIN, &authority, authority.looks_at, &folder).await;
    let root = authority.root_of_certificates().await;
    let first = program.certificate(&root).await;
    let page = ask(program.connect(&root).await.unwrap(), DOMAIN, "/").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("Veranda"), "{page}");
    assert!(program.log().contains("new certificate for meet.example.org"), "{}", program.log());

    // It is shown before it is written: whoever ends the program in between has to order another.
    let tls = folder.path().join("data/tls");
    let is_draft = |file: &Path| file.extension().is_some_and(|extension| extension == "new");
    let is_kept = async || {
        let files = files_below(&tls);
        files.len() == 3 && !files.iter().any(|(file, _)| is_draft(file))
    };
    until("a folder, an account, a certificate with its key are kept", is_kept).await;
    let kept = files_below(&tls);
    assert!(kept.iter().all(|(_, mode)| mode & 0o077 == 0), "{kept:?}");

    drop(program);
    let orders = authority.orders();
    assert_eq!(orders, 1);
    let again = Program::start(BY_DOMAIN, &authority, authority.looks_at, &folder).await;
    assert_eq!(again.certificate(&root).await, first);
    assert!(again.log().contains("is the one that was kept"), "{}", again.log());
    assert_eq!(authority.orders(), orders);
}

#[tokio::test]
async fn a_certificate_is_exchanged_before_its_time_is_over() {
    let authority = Authority::start(Duration::from_secs(18)).await;
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(BY_SETTINGS, &authority, authority.looks_at, &folder).await;
    let root = authority.root_of_certificates().await;
    let first = program.certificate(&root).await;
    connect(program.address, "www.example.org", &root).await.expect("all names are in it");
    let another = async || program.shown(&root).await.expect("one is good at any time") != first;
    until("another certificate", another).await;
    assert_eq!(authority.orders(), 2);
}

#[tokio::test]
async fn an_authority_that_refuses_leaves_the_server_up_and_a_word_in_the_log() {
    let authority = Authority::start(90 * DAY).await;
    let folder = tempfile::tempdir().unwrap();
    // The name leads elsewhere, where nobody answers.
    let mut program = Program::start(BY_DOMAIN, &authority, free_port(), &folder).await;
    until("a word in the log", async || program.log().contains("ERROR")).await;
    let log = program.log();
    // pebble has one kind of problem for a wrong answer and for none.
    assert!(
        log.contains("no new certificate for meet.example.org: meet.example.org: what is at port 443"),
        "{log}"
    );
    assert!(log.contains("The authority says: Failed to connect"), "{log}");

    let refused = program.connect(&authority.root_of_certificates().await).await.unwrap_err();
    assert!(refused.to_string().contains("AccessDenied"), "{refused}");
    assert!(program.process.0.try_wait().unwrap().is_none(), "it is up");
    let mut plain = TcpStream::connect(program.address).await.unwrap();
    plain
        .write_all(b"GET /rooms HTTP/1.1\r\nhost: meet.example.org\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("location: https://meet.example.org/rooms"), "{answer}");
}

#[tokio::test]
async fn an_authority_that_cannot_be_reached_leaves_the_server_up_and_a_word_in_the_log() {
    let mut authority = Authority::start(90 * DAY).await;
    authority.end();
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(BY_DOMAIN, &authority, authority.looks_at, &folder).await;
    until("a word in the log", async || program.log().contains("the authority cannot be reached")).await;
    assert!(program.process.0.try_wait().unwrap().is_none(), "it is up");
}

#[tokio::test]
async fn another_port_in_the_clear_sends_everybody_to_https() {
    let data = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.storage.data = data.path().to_owned();
    config.tls.mode = TlsMode::SelfSigned;
    config.tls.names = vec![DOMAIN.parse().unwrap()];
    (config.media.enabled, config.relay.enabled) = (false, false);
    let [pages, other] = [TcpListener::bind("127.0.0.1:0"), TcpListener::bind("127.0.0.1:0")];
    let (pages, other) = (pages.await.unwrap(), other.await.unwrap());
    let address = other.local_addr().unwrap();
    let state = AppState::open(config).await.unwrap();
    let front = state.open_front(pages).unwrap().also_at(other);
    let answer = async |request: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let asked = async {
        let head = format!("host: {DOMAIN}\r\nconnection: close\r\n\r\n");
        let sent_on = answer(&format!("GET /r/kfm-pqxz-wtr?a=b HTTP/1.1\r\n{head}")).await;
        assert!(sent_on.starts_with("HTTP/1.1 308 "), "{sent_on}");
        assert!(
            sent_on.contains("\r\nlocation: https://meet.example.org/r/kfm-pqxz-wtr?a=b\r\n"),
            "{sent_on}"
        );
        for foreign in ["evil.example", "meet.example.org.evil.example", "evil@meet.example.org"] {
            let head = format!("host: {foreign}\r\nconnection: close\r\n\r\n");
            let refused = answer(&format!("GET / HTTP/1.1\r\n{head}")).await;
            assert!(!refused.contains("location:") && refused.starts_with("HTTP/1.1 4"), "{refused}");
        }
        assert!(answer("hello\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    };
    tokio::select! {
        () = front.serve(router::router(state.clone()), std::future::pending()) => {}
        () = asked => {}
    }
}
