//! What one recording has not dealt with yet: orders of its room, none of which is lost, and packets, as many as there is room for. Neither the room
//! nor a media shard ever waits here: a lock is held for as long as it takes to put one thing into a list.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use protocol::RoomCode;
use room::RecordingEffect;
use sfu::RecordedPacket;

use crate::clock;

/// Packets that wait at the most, and their bytes: some seconds of ten people. Raising it lets a disk stand still for longer, and takes memory.
const MOST_PACKETS: usize = 16_384;
const MOST_BYTES: usize = 16 << 20;

/// Orders that wait at the most. A room that has said more is recorded no longer.
const MOST_ORDERS: usize = 20_000;

/// So many packets wake whoever takes them; fewer wait until they look by themselves, which costs the shard nothing.
const WAKE_AT: usize = 2_048;

/// Where packets of rooms go; a clone is another handle to the same.
#[derive(Clone, Default)]
pub(crate) struct Inboxes(Arc<RwLock<HashMap<RoomCode, Arc<Inbox>>>>);

/// Of one recording.
pub(crate) struct Inbox {
    began: Instant,
    inner: Mutex<Inner>,
    more: Condvar,
    /// Milliseconds since it began at which they were taken the last time.
    beat: AtomicU64,
    /// Packets for which there was no room.
    left_out: AtomicU64,
}

#[derive(Default)]
struct Inner {
    orders: VecDeque<RecordingEffect>,
    packets: VecDeque<RecordedPacket>,
    bytes: usize,
    is_abandoned: bool,
}

/// What has come.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) orders: VecDeque<RecordingEffect>,
    pub(super) packets: VecDeque<RecordedPacket>,
    /// Nobody waits for this recording any more.
    pub(super) is_abandoned: bool,
}

impl Inboxes {
    /// A packet came. Of a room that is not recorded it is passed over.
    pub(crate) fn offer(&self, packet: RecordedPacket) {
        let inbox = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&packet.who.room).cloned();
        if let Some(inbox) = inbox {
            inbox.offer(packet);
        }
    }

    pub(super) fn insert(&self, room: RoomCode, inbox: Arc<Inbox>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(room, inbox);
    }

    /// Unless it is another recording's by now.
    pub(super) fn remove(&self, room: RoomCode, inbox: &Arc<Inbox>) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.get(&room).is_some_and(|other| Arc::ptr_eq(other, inbox)) {
            all.remove(&room);
        }
    }
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            began: clock::moment(),
            inner: Mutex::default(),
            more: Condvar::new(),
            beat: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    /// Never waits for a disk. What there is no room for is missing in the recording, up to the next keyframe, as if a network had lost it.
    pub(super) fn offer(&self, packet: RecordedPacket) {
        let mut inner = self.lock();
        let bytes = inner.bytes + packet.payload.len();
        if inner.packets.len() >= MOST_PACKETS || bytes > MOST_BYTES || inner.is_abandoned {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        inner.bytes = bytes;
        inner.packets.push_back(packet);
        if inner.packets.len() == WAKE_AT {
            self.more.notify_one();
        }
    }

    /// False when more was said than can wait.
    pub(super) fn order(&self, order: RecordingEffect) -> bool {
        let mut inner = self.lock();
        let has_room = inner.orders.len() < MOST_ORDERS;
        if has_room {
            inner.orders.push_back(order);
            self.more.notify_one();
        }
        has_room
    }

    /// Takes everything there is, after so long at the latest.
    pub(super) fn take(&self, within: Duration) -> Batch {
        let mut inner = self.lock();
        if inner.orders.is_empty() && inner.packets.len() < WAKE_AT && !inner.is_abandoned {
            inner = self.more.wait_timeout(inner, within).unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.bytes = 0;
        let batch = Batch {
            orders: std::mem::take(&mut inner.orders),
            packets: std::mem::take(&mut inner.packets),
            is_abandoned: inner.is_abandoned,
        };
        drop(inner);
        self.beats();
        batch
    }

    /// Whoever takes what is here is not stuck.
    pub(super) fn beats(&self) {
        let now = clock::moment().saturating_duration_since(self.began).as_millis();
        self.beat.store(u64::try_from(now).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// For how long nobody has taken anything.
    pub(super) fn stuck_for(&self) -> Duration {
        let beat = Duration::from_millis(self.beat.load(Ordering::Relaxed));
        clock::moment().saturating_duration_since(self.began).saturating_sub(beat)
    }

    /// How many packets there was no room for.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }

    /// Whoever takes what is here is stuck: nothing of what they still do counts.
    pub(super) fn abandon(&self) {
        let mut inner = self.lock();
        inner.is_abandoned = true;
        inner.packets.clear();
        self.more.notify_one();
    }

    /// A panic while it is held leaves what was there: each change is done in one step.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
