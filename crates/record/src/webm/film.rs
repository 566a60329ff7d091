//! Writes a picture and its sound into one file that can be played at every moment.

use std::collections::VecDeque;
use std::time::Duration;

use mkv_element::prelude::SimpleBlock;
use protocol::{MediaKind, Timestamp};

use super::MAX_FRAME_BYTES;
use super::bytes::write_header;
use super::cues::Cues;
use super::layout::{self, Layout};
use super::track::{TRACK_NUMBER, TrackFormat};
use super::writer::{FRAGMENT, FRAGMENT_BYTES, Frame, FrameKind, last_frame, millis};
use crate::FileEffect;

/// Which of the two a frame is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilmTrack {
    /// The picture, which is the first track.
    Picture,
    /// The sound.
    Sound,
}

/// Writes one film, from its first picture on. In memory are the fragment (half a megabyte and a frame at the most) and sixteen bytes for each
/// cue.
pub struct FilmWriter {
    picture: TrackFormat,
    sound: TrackFormat,
    begins: Timestamp,
    state: State,
    /// The length of what was appended.
    length: u64,
    cues: Cues,
    cluster: Option<Cluster>,
    effects: VecDeque<FileEffect>,
}

enum State {
    /// No picture came.
    Empty,
    Open {
        layout: Layout,
        /// The time of the first picture, which is the file's zero.
        origin: Duration,
        /// Of the last frames of picture and sound, in milliseconds since then.
        last: [Option<u64>; 2],
    },
    Finished,
}

/// What is collected.
struct Cluster {
    /// Of the frame that it began with, in milliseconds since the file's zero.
    began: u64,
    /// Since when it is open, by the clock of the caller.
    since: Duration,
    bytes: usize,
    blocks: Vec<Block>,
}

struct Block {
    time: u64,
    track: FilmTrack,
    kind: FrameKind,
    bytes: Vec<u8>,
}

impl FilmWriter {
    /// A file of these two, of which the times of frames count from this moment of the world's clock.
    #[must_use]
    pub fn new(picture: TrackFormat, sound: TrackFormat, began: Timestamp) -> Self {
        Self {
            picture,
            sound,
            begins: began,
            state: State::Empty,
            length: 0,
            cues: Cues::default(),
            cluster: None,
            effects: VecDeque::new(),
        }
    }

    /// Takes the next frame of a track. It is played a millisecond after the last of that track at the least; the two may come in any order. False
    /// when it is left out: it is empty, longer than [`MAX_FRAME_BYTES`], before the first keyframe, or the file is finished.
    pub fn write(&mut self, now: Duration, track: FilmTrack, frame: Frame<'_>) -> bool {
        if frame.bytes.is_empty() || frame.bytes.len() > MAX_FRAME_BYTES {
            return false;
        }
        let begins_anew = track == FilmTrack::Picture && frame.kind == FrameKind::Key;
        if matches!(self.state, State::Empty) {
            if !begins_anew {
                return false;
            }
            self.begin(frame.time);
        }
        let State::Open { origin, last, .. } = &mut self.state else { return false };
        let last = &mut last[track as usize];
        let time = millis(frame.time.saturating_sub(*origin));
        let time = last.map_or(time, |last| time.max(last + 1));
        *last = Some(time);
        let is_full = self.cluster.as_ref().is_some_and(|cluster| {
            let span = time.saturating_sub(cluster.began);
            begins_anew || span >= millis(FRAGMENT) || cluster.bytes >= FRAGMENT_BYTES
        });
        if is_full {
            self.close_cluster();
        }
        let new = || Cluster { began: time, since: now, bytes: 0, blocks: Vec::new() };
        let cluster = self.cluster.get_or_insert_with(new);
        cluster.bytes += frame.bytes.len();
        cluster.blocks.push(Block { time, track, kind: frame.kind, bytes: frame.bytes.to_vec() });
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

    /// Appends what is left with the cues, and patches duration and sizes. Nothing is written after that. A file without a picture stays empty.
    pub fn finish(&mut self) {
        self.close_cluster();
        if let State::Open { layout, last, .. } = std::mem::replace(&mut self.state, State::Finished) {
            let ends = [MediaKind::Video, MediaKind::Audio].map(last_frame).into_iter().zip(last);
            let ends = ends.filter_map(|(lasts, last)| Some(last? + lasts));
            let cues = (!self.cues.is_empty()).then_some(self.length);
            if cues.is_some() {
                let bytes = self.cues.to_bytes(layout.content);
                self.append(bytes);
            }
            self.effects.extend(layout::finish(&layout, ends.max().unwrap_or_default(), cues, self.length));
        }
    }

    fn begin(&mut self, origin: Duration) {
        let (bytes, layout) = layout::head(&[&self.picture, &self.sound], self.begins.after(origin));
        self.append(bytes);
        self.state = State::Open { layout, origin, last: [None; 2] };
    }

    fn close_cluster(&mut self) {
        let Some(mut cluster) = self.cluster.take() else { return };
        // Encoders do not take equally long.
        cluster.blocks.sort_by_key(|block| block.time);
        let Some(begins) = cluster.blocks.first().map(|block| block.time) else { return };
        let picture = cluster.blocks.iter().find(|block| block.track == FilmTrack::Picture);
        if let Some(key) = picture.filter(|block| block.kind == FrameKind::Key) {
            self.cues.push(key.time, self.length);
        }
        let mut blocks = Vec::with_capacity(cluster.bytes + 16 * cluster.blocks.len());
        for block in &cluster.blocks {
            write_header::<SimpleBlock>(block.bytes.len() as u64 + 4, &mut blocks);
            // RFC 9559 §10.2: the track, the time since the cluster's, and flags. A cluster is hardly longer than a fragment.
            let relative = i16::try_from(block.time - begins).unwrap_or(i16::MAX);
            blocks.push(0x80 | (TRACK_NUMBER + block.track as u8));
            blocks.extend(relative.to_be_bytes());
            blocks.push(if block.kind == FrameKind::Key { 0x80 } else { 0 });
            blocks.extend(&block.bytes);
        }
        self.append(layout::cluster(begins, &blocks));
    }

    fn append(&mut self, bytes: Vec<u8>) {
        self.length += bytes.len() as u64;
        self.effects.push_back(FileEffect::Append(bytes));
    }
}

impl std::fmt::Debug for FilmWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FilmWriter({:?}, {} bytes, {} cues)", self.picture.codec, self.length, self.cues.len())
    }
}
