//! From a connection's first message to where it leads. The one file that knows every destination there is.

use axum::extract::ws::WebSocket;
use futures::future::BoxFuture;
use protocol::{ErrorCode, OpeningFrame, OpeningMessage, ProtocolError, RoomFrame};
use tokio::sync::watch;

use super::connection::{Connection, stop_asked};
use super::destination::Destination as _;
use super::end::End;
use super::passed_on::{self, Led, PassedOn};
use super::ring_destination::RingDestination;
use super::room_destination::RoomDestination;
use crate::AppState;
use crate::http_client::HttpClient;
use crate::metrics::RefusedAt;

/// What a connection is attached to.
enum Attached {
    /// Boxed: whoever waits for messages would keep its place twice.
    Room(Box<RoomDestination>),
    Rings(Box<RingDestination>),
    /// To another node, whose room or rings it wants.
    Node(Box<PassedOn>),
}

/// Runs one connection from its first message to its close frame. No async function: that would keep every argument twice, for as long
/// as the connection is there.
pub(super) fn run(
    socket: WebSocket,
    state: AppState,
    caller: Box<HttpClient>,
) -> impl Future<Output = ()> + Send {
    let mut connection = Connection::new(socket);
    async move {
        let mut stopping = state.stopping.subscribe();
        let metrics = state.metrics.clone();
        let attached = tokio::select! {
            // Boxed, so that a connection does not keep the room that opening needs.
            attached = Box::pin(open(&mut connection, state, caller)) => attached,
            () = stop_asked(&mut stopping) => Err(End::refused(ErrorCode::ServerStopping)),
        };
        let end = match attached {
            Ok(Attached::Room(mut room)) => {
                let end = connection.converse(&mut *room, &mut stopping).await;
                room.part(&end).await;
                end
            }
            Ok(Attached::Rings(mut rings)) => {
                let end = connection.converse(&mut *rings, &mut stopping).await;
                rings.part(&end).await;
                end
            }
            Ok(Attached::Node(node)) => converse_elsewhere(&mut connection, node, &mut stopping).await,
            Err(end) => end,
        };
        if let End::Refused(error) = &end {
            metrics.refused(RefusedAt::Connection, error.code);
        }
        Box::pin(connection.close(end)).await;
    }
}

/// Boxed, so that those who are at home here do not keep its room.
fn converse_elsewhere<'a>(
    connection: &'a mut Connection,
    mut node: Box<PassedOn>,
    stopping: &'a mut watch::Receiver<bool>,
) -> BoxFuture<'a, End> {
    Box::pin(async move {
        let end = connection.converse(&mut *node, stopping).await;
        node.part(&end).await;
        end
    })
}

async fn open(
    connection: &mut Connection,
    state: AppState,
    caller: Box<HttpClient>,
) -> Result<Attached, End> {
    let text = connection.next_text().await?;
    let OpeningFrame { id, message } = read(&text)?;
    state.metrics.received("opening", (&message).into());
    // Kept until they are in.
    let _stay = match passed_on::lead(&state, &caller, &message, &text).await? {
        Led::Here(stay) => stay,
        Led::Elsewhere(node) => return Ok(Attached::Node(node)),
    };
    let room = match message {
        OpeningMessage::Join(join) => RoomDestination::join(state, &caller, *join).await,
        OpeningMessage::Resume(resume) => RoomDestination::resume(state, &caller, &resume).await,
        OpeningMessage::Ring(attach) => {
            let rings = RingDestination::attach(connection, state, caller.address, *attach).await?;
            return Ok(Attached::Rings(Box::new(rings)));
        }
    };
    let room = room.map_err(|code| End::Refused(ProtocolError::new(code, id)))?;
    Ok(Attached::Room(Box::new(room)))
}

/// The first message. One that would be understood later says so.
fn read(text: &str) -> Result<OpeningFrame, End> {
    OpeningFrame::parse(text).map_err(|error| match RoomFrame::parse(text) {
        Ok(frame) => End::Refused(ProtocolError::new(ErrorCode::NotJoined, frame.id)),
        Err(_) => End::malformed(text, &error),
    })
}

#[cfg(test)]
mod tests {
    /// What a connection's task keeps while nobody says anything, beside the buffers of its socket. Whoever holds something across an
    /// `await` that could be boxed or dropped before pays for it once for each connection.
    const MOST_BYTES: usize = 1_280;

    fn size_of_result<A, B, C, R>(_: impl Fn(A, B, C) -> R) -> usize {
        size_of::<R>()
    }

    #[test]
    fn the_task_of_a_connection_is_small() {
        let bytes = size_of_result(super::run);
        assert!(bytes <= MOST_BYTES, "{bytes}");
    }
}
