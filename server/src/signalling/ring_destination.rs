//! The rings of this server as the destination of a connection: what a device says goes to their task, and what storage has to answer first is
//! asked on the way.

use std::net::IpAddr;

use protocol::{
    AttachDevice, CallId, ErrorCode, MessageId, OpeningFrame, PlaceRing, ProtocolError, PublicKey, RingEvent,
    RingFrame, RingMessage,
};
use ring::{Attachment, ConnectionId, Departure, Input};
use tokio::time::timeout;

use super::connection::Connection;
use super::destination::Destination;
use super::end::End;
use super::ring_identity::{self, Proven};
use super::ring_keeping::{Keeper, Keeping, Outcome};
use super::room_destination::check_version;
use crate::AppState;
use crate::connection_queue::{Outgoing, QueueReceiver};
use crate::connections::OpenConnection;
use crate::rings::{self, ASKS_WITHIN, Asker};

/// A connection that is a device of a call identity.
pub(super) struct RingDestination {
    connection: OpenConnection,
    state: AppState,
    address: IpAddr,
    queue: QueueReceiver,
    /// Answers that the rings' task has nothing to do with.
    answers: Vec<Outgoing>,
    call_id: CallId,
    key: PublicKey,
}

/// What a device has said.
pub(super) enum Said {
    Frame(RingFrame),
    /// Another first message, which changes nothing.
    Again(Option<MessageId>),
}

impl RingDestination {
    /// Has a connection prove whose device it is.
    pub(super) async fn attach(
        connection: &mut Connection,
        state: AppState,
        address: IpAddr,
        attach: AttachDevice,
    ) -> Result<Self, End> {
        check_version(attach.version).map_err(End::refused)?;
        let proven = ring_identity::prove(connection, &state, address, &attach).await?;
        let Proven { call_id, key, standing, row } = proven;
        let (connection, queue) = state.rooms.connections().open();
        let attachment = Attachment {
            connection: ConnectionId(connection.id().0),
            call_id,
            device: attach.device,
            identity: key.clone(),
            standing,
            row,
        };
        let told = state.rings.tell(Input::Attach(Box::new(attachment))).await;
        told.map_err(|_| End::refused(ErrorCode::Internal))?;
        Ok(Self { connection, state, address, queue, answers: Vec::new(), call_id, key })
    }

    fn id(&self) -> ConnectionId {
        ConnectionId(self.connection.id().0)
    }

    async fn take_all(&mut self, said: Vec<Said>) -> Result<(), End> {
        for one in said {
            match one {
                Said::Frame(RingFrame { id, message }) => self.take_one(id, message).await?,
                Said::Again(id) => self.refuse(id, ErrorCode::AlreadyJoined),
            }
        }
        Ok(())
    }

    async fn take_one(&mut self, id: Option<MessageId>, message: RingMessage) -> Result<(), End> {
        match message {
            RingMessage::LookUp { callee } => {
                self.look_up(id, callee).await;
                Ok(())
            }
            RingMessage::Place(place) => self.place(id, *place).await,
            // Not by way of the rings' task, which waits for storage: a page takes a line for dead that is silent for 8 s.
            RingMessage::Ping => {
                self.say(&RingEvent::Pong);
                Ok(())
            }
            message @ (RingMessage::Prove { .. }
            | RingMessage::Receipt { .. }
            | RingMessage::Answer { .. }
            | RingMessage::Decline { .. }
            | RingMessage::Cancel { .. }
            | RingMessage::HangUp { .. }
            | RingMessage::SetActivity { .. }) => {
                self.tell(Input::Message { connection: self.id(), id, message }).await
            }
            RingMessage::ReadHistory { before } => self.keep(id, Keeping::ReadHistory { before }).await,
            RingMessage::ChangeHistory { change } => self.keep(id, Keeping::ChangeHistory { change }).await,
            RingMessage::SetContact { peer, rule } => self.keep(id, Keeping::SetContact { peer, rule }).await,
            RingMessage::ReadBlocked { before } => self.keep(id, Keeping::ReadBlocked { before }).await,
            RingMessage::ReadRules => self.keep(id, Keeping::ReadRules).await,
            RingMessage::SetRules { rules } => self.keep(id, Keeping::SetRules { rules }).await,
            RingMessage::ReadPush => self.keep(id, Keeping::ReadPush).await,
            RingMessage::SubscribePush(push) => self.keep(id, Keeping::SubscribePush(push)).await,
            RingMessage::UnsubscribePush { endpoint } => {
                self.keep(id, Keeping::UnsubscribePush { endpoint }).await
            }
            RingMessage::ReplaceCallId => self.replace_id(id).await,
        }
    }

