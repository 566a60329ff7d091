//! Somebody who wants what another node has. This node has judged their origin and address and judges size and rate of what they say; what
//! it means, the other node knows.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use cluster::{Arrival, NodeAt, RefuseReason};
use futures::{FutureExt as _, Sink as _, Stream as _};
use protocol::{CloseCode, ErrorCode, OpeningMessage};
use storage::Ownable;
use tokio::time::timeout;
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

use super::destination::Destination;
use super::end::End;
use crate::AppState;
use crate::connection_queue::Outgoing;
use crate::http_client::HttpClient;
use crate::nodes::{Cluster, LED_WITHIN, Lead, NodeSocket, Stay, arrival_of};

/// Within this time another node says something to whoever was passed on, or is paused.
const ANSWERED_WITHIN: Duration = Duration::from_secs(6);

/// Said by a node to another one, and never to a browser: it has nothing of what was asked for. Of the application's, as those of
/// [`CloseCode`].
const NOT_HERE: CloseCode = CloseCode(4498);

/// Frames that are read at once.
const MOST_AT_ONCE: usize = 32;

/// Where somebody was led.
pub(super) enum Led {
    /// It is this node's; where there is only this one, nothing is to be kept.
    Here(Option<Stay>),
    Elsewhere(Box<PassedOn>),
}

/// A connection that leads to another node.
pub(super) struct PassedOn {
    socket: NodeSocket,
    /// What the other node has said before this was attached.
    first: Option<Outgoing>,
    /// What is still to be written.
    waiting: VecDeque<Message>,
    is_flushed: bool,
}

/// Finds the node that has what somebody wants, and passes them on where it is another one.
pub(super) async fn lead(
    state: &AppState,
    caller: &HttpClient,
    message: &OpeningMessage,
    text: &str,
) -> Result<Led, End> {
    let Some(cluster) = &state.cluster else { return Ok(Led::Here(None)) };
    let of = match message {
        OpeningMessage::Join(join) => Ownable::Room(join.room),
        OpeningMessage::Resume(resume) => Ownable::Room(resume.room),
        OpeningMessage::Ring(_) => Ownable::Rings,
    };
    // Of what there is not, nobody has to be asked: what is said then, this node says.
    if let Ownable::Room(code) = of
        && matches!(state.storage.room(code).await, Ok(None))
    {
        return Ok(Led::Here(None));
    }
    let mut arrival = arrival_of(caller);
    let until = state.clock.now() + LED_WITHIN;
    while state.clock.now() < until {
        match cluster.lead(of, arrival).await {
            Lead::Here(stay) => return Ok(Led::Here(Some(stay))),
            Lead::Elsewhere(to) if !caller.is_passed_on => {
                if let Some(passed) = PassedOn::open(cluster, &to, caller, text).await {
                    return Ok(Led::Elsewhere(Box::new(passed)));
                }
                arrival = Arrival::Returned { by: to.node };
            }
            Lead::Elsewhere(_) | Lead::Refused(RefuseReason::NotHere) if caller.is_passed_on => {
                return Err(End::Closed(NOT_HERE));
            }
            // Another node takes them.
            Lead::Refused(RefuseReason::Stopping) => return Err(End::refused(ErrorCode::ServerStopping)),
            Lead::Elsewhere(_) => break,
            Lead::Refused(reason) => {
                tracing::info!(?reason, "somebody could not be led to a node");
                return Err(End::refused(ErrorCode::StorageUnavailable));
            }
        }
    }
    Err(End::refused(ErrorCode::StorageUnavailable))
}

impl PassedOn {
    /// Connects somebody with another node. `None` where that has nothing of what they want, or cannot be reached.
    async fn open(cluster: &Cluster, to: &NodeAt, caller: &HttpClient, text: &str) -> Option<Self> {
        let socket = match cluster.socket(to, caller).await {
            Ok(socket) => socket,
            Err(error) => {
                tracing::info!(%error, "somebody could not be passed on");
                return None;
            }
        };
        let waiting = VecDeque::from([Message::text(text)]);
        let mut passed = Self { socket, first: None, waiting, is_flushed: false };
        let answered = poll_fn(|context| passed.poll_once(context));
        let first = timeout(ANSWERED_WITHIN, answered).await.ok().flatten()?;
        let is_here = !matches!(first, Outgoing::Close(NOT_HERE));
        is_here.then_some(Self { first: Some(first), ..passed })
    }

