//! How spans get to their receiver: a request of HTTP each time, on the server's runtime, while the thread that sends them waits. A receiver that
//! hangs costs that thread its time, and nobody else.

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Request, Response, Uri, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry_http::{HttpClient, HttpError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::outgoing_tls::{connector, public_roots};

/// How much of an answer is read, in bytes.
const ANSWER: usize = 64 * 1024;

/// Sends requests.
pub(super) struct Receiver {
    runtime: Handle,
    tls: TlsConnector,
    answers_within: Duration,
}

impl Receiver {
    /// On the runtime where this is called. Trusts whom browsers trust.
    pub(super) fn new(answers_within: Duration) -> anyhow::Result<Self> {
        let tls = connector(public_roots()).context("TLS cannot be set up")?;
        let runtime = Handle::try_current().context("there is no runtime")?;
        Ok(Self { runtime, tls, answers_within })
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Receiver").finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for Receiver {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (tls, within) = (self.tls.clone(), self.answers_within);
        // Whoever waits for this is on no runtime.
        let exchange = async move {
            timeout(within, exchange(tls, request)).await.unwrap_or_else(|_| Err("no answer in time".into()))
        };
        let answer = self.runtime.spawn(exchange).await?;
        if let Err(error) = &answer {
            tracing::warn!(%error, "traces were not delivered");
        }
        answer
    }
}

async fn exchange(tls: TlsConnector, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let uri = request.uri().clone();
    let host = uri.host().ok_or("the address has no host")?.trim_matches(['[', ']']).to_owned();
    let is_tls = uri.scheme_str() == Some("https");
    let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
    let stream = TcpStream::connect((&*host, port)).await?;
    let request = with_target(request, &uri)?;
    let response = if is_tls {
        talk(tls.connect(ServerName::try_from(host)?, stream).await?, request).await?
    } else {
        talk(stream, request).await?
    };
    let (parts, body) = response.into_parts();
    Ok(Response::from_parts(parts, to_bytes(Body::new(body), ANSWER).await?))
}

/// As HTTP/1.1 wants it: the path alone, and the host beside it (RFC 9112 §3.2).
fn with_target(request: Request<Bytes>, uri: &Uri) -> Result<Request<Body>, HttpError> {
    let (mut parts, body) = request.into_parts();
    let authority = uri.authority().map(Authority::as_str).unwrap_or_default();
    parts.headers.insert(header::HOST, HeaderValue::from_str(authority)?);
    parts.uri = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

async fn talk<S>(stream: S, request: Request<Body>) -> Result<Response<hyper::body::Incoming>, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It ends with the answer, or with the time that all of this has.
    drop(crate::tasks::spawn(connection));
    Ok(sender.send_request(request).await?)
}
