//! One connection, until it is known what it is.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use relay::Flow;
use tokio::io::AsyncRead;
use tokio::net::TcpStream;

use super::http::Http;
use super::io::Io;
use super::pace::Pace;
use super::peer::Peer;
use super::prefixed::Prefixed;
use super::proxy_protocol;
use crate::browser::Transport;
use crate::config::Config;
use crate::connection_quota::{ConnectionQuota, QuotaPermit};
use crate::media::Media;
use crate::tasks;
use crate::tls::Tls;

/// What TLS begins with: a handshake record (RFC 8446 §5.1).
const TLS: u8 = 22;

/// What a message of STUN begins with, and no request of HTTP (RFC 7983 §7).
const STUN: std::ops::RangeInclusive<u8> = 0..=3;

/// A connection that has just come, and its permit among those of which is not known what they are.
pub(super) struct Arrival {
    stream: TcpStream,
    address: SocketAddr,
    /// Whether it is from a proxy that is believed.
    by_proxy: bool,
    permit: QuotaPermit,
}

/// What sorting a connection needs.
pub(super) struct Sorting {
    pub(super) tls: Option<Tls>,
    pub(super) media: Media,
    pub(super) config: Config,
    pub(super) says_what_within: Duration,
    pub(super) unsorted: Arc<ConnectionQuota>,
    pub(super) connections: Arc<ConnectionQuota>,
    pub(super) http: Arc<Http>,
}

impl Sorting {
    /// A connection, unless there are too many of which is not known what they are.
    pub(super) fn arrival(&self, stream: TcpStream, address: SocketAddr) -> Option<Arrival> {
        let address = canonical(address);
        let by_proxy = self.config.server.trusts(address.ip());
        let permit = self.unsorted.take((!by_proxy).then_some(address.ip()))?;
        Some(Arrival { stream, address, by_proxy, permit })
    }

    /// Finds out what a connection is, and hands it over. What is nothing, or too slow to say, or one too many, is closed.
    pub(super) async fn sort(&self, arrival: Arrival) {
        let Arrival { stream, address, by_proxy, permit } = arrival;
        let sorted = tokio::time::timeout(self.says_what_within, self.look(stream, address, by_proxy)).await;
        drop(permit);
        match sorted {
            Ok(Ok(Sorted::Http(io, peer))) => drop(tasks::spawn(Arc::clone(&self.http).serve(io, peer))),
            Ok(Ok(Sorted::Relayed(io, flow))) => self.relay(io, flow).await,
            Ok(Ok(Sorted::Answered) | Err(_)) | Err(_) => {}
        }
    }

    async fn look(&self, stream: TcpStream, address: SocketAddr, by_proxy: bool) -> io::Result<Sorted> {
        let server = stream.local_addr()?;
        let mut stream = Prefixed::new(stream);
        let is_proxied = by_proxy && self.config.server.proxy_protocol;
        let named = named(&mut stream, is_proxied).await?.map(canonical);
        let client = named.unwrap_or(address);
        // What a proxy says for itself, or for clients that it names in each request, is not counted against it.
        let prefix = named.or((!by_proxy).then_some(address)).map(|address| address.ip());
        let permit = self.connections.take(prefix).ok_or(io::ErrorKind::QuotaExceeded)?;
        match (kind_of(&mut stream).await?, &self.tls) {
            (Kind::Tls, Some(tls)) => {
                let Some(stream) = tls.accept(stream).await? else { return Ok(Sorted::Answered) };
                let mut stream = Prefixed::new(stream);
                let peer = Peer { address: client, transport: Transport::Tls };
                // Whoever wants HTTP says so; connections that are opened in advance say nothing more for a while.
                let is_http =
                    stream.get_ref().get_ref().1.alpn_protocol().is_some_and(|name| name != ALPN_TURN);
                if !is_http && kind_of(&mut stream).await? == Kind::Stun {
                    let flow = Flow { transport: relay::Transport::Tls, client, server: canonical(server) };
                    return Ok(Sorted::Relayed(Io::Tls(Box::new(stream), permit, Pace::default()), flow));
                }
                Ok(Sorted::Http(Io::Tls(Box::new(stream), permit, Pace::default()), peer))
            }
            (Kind::Stun, Some(_) | None) => {
                let flow = Flow { transport: relay::Transport::Tcp, client, server: canonical(server) };
                Ok(Sorted::Relayed(Io::Plain(stream, permit, Pace::default()), flow))
            }
            (Kind::Tls, None) | (Kind::Http, Some(_) | None) => {
                let peer = Peer { address: client, transport: Transport::Plain };
                Ok(Sorted::Http(Io::Plain(stream, permit, Pace::default()), peer))
            }
        }
    }

    async fn relay(&self, io: Io, flow: Flow) {
        match io {
            Io::Plain(stream, _place, _) => {
                let (stream, read) = stream.into_parts();
                self.media.relay(stream, read, flow).await;
            }
            Io::Tls(stream, _place, _) => {
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
    /// It has had what it came for.
    Answered,
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

/// Whom a proxy in front names, if there is one and it names somebody.
///
/// # Errors
///
/// When the connection ends, or the proxy does not say for whom it speaks.
pub(super) async fn named<S: AsyncRead + Unpin>(
    stream: &mut Prefixed<S>,
    is_proxied: bool,
) -> io::Result<Option<SocketAddr>> {
    if is_proxied { proxy_protocol::read(stream).await } else { Ok(None) }
}

/// What a connection is; its first byte is still there to be read.
///
/// # Errors
///
/// When the connection ends.
pub(super) async fn kind_of<S: AsyncRead + Unpin>(stream: &mut Prefixed<S>) -> io::Result<Kind> {
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
