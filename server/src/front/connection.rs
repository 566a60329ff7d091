//! One connection, until it is known what it is.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use relay::Flow;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::prefixed::Prefixed;
use super::{Peer, Sorting, proxy_protocol};
use crate::browser::Transport;

/// How long TLS may take to be agreed on, and a connection to say its first word.
const AGREES_WITHIN: Duration = Duration::from_secs(10);

/// What TLS begins with: a handshake record (RFC 8446 §5.1).
const TLS: u8 = 22;

/// What a message of STUN begins with, and no request of HTTP (RFC 7983 §7).
const STUN: std::ops::RangeInclusive<u8> = 0..=3;

/// A connection for HTTP.
pub enum Io {
    /// In the clear.
    Plain(Prefixed<TcpStream>),
    /// Inside TLS.
    Tls(Box<Prefixed<TlsStream<Prefixed<TcpStream>>>>),
}

impl Sorting {
    /// Finds out what a connection is, and hands it over. What is nothing, or too slow to say, is closed.
    pub(super) async fn sort(&self, stream: TcpStream, address: SocketAddr) {
        let Ok(place) = self.places.acquire().await else { return };
        let sorted = tokio::time::timeout(AGREES_WITHIN, self.look(stream, address)).await;
        drop(place);
        match sorted {
            Ok(Ok(Sorted::Http(io, peer))) => _ = self.ready.send((io, peer)).await,
            Ok(Ok(Sorted::Relayed(io, flow))) => self.relay(io, flow).await,
            Ok(Err(_)) | Err(_) => {}
        }
    }

    async fn look(&self, stream: TcpStream, address: SocketAddr) -> io::Result<Sorted> {
        let server = stream.local_addr()?;
        let mut stream = Prefixed::new(stream);
        let address = canonical(address);
        let config = &self.config.server;
        let is_proxied = config.proxy_protocol && config.trusted_proxies.contains(&address.ip());
        let (named, kind) = begin(&mut stream, is_proxied).await?;
        let client = named.map_or(address, canonical);
        match (kind, &self.tls) {
            (Kind::Tls, Some(tls)) => {
                let mut stream = Prefixed::new(tls.accept(stream).await?);
                let peer = Peer { address: client, transport: Transport::Tls };
                // Whoever wants HTTP says so; connections that are opened in advance say nothing more for a while.
                let is_http =
                    stream.get_ref().get_ref().1.alpn_protocol().is_some_and(|name| name != ALPN_TURN);
                if !is_http && kind_of(&mut stream).await? == Kind::Stun {
                    let flow = Flow { transport: relay::Transport::Tls, client, server: canonical(server) };
                    return Ok(Sorted::Relayed(Io::Tls(Box::new(stream)), flow));
                }
                Ok(Sorted::Http(Io::Tls(Box::new(stream)), peer))
            }
            (Kind::Stun, Some(_) | None) => {
                let flow = Flow { transport: relay::Transport::Tcp, client, server: canonical(server) };
                Ok(Sorted::Relayed(Io::Plain(stream), flow))
            }
            (Kind::Tls, None) | (Kind::Http, Some(_) | None) => {
                Ok(Sorted::Http(Io::Plain(stream), Peer { address: client, transport: Transport::Plain }))
            }
        }
    }

    async fn relay(&self, io: Io, flow: Flow) {
        match io {
            Io::Plain(stream) => {
                let (stream, read) = stream.into_parts();
                self.media.relay(stream, read, flow).await;
            }
            Io::Tls(stream) => {
                let (stream, read) = stream.into_parts();
                self.media.relay(stream, read, flow).await;
            }
        }
    }
}

/// RFC 7443 §3.
const ALPN_TURN: &[u8] = b"stun.turn";

enum Sorted {
    Http(Io, Peer),
    Relayed(Io, Flow),
}

/// What a connection is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TLS, and something inside.
    Tls,
    /// The relay's.
    Stun,
    /// Anything else is HTTP's to judge.
    Http,
}

/// Whom a proxy in front names, if there is one and it names somebody, and what comes after that; it is still there to be read.
///
/// # Errors
///
/// When the connection ends, or a proxy in front does not say for whom it speaks.
pub(super) async fn begin<S: AsyncRead + Unpin>(
    stream: &mut Prefixed<S>,
    is_proxied: bool,
) -> io::Result<(Option<SocketAddr>, Kind)> {
    let client = if is_proxied { proxy_protocol::read(stream).await? } else { None };
    Ok((client, kind_of(stream).await?))
}

async fn kind_of<S: AsyncRead + Unpin>(stream: &mut Prefixed<S>) -> io::Result<Kind> {
    match stream.peek(1).await?.first() {
        Some(&TLS) => Ok(Kind::Tls),
        Some(first) if STUN.contains(first) => Ok(Kind::Stun),
        Some(_) => Ok(Kind::Http),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl AsyncRead for Io {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, into),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
