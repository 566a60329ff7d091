//! Finds rooms by their code: those with a task in memory, the others in storage.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use protocol::{
    CredentialKind, MediaVia, RingId, Role, RoomCode, RoomSettings, RoomSettingsPatch, SettingsError,
    Timestamp,
};
use room::{Room, RoomInit};
use storage::{Creators, Fence, Idempotency, KeyRecord, RoomRecord, Storage, StorageError};
use tokio::sync::OnceCell;
use tokio::sync::mpsc::error::TrySendError;

use super::envelope::{RoomEnvelope, RoomReply};
use super::figures::RoomFigures;
use super::list_cache::ListCache;
use super::queue::{self, RoomQueue, RoomQueueReceiver};
use super::replies::Replies;
use super::{RoomEvent, load};
use crate::clock::Clock;
use crate::config::{Config, RoomsConfig};
use crate::connections::Connections;
use crate::ice_servers::IceServerList;
use crate::journal_writer::{JournalWriter, RoomWriter};
use crate::media::{Media, News, NewsReceiver};
use crate::metrics::{Label, Metrics};
use crate::nodes::{Cluster, Stay};
use crate::passwords::{PasswordError, Passwords};
use crate::recordings::Recordings;
use crate::tokens::Tokens;
use crate::traces::JoinTraces;
use crate::usage::Usage;
use crate::{digest, ids};

/// All rooms; a clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Rooms {
    pub(super) clock: Clock,
    pub(super) storage: Arc<dyn Storage>,
    pub(super) journal_writer: JournalWriter,
    pub(super) passwords: Arc<Passwords>,
    tokens: Tokens,
    ice_servers: IceServerList,
    pub(super) media: Media,
    pub(super) recordings: Recordings,
    pub(super) connections: Connections,
    pub(super) replies: Replies,
    pub(super) list_cache: Arc<ListCache>,
    usage: Arc<Usage>,
    pub(super) metrics: Metrics,
    pub(super) joins: JoinTraces,
    /// Where rooms may be other nodes'.
    pub(super) cluster: Option<Cluster>,
    /// The rules of a room about which nothing was said.
    defaults: RoomSettings,
    limits: RoomsConfig,
    loaded: Arc<Mutex<HashMap<RoomCode, Arc<OnceCell<RoomHandle>>>>>,
    /// Starts the task of a room that was loaded.
    run: RunRoom,
}

/// What rooms are made with.
pub(crate) struct RoomsInit {
    pub(crate) clock: Clock,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) tokens: Tokens,
    pub(crate) ice_servers: IceServerList,
    pub(crate) media: Media,
    pub(crate) recordings: Recordings,
    pub(crate) metrics: Metrics,
    pub(crate) joins: JoinTraces,
    pub(crate) cluster: Option<Cluster>,
}

/// How many rooms of a kind have a task, and how many people are in them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RoomCount {
    pub(crate) rooms: u64,
    pub(crate) people: u64,
}

/// A way to one room's task.
#[derive(Clone)]
pub(crate) struct RoomHandle {
    pub(crate) queue: RoomQueue,
    record: Arc<RwLock<RoomRecord>>,
    /// As the task said last.
    figures: Arc<Mutex<RoomFigures>>,
}

/// What a new room shall be.
#[derive(Default)]
pub(crate) struct NewRoom {
    pub(crate) patch: RoomSettingsPatch,
    /// From where it is asked for.
    pub(crate) address: Option<IpAddr>,
    /// The API key that asks for it.
    pub(crate) created_by: Option<String>,
    /// The ring with which it goes.
    pub(crate) made_for: Option<RingId>,
    /// The name of an `Idempotency-Key`, its owner, and the digest of the request.
    pub(crate) idempotency: Option<(String, String, storage::Digest)>,
}

/// A room that was made.
pub(crate) struct Creation {
    pub(crate) record: RoomRecord,
    /// The host's key, and the secret that it is the digest of.
    pub(crate) host_key: KeyRecord,
    pub(crate) host_secret: String,
}

/// Why a room was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreationError {
    #[error("room limit reached")]
    TooMany,
    #[error("{0}")]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Events that wait for a room before their senders wait too. A room of a hundred sends each of them a few at once.
const WAITING_EVENTS: usize = 256;

/// People who were in a room are known again for this long.
pub(crate) const REMEMBERED_FOR: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// How long a room that is opened or deleted waits for what is still to be written.
const FLUSH_WITHIN: Duration = Duration::from_secs(5);

/// Messages that are read to know them when they are sent again.
const RECENT_CHAT: u32 = 128;

/// A room that was read from storage, for its task.
pub(crate) struct LoadedRoom {
    pub(super) room: Room,
    pub(super) handle: RoomHandle,
    pub(super) rooms: Rooms,
    pub(super) room_writer: RoomWriter,
    pub(super) events: RoomQueueReceiver,
    /// That the room is this node's, where it could be another's.
    pub(super) stay: Option<Stay>,
}