    /// Writes what is to be written, and reads one frame. `None` when the stream has ended.
    fn poll_once(&mut self, context: &mut Context<'_>) -> Poll<Option<Outgoing>> {
        if !self.is_ready() && self.poll_write(context) == Poll::Ready(Err(())) {
            return Poll::Ready(None);
        }
        loop {
            return match std::task::ready!(Pin::new(&mut self.socket).poll_next(context)) {
                None | Some(Err(_)) => Poll::Ready(None),
                Some(Ok(Message::Text(text))) => {
                    let text = Utf8Bytes::try_from(axum::body::Bytes::from(text));
                    Poll::Ready(text.ok().map(Outgoing::Message))
                }
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.map_or(CloseCode::GOING_AWAY, |frame| CloseCode(frame.code.into()));
                    Poll::Ready(Some(Outgoing::Close(code)))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_))) => {
                    continue;
                }
            };
        }
    }

    /// Writes what can be written now.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ()>> {
        while !self.waiting.is_empty() {
            std::task::ready!(Pin::new(&mut self.socket).poll_ready(context)).map_err(drop)?;
            if let Some(message) = self.waiting.pop_front() {
                Pin::new(&mut self.socket).start_send(message).map_err(drop)?;
            }
            self.is_flushed = false;
        }
        std::task::ready!(Pin::new(&mut self.socket).poll_flush(context)).map_err(drop)?;
        self.is_flushed = true;
        Poll::Ready(Ok(()))
    }

    /// What is next, as a connection takes it: nothing once everything is written.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Vec<Outgoing>>> {
        let was_ready = self.is_ready();
        let mut outgoing = Vec::from_iter(self.first.take());
        while outgoing.len() < MOST_AT_ONCE {
            match self.poll_once(context) {
                Poll::Ready(Some(next)) => outgoing.push(next),
                // The node has gone, or the link to it: whoever comes back is led to where it is now.
                Poll::Ready(None) => {
                    outgoing.push(Outgoing::Close(CloseCode::MOVED));
                    break;
                }
                Poll::Pending if outgoing.is_empty() && was_ready == self.is_ready() => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(Some(outgoing))
    }
}

impl Destination for PassedOn {
    type Message = String;

    fn read(&self, text: &str) -> Result<String, End> {
        Ok(text.to_owned())
    }

    /// Who says more than the other node takes is not read before it has.
    fn is_ready(&self) -> bool {
        self.waiting.is_empty() && self.is_flushed
    }

    async fn take(&mut self, messages: Vec<String>) -> Result<(), End> {
        self.waiting.extend(messages.into_iter().map(Message::text));
        self.is_flushed = false;
        // What the other node takes at once is on its way at once; the rest goes with what is read.
        match poll_fn(|context| self.poll_write(context)).now_or_never() {
            Some(Err(())) => Err(End::Closed(CloseCode::MOVED)),
            Some(Ok(())) | None => Ok(()),
        }
    }

    fn next(&mut self) -> impl Future<Output = Option<Vec<Outgoing>>> + Send {
        poll_fn(|context| self.poll_next(context))
    }

    /// The other node is to know how they have gone.
    async fn part(&mut self, end: &End) {
        let code = match end {
            End::Left => CloseCode::GOING_AWAY,
            // They come back by way of another node.
            End::Refused(error) if error.code == ErrorCode::ServerStopping => return,
            End::Refused(error) => error.code.closes_with().unwrap_or(CloseCode::INTERNAL),
            // The stream ends without a word, as their connection has.
            End::Gone | End::Closed(_) => return,
        };
        let frame = CloseFrame { code: code.0.into(), reason: String::new().into() };
        self.waiting.push_back(Message::Close(Some(frame)));
        _ = timeout(Duration::from_secs(1), poll_fn(|context| self.poll_write(context))).await;
    }
}
