//! HTTP on connections of which is known that they are for it: how long they may take to ask, and how they end when the
//! server stops.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;
use tower_http::timeout::TimeoutLayer;

use super::io::Io;
use super::peer::Peer;
use super::timeouts::Timeouts;

/// How often somebody is asked over HTTP/2 whether they are still there, and how long they may take to say so. Networks
/// vanish without a word.
const PING_EVERY: Duration = Duration::from_secs(30);
const PONG_WITHIN: Duration = Duration::from_secs(20);

/// Requests at once on one HTTP/2 connection. Browsers ask for some dozens of files, and each WebSocket is one.
const STREAMS: u32 = 100;

/// What a head may be long at the most, and what is gathered of an answer before it is written, in bytes.
const BUFFER: usize = 64 * 1024;

/// What every connection is served with.
pub(super) struct Http {
    builder: Builder<TokioExecutor>,
    service: TowerToHyperService<Router>,
    asks_within: Duration,
    /// Becomes true when the server stops; each connection watches it as long as it is there.
    stopping: watch::Sender<bool>,
}

impl Http {
    pub(super) fn new(router: Router, timeouts: Timeouts) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(timeouts.asks_again_within)
            .max_buf_size(BUFFER);
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_WITHIN)
            .max_concurrent_streams(STREAMS)
            // WebSockets over HTTP/2 begin with it (RFC 8441).
            .enable_connect_protocol();
        let in_time = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, timeouts.answered_within);
        let service = TowerToHyperService::new(router.layer(in_time));
        Self { builder, service, asks_within: timeouts.asks_within, stopping: watch::Sender::new(false) }
    }

    /// Serves one connection until it ends, or has become something else, such as a WebSocket.
    pub(super) async fn serve(self: Arc<Self>, io: Io, peer: Peer) {
        let mut stopping = self.stopping.subscribe();
        let has_asked = Arc::new(AtomicBool::new(false));
        let service = service_fn(|mut request: Request<Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(ConnectInfo(peer));
            self.service.call(request)
        });
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(io), service);
        let mut connection = pin!(connection);
        // The library waits without end for the first bytes of HTTP/2, and for those that tell which version it is.
        let first = tokio::time::timeout(self.asks_within, async {
            tokio::select! {
                _ = connection.as_mut() => true,
                _ = stopping.wait_for(|stops| *stops) => false,
            }
        });
        let stops = match first.await {
            Ok(true) => return,
            Ok(false) => true,
            Err(_) if has_asked.load(Ordering::Relaxed) => false,
            Err(_) => return,
        };
        if !stops {
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopping.wait_for(|stops| *stops) => {}
            }
        }
        connection.as_mut().graceful_shutdown();
        _ = connection.await;
    }

    /// Asks every connection to end after what it is at, and waits until they have.
    pub(super) async fn stop(&self) {
        self.stopping.send_replace(true);
        self.stopping.closed().await;
    }
}
