//! Questions to rooms, answered within a time.

use std::time::Duration;

use protocol::{Participant, ParticipantId, Role, RoomCode, ValidateRoomResponse};
use room::AdminAction;
use storage::{BrowserId, Fence, Ownable, StorageError};

use super::Rooms;
use super::envelope::{RoomEnvelope, RoomReply};
use super::event::RoomEvent;

/// How long an answer may take: as long as a room may have to wait for the database. Raising it keeps pages waiting for a room that does
/// not answer; lowering it has them told sooner that it does not.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

impl Rooms {
    /// Whether a room can be entered with a role, and who is inside.
    ///
    /// # Errors
    ///
    /// When the room cannot be read, or does not answer in time.
    pub(crate) async fn validate(
        &self,
        code: RoomCode,
        role: Role,
        browser: Option<BrowserId>,
    ) -> Result<ValidateRoomResponse, StorageError> {
        match self.ask(code, RoomEvent::Validate { role, browser }, ANSWERED_WITHIN).await? {
            RoomReply::Validated(answer) => Ok(*answer),
            RoomReply::Participants(_) | RoomReply::Found(_) | RoomReply::Waits | RoomReply::NoRoom => {
                Ok(ValidateRoomResponse::UNKNOWN)
            }
        }
    }

    /// Who is inside; `None` when there is no such room.
    ///
    /// # Errors
    ///
    /// When the room cannot be read, or does not answer in time.
    pub(crate) async fn participants(
        &self,
        code: RoomCode,
    ) -> Result<Option<Vec<Participant>>, StorageError> {
        match self.ask(code, RoomEvent::Participants, ANSWERED_WITHIN).await? {
            RoomReply::Participants(people) => Ok(Some(people)),
            RoomReply::Validated(_) | RoomReply::Found(_) | RoomReply::Waits | RoomReply::NoRoom => Ok(None),
        }
    }

    /// Does something to a participant. Whether there was such a one; `None` when there is no such room.
    ///
    /// # Errors
    ///
    /// When the room cannot be read, or does not answer in time; it may be done later then.
    pub(crate) async fn act(
        &self,
        code: RoomCode,
        participant: ParticipantId,
        action: AdminAction,
    ) -> Result<Option<bool>, StorageError> {
        match self.ask(code, RoomEvent::AdminAction { participant, action }, ANSWERED_WITHIN).await? {
            RoomReply::Found(found) => Ok(Some(found)),
            RoomReply::Validated(_) | RoomReply::Participants(_) | RoomReply::Waits | RoomReply::NoRoom => {
                Ok(None)
            }
        }
    }

    /// How many are inside; opens no room.
    ///
    /// # Errors
    ///
    /// When the room does not answer in time, or is another node's.
    pub(crate) async fn present(&self, code: RoomCode) -> Result<u16, StorageError> {
        if self.running(code).await.is_none() {
            let is_elsewhere = match &self.cluster {
                Some(cluster) => cluster.is_elsewhere(Ownable::Room(code)).await?,
                None => false,
            };
            return if is_elsewhere { Err(StorageError::Fenced) } else { Ok(0) };
        }
        let people = self.participants(code).await?.unwrap_or_default();
        Ok(u16::try_from(people.len()).unwrap_or(u16::MAX))
    }

    /// How many are inside each, whichever node has it; opens no room. `None` where nobody has said in time.
    pub(crate) async fn counts(&self, rooms: &[RoomCode]) -> Vec<Option<u16>> {
        let mut counts = Vec::with_capacity(rooms.len());
        // Asked once there is a room that is not here.
        let mut elsewhere = None;
        for room in rooms {
            counts.push(match &self.cluster {
                Some(cluster) if self.running(*room).await.is_none() => {
                    if elsewhere.is_none() {
                        elsewhere = Some(cluster.neighbours().await);
                    }
                    elsewhere.as_ref().and_then(|neighbours| neighbours.people_in(*room))
                }
                Some(_) | None => self.present(*room).await.ok(),
            });
        }
        counts
    }

    /// Has what people say to a room wait, because it is offered to another server; opens no room. Ends once nothing more of it is done here.
    pub(crate) async fn offer(&self, code: RoomCode, fence: Fence) {
        let Some(handle) = self.running(code).await else { return };
        let pending = self.replies.expect();
        let event = RoomEvent::Offered { fence };
        let envelope = RoomEnvelope { room: code, event, reply_to: Some(pending.address()) };
        if handle.queue.send(Box::new(envelope)).await.is_ok() {
            pending.wait().await;
        }
    }

    async fn ask(
        &self,
        room: RoomCode,
        event: RoomEvent,
        within: Duration,
    ) -> Result<RoomReply, StorageError> {
        let pending = self.replies.expect();
        let envelope = RoomEnvelope { room, event, reply_to: Some(pending.address()) };
        let asking = async {
            match self.send(envelope).await? {
                Some(_) => Ok(pending.wait().await.unwrap_or(RoomReply::NoRoom)),
                None => Ok(RoomReply::NoRoom),
            }
        };
        tokio::time::timeout(within, asking).await.unwrap_or(Err(StorageError::Behind))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::AppState;
    use crate::config::Config;
    use crate::rooms::NewRoom;

    const SOON: Duration = Duration::from_millis(20);

    /// Rooms whose tasks never answer, and one of them.
    async fn silent_rooms(data: &tempfile::TempDir) -> (Rooms, RoomCode) {
        let mut config = Config::default();
        config.storage.data = data.path().to_owned();
        (config.media.enabled, config.relay.enabled) = (false, false);
        let state = AppState::open(config).await.unwrap();
        let rooms = state.rooms.with_tasks(std::mem::forget);
        let made = rooms.create(NewRoom::default()).await.unwrap();
        (rooms, made.record.code)
    }

    #[tokio::test]
    async fn nobody_waits_for_ever_for_a_room_that_does_not_answer() {
        let data = tempfile::tempdir().unwrap();
        let (rooms, code) = silent_rooms(&data).await;
        let answer = rooms.ask(code, RoomEvent::Participants, SOON).await;
        assert!(matches!(answer, Err(StorageError::Behind)), "{answer:?}");
        assert_eq!(rooms.replies.open(), 0, "nothing is left of the question");
    }

    #[tokio::test]
    async fn nothing_is_left_of_an_asker_who_hangs_up() {
        let data = tempfile::tempdir().unwrap();
        let (rooms, code) = silent_rooms(&data).await;
        rooms.find(code).await.unwrap();
        let mut asking = Box::pin(rooms.participants(code));
        while rooms.replies.open() == 0 {
            assert!(asking.as_mut().now_or_never().is_none());
        }
        drop(asking);
        assert_eq!(rooms.replies.open(), 0);
    }

    #[tokio::test]
    async fn a_room_that_there_is_not_is_no_room_at_once() {
        let data = tempfile::tempdir().unwrap();
        let (rooms, _) = silent_rooms(&data).await;
        assert_eq!(rooms.participants(RoomCode::from_random(7)).await.unwrap(), None);
        assert_eq!(rooms.replies.open(), 0);
    }
}