    async fn replace_id(&mut self, id: Option<MessageId>) -> Result<(), End> {
        let replacing = rings::replace_id(&self.state, self.address, &self.key);
        match timeout(ASKS_WITHIN, replacing).await.unwrap_or(Err(ErrorCode::StorageUnavailable)) {
            Ok(()) => self.tell(Input::Renumbered { before: self.call_id }).await,
            Err(code) => {
                self.refuse(id, code);
                Ok(())
            }
        }
    }

    async fn keep(&mut self, id: Option<MessageId>, keeping: Keeping) -> Result<(), End> {
        if self.state.ring_rates.keep(&self.key).is_err() {
            self.refuse(id, ErrorCode::RateLimited);
            return Ok(());
        }
        let keeper = Keeper { state: &self.state, key: &self.key };
        let taken = timeout(ASKS_WITHIN, keeper.take(keeping)).await;
        match taken.unwrap_or(Err(ErrorCode::StorageUnavailable)) {
            Ok(Outcome::Answer(event)) => self.say(&event),
            Ok(Outcome::Changed) => return self.tell(Input::Changed { call_id: self.call_id }).await,
            Err(code) => self.refuse(id, code),
        }
        Ok(())
    }

    async fn look_up(&mut self, id: Option<MessageId>, callee: CallId) {
        if self.state.ring_rates.look_up(&self.key, self.address).is_err() {
            return self.refuse(id, ErrorCode::RateLimited);
        }
        let found = timeout(ASKS_WITHIN, rings::look_up(&self.state, callee)).await;
        match found.unwrap_or(Err(ErrorCode::StorageUnavailable)) {
            Ok(key) => self.say(&RingEvent::KeyOf { callee, key }),
            Err(code) => self.refuse(id, code),
        }
    }

    async fn place(&mut self, id: Option<MessageId>, place: PlaceRing) -> Result<(), End> {
        if self.state.ring_rates.ring(&self.key, self.address, place.ring).is_err() {
            self.refuse(id, ErrorCode::RateLimited);
            return Ok(());
        }
        let asker = Asker { state: &self.state, call_id: self.call_id, key: &self.key, program: None };
        let found = timeout(ASKS_WITHIN, asker.placement(place)).await;
        match found.unwrap_or(Err(ErrorCode::StorageUnavailable)) {
            Ok(placement) => {
                let placement = Box::new(placement);
                self.tell(Input::Place { connection: self.id(), id, placement }).await
            }
            Err(code) => {
                self.refuse(id, code);
                Ok(())
            }
        }
    }

    async fn tell(&self, input: Input) -> Result<(), End> {
        self.state.rings.tell(input).await.map_err(|_| End::refused(ErrorCode::Internal))
    }

    fn refuse(&mut self, id: Option<MessageId>, code: ErrorCode) {
        self.say(&RingEvent::Error(ProtocolError::new(code, id)));
    }

    fn say(&mut self, event: &RingEvent) {
        self.state.metrics.ring_event(event);
        match serde_json::to_string(event) {
            Ok(text) => self.answers.push(Outgoing::Message(text.into())),
            Err(error) => tracing::error!(%error, "a message could not be written"),
        }
    }
}

impl Destination for RingDestination {
    type Message = Said;

    fn read(&self, text: &str) -> Result<Said, End> {
        let frame = RingFrame::parse(text).inspect(|frame| {
            self.state.metrics.received("rings", (&frame.message).into());
        });
        frame.map(Said::Frame).or_else(|error| {
            let opening = OpeningFrame::parse(text).map_err(|_| End::malformed(text, &error))?;
            Ok(Said::Again(opening.id))
        })
    }

    fn is_ready(&self) -> bool {
        true
    }

    /// Boxed, because it asks storage, and a connection would keep the room for that.
    fn take(&mut self, messages: Vec<Said>) -> impl Future<Output = Result<(), End>> + Send {
        Box::pin(self.take_all(messages))
    }

    async fn next(&mut self) -> Option<Vec<Outgoing>> {
        if self.answers.is_empty() {
            self.queue.next().await
        } else {
            Some(std::mem::take(&mut self.answers))
        }
    }

    async fn part(&mut self, end: &End) {
        let Some(departure) = end.departure() else { return };
        let departure = match departure {
            room::Departure::Closed => Departure::Closed,
            // Who has said something that ends a connection may come back with another one.
            room::Departure::Broken | room::Departure::Offended => Departure::Broken,
        };
        _ = self.tell(Input::Disconnect { connection: self.id(), departure }).await;
    }
}
