//! Writes a track into a file that can be played at every moment.

use std::collections::VecDeque;
use std::time::Duration;

use mkv_element::prelude::SimpleBlock;
use protocol::{MediaKind, Timestamp};

use super::MAX_FRAME_BYTES;
use super::bytes::write_header;
use super::cues::Cues;
use super::layout::{self, Layout};
use super::track::{TRACK_NUMBER, TrackFormat};
use crate::FileEffect;

/// Whether a decoder can begin with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// It can. Each frame of sound is one.
    Key,
    /// It needs those before it.
    Delta,
}

/// An encoded frame, or a sealed one.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it is played, since the part of the recording began.
    pub time: Duration,
    /// Whether decoding can begin with it.
    pub kind: FrameKind,
    /// As the codec made it, or sealed.
    pub bytes: &'a [u8],
}

/// After so long a fragment is appended. Longer costs what is lost with the process; shorter costs a write and some twenty bytes each time.
pub(crate) const FRAGMENT: Duration = Duration::from_millis(700);

/// A fragment of so many bytes is appended at once, so that a sender of much takes no more memory.
pub(crate) const FRAGMENT_BYTES: usize = 512 * 1024;

/// Of sound there is a cue so often, in milliseconds; of pictures at their keyframes.
const SOUND_CUE_EVERY: u64 = 5_000;

/// What a frame lasts after which none comes, in milliseconds: one of sound, and one of pictures at thirty a second.
const LAST_SOUND: u64 = 20;
const LAST_PICTURE: u64 = 33;

/// Writes one file: one track from its first frame on. In memory are the fragment (half a megabyte and a frame at the most) and sixteen bytes
/// for each cue.
pub struct Writer {
    format: TrackFormat,
    begins: Timestamp,
    state: State,
    /// The length of what was appended.
    length: u64,
    cues: Cues,
    cluster: Option<Cluster>,
    effects: VecDeque<FileEffect>,
}

enum State {
    /// Nothing came.
    Empty,
    Open {
        layout: Layout,
        /// The time of the first frame, which is the file's zero.
        origin: Duration,
        /// Of the last frame, in milliseconds since then.
        last: u64,
        /// When the last cue of sound was.
        cued: Option<u64>,
    },
    Finished,
}

/// What is collected.
struct Cluster {
    /// Milliseconds since the file's zero.
    time: u64,
    /// Since when it is open, by the clock of the caller.
    since: Duration,
    blocks: Vec<u8>,
    begins_with: FrameKind,
}

impl Writer {
    /// A file of which the part of the recording began at this moment of the world's clock.
    #[must_use]
    pub fn new(format: TrackFormat, part_began: Timestamp) -> Self {
        let effects = VecDeque::new();
        Self {
            format,
            begins: part_began,
            state: State::Empty,
            length: 0,
            cues: Cues::default(),
            cluster: None,
            effects,
        }
    }

    /// What it says of its track.
    #[must_use]
    pub fn format(&self) -> &TrackFormat {
        &self.format
    }

    /// When its first frame is played, since the part began: the file's own times count from there. `None` before there is one.
    #[must_use]
    pub fn origin(&self) -> Option<Duration> {
        match self.state {
            State::Open { origin, .. } => Some(origin),
            State::Empty | State::Finished => None,
        }
    }

