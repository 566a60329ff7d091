//! Port 80 beside port 443: says to go to https, and nothing else. It is not the server's port of pages, and needs no router.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::tasks;
use crate::tls_name::TlsName;

/// Who asks at once. Others wait.
const AT_ONCE: usize = 256;

/// How long it takes at the most to ask, and to be answered.
const WITHIN: Duration = Duration::from_secs(5);

/// The longest head of a request that is read, in bytes.
const LONGEST: u64 = 8 * 1024;

/// Sends everybody who asks there to the same page at `https://name`, for as long as the server runs.
pub fn to_https(listener: TcpListener, name: &TlsName) {
    let Some(name) = name.in_url() else { return };
    tasks::spawn(take(listener, name.into()));
}

async fn take(listener: TcpListener, name: Arc<str>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let name = Arc::clone(&name);
                tasks::spawn(async move {
                    _ = tokio::time::timeout(WITHIN, answer(stream, &name)).await;
                    drop(place);
                });
            }
            // Too many open files, for one, is not over at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn answer(stream: TcpStream, name: &str) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = (&mut stream).take(LONGEST);
    let mut first = String::new();
    lines.read_line(&mut first).await?;
    // What is left unread when a connection is closed takes the answer with it.
    let mut line = String::new();
    while lines.read_line(&mut line).await? > 0 && !line.trim_end().is_empty() {
        line.clear();
    }
    let answer = match path(&first) {
        Some(path) => format!("308 Permanent Redirect\r\nlocation: https://{name}{path}"),
        None => "400 Bad Request".to_owned(),
    };
    let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// The path and query of a request, from its first line (RFC 9112 §3), when they can stand in an address as they are.
fn path(line: &str) -> Option<&str> {
    let mut words = line.trim_end().split(' ');
    let (_, path, version) = (words.next()?, words.next()?, words.next()?);
    let is_path = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    (is_path && version.starts_with("HTTP/1.") && words.next().is_none()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_sent_to_where_it_wanted_to_go_and_nowhere_else() {
        assert_eq!(path("GET /r/kfm-pqxz-wtr?a=b HTTP/1.1\r\n"), Some("/r/kfm-pqxz-wtr?a=b"));
        assert_eq!(path("POST / HTTP/1.0\r\n"), Some("/"));
        for line in [
            "",
            "GET",
            "GET /",
            "GET http://evil.example/ HTTP/1.1",
            "GET @evil HTTP/1.1",
            "GET /a b HTTP/1.1",
        ] {
            assert_eq!(path(line), None, "{line}");
        }
        assert_eq!(path("GET /\u{7f} HTTP/1.1"), None);
    }
}
