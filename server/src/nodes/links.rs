//! Links to other nodes: one to each, HTTP/2 under TLS in which both show that they know the cluster's secret. Each person who is passed on has a
//! stream of their own (RFC 8441), with a window of its own: one who does not read delays nobody else.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use cluster::{Input, LinkState, NodeAt, NodeId, NodeRecord, OfferAnswer};
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tungstenite::protocol::{Role, WebSocketConfig};

use super::lead::Event;
use super::offer::{CALLER, Offer, OfferReply};
use super::secrets::NodeTls;
use super::status::Status;
use crate::tasks;

/// Within this time a node answers, or is not there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(1);

/// How often a link is asked whether the other end is there.
const PING_EVERY: Duration = Duration::from_secs(1);

/// How soon a node that is not there is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

/// What one person may have on the way, in bytes.
const STREAM_WINDOW: u32 = 64 * 1024;

/// What all together may have on the way. Far more than what those have who do not read.
const LINK_WINDOW: u32 = 1 << 30;

/// What a head of an answer may be long, in bytes.
const HEADER_BYTES: u32 = 1024 * 1024;

/// The largest answer to a hello or an offer, in bytes.
const ANSWER_BYTES: usize = 16 * 1024;

/// What a node says that has left its cluster.
const STOPPING: &str = "Stopping";

/// A person's stream to another node.
pub(crate) type NodeSocket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// How far a link is.
#[derive(Clone)]
enum Way {
    /// It is being opened.
    Trying,
    Open(SendRequest<Body>),
    /// It could not be opened, and is tried again soon: nobody waits for that, who can look where else to go.
    Down,
}

/// The links of this node; a clone is another handle to the same.
#[derive(Clone)]
pub(super) struct Links(Arc<Inner>);

struct Inner {
    tls: NodeTls,
    status: Status,
    events: mpsc::UnboundedSender<Event>,
    links: Mutex<HashMap<NodeId, Link>>,
    /// The nodes that there are to be links to.
    wanted: Mutex<Vec<NodeAt>>,
}

struct Link {
    at: NodeAt,
    way: watch::Receiver<Way>,
    task: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The other node cannot be reached, or does not take what is passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("there is no link to that node")]
    Down,
    #[error("the link to a node: {0}")]
    Http(#[from] hyper::Error),
    #[error("a node has refused: {0}")]
    Refused(StatusCode),
}

impl LinkError {
    /// Whether the other node cannot have heard of it.
    pub(crate) fn is_before_sending(&self) -> bool {
        match self {
            Self::Down => true,
            Self::Http(error) => error.is_canceled(),
            Self::Refused(_) => false,
        }
    }
}

/// Why there is no link.
enum Failure {
    Refused,
    Silent,
    /// Who answers takes this node for none of its cluster, and says why.
    NotTaken(String),
}

impl Links {
    pub(super) fn new(tls: NodeTls, status: Status, events: mpsc::UnboundedSender<Event>) -> Self {
        Self(Arc::new(Inner { tls, status, events, links: Mutex::default(), wanted: Mutex::default() }))
    }

    /// Has a link to each of these. One to a node that is not among them stays until it ends by itself, and is not opened again.
    pub(super) fn keep(&self, nodes: Vec<NodeAt>) {
        self.wanted().clone_from(&nodes);
        for at in nodes {
            self.have(at);
        }
    }

    /// Finds out whether a node is there. Whoever answers stays linked to.
    pub(super) fn probe(&self, at: NodeAt) {
        let known = self
            .links()
            .get(&at.node)
            .map(|link| (link.at.clone(), matches!(*link.way.borrow(), Way::Open(_))));
        match known {
            Some((known, true)) => self.tell(known.node, LinkState::Up { at: known }),
            // Its own task tries it all the time.
            Some((known, false)) if known == at => {}
            Some((_, false)) | None => self.have(at),
        }
    }

    /// Has a link to a node, and to no other start of it.
    fn have(&self, at: NodeAt) {
        let mut links = self.links();
        if links.get(&at.node).is_some_and(|link| link.at == at) {
            return;
        }
        let (told, way) = watch::channel(Way::Trying);
        let task = tasks::spawn(self.clone().hold(at.clone(), told)).abort_handle();
        links.insert(at.node, Link { at, way, task });
    }

