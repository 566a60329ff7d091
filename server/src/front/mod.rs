//! The one TCP port: pages, WebSockets and REST over HTTP, and the relay's clients, in the clear or inside TLS. The first bytes
//! tell which.

mod connection;
mod prefixed;
mod proxy_protocol;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

use crate::browser::Transport;
use crate::config::Config;
use crate::media::Media;
use crate::tasks;
use crate::tls::Tls;

pub use connection::{Io, Kind};

/// Connections that are ready for HTTP before the server takes them.
const WAITING: usize = 256;

/// Connections of which is not known yet what they are: whose TLS is being agreed on, or who have not said a word.
const UNSORTED: usize = 2_000;

/// Hands HTTP connections to axum, and all others to the relay.
pub struct Front {
    ready: mpsc::Receiver<(Io, Peer)>,
    local: SocketAddr,
}

/// Who is at the other end of a connection.
#[derive(Clone, Copy)]
pub struct Peer {
    /// Their address, or what a trusted proxy in front says it is.
    pub(crate) address: SocketAddr,
    /// Whether the connection itself is TLS.
    pub(crate) transport: Transport,
}

// Without the address.
impl std::fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Peer").field("transport", &self.transport).finish_non_exhaustive()
    }
}

/// What sorting a connection needs.
struct Sorting {
    tls: Option<Tls>,
    media: Media,
    config: Config,
    places: Semaphore,
    ready: mpsc::Sender<(Io, Peer)>,
}

/// What a connection begins with, and what of it is there to be read after that.
#[cfg(feature = "fuzzing")]
pub(crate) async fn begin_for_fuzzing<S: tokio::io::AsyncRead + Unpin>(
    stream: S,
    is_proxied: bool,
) -> io::Result<(Option<SocketAddr>, Kind, prefixed::Prefixed<S>)> {
    let mut stream = prefixed::Prefixed::new(stream);
    let (client, kind) = connection::begin(&mut stream, is_proxied).await?;
    Ok((client, kind, stream))
}

impl Front {
    /// Begins to take connections.
    ///
    /// # Errors
    ///
    /// When the listener has no address.
    pub(crate) fn open(
        listener: TcpListener,
        tls: Option<Tls>,
        media: Media,
        config: Config,
    ) -> io::Result<Self> {
        let local = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(WAITING);
        let sorting = Sorting { tls, media, config, places: Semaphore::new(UNSORTED), ready: sender };
        tasks::spawn(take(listener, Arc::new(sorting)));
        Ok(Self { ready, local })
    }
}

/// Takes connections until the server stops.
async fn take(listener: TcpListener, sorting: Arc<Sorting>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sorting.ready.closed() => return,
        };
        match accepted {
            Ok((stream, address)) => {
                // Small messages go at once, and do not wait for the last one to be acknowledged (RFC 896, RFC 1122 §4.2.3.4).
                _ = stream.set_nodelay(true);
                let sorting = Arc::clone(&sorting);
                tasks::spawn(async move { sorting.sort(stream, address).await });
            }
            // Too many open files, for one, is not over at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

impl Listener for Front {
    type Io = Io;
    type Addr = Peer;

    async fn accept(&mut self) -> (Io, Peer) {
        match self.ready.recv().await {
            Some(ready) => ready,
            // Nobody takes connections any more.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer { address: self.local, transport: Transport::Plain })
    }
}

impl Connected<IncomingStream<'_, Front>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Front>) -> Self {
        *stream.remote_addr()
    }
}