/// Starts the task of a room.
pub(crate) type RunRoom = fn(LoadedRoom);

impl Rooms {
    pub(crate) fn new(init: RoomsInit, config: &Config, run: RunRoom) -> Self {
        let RoomsInit { clock, storage, tokens, ice_servers, media, recordings, metrics, joins, cluster } =
            init;
        let (defaults, limits) = (config.room_settings(), config.rooms.clone());
        let journal_writer = JournalWriter::start(Arc::clone(&storage), limits.chat_quota());
        let passwords = Arc::new(Passwords::new());
        let node = media.node();
        Self {
            clock,
            storage,
            journal_writer,
            passwords,
            tokens,
            ice_servers,
            media,
            recordings,
            connections: Connections::new(node),
            replies: Replies::new(node),
            list_cache: Arc::default(),
            usage: Arc::new(Usage::new(clock)),
            metrics,
            joins,
            cluster,
            defaults,
            limits,
            run,
            loaded: Arc::default(),
        }
    }

    /// The same rooms, none of them loaded, with other tasks.
    #[cfg(test)]
    pub(super) fn with_tasks(&self, run: RunRoom) -> Self {
        Self { run, loaded: Arc::default(), ..self.clone() }
    }

    /// Whether strangers are told of rooms that are listed.
    pub(super) fn shows_listed(&self) -> bool {
        self.limits.shows_listed
    }

    /// Hashes passwords, a few at a time.
    pub(crate) fn passwords(&self) -> Arc<Passwords> {
        Arc::clone(&self.passwords)
    }

    /// How much this server is used.
    pub(crate) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The connections of this node.
    pub(crate) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether something waits that the database did not take.
    pub(crate) fn is_behind(&self) -> bool {
        self.journal_writer.is_behind()
    }

    /// Waits until everything that was to be kept is kept.
    pub(crate) async fn flush(&self) {
        self.journal_writer.flush(FLUSH_WITHIN).await;
    }

    /// Makes a room.
    pub(crate) async fn create(&self, new: NewRoom) -> Result<Creation, CreationError> {
        let settings = new.patch.apply(&self.defaults)?;
        if settings.ends_at.is_some_and(|end| end <= self.clock.wall()) {
            return Err(SettingsError::EndsInThePast.into());
        }
        new.patch.check_times(&settings, self.clock.wall())?;
        // Whoever needs no key cannot use up the share of those who have one.
        let (creators, most) = match new.created_by {
            None => (Creators::Pages, self.limits.most),
            Some(_) => (Creators::ApiKeys, self.limits.most_of_api_keys),
        };
        if self.storage.count_rooms(creators).await? >= most {
            return Err(CreationError::TooMany);
        }
        let password_hash = match new.patch.password.flatten() {
            Some(password) => Some(self.passwords.hash(new.address, &password).await?),
            None => None,
        };
        let now = self.clock.wall();
        // A room that is planned is not unused before it starts.
        let used_at = settings.starts_at.map_or(now, |start| start.max(now));
        let code = ids::room_code();
        let record = RoomRecord {
            code,
            settings,
            password_hash,
            version: 1,
            created_at: now,
            used_at,
            created_by: new.created_by,
            made_for: new.made_for,
            fence: Fence::default(),
        };
        let (host_key, host_secret) = self.host_key(code, record.created_by.clone());
        let idempotency = new.idempotency.map(|(owner, key, request)| Idempotency {
            owner,
            key,
            request,
            room: code,
            created_at: now,
        });
        self.storage.create_room(&record, &host_key, idempotency.as_ref()).await?;
        if record.settings.listed.is_on() {
            self.list_cache.note_change();
        }
        Ok(Creation { record, host_key, host_secret })
    }

    /// The first key of a room, from which all others come. It stands below the API key that has made the room, if one has.
    fn host_key(&self, code: RoomCode, api_key: Option<String>) -> (KeyRecord, String) {
        let secret = ids::secret("k");
        let key = KeyRecord {
            digest: digest::of(&secret),
            kind: CredentialKind::HostKey,
            parent: None,
            api_key,
            scopes: None,
            room: code,
            role: Role::Host,
            label: None,
            not_before: None,
            expires_at: None,
            uses_left: None,
            created_at: self.clock.wall(),
        };
        (key, secret)
    }

    /// A way to a room's task, which is started when there is none. `None` when there is no such room.
    pub(crate) async fn find(&self, code: RoomCode) -> Result<Option<RoomHandle>, StorageError> {
        let cell = Arc::clone(self.loaded().entry(code).or_default());
        match cell.get_or_try_init(|| self.load(code)).await {
            Ok(handle) => Ok(Some(handle.clone())),
            Err(missing) => {
                // The next one who asks looks again.
                let mut loaded = self.loaded();
                if loaded.get(&code).is_some_and(|cell| !cell.initialized()) {
                    loaded.remove(&code);
                }
                match missing {
                    Missing::Unknown => Ok(None),
                    Missing::Unreadable(error) => Err(error),
                }
            }
        }
    }

