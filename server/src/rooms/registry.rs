//! Finds rooms by their code. Rooms are kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::{RoomCode, RoomName, RoomStanding, ValidateRoomResponse};
use room::{Room, RoomSettings};
use tokio::sync::{mpsc, oneshot};

use super::RoomEvent;
use super::task::run;
use crate::clock::Clock;
use crate::{ids, tasks};

/// All rooms.
pub(crate) struct Rooms {
    clock: Clock,
    settings: RoomSettings,
    most: usize,
    by_code: Arc<Mutex<HashMap<RoomCode, RoomHandle>>>,
}

/// A way to one room's task.
#[derive(Clone)]
pub(crate) struct RoomHandle {
    pub(crate) events: mpsc::Sender<RoomEvent>,
}

/// There are as many rooms as this server takes.
#[derive(Debug, thiserror::Error)]
#[error("the server has as many rooms as it takes")]
pub(crate) struct TooManyRooms;

/// Events that wait for a room before their senders wait too. A room of a hundred sends each of them a few at once.
const WAITING_EVENTS: usize = 256;

impl Rooms {
    pub(crate) fn new(clock: Clock, settings: RoomSettings, most: usize) -> Self {
        Self { clock, settings, most, by_code: Arc::default() }
    }

    /// Makes a room and starts its task.
    pub(crate) fn create(&self, name: Option<RoomName>) -> Result<RoomCode, TooManyRooms> {
        let settings = RoomSettings { name, ..self.settings.clone() };
        let mut by_code = self.by_code.lock().unwrap_or_else(PoisonError::into_inner);
        if by_code.len() >= self.most {
            return Err(TooManyRooms);
        }
        let mut code = ids::room_code();
        while by_code.contains_key(&code) {
            code = ids::room_code();
        }
        let (events, received) = mpsc::channel(WAITING_EVENTS);
        by_code.insert(code, RoomHandle { events });
        let room = Room::new(self.clock.now(), code, settings, Vec::new());
        let (clock, registry) = (self.clock, Arc::downgrade(&self.by_code));
        tasks::spawn(async move {
            run(room, clock, received).await;
            if let Some(by_code) = registry.upgrade() {
                by_code.lock().unwrap_or_else(PoisonError::into_inner).remove(&code);
            }
        });
        Ok(code)
    }

    pub(crate) fn find(&self, code: RoomCode) -> Option<RoomHandle> {
        self.by_code.lock().unwrap_or_else(PoisonError::into_inner).get(&code).cloned()
    }

    /// Whether a room can be entered, and who is inside.
    pub(crate) async fn validate(&self, code: RoomCode) -> ValidateRoomResponse {
        let Some(room) = self.find(code) else { return ValidateRoomResponse::UNKNOWN };
        let (answer, answered) = oneshot::channel();
        if room.events.send(RoomEvent::Validate { answer }).await.is_err() {
            return ValidateRoomResponse::UNKNOWN;
        }
        let response = answered.await.unwrap_or(ValidateRoomResponse::UNKNOWN);
        debug_assert!(response.standing == RoomStanding::Unknown || response.room.is_some());
        response
    }
}
