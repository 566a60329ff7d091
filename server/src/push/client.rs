//! Sends one push: a name becomes addresses, of which only those are reached that may be, then TLS, one request, and what is said to it. A
//! connection carries one push, and an answer that leads elsewhere is not followed.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::endpoint::{Endpoint, reachable};
use crate::outgoing_tls::{connector, public_roots};

/// How long a push may take, from its name to what is said to it.
const SENDS_WITHIN: Duration = Duration::from_secs(10);

/// How long one of several addresses may take to answer.
const CONNECTS_WITHIN: Duration = Duration::from_secs(3);

/// How much of the head of an answer is read, in bytes.
const HEAD: usize = 16 * 1024;

/// How requests are made.
pub(super) struct PushClient {
    tls: TlsConnector,
    allow_private: bool,
}

/// A request.
pub(super) struct Pushed {
    pub(super) authorization: String,
    /// For how many seconds the push service keeps it for a browser that is away.
    pub(super) ttl: u64,
    pub(super) topic: String,
    pub(super) body: Vec<u8>,
}

/// What a push service has said.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The header `Retry-After`, as it is.
    pub(super) retry_after: Option<String>,
}

/// A push did not get to its service.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// None of the addresses behind the name may be reached.
    #[error("the name leads to no public address")]
    Forbidden,
    /// The name has no address, or none that answers.
    #[error("the push service cannot be reached")]
    Unreachable,
    /// No answer in time.
    #[error("the push service does not answer")]
    Silent,
    /// Something broke in between.
    #[error("the connection broke: {0}")]
    Broken(String),
}

impl PushClient {
    /// Trusts whom browsers trust. With `allow_private` it also reaches into this network.
    pub(super) fn new(allow_private: bool) -> anyhow::Result<Self> {
        let tls = connector(public_roots()).context("TLS cannot be set up")?;
        Ok(Self { tls, allow_private })
    }

    /// Whether endpoints inside this network are taken.
    pub(super) fn allows_private(&self) -> bool {
        self.allow_private
    }

    /// Sends a push, and waits for what is said to it.
    pub(super) async fn send(&self, to: &Endpoint, pushed: Pushed) -> Result<Answer, SendError> {
        timeout(SENDS_WITHIN, self.try_send(to, pushed)).await.unwrap_or(Err(SendError::Silent))
    }

    async fn try_send(&self, to: &Endpoint, pushed: Pushed) -> Result<Answer, SendError> {
        let request = request(to, pushed)?;
        let stream = self.connect(to).await?;
        if !to.is_tls {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(to.host.clone()).map_err(|_| SendError::Unreachable)?;
        let stream = self.tls.connect(name, stream).await.map_err(broken)?;
        exchange(stream, request).await
    }

    async fn connect(&self, to: &Endpoint) -> Result<TcpStream, SendError> {
        let found = lookup_host((&*to.host, to.port)).await.map_err(|_| SendError::Unreachable)?;
        let addresses: Vec<SocketAddr> = reachable(found, self.allow_private);
        if addresses.is_empty() {
            return Err(SendError::Forbidden);
        }
        for address in addresses {
            if let Ok(Ok(stream)) = timeout(CONNECTS_WITHIN, TcpStream::connect(address)).await {
                return Ok(stream);
            }
        }
        Err(SendError::Unreachable)
    }
}

/// The request (RFC 8030 §5, RFC 8188 §2).
fn request(to: &Endpoint, pushed: Pushed) -> Result<Request<Body>, SendError> {
    let Pushed { authorization, ttl, topic, body } = pushed;
    Request::builder()
        .method(Method::POST)
        .uri(&to.target)
        .header(header::HOST, to.authority())
        .header(header::AUTHORIZATION, authorization)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::CONTENT_ENCODING, "aes128gcm")
        .header("ttl", ttl)
        .header("urgency", "high")
        .header("topic", topic)
        .body(Body::from(body))
        .map_err(broken)
}

async fn exchange<S>(stream: S, request: Request<Body>) -> Result<Answer, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answered = sender.send_request(request);
    tokio::pin!(connection, answered);
    let response = tokio::select! {
        response = &mut answered => response.map_err(broken)?,
        ended = &mut connection => match ended {
            // The answer may have come with the end.
            Ok(()) => answered.await.map_err(broken)?,
            Err(error) => return Err(broken(error)),
        },
    };
    Ok(Answer { status: response.status(), retry_after: retry_after(response.headers()) })
}

fn retry_after(headers: &HeaderMap<HeaderValue>) -> Option<String> {
    headers.get(header::RETRY_AFTER)?.to_str().ok().map(str::to_owned)
}

fn broken(error: impl std::error::Error) -> SendError {
    SendError::Broken(error.to_string())
}