    /// Sends something to a room, also when its task ends in this moment. `None` when there is no such room.
    pub(crate) async fn send(
        &self,
        envelope: impl Into<Box<RoomEnvelope>>,
    ) -> Result<Option<RoomHandle>, StorageError> {
        let mut envelope = envelope.into();
        loop {
            let Some(handle) = self.find(envelope.room).await? else { return Ok(None) };
            match handle.queue.send(envelope).await {
                Ok(()) => return Ok(Some(handle)),
                Err(returned) => {
                    // A task that ends has forgotten itself; one that failed has not.
                    self.forget(&handle);
                    envelope = returned;
                }
            }
        }
    }

    /// The same for a task that ends and passes on what has come for it; who asks a room that is no more is told so. Boxed, because it may
    /// start such a task.
    pub(super) fn send_on(&self, envelope: Box<RoomEnvelope>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let reply_to = envelope.reply_to;
            if let (Ok(None) | Err(_), Some(waiter)) = (self.send(envelope).await, reply_to) {
                self.replies.deliver(waiter, RoomReply::NoRoom);
            }
        })
    }

    /// The task of a room, if it has one, or is just getting one.
    pub(super) async fn running(&self, code: RoomCode) -> Option<RoomHandle> {
        let is_known = self.loaded().contains_key(&code);
        if is_known { self.find(code).await.ok().flatten() } else { None }
    }

    /// Who is inside of a room that has a task.
    pub(crate) fn figures(&self, code: RoomCode) -> Option<RoomFigures> {
        Some(self.loaded().get(&code)?.get()?.figures())
    }

    /// Every room that has a task.
    pub(crate) fn all_running(&self) -> Vec<RoomHandle> {
        let running = |handle: &&RoomHandle| !handle.queue.is_closed();
        self.loaded().values().filter_map(|cell| cell.get().filter(running).cloned()).collect()
    }

    /// The rooms that have a task, by who made them and by the path of their media, as labels.
    pub(crate) fn count(&self) -> BTreeMap<(Label, Label), RoomCount> {
        let mut counts = BTreeMap::<_, RoomCount>::new();
        for cell in self.loaded().values() {
            let Some(handle) = cell.get().filter(|handle| !handle.queue.is_closed()) else { continue };
            let count = counts.entry((handle.made_by(), handle.path())).or_default();
            count.rooms += 1;
            count.people += u64::from(handle.figures().present);
        }
        counts
    }

    /// Changes of rooms that wait to be written.
    pub(crate) fn waiting_changes(&self) -> u64 {
        self.journal_writer.waiting()
    }

    /// Tells a room something that concerns only those who are in it.
    pub(crate) async fn tell_running(&self, code: RoomCode, event: RoomEvent) {
        if let Some(handle) = self.running(code).await {
            handle.queue.tell(event).await;
        }
    }

    /// Deletes a room and everything in it; whoever is inside is told. False when there is none.
    pub(crate) async fn delete(&self, code: RoomCode) -> Result<bool, StorageError> {
        // What is still to be kept goes first, or it would stay when the room is gone.
        self.journal_writer.flush(FLUSH_WITHIN).await;
        let (fence, _stay) = self.fence(code).await?;
        let deleted = self.guard(code, fence, self.storage.delete_room(code, fence).await).await?;
        // Also one that was opened meanwhile.
        if let Some(handle) = self.running(code).await {
            handle.queue.tell(RoomEvent::Deleted).await;
        }
        self.list_cache.note_change();
        Ok(deleted)
    }

    /// Passes on what came of a write, and tells the room's task when it was refused because another server owns the room now.
    pub(super) async fn guard<T>(
        &self,
        code: RoomCode,
        fence: Fence,
        written: Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        if matches!(written, Err(StorageError::Fenced)) {
            self.tell_running(code, RoomEvent::Fenced { fence }).await;
        }
        written
    }

    /// Passes on what the forwarding unit has to say, as long as there is one. A room that has no place for it waits for itself
    /// alone: it may be waiting for the database.
    pub(crate) async fn pass_on(self, mut news: NewsReceiver) {
        let (mut full, mut permits) = (HashSet::new(), FuturesUnordered::new());
        loop {
            tokio::select! {
                next = news.recv(|room| !full.contains(&room)) => {
                    let Some(News { room, participant, message }) = next else { return };
                    // Nobody has a link in a room that is still being opened.
                    let handle = self.loaded().get(&room).and_then(|cell| cell.get().cloned());
                    let Some(RoomHandle { queue, .. }) = handle else { continue };
                    let event = RoomEvent::Media { participant, message: Box::new(message) };
                    if let Err(TrySendError::Full(envelope)) = queue.try_tell(event) {
                        full.insert(room);
                        permits.push(async move {
                            _ = queue.send(envelope).await;
                            room
                        });
                    }
                }
                Some(room) = permits.next() => {
                    full.remove(&room);
                }
            }
        }
    }

    /// Forgets a task that ends.
    pub(super) fn forget(&self, handle: &RoomHandle) {
        let mut loaded = self.loaded();
        let is_ours = |cell: &Arc<OnceCell<RoomHandle>>| {
            cell.get().is_some_and(|other| other.queue.is_same(&handle.queue))
        };
        if loaded.get(&handle.code()).is_some_and(is_ours) {
            loaded.remove(&handle.code());
            drop(loaded);
            if handle.is_listed() {
                self.list_cache.note_change();
            }
        }
    }

    async fn load(&self, code: RoomCode) -> Result<RoomHandle, Missing> {
        // What the task before has said is in storage then.
        if !self.journal_writer.flush(FLUSH_WITHIN).await {
            return Err(Missing::Unreadable(StorageError::Behind));
        }
        let (record, stay) = self.take(code).await?;
        let wall = self.clock.wall();
        let since = Timestamp(wall.0.saturating_sub(REMEMBERED_FOR.as_millis() as u64));
        let seats = self.storage.seats(code, since).await?;
        let blocked = self.storage.blocked_browsers(code).await?;
        let init = RoomInit {
            code,
            settings: record.settings.clone(),
            password: record.password_hash.is_some(),
            ice_servers: Box::new(self.ice_servers.clone()),
            wall,
            seats: seats.into_iter().map(load::seat).collect(),
            blocked: blocked.into_iter().map(|browser| browser.0.0).collect(),
            recent_chat: self.storage.recent_chat(code, RECENT_CHAT).await?,
            sfu: self.media.forwarding_node(),
            recorder: self.recordings.names(),
            recording: self.storage.kept_recording(code).await?.as_deref().and_then(load::recording),
            signer: self.tokens.of_room(code),
        };
        let (queue, received) = queue::queue(code, WAITING_EVENTS);
        let room_writer = self.journal_writer.room_writer(queue.clone(), record.fence);
        let room = Room::new(self.clock.now(), init);
        let handle = RoomHandle {
            queue,
            record: Arc::new(RwLock::new(record)),
            figures: Arc::new(Mutex::new(RoomFigures {
                present: room.present(),
                is_forwarded: room.current_topology().via != MediaVia::Mesh,
                since: wall,
            })),
        };
        (self.run)(LoadedRoom {
            room,
            handle: handle.clone(),
            rooms: self.clone(),
            room_writer,
            events: received,
            stay,
        });
        Ok(handle)
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<RoomCode, Arc<OnceCell<RoomHandle>>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RoomHandle {
    pub(crate) fn code(&self) -> RoomCode {
        self.queue.room()
    }

    /// The room as it is kept.
    pub(crate) fn record(&self) -> RoomRecord {
        self.record.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether its rules say that it is listed.
    pub(crate) fn is_listed(&self) -> bool {
        self.record.read().unwrap_or_else(PoisonError::into_inner).settings.listed.is_on()
    }

    /// Who is inside. Asks nobody, and may be one event behind.
    pub(crate) fn figures(&self) -> RoomFigures {
        *self.figures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_figures(&self, present: u16, is_forwarded: bool, now: Timestamp) {
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        let since = if figures.present == 0 { now } else { figures.since };
        *figures = RoomFigures { present, is_forwarded, since };
    }

    fn path(&self) -> Label {
        if self.figures().is_forwarded { "sfu" } else { "mesh" }
    }

    fn made_by(&self) -> Label {
        let record = self.record.read().unwrap_or_else(PoisonError::into_inner);
        match (&record.made_for, &record.created_by) {
            (Some(_), _) => "ring",
            (None, Some(_)) => "program",
            (None, None) => "page",
        }
    }

    /// Whether it is the room of a call, into which people are rung.
    pub(super) fn is_of_call(&self) -> bool {
        self.record.read().unwrap_or_else(PoisonError::into_inner).made_for.is_some()
    }

    pub(super) fn set_record(&self, record: RoomRecord) {
        let mut known = self.record.write().unwrap_or_else(PoisonError::into_inner);
        if record.version > known.version {
            *known = record;
        }
    }
}

/// Why a room could not be loaded.
pub(super) enum Missing {
    Unknown,
    Unreadable(StorageError),
}

impl From<StorageError> for Missing {
    fn from(error: StorageError) -> Self {
        Self::Unreadable(error)
    }
}
