//! One task a room: a loop over one closed enum of events, driving the state machine of `crates/room`. It decides nothing;
//! media never passes through it.

use std::collections::HashMap;

use axum::extract::ws::Utf8Bytes;
use protocol::{
    ClientFrame, DisplayName, ErrorCode, LeaveReason, MediaState, ParticipantId, ServerMessage, SessionId,
    ValidateRoomResponse,
};
use room::{Input, Output, Recipients, Room};
use tokio::sync::{mpsc, oneshot};

use super::outgoing::Outlet;
use crate::clock::Clock;

/// What can happen to a room's task.
pub(crate) enum RoomEvent {
    /// A socket asks to enter.
    Join {
        id: ParticipantId,
        session: SessionId,
        name: DisplayName,
        media: MediaState,
        /// Where its messages go. The room drops it when the socket is to be closed for reading too slowly.
        outgoing: Outlet,
    },
    /// A message from a socket that asked to enter.
    Message { from: ParticipantId, frame: Box<ClientFrame> },
    /// A socket is gone.
    Disconnected { id: ParticipantId, reason: LeaveReason },
    /// Somebody outside asks about the room.
    Validate { answer: oneshot::Sender<ValidateRoomResponse> },
}

/// Runs a room until it expires.
pub(crate) async fn run(mut room: Room, clock: Clock, mut events: mpsc::Receiver<RoomEvent>) {
    let mut sockets = Sockets::default();
    loop {
        let event = match room.poll_timeout() {
            Some(due) => tokio::time::timeout_at(clock.instant(due).into(), events.recv()).await,
            None => Ok(events.recv().await),
        };
        match event {
            Ok(Some(event)) => handle(&mut room, clock, &mut sockets, event),
            Ok(None) => return,
            Err(_) => room.handle_timeout(clock.now()),
        }
        if carry_out(&mut room, clock, &mut sockets) == Fate::Expired {
            return;
        }
    }
}

type Sockets = HashMap<ParticipantId, Outlet>;

#[derive(PartialEq, Eq)]
enum Fate {
    Goes,
    Expired,
}

fn handle(room: &mut Room, clock: Clock, sockets: &mut Sockets, event: RoomEvent) {
    match event {
        RoomEvent::Join { id, session, name, media, outgoing } => {
            sockets.insert(id, outgoing);
            room.handle_input(clock.now(), Input::Join { id, session, name, media });
        }
        RoomEvent::Message { from, frame } => {
            room.handle_input(clock.now(), Input::Message { from, frame: *frame });
        }
        RoomEvent::Disconnected { id, reason } => {
            sockets.remove(&id);
            room.handle_input(clock.now(), Input::Disconnect { id, reason });
        }
        RoomEvent::Validate { answer } => {
            let people = room.participants().iter().map(|participant| participant.name.clone()).collect();
            _ = answer.send(ValidateRoomResponse {
                standing: room.standing(),
                room: Some(room.summary()),
                people,
            });
        }
    }
}

fn carry_out(room: &mut Room, clock: Clock, sockets: &mut Sockets) -> Fate {
    while let Some(output) = room.poll_output() {
        match output {
            Output::Send { to, message } => {
                if let ServerMessage::Error(error) = &message {
                    tracing::info!(code = ?error.code, "a message was refused");
                }
                for slow in deliver(room, sockets, to, &message) {
                    if let Some(socket) = sockets.remove(&slow) {
                        tracing::info!(code = ?ErrorCode::TooSlow, "a connection was cut off");
                        socket.cut_off();
                    }
                    room.handle_input(
                        clock.now(),
                        Input::Disconnect { id: slow, reason: LeaveReason::Removed },
                    );
                }
            }
            Output::Close { id, code } => {
                if let Some(socket) = sockets.remove(&id) {
                    socket.close(code);
                }
            }
            Output::Expired => return Fate::Expired,
        }
    }
    Fate::Goes
}

/// Queues a message and returns who has no room for it.
fn deliver(room: &Room, sockets: &Sockets, to: Recipients, message: &ServerMessage) -> Vec<ParticipantId> {
    let Ok(text) = serde_json::to_string(message) else { return Vec::new() };
    let text = Utf8Bytes::from(text);
    let queue = |id: ParticipantId| sockets.get(&id)?.send(text.clone()).is_err().then_some(id);
    match to {
        Recipients::One(id) => queue(id).into_iter().collect(),
        Recipients::AllBut(id) => {
            let others =
                room.participants().iter().map(|participant| participant.id).filter(|other| *other != id);
            others.filter_map(queue).collect()
        }
    }
}
