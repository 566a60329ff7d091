//! The task that owns the rings: it tells their machine what happens and carries out what that wants, in order. It decides nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use protocol::{CloseCode, ErrorCode, MessageId, ProtocolError, RingEvent, RingId, RoomCode};
use ring::{CallRecord, CallState, ConnectionId, Departure, Input, Output, Placement, Rings};
use storage::{ContactChange, RequestNote, Storage, StorageError};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{sleep_until, timeout};

use super::event::{Means, RingsEvent};
use super::left::Left;
use super::leftover_rooms::{LeftoverRooms, Tell};
use super::record_writer::{Follows, Kept, RecordWriter};
use super::records::to_storage;
use crate::clock::Clock;
use crate::connection_queue::{Full, QueueSender};
use crate::metrics::Queue;
use crate::push::{Notice, NoticeKind, Notices};
use crate::rooms::Rooms;
use crate::{ids, tasks};

/// How often it is noted that calls go on. Raising it has a call that ends with its server be shorter than it was, by as much.
const NOTED_EVERY: Duration = Duration::from_secs(10);

/// How long that may take. All rings wait as long.
const NOTED_WITHIN: Duration = Duration::from_secs(1);

/// How long what follows from a call may take that nobody waits for.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(5);

/// The task's state.
pub(super) struct RingsTask {
    rings: Rings,
    clock: Clock,
    storage: Arc<dyn Storage>,
    rooms: Rooms,
    notices: Notices,
    /// The way to itself, for what is found out meanwhile.
    back: mpsc::WeakSender<RingsEvent>,
    queues: HashMap<ConnectionId, QueueSender>,
    writer: RecordWriter,
    leftover: LeftoverRooms,
    /// A program whose input is carried out, and what its caller is told first.
    asking: Option<(ConnectionId, Option<RingEvent>)>,
    /// When it was last noted that calls go on.
    noted_at: Duration,
    /// Rings of programs that are to be placed again.
    placements: Vec<Placement>,
    /// Connections that have read too slowly, of which the machine has not heard.
    cut_off: Vec<ConnectionId>,
    /// Nobody is kept from saying something because of those who read slowly, so nobody waits for this.
    short: Arc<Notify>,
}

/// A ring that is being placed.
#[derive(Clone, Copy)]
struct Placing {
    connection: ConnectionId,
    id: Option<MessageId>,
    /// The room that was made for it.
    made: Option<RoomCode>,
}

impl RingsTask {
    pub(super) fn new(left: Left, means: Means) -> Self {
        let Means { clock, storage, rooms, notices, back } = means;
        let Left { rings, placements, doubtful, rooms: leftover } = left;
        Self {
            rings,
            clock,
            writer: RecordWriter::new(Arc::clone(&storage), clock, doubtful),
            storage,
            rooms,
            notices,
            back,
            queues: HashMap::new(),
            leftover: LeftoverRooms::new(clock.now(), leftover),
            asking: None,
            noted_at: clock.now(),
            placements,
            cut_off: Vec::new(),
            short: Arc::default(),
        }
    }

