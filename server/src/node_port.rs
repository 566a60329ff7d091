//! Where other nodes connect to: under TLS in which both ends show that they know the cluster's secret, so that whatever comes here is a node's.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use cluster::{NodeRecord, OfferAnswer};
use hyper::server::conn::http2::Builder;
use hyper::service::Service as _;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::nodes::{CALLER, Cluster, Offer, OfferReply, REQUESTS, caller_of_header};
use crate::port_mux::Peer;
use crate::{AppState, node_report, signalling, tasks};

/// How long TLS may take.
const AGREES_WITHIN: Duration = Duration::from_secs(2);

/// As `nodes/links.rs` has them at the other end.
const STREAM_WINDOW: u32 = 64 * 1024;
const LINK_WINDOW: u32 = 1 << 30;

/// What a head of a request between nodes may be long, in bytes. Browsers may say 64 KiB.
const HEADER_BYTES: u32 = 1024 * 1024;

/// Nodes that agree on TLS at once. Whoever else comes here waits.
const HANDSHAKES: usize = 64;

/// People whom one other node passes on at once.
const STREAMS: u32 = 1_000_000;

#[derive(Clone)]
struct Port {
    cluster: Cluster,
    state: AppState,
    /// What browsers and programs are answered by.
    router: Router,
}

/// Answers other nodes for as long as the server is there.
pub(crate) async fn serve(listener: TcpListener, cluster: Cluster, state: AppState, router: Router) {
    let tls = TlsAcceptor::from(Arc::<ServerConfig>::clone(cluster.tls()));
    let port = Port { cluster, state, router: router.clone() };
    let router = Router::new()
        .route("/hello", post(hello))
        .route("/socket", any(socket))
        .route("/offer", post(offer))
        .route("/report", get(report))
        .route("/request/{*path}", any(request))
        .with_state(port);
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (tls, router, handshakes) = (tls.clone(), router.clone(), Arc::clone(&handshakes));
                tasks::spawn(link(stream, tls, router, handshakes));
            }
            Err(error) => {
                tracing::warn!(%error, "another node's connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn link(stream: TcpStream, tls: TlsAcceptor, router: Router, handshakes: Arc<Semaphore>) {
    let Ok(permit) = handshakes.acquire_owned().await else { return };
    _ = stream.set_nodelay(true);
    let stream = match timeout(AGREES_WITHIN, tls.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::warn!(%error, "somebody who is no node of this cluster came to [cluster] address");
            return;
        }
        Err(_) => return,
    };
    drop(permit);
    let service = TowerToHyperService::new(router);
    let served = Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(LINK_WINDOW)
        .max_concurrent_streams(STREAMS)
        // Far more than whoever is passed on may have said: too many would end the link for all.
        .max_header_list_size(HEADER_BYTES)
        .keep_alive_interval(Duration::from_secs(1))
        .keep_alive_timeout(Duration::from_secs(5))
        .enable_connect_protocol()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "the link of another node has ended");
    }
}

/// Another node says who it is.
async fn hello(State(port): State<Port>, Json(record): Json<NodeRecord>) -> Response {
    match port.cluster.hello(record).await {
        Ok(own) => Json(own).into_response(),
        Err(reason) => (StatusCode::CONFLICT, reason).into_response(),
    }
}

/// Somebody is passed on, who comes as if they had connected here.
async fn socket(State(port): State<Port>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    match headers.get(CALLER).and_then(caller_of_header) {
        Some(caller) => signalling::open(port.state, caller, upgrade),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Another node, which leaves, offers something.
async fn offer(State(port): State<Port>, Json(Offer { of, fence, from }): Json<Offer>) -> Response {
    let taken = match port.cluster.offered(of, fence, from).await {
        OfferAnswer::Taken { fence } => Some(fence),
        OfferAnswer::Refused => None,
    };
    Json(OfferReply { taken }).into_response()
}

/// Another node wants to know how this one is.
async fn report(State(port): State<Port>) -> Response {
    Json(node_report::own(&port.state, &port.cluster).await).into_response()
}

/// A request that another node has passed on, which is answered as if it had been made here.
async fn request(State(port): State<Port>, mut request: Request) -> Response {
    let Some(caller) = request.headers_mut().remove(CALLER).as_ref().and_then(caller_of_header) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let Some(Ok(uri)) = path.strip_prefix(REQUESTS).map(str::parse) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *request.uri_mut() = uri;
    // What this router has noted of the path is not the other's.
    request.extensions_mut().clear();
    let peer = Peer { address: (caller.address, 0).into(), transport: caller.site.transport };
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(caller);
    TowerToHyperService::new(port.router).call(request).await.into_response()
}
