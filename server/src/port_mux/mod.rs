//! The one TCP port: pages, WebSockets and REST over HTTP, and the relay's clients, in the clear or inside TLS. The first bytes
//! tell which.

mod connection;
mod http;
mod io;
mod pace;
mod peer;
mod prefixed;
mod proxy_protocol;
mod timeouts;

#[cfg(feature = "fuzzing")]
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures::future::join_all;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

use crate::config::Config;
use crate::connection_quota::ConnectionQuota;
use crate::media::Media;
use crate::tasks;
use crate::tls::Tls;
use connection::Sorting;
use http::Http;

pub use connection::Kind;
pub use peer::Peer;
pub use timeouts::Timeouts;

/// Connections of which is not known yet what they are: whose TLS is being agreed on, or who have not said a word. Of one
/// customer there are fewer, so that those who say nothing are in nobody's way but their own; enough of them that a whole school
/// behind one NAT comes back at once when the server was started again.
const UNSORTED: usize = 4_000;
const UNSORTED_OF_ONE: usize = UNSORTED / 4;

/// When the other end of a silent connection is asked whether it is there. Whoever vanishes takes no place for long.
const ALIVE_AFTER: Duration = Duration::from_secs(60);

/// The port, open and with nobody to answer yet.
pub struct PortMux {
    listeners: Vec<TcpListener>,
    tls: Option<Tls>,
    media: Media,
    config: Config,
    timeouts: Timeouts,
}

/// What a connection begins with, and what of it is there to be read after that.
#[cfg(feature = "fuzzing")]
pub(crate) async fn begin_for_fuzzing<S: tokio::io::AsyncRead + Unpin>(
    stream: S,
    is_proxied: bool,
) -> std::io::Result<(Option<SocketAddr>, Kind, impl tokio::io::AsyncRead + Unpin)> {
    let mut stream = prefixed::Prefixed::new(stream);
    let client = connection::named(&mut stream, is_proxied).await?;
    let kind = connection::kind_of(&mut stream).await?;
    Ok((client, kind, stream))
}

impl PortMux {
    pub(crate) fn new(listener: TcpListener, tls: Option<Tls>, media: Media, config: Config) -> Self {
        Self { listeners: vec![listener], tls, media, config, timeouts: Timeouts::default() }
    }

    /// Takes the connections of another port as well, as if they had come to the first.
    #[must_use]
    pub fn also_at(mut self, listener: TcpListener) -> Self {
        self.listeners.push(listener);
        self
    }

    /// With other limits of time.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// Takes connections until `stop`: HTTP is answered by the router, and all others by the relay. Returns when the last
    /// request has been answered.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let Self { listeners, tls, media, config, timeouts } = self;
        let http = Arc::new(Http::new(router, timeouts));
        let sorting = Arc::new(Sorting {
            tls,
            media,
            says_what_within: timeouts.says_what_within,
            unsorted: ConnectionQuota::new(UNSORTED, UNSORTED_OF_ONE),
            connections: ConnectionQuota::new(most_connections(), config.limits.connections_per_address),
            config,
            http: Arc::clone(&http),
        });
        tokio::select! {
            _ = join_all(listeners.iter().map(|listener| take(listener, &sorting))) => {}
            () = stop => {}
        }
        drop((listeners, sorting));
        http.stop().await;
    }
}

async fn take(listener: &TcpListener, sorting: &Arc<Sorting>) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                prepare(&stream);
                let Some(arrival) = sorting.arrival(stream, address) else { continue };
                let sorting = Arc::clone(sorting);
                tasks::spawn(async move { sorting.sort(arrival).await });
            }
            // Too many open files, for one, is not over at once.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// What cannot be set is no reason to refuse anybody.
fn prepare(stream: &TcpStream) {
    // Small messages go at once, and do not wait for the last one to be acknowledged (RFC 896, RFC 1122 §4.2.3.4).
    _ = stream.set_nodelay(true);
    _ = SockRef::from(stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(ALIVE_AFTER));
}

/// Connections at once, whoever has them: most of the files that the relay does not take. Some are left for what is served
/// and kept.
fn most_connections() -> usize {
    crate::open_files::half() / 8 * 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_vanishes_is_noticed_by_the_system() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        prepare(&stream);
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), ALIVE_AFTER);
    }
}