    /// Takes the next frame. It is played a millisecond after the last at the least. False when it is left out: it is empty, longer than
    /// [`MAX_FRAME_BYTES`], the first and no keyframe, or the file is finished.
    pub fn write(&mut self, now: Duration, frame: Frame<'_>) -> bool {
        if frame.bytes.is_empty() || frame.bytes.len() > MAX_FRAME_BYTES {
            return false;
        }
        let time = match &mut self.state {
            State::Finished => return false,
            State::Empty if frame.kind == FrameKind::Delta => return false,
            State::Empty => {
                self.begin(frame.time);
                0
            }
            State::Open { origin, last, .. } => {
                *last = millis(frame.time.saturating_sub(*origin)).max(*last + 1);
                *last
            }
        };
        let is_full = self.cluster.as_ref().is_some_and(|cluster| {
            let begins_anew = frame.kind == FrameKind::Key && self.format.codec.kind() == MediaKind::Video;
            let span = time - cluster.time;
            begins_anew || span >= millis(FRAGMENT) || cluster.blocks.len() >= FRAGMENT_BYTES
        });
        if is_full {
            self.close_cluster();
        }
        let new = || Cluster { time, since: now, blocks: Vec::new(), begins_with: frame.kind };
        let cluster = self.cluster.get_or_insert_with(new);
        write_header::<SimpleBlock>(frame.bytes.len() as u64 + 4, &mut cluster.blocks);
        // RFC 9559 §10.2: the track, the time since the cluster's, and flags. A cluster is never longer than a fragment.
        let relative = i16::try_from(time - cluster.time).unwrap_or(i16::MAX);
        cluster.blocks.push(0x80 | TRACK_NUMBER);
        cluster.blocks.extend(relative.to_be_bytes());
        cluster.blocks.push(if frame.kind == FrameKind::Key { 0x80 } else { 0 });
        cluster.blocks.extend(frame.bytes);
        true
    }

    /// Appends the fragment that is due.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.close_cluster();
        }
    }

    /// When the fragment is due, by the caller's clock.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.cluster.as_ref().map(|cluster| cluster.since + FRAGMENT)
    }

    /// The next effect on the file.
    pub fn poll_effect(&mut self) -> Option<FileEffect> {
        self.effects.pop_front()
    }

    /// Appends what is left with the cues, and patches duration and sizes. Nothing is written after that. A file without a frame stays empty.
    pub fn finish(&mut self) {
        self.close_cluster();
        if let State::Open { layout, last, .. } = std::mem::replace(&mut self.state, State::Finished) {
            let millis = last + last_frame(self.format.codec.kind());
            let cues = (!self.cues.is_empty()).then_some(self.length);
            if cues.is_some() {
                let bytes = self.cues.to_bytes(layout.content);
                self.append(bytes);
            }
            self.effects.extend(layout::finish(&layout, millis, cues, self.length));
        }
    }

    fn begin(&mut self, origin: Duration) {
        let (bytes, layout) = layout::head(&[&self.format], self.begins.after(origin));
        self.append(bytes);
        self.state = State::Open { layout, origin, last: 0, cued: None };
    }

    fn close_cluster(&mut self) {
        let Some(cluster) = self.cluster.take() else { return };
        if let State::Open { cued, .. } = &mut self.state
            && is_cue(self.format.codec.kind(), cluster.begins_with, cluster.time, cued)
        {
            self.cues.push(cluster.time, self.length);
        }
        self.append(layout::cluster(cluster.time, &cluster.blocks));
    }

    fn append(&mut self, bytes: Vec<u8>) {
        self.length += bytes.len() as u64;
        self.effects.push_back(FileEffect::Append(bytes));
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Writer({:?}, {} bytes, {} cues)", self.format.codec, self.length, self.cues.len())
    }
}

/// Whether a cluster that begins so gets a cue.
pub(crate) fn is_cue(kind: MediaKind, begins_with: FrameKind, time: u64, cued: &mut Option<u64>) -> bool {
    match (kind, begins_with) {
        (_, FrameKind::Delta) => false,
        (MediaKind::Video, FrameKind::Key) => true,
        (MediaKind::Audio, FrameKind::Key) => {
            let is_due = cued.is_none_or(|last| time >= last + SOUND_CUE_EVERY);
            if is_due {
                *cued = Some(time);
            }
            is_due
        }
    }
}

/// What the last frame lasts, in milliseconds.
pub(crate) const fn last_frame(kind: MediaKind) -> u64 {
    match kind {
        MediaKind::Audio => LAST_SOUND,
        MediaKind::Video => LAST_PICTURE,
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    // Rounded, so that frames of 33.3 ms stay where they are.
    u64::try_from((duration.as_micros() + 500) / 1_000).unwrap_or(u64::MAX / 2)
}
