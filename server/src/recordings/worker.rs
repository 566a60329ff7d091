//! The thread of one recording: it takes what has come, writes it, and sees to it that it is durable in time. A disk that is full, slow or read-only
//! stops this recording, and nobody else waits for it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use protocol::{MediaKey, RecordingEnd, RecordingState, RoomCode, Timestamp};
use room::RecordingEffect;
use tokio::sync::mpsc::UnboundedSender;

use super::files;
use super::inbox::{Batch, Inbox};
use super::part::{Counts, Part};
use super::shared::Hold;
use crate::clock;

/// What has come is looked at so often. Oftener costs processor; more seldom delays what is durable.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What was written is durable after so long at the latest, besides what the disk takes. With what is collected in memory before (some 1.2 s), a
/// crash loses less than two seconds.
const SYNC_EVERY: Duration = Duration::from_millis(500);

/// How often it is looked how much room there is, and told how much was written.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// A recording from which packets are left out in each of so many seconds, one after the other, is on a disk that is too slow for it.
const TOO_SLOW_FOR: u32 = 10;

/// What the thread is started with.
pub(super) struct Worker {
    pub(super) recordings: PathBuf,
    pub(super) room: RoomCode,
    pub(super) state: RecordingState,
    pub(super) began: Timestamp,
    pub(super) inbox: Arc<Inbox>,
    pub(super) limits: Limits,
    /// Where a keyframe is asked for.
    pub(super) ask: Box<dyn Fn(MediaKey) + Send>,
    pub(super) reports: UnboundedSender<Report>,
    /// Its files are nobody else's until it has ended.
    pub(super) hold: Option<Arc<Hold>>,
}

/// Where a recording stops.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// So many bytes stay free on the disk.
    pub(super) free_bytes: u64,
    /// So many bytes its files may have; others, which are recorded meanwhile, take from it.
    pub(super) bytes: Arc<AtomicU64>,
}

/// What is told of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Written(Counts),
    Over(Over, Counts),
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// Its room said so.
    Stopped(RecordingEnd),
    /// It goes on elsewhere, or when this server starts again.
    LetGo,
    /// Its room does not know yet.
    Failed(RecordingEnd),
    /// Somebody else has said that it is over.
    Abandoned,
}

/// How far one look came.
enum Step {
    GoesOn,
    Over(Over),
}

impl Worker {
    /// Records until it is over, on this thread.
    pub(super) fn run(self) {
        let beat = || self.inbox.beats();
        beat();
        let zero = clock::moment();
        let begun = Part::begin(&self.recordings, self.room, &self.state, (zero, self.began), &beat);
        let (over, counts) = match begun {
            Ok(mut part) => {
                let over = self.record(&mut part).unwrap_or_else(|error| self.failed(&error));
                // What there is stays, and is made whole as far as that can be.
                let finished =
                    if over == Over::Abandoned { Ok(()) } else { part.finish(clock::moment(), &beat) };
                let over = match (over, finished) {
                    (Over::Stopped(_) | Over::LetGo, Err(error)) => self.failed(&error),
                    (over, Ok(()) | Err(_)) => over,
                };
                (over, part.counts())
            }
            Err(error) => (self.failed(&error), Counts::default()),
        };
        _ = self.reports.send(Report::Over(over, counts));
        drop(self.hold);
    }

    fn failed(&self, error: &io::Error) -> Over {
        tracing::error!(%error, recording = %self.state.id, "a recording could not go on");
        let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        Over::Failed(if is_full { RecordingEnd::DiskFull } else { RecordingEnd::Failed })
    }

    fn record(&self, part: &mut Part) -> io::Result<Over> {
        if self.is_full(part) {
            return Ok(Over::Failed(RecordingEnd::DiskFull));
        }
        let now = clock::moment();
        let (mut sync_at, mut tell_at) = (now + SYNC_EVERY, now + TELL_EVERY);
        let (mut left_out, mut slow_for) = (self.inbox.left_out(), 0);
        loop {
            let batch = self.inbox.take(LOOK_EVERY);
            if let Step::Over(over) = self.deal_with(part, batch)? {
                return Ok(over);
            }
            let now = clock::moment();
            if now >= sync_at {
                part.sync()?;
                sync_at = clock::moment() + SYNC_EVERY;
            }
            if now >= tell_at {
                tell_at = now + TELL_EVERY;
                _ = self.reports.send(Report::Written(part.counts()));
                let before = std::mem::replace(&mut left_out, self.inbox.left_out());
                slow_for = if left_out > before { slow_for + 1 } else { 0 };
                if slow_for >= TOO_SLOW_FOR {
                    return Err(io::Error::other("the disk is too slow"));
                }
                if self.is_full(part) {
                    return Ok(Over::Failed(RecordingEnd::DiskFull));
                }
            }
        }
    }

    fn deal_with(&self, part: &mut Part, batch: Batch) -> io::Result<Step> {
        if batch.is_abandoned {
            return Ok(Step::Over(Over::Abandoned));
        }
        let now = clock::moment();
        let mut over = None;
        for order in batch.orders {
            if let Step::Over(how) = follow(part, now, order)? {
                over = Some(how);
                break;
            }
        }
        part.sync_keys()?;
        for packet in &batch.packets {
            part.take(packet)?;
        }
        part.advance(clock::moment())?;
        part.wanted_keyframes().into_iter().for_each(&self.ask);
        Ok(over.map_or(Step::GoesOn, Step::Over))
    }

    fn is_full(&self, part: &Part) -> bool {
        let is_low = files::free_bytes(&self.recordings).is_some_and(|free| free < self.limits.free_bytes);
        is_low || part.counts().bytes > self.limits.bytes.load(Ordering::Relaxed)
    }
}

fn follow(part: &mut Part, now: Instant, order: RecordingEffect) -> io::Result<Step> {
    match order {
        // It is what this thread was started by.
        RecordingEffect::Start(_) => {}
        RecordingEffect::Consented { participant } => part.consented(participant),
        RecordingEffect::NoLonger { participant } => part.no_longer(participant)?,
        RecordingEffect::Keys { participant, keys } => part.keep_keys(participant, keys)?,
        RecordingEffect::Log(fact) => part.log(now, fact)?,
        RecordingEffect::Stop { reason } => return Ok(Step::Over(Over::Stopped(reason))),
        RecordingEffect::LetGo => return Ok(Step::Over(Over::LetGo)),
    }
    Ok(Step::GoesOn)
}
