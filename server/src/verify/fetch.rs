//! Asks a server for one path after another. A connection carries one question, and an answer that leads elsewhere is not followed.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};

use crate::outgoing_tls::{connector, public_roots};

/// How long one answer may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);

/// The largest answer, in bytes, compressed or not. The largest file has some MiB.
const MOST: usize = 64 * 1024 * 1024;

/// Why a server cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address is none, or not one of a website.
    #[error("{0:?} is no address such as https://meet.example: it begins with https:// or http://")]
    NoAddress(String),
    /// The certificate that vouches for the server cannot be used.
    #[error("cannot use {0}: {1}")]
    BadRoot(String, String),
    /// Nobody is there, or somebody who cannot show that it is them.
    #[error("cannot reach {0}: {1}")]
    Unreachable(String, String),
    /// No answer in time.
    #[error("{0} does not answer")]
    Silent(String),
}

/// How an answer is to be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Identity,
}

/// What a server has said.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    asked: Coding,
}

/// Asks one server.
pub(super) struct Client {
    authority: String,
    host: String,
    port: u16,
    /// `None` where pages travel in the clear.
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Answer {
    /// The content, whether or not it was compressed; `None` when it was in another way than was asked for.
    pub(super) fn decoded(&self) -> Option<Vec<u8>> {
        let coding = self.headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes);
        match coding {
            None => Some(self.body.to_vec()),
            Some(b"br") if self.asked == Coding::Brotli => {
                let mut content = Vec::new();
                let reader = brotli_decompressor::Decompressor::new(&*self.body, 4096);
                reader.take(MOST as u64).read_to_end(&mut content).ok()?;
                Some(content)
            }
            Some(_) => None,
        }
    }
}

impl Client {
    pub(super) fn new(address: &Uri, root: Option<&Path>) -> Result<Self, FetchError> {
        let none = || FetchError::NoAddress(address.to_string());
        let authority = address.authority().ok_or_else(none)?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let (tls, usual) = match address.scheme_str() {
            Some("http") => (None, 80),
            Some("https") => {
                let name = ServerName::try_from(host.clone()).map_err(|_| none())?;
                let tls = connector(roots(root)?)
                    .map_err(|error| FetchError::BadRoot("TLS".to_owned(), error.to_string()))?;
                (Some((tls, name)), 443)
            }
            Some(_) | None => return Err(none()),
        };
        let port = authority.port_u16().unwrap_or(usual);
        Ok(Self { authority: authority.to_string(), host, port, tls })
    }

    pub(super) async fn get(&self, path: &str, asked: Coding) -> Result<Answer, FetchError> {
        let answered = timeout(ANSWERS_WITHIN, self.try_get(path, asked)).await;
        answered.unwrap_or_else(|_| Err(FetchError::Silent(self.authority.clone())))
    }

    async fn try_get(&self, path: &str, asked: Coding) -> Result<Answer, FetchError> {
        let stream =
            TcpStream::connect((&*self.host, self.port)).await.map_err(|error| self.broken(&error))?;
        match &self.tls {
            None => self.ask(stream, path, asked).await,
            Some((connector, name)) => {
                let stream =
                    connector.connect(name.clone(), stream).await.map_err(|error| self.broken(&error))?;
                self.ask(stream, path, asked).await
            }
        }
    }

    async fn ask<S>(&self, stream: S, path: &str, asked: Coding) -> Result<Answer, FetchError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let coding = match asked {
            Coding::Brotli => "br",
            Coding::Identity => "identity",
        };
        let request = Request::builder()
            .method(Method::GET)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::ACCEPT_ENCODING, coding)
            .header(header::CONNECTION, "close")
            .body(Body::empty())
            .map_err(|error| self.broken(&error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.broken(&error))?;
        let answered = async {
            let response = sender.send_request(request).await.map_err(|error| self.broken(&error))?;
            let (parts, body) = response.into_parts();
            let body = to_bytes(Body::new(body), MOST).await.map_err(|error| self.broken(&error))?;
            Ok(Answer { status: parts.status, headers: parts.headers, body, asked })
        };
        // The connection may end with the answer's last byte, or before it.
        let (answered, _) = tokio::join!(answered, connection);
        answered
    }

    fn broken(&self, error: &dyn std::error::Error) -> FetchError {
        FetchError::Unreachable(self.authority.clone(), error.to_string())
    }
}

/// Trusts whom browsers trust, or whoever was named alone.
fn roots(root: Option<&Path>) -> Result<RootCertStore, FetchError> {
    let Some(file) = root else { return Ok(public_roots()) };
    let bad = |error: String| FetchError::BadRoot(file.display().to_string(), error);
    let certificate = CertificateDer::from_pem_file(file).map_err(|error| bad(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).map_err(|error| bad(error.to_string()))?;
    Ok(roots)
}