    /// Runs as long as there is a way to it.
    pub(super) async fn run(mut self, events: &mut mpsc::Receiver<RingsEvent>) {
        for placement in std::mem::take(&mut self.placements) {
            let (connection, placement) = (ConnectionId(ids::uuid().as_u128()), Box::new(placement));
            self.take(Input::Place { connection, id: None, placement }).await;
        }
        loop {
            let due = self.poll_timeout().map(|at| self.clock.instant(at));
            let due = async {
                match due {
                    Some(at) => sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                event = events.recv() => match event {
                    Some(RingsEvent::Input(input)) => self.take(*input).await,
                    Some(RingsEvent::Asked(input, answer)) => self.take_asked(*input, answer).await,
                    Some(RingsEvent::RoomInUse(room)) => self.leftover.add(self.clock.now(), room, None),
                    Some(RingsEvent::Flush(done)) => {
                        self.do_what_is_due().await;
                        _ = done.send(());
                    }
                    #[cfg(debug_assertions)]
                    Some(RingsEvent::ClearRooms(done)) => {
                        self.clear_rooms(Duration::MAX, Some(done));
                    }
                    #[cfg(debug_assertions)]
                    Some(RingsEvent::Panic) => panic!("as a test wants it"),
                    None => return self.send_away(),
                },
                () = due => self.do_what_is_due().await,
            }
        }
    }

    /// Another node has the rings: every device finds them there.
    fn send_away(&mut self) {
        self.queues.drain().for_each(|(_, queue)| queue.close(CloseCode::MOVED));
    }

    fn poll_timeout(&self) -> Option<Duration> {
        let noted = (!self.rings.has_no_rings()).then(|| self.noted_at + NOTED_EVERY);
        let timeouts =
            [self.rings.poll_timeout(), self.writer.poll_timeout(), self.leftover.poll_timeout(), noted];
        timeouts.into_iter().flatten().min()
    }

    async fn do_what_is_due(&mut self) {
        self.rings.handle_timeout(self.clock.now());
        self.carry_out(None).await;
        for (call, follows) in self.writer.handle_timeout().await {
            self.follow(call, follows);
        }
        self.clear_rooms(self.clock.now(), None);
        self.note_calls().await;
    }

    /// Notes for the next server that calls go on: one that finds them and is not told of them by their ends knows how long this one was there.
    async fn note_calls(&mut self) {
        let now = self.clock.now();
        if self.rings.has_no_rings() || now < self.noted_at + NOTED_EVERY {
            return;
        }
        self.noted_at = now;
        let noting = timeout(NOTED_WITHIN, self.storage.note_calls(self.clock.wall()));
        if let Err(error) = noting.await.unwrap_or(Err(StorageError::Behind)) {
            tracing::warn!(%error, "it could not be noted that calls go on");
        }
    }

    /// Takes what a program has said, and tells it what its caller is told first: once all of it is kept and the database knows that a ring has
    /// begun. A server that dies after that takes it up again; nobody else would, as a device does that says it again.
    async fn take_asked(&mut self, input: Input, answer: oneshot::Sender<Option<RingEvent>>) {
        let connection = match &input {
            Input::Place { connection, .. } | Input::Withdraw { connection, .. } => *connection,
            Input::Attach(_)
            | Input::Message { .. }
            | Input::Unkept { .. }
            | Input::Changed { .. }
            | Input::Renumbered { .. }
            | Input::Disconnect { .. } => return self.take(input).await,
        };
        self.asking = Some((connection, None));
        self.take(input).await;
        let told = self.asking.take().and_then(|(_, told)| told);
        _ = answer.send(told);
    }

    /// Has the rooms go whose time has come.
    fn clear_rooms(&mut self, now: Duration, done: Option<oneshot::Sender<()>>) {
        let back = self.back.clone();
        let storage = Arc::clone(&self.storage);
        self.leftover.handle_timeout(now, &self.rooms, Tell { storage, back, done });
    }

    async fn take(&mut self, input: Input) {
        let placing = match &input {
            Input::Attach(attachment) => {
                let taken = self.rooms.connections().take(room::ConnectionId(attachment.connection.0));
                // Without a queue it has gone before its turn came.
                let Some(queue) = taken else { return };
                self.queues.insert(attachment.connection, queue);
                None
            }
            Input::Place { connection, id, placement } => {
                let row = placement.row.as_ref();
                let is_over = row.is_some_and(|row| matches!(row.state, CallState::Over { .. }));
                let known = row.and_then(|row| row.room);
                let is_new = !is_over && placement.place.into.is_none();
                let made = Some(placement.room).filter(|room| is_new && known != Some(*room));
                Some(Placing { connection: *connection, id: *id, made })
            }
            Input::Disconnect { connection, .. } => {
                self.queues.remove(connection);
                None
            }
            Input::Withdraw { .. }
            | Input::Message { .. }
            | Input::Unkept { .. }
            | Input::Changed { .. }
            | Input::Renumbered { .. } => None,
        };
        self.rings.handle_input(self.clock.now(), input);
        self.carry_out(placing).await;
    }

    async fn carry_out(&mut self, placing: Option<Placing>) {
        let mut made = placing.and_then(|placing| placing.made);
        let mut missed = Vec::new();
        loop {
            while let Some(output) = self.rings.poll_output() {
                match output {
                    Output::Send { to, event } => self.send(to, &event),
                    Output::Close { connection, code } => self.close(connection, code),
                    Output::Record(row) => {
                        let is_begun = self.record(&row).await;
                        made = made.filter(|room| !is_begun || Some(*room) != row.room);
                        if !is_begun {
                            self.refuse(row.ring, placing);
                        }
                    }
                    Output::Missed { callee, caller, ring } => {
                        missed.push(callee);
                        self.notices.leave(Notice { kind: NoticeKind::Missed, callee, caller, ring });
                    }
                    Output::Settled { callee, caller, ring } => {
                        self.notices.leave(Notice { kind: NoticeKind::Settled, callee, caller, ring });
                    }
                    Output::Wake { callee, caller, ring, expires_in } => {
                        let until = self.clock.wall().after(expires_in);
                        self.notices.leave(Notice {
                            kind: NoticeKind::Rings { until },
                            callee,
                            caller,
                            ring,
                        });
                    }
                }
            }
            let input = if let Some(connection) = self.cut_off.pop() {
                Input::Disconnect { connection, departure: Departure::Broken }
            } else if let Some(call_id) = missed.pop() {
                Input::Changed { call_id }
            } else {
                break;
            };
            self.rings.handle_input(self.clock.now(), input);
        }
        self.writer.confirm().await;
        if let Some(room) = made {
            self.leftover.add(self.clock.now(), room, None);
        }
    }

    /// Keeps a row. False when it is that of a ring which could not begin because of that.
    async fn record(&mut self, row: &CallRecord) -> bool {
        let Some(call) = to_storage(row, self.clock.wall()) else {
            tracing::error!("a ring between people of whom one is not known is not kept");
            return true;
        };
        // Whoever stays is still in it, and it is over later.
        let goes_on = row.stays.is_some();
        if let (CallState::Over { .. }, Some(room), false) = (row.state, row.room, goes_on) {
            self.leftover.add(self.clock.now(), room, Some(row.ring));
        }
        match self.writer.keep(&call).await {
            Kept::Yes(Some(follows)) => self.follow(call, follows),
            Kept::Yes(None) => {}
            Kept::Not if row.state == CallState::Ringing => return false,
            Kept::Not => self.writer.keep_later(call),
        }
        match row.state {
            CallState::Ringing => drop(self.rooms.metrics().rings.inc()),
            CallState::Answered { .. } => {}
            CallState::Over { .. } if goes_on => {}
            CallState::Over { outcome } => self.rooms.metrics().ring_over(outcome),
        }
        true
    }

    /// A ring that storage does not take was never there. What is still to be done because of others is.
    fn refuse(&mut self, ring: RingId, placing: Option<Placing>) {
        self.rings.handle_input(self.clock.now(), Input::Unkept { ring });
        if let Some(Placing { connection, id, .. }) = placing {
            let error = ProtocolError::new(ErrorCode::StorageUnavailable, id);
            self.send(connection, &RingEvent::Error(error));
        }
    }

    /// Does what follows from a call that is kept: two who talked know each other, and who was to ask has asked.
    fn follow(&self, call: storage::CallRecord, follows: Follows) {
        let (storage, now, back) = (Arc::clone(&self.storage), self.clock.wall(), self.back.clone());
        tasks::spawn(async move {
            let changing = async {
                let (caller, callee) = (&call.caller.key, &call.callee.key);
                match (follows, request_of(&call)) {
                    (Follows::Met, _) => {
                        storage.change_contact(caller, callee, ContactChange::Met, now).await?;
                        storage.change_contact(callee, caller, ContactChange::Met, now).await?;
                    }
                    (Follows::Asked, Some(request)) => {
                        storage.change_contact(callee, caller, ContactChange::Asked(&request), now).await?;
                    }
                    (Follows::Asked, None) => {}
                }
                Ok(())
            };
            let changed = timeout(FOLLOWS_WITHIN, changing).await.unwrap_or(Err(StorageError::Behind));
            match changed {
                Ok(()) if follows == Follows::Asked => {
                    let call_id = call.callee.call_id;
                    if let Some(back) = back.upgrade() {
                        _ = back.send(RingsEvent::Input(Box::new(Input::Changed { call_id }))).await;
                    }
                }
                Ok(()) => {}
                Err(error) => tracing::error!(%error, "what two people are to each other could not be kept"),
            }
        });
    }

    fn send(&mut self, to: ConnectionId, event: &RingEvent) {
        self.rooms.metrics().ring_event(event);
        if let Some((_, told @ None)) = self.asking.as_mut().filter(|(asking, _)| *asking == to) {
            *told = Some(event.clone());
        }
        let Some(queue) = self.queues.get(&to) else { return };
        let text = match serde_json::to_string(event) {
            Ok(text) => text,
            Err(error) => return tracing::error!(%error, "a message could not be written"),
        };
        if let Err(Full) = queue.send(text.into(), &self.short) {
            if let Some(queue) = self.queues.remove(&to) {
                queue.cut_off();
            }
            self.rooms.metrics().queue_refused(Queue::Connection);
            self.cut_off.push(to);
        }
    }

    fn close(&mut self, connection: ConnectionId, code: CloseCode) {
        if let Some(queue) = self.queues.remove(&connection) {
            queue.close(code);
        }
    }
}

/// What somebody says of themself who asks to call: the invitation that they have sealed.
fn request_of(call: &storage::CallRecord) -> Option<RequestNote> {
    RequestNote::new(call.invitation.as_ref()?.as_str().to_owned()).ok()
}