    /// A stream for somebody who is passed on.
    pub(super) async fn socket(&self, to: &NodeAt, caller: HeaderValue) -> Result<NodeSocket, LinkError> {
        let request = Request::builder()
            .method(Method::CONNECT)
            .version(Version::HTTP_2)
            .uri("https://node/socket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(CALLER, caller)
            .extension(hyper::ext::Protocol::from_static("websocket"))
            .body(Body::empty())
            .map_err(|_| LinkError::Down)?;
        let response = self.request(to, request).await?;
        if !response.status().is_success() {
            return Err(LinkError::Refused(response.status()));
        }
        let stream = TokioIo::new(hyper::upgrade::on(response).await?);
        let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(16 * 1024);
        Ok(WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await)
    }

    /// Offers something to another node.
    pub(super) async fn offer(&self, to: &NodeAt, offer: &Offer) -> Option<OfferAnswer> {
        let body = serde_json::to_vec(offer).ok()?;
        let request = Request::post("https://node/offer")
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.into())
            .ok()?;
        let response = self.request(to, request).await.ok()?;
        let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES).await.ok()?;
        serde_json::from_slice::<OfferReply>(&body).ok().map(|reply| reply.answer())
    }

    /// Asks another node something.
    pub(super) async fn request(
        &self,
        to: &NodeAt,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, LinkError> {
        let way = self.links().get(&to.node).map(|link| link.way.clone());
        let mut way = way.ok_or(LinkError::Down)?;
        let known = timeout(ANSWERS_WITHIN, way.wait_for(|way| !matches!(way, Way::Trying))).await;
        let mut open = match known.ok().and_then(Result::ok).as_deref() {
            Some(Way::Open(open)) => open.clone(),
            Some(Way::Trying | Way::Down) | None => return Err(LinkError::Down),
        };
        Ok(open.send_request(request).await?)
    }

    /// Keeps a link to a node for as long as it is wanted.
    async fn hold(self, at: NodeAt, told: watch::Sender<Way>) {
        let mut said = None;
        loop {
            let opened = timeout(ANSWERS_WITHIN, self.open(&at)).await.unwrap_or(Err(Failure::Silent));
            let state = match opened {
                Ok((open, connection, record)) => {
                    told.send_replace(Way::Open(open));
                    self.tell(at.node, LinkState::Up { at: record.at });
                    let ended = connection.await;
                    told.send_replace(Way::Trying);
                    // The library calls it an end when nobody answers its pings; a process that is gone says nothing, and that is an error.
                    if matches!(ended, Ok(Err(_))) { LinkState::Reset } else { LinkState::Silent }
                }
                Err(Failure::Refused) => LinkState::Refused,
                Err(Failure::Silent) => LinkState::Silent,
                Err(Failure::NotTaken(reason)) => {
                    // It is tried all the time, and said once; one that stops is no fault.
                    if said.as_ref() != Some(&reason) && reason != STOPPING {
                        let address = &at.address;
                        tracing::warn!(
                            %address,
                            %reason,
                            "whoever answers there does not take this node for another one of its cluster; SameId: that is this node itself, and \
                             [cluster] reached_at of the other one leads here"
                        );
                        said = Some(reason);
                    }
                    LinkState::Silent
                }
            };
            let was_reset = state == LinkState::Reset;
            self.tell(at.node, state);
            if !was_reset {
                if !self.wanted().contains(&at) {
                    let mut links = self.links();
                    if links.get(&at.node).is_some_and(|link| link.at == at) {
                        links.remove(&at.node);
                    }
                    return;
                }
                told.send_replace(Way::Down);
                tokio::time::sleep(AGAIN_AFTER).await;
                told.send_replace(Way::Trying);
            }
        }
    }

    /// Connects, and says who this is. Both ends accept each other, or there is no link.
    async fn open(&self, at: &NodeAt) -> Result<(SendRequest<Body>, Running, NodeRecord), Failure> {
        let stream = TcpStream::connect(&at.address).await.map_err(|error| {
            let is_refused = error.kind() == io::ErrorKind::ConnectionRefused;
            if is_refused { Failure::Refused } else { Failure::Silent }
        })?;
        _ = stream.set_nodelay(true);
        let silent = |error: &dyn std::fmt::Display| {
            tracing::debug!(%error, "a node cannot be linked to");
            Failure::Silent
        };
        let tls = TlsConnector::from(Arc::clone(&self.0.tls.client));
        let stream = tls.connect(self.0.tls.name.clone(), stream).await.map_err(|error| silent(&error))?;
        let (mut sender, connection) = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(LINK_WINDOW)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(ANSWERS_WITHIN)
            .keep_alive_while_idle(true)
            .max_header_list_size(HEADER_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|error| silent(&error))?;
        let (ended, running) = oneshot::channel();
        tasks::spawn(async move { _ = ended.send(connection.await) });
        let record = self.hello(&mut sender).await?;
        Ok((sender, Running(running), record))
    }

    async fn hello(&self, sender: &mut SendRequest<Body>) -> Result<NodeRecord, Failure> {
        let own = self.0.status.record().ok_or(Failure::Silent)?;
        let own = serde_json::to_vec(&own).map_err(|_| Failure::Silent)?;
        let request = Request::post("https://node/hello")
            .header(header::CONTENT_TYPE, "application/json")
            .body(own.into())
            .map_err(|_| Failure::Silent)?;
        let response = sender.send_request(request).await.map_err(|_| Failure::Silent)?;
        let status = response.status();
        let body = axum::body::to_bytes(Body::new(response.into_body()), ANSWER_BYTES).await;
        let body = body.map_err(|_| Failure::Silent)?;
        if status != StatusCode::OK {
            return Err(Failure::NotTaken(String::from_utf8_lossy(&body).into_owned()));
        }
        let record: NodeRecord = serde_json::from_slice(&body).map_err(|_| Failure::Silent)?;
        let (reply, answer) = oneshot::channel();
        _ = self.0.events.send(Event::Hello { record: Box::new(record.clone()), reply });
        match answer.await {
            Ok(Ok(())) => Ok(record),
            Ok(Err(refusal)) => Err(Failure::NotTaken(format!("{refusal:?}"))),
            Err(_) => Err(Failure::Silent),
        }
    }

    fn tell(&self, node: NodeId, state: LinkState) {
        _ = self.0.events.send(Event::Input(Input::Link { node, state }));
    }

    fn wanted(&self) -> MutexGuard<'_, Vec<NodeAt>> {
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn links(&self) -> MutexGuard<'_, HashMap<NodeId, Link>> {
        self.0.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection runs in a task of its own, because streams outlive whoever has opened the link.
struct Running(oneshot::Receiver<hyper::Result<()>>);

impl Future for Running {
    type Output = Result<hyper::Result<()>, oneshot::error::RecvError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context)
    }
}
