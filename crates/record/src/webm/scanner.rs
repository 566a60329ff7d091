//! Reads elements from bytes that come in pieces. Whatever comes, it holds no more than one frame and what was handed in, looks at each byte a
//! bounded number of times, and ends with an error where no file goes on so.

use std::time::Duration;

use mkv_element::prelude::{
    BlockGroup, Cluster, CuePoint, Cues as CuesElement, DateUtc, Duration as DurationElement, Ebml, Element,
    Info, SeekHead, Segment, SimpleBlock, Timestamp as ClusterTime, Tracks, Void,
};

use protocol::MediaKind;

use super::bytes::{ElementHeader, Front, header};
use super::layout::{DURATION_BYTES, Layout, Room};
use super::track::TrackFormat;
use super::writer::FrameKind;
use super::{MAX_FRAME_BYTES, MAX_HEAD_ELEMENT_BYTES};

/// Why a file is not read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No WebM and no Matroska begins so.
    #[error("the file is no WebM")]
    NotWebm,
    /// What it says cannot be.
    #[error("the file is damaged at byte {0}")]
    Damaged(u64),
    /// It has several tracks, or one of another codec.
    #[error("the file has no single track of a known codec")]
    UnknownTrack,
    /// A frame or a head is larger than any that is read.
    #[error("the file has an element that is too large, at byte {0}")]
    TooLarge(u64),
}

/// Something that was read.
#[derive(Debug)]
pub(crate) enum Item {
    /// All that precedes the first cluster.
    Head(Box<FoundHead>),
    /// A cluster begins at this offset.
    Cluster {
        offset: u64,
        header: ElementHeader,
    },
    Block(FoundBlock),
    /// Where a cue is claimed to be: milliseconds, and the offset.
    Cue {
        time: u64,
        offset: u64,
    },
    /// Something ended that stands at the level of clusters, with what is in it.
    SectionEnd {
        at: u64,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FoundHead {
    pub(crate) layout: Layout,
    pub(crate) format: TrackFormat,
    pub(crate) duration: Option<Duration>,
    pub(crate) date: Option<DateUtc>,
    /// Where a SeekHead says that the cues are.
    pub(crate) cues: Option<u64>,
}

pub(crate) struct FoundBlock {
    /// Milliseconds since the file's zero.
    pub(crate) time: u64,
    pub(crate) kind: FrameKind,
    pub(crate) bytes: Vec<u8>,
    /// Whether it is of the first track.
    pub(crate) is_of_first: bool,
    /// Where its element ends.
    pub(crate) end: u64,
}

impl std::fmt::Debug for FoundBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FoundBlock({} ms, {:?}, {} bytes)", self.time, self.kind, self.bytes.len())
    }
}

/// Where in the file it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// Before the segment.
    File,
    /// Among what a segment holds.
    Segment,
    /// In a cluster; it ends there, if that is known.
    Cluster { end: Option<u64>, time: Option<u64> },
    /// In cues, which end there.
    Cues { end: u64 },
}

pub(crate) struct Scanner {
    buffer: Vec<u8>,
    /// How much of the buffer was read.
    read: usize,
    /// Where in the file the unread begins.
    position: u64,
    /// Bytes to be passed over that have not come.
    skip: u64,
    level: Level,
    head: Option<FoundHead>,
    is_head_told: bool,
    layout: Layout,
    segment_end: Option<u64>,
    ticks: u64,
    info: Option<(Option<Duration>, Option<DateUtc>)>,
    claimed_cues: Option<u64>,
    tracks: TracksTaken,
}

/// Which files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TracksTaken {
    /// Those with one track.
    One,
    /// Those with a picture and, as the second track, a sound. The number of the picture, once it is known.
    Film { picture: Option<u8> },
}

impl Scanner {
    /// Of a file with one track.
    pub(crate) fn new() -> Self {
        Self::of(TracksTaken::One)
    }

    /// Of a file with a picture and a sound.
    pub(crate) fn of_film() -> Self {
        Self::of(TracksTaken::Film { picture: None })
    }

    fn of(tracks: TracksTaken) -> Self {
        Self {
            tracks,
            buffer: Vec::new(),
            read: 0,
            position: 0,
            skip: 0,
            level: Level::File,
            head: None,
            is_head_told: false,
            layout: Layout::default(),
            segment_end: None,
            ticks: 1_000_000,
            info: None,
            claimed_cues: None,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len());
        self.skip -= skipped as u64;
        self.position += skipped as u64;
        if self.read > self.buffer.len() / 2 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
        self.buffer.extend_from_slice(&bytes[skipped..]);
    }

    /// Of the next byte that is to be pushed.
    pub(crate) fn wanted(&self) -> u64 {
        self.position + (self.buffer.len() - self.read) as u64 + self.skip
    }

    /// Goes on at another place, where an element of the segment begins. Only once the head was read.
    pub(crate) fn jump(&mut self, offset: u64) {
        self.buffer.clear();
        (self.read, self.skip, self.position, self.level) = (0, 0, offset, Level::Segment);
    }

    /// The next item, or `None` when more bytes are needed.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, ReadError> {
        while self.skip == 0 {
            if let Some(at) = self.ended() {
                self.level = Level::Segment;
                return Ok(Some(Item::SectionEnd { at }));
            }
            let unread = &self.buffer[self.read..];
            let header = match header(unread) {
                Front::Header(header) => header,
                Front::Short => return Ok(None),
                Front::Invalid if self.position == 0 => return Err(ReadError::NotWebm),
                Front::Invalid => return Err(ReadError::Damaged(self.position)),
            };
            let step = match self.level {
                Level::File => self.in_file(header)?,
                Level::Segment => self.in_segment(header)?,
                Level::Cluster { end, time } => self.in_cluster(header, end, time)?,
                Level::Cues { end } => self.in_cues(header, end)?,
            };
            match step {
                Step::Item(item) => return Ok(Some(item)),
                Step::On => {}
                Step::Short => return Ok(None),
            }
        }
        Ok(None)
    }

    /// What has come to its end.
    fn ended(&self) -> Option<u64> {
        let end = match self.level {
            Level::File | Level::Segment => return None,
            Level::Cluster { end, .. } => end?,
            Level::Cues { end } => end,
        };
        (self.position >= end).then_some(self.position)
    }

    fn in_file(&mut self, header: ElementHeader) -> Result<Step, ReadError> {
        if self.position == 0 && header.id != Ebml::ID {
            return Err(ReadError::NotWebm);
        }
        if header.id == Segment::ID {
            self.layout.size_offset = self.position + header.id_width as u64;
            self.layout.size_width = header.size_width;
            self.advance(header.length());
            self.layout.content = self.position;
            self.segment_end = header.size.and_then(|size| self.position.checked_add(size));
            self.level = Level::Segment;
            return Ok(Step::On);
        }
        self.pass_over(header)
    }

    fn in_segment(&mut self, header: ElementHeader) -> Result<Step, ReadError> {
        if header.id == Cluster::ID {
            return self.enter_cluster(header);
        }
        if header.id == CuesElement::ID {
            if let Some(step) = self.tell_head()? {
                return Ok(step);
            }
            let end = self.end_of(header)?;
            self.advance(header.length());
            self.level = Level::Cues { end };
            return Ok(Step::On);
        }
        let is_room = header.id == Void::ID || header.id == SeekHead::ID;
        if is_room
            && self.info.is_none()
            && self.layout.seek.is_none_or(|room| room.offset + room.length as u64 == self.position)
        {
            let before = self.layout.seek.map_or(0, |room| room.length);
            let length = header.length()
                + usize::try_from(header.size.unwrap_or_default()).unwrap_or_default().min(1 << 20);
            let offset = self.layout.seek.map_or(self.position, |room| room.offset);
            let room = Some(Room { offset, length: before + length });
            if header.id == SeekHead::ID {
                let Some(body) = self.whole(header)? else { return Ok(Step::Short) };
                self.claimed_cues = cues_in(&body).and_then(|cues| cues.checked_add(self.layout.content));
                self.layout.seek = room;
                return Ok(Step::On);
            }
            self.layout.seek = room;
        }
        if header.id == Info::ID && self.info.is_none() {
            return self.read_info(header);
        }
        if header.id == Tracks::ID && self.head.is_none() {
            return self.read_tracks(header);
        }
        self.pass_over(header)
    }

    fn read_info(&mut self, header: ElementHeader) -> Result<Step, ReadError> {
        let at = self.position;
        let Some(body) = self.whole(header)? else { return Ok(Step::Short) };
        let info = Info::decode_body(&mut &body[..]).map_err(|_| ReadError::Damaged(at))?;
        self.ticks = *info.timestamp_scale;
        if self.ticks == 0 {
            return Err(ReadError::Damaged(at));
        }
        let body_at = at + header.length() as u64;
        self.layout.info = at;
        self.layout.duration =
            room_for_duration(&body).map(|(offset, length)| Room { offset: body_at + offset, length });
        // What is no number, negative or endless is as good as not known.
        let seconds = info.duration.map(|duration| duration.0 * self.ticks as f64 / 1e9);
        let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        self.info = Some((duration, info.date_utc));
        Ok(Step::On)
    }

    fn read_tracks(&mut self, header: ElementHeader) -> Result<Step, ReadError> {
        let at = self.position;
        let Some(body) = self.whole(header)? else { return Ok(Step::Short) };
        let tracks = Tracks::decode_body(&mut &body[..]).map_err(|_| ReadError::Damaged(at))?;
        self.layout.tracks = at;
        let first = match (self.tracks, &tracks.track_entry[..]) {
            (TracksTaken::One, [entry]) => TrackFormat::of_entry(entry),
            (TracksTaken::Film { .. }, [picture, sound]) => {
                self.tracks = TracksTaken::Film { picture: u8::try_from(*picture.track_number).ok() };
                let is_sound = |format: TrackFormat| format.codec.kind() == MediaKind::Audio;
                let first = TrackFormat::of_entry(picture);
                first.filter(|_| TrackFormat::of_entry(sound).is_some_and(is_sound))
            }
            (TracksTaken::One | TracksTaken::Film { .. }, _) => None,
        };
        let format = first.ok_or(ReadError::UnknownTrack)?;
        let layout = Layout::default();
        self.head = Some(FoundHead { layout, format, duration: None, date: None, cues: None });
        Ok(Step::On)
    }

    /// The head, where it is complete and was not told.
    fn tell_head(&mut self) -> Result<Option<Step>, ReadError> {
        if self.is_head_told {
            return Ok(None);
        }
        let damaged = ReadError::Damaged(self.position);
        let (Some(mut head), Some((duration, date))) = (self.head.clone(), self.info.clone()) else {
            return Err(damaged);
        };
        (head.layout, head.duration, head.date, head.cues) = (self.layout, duration, date, self.claimed_cues);
        self.is_head_told = true;
        Ok(Some(Step::Item(Item::Head(Box::new(head)))))
    }

    fn enter_cluster(&mut self, header: ElementHeader) -> Result<Step, ReadError> {
        if let Some(step) = self.tell_head()? {
            return Ok(step);
        }
        let offset = self.position;
        let end = header.size.map(|_| self.end_of(header)).transpose()?;
        self.advance(header.length());
        self.level = Level::Cluster { end, time: None };
        Ok(Step::Item(Item::Cluster { offset, header }))
    }

    fn in_cluster(
        &mut self,
        header: ElementHeader,
        end: Option<u64>,
        time: Option<u64>,
    ) -> Result<Step, ReadError> {
        let ends_it = header.id == Cluster::ID
            || header.id == CuesElement::ID
            || header.id == Info::ID
            || header.id == Tracks::ID;
        if end.is_none() && ends_it {
            self.level = Level::Segment;
            return Ok(Step::Item(Item::SectionEnd { at: self.position }));
        }
        if ends_it || end.is_some_and(|end| self.end_of(header).is_ok_and(|inner| inner > end)) {
            return Err(ReadError::Damaged(self.position));
        }
        let at = self.position;
        if header.id == ClusterTime::ID {
            let Some(body) = self.whole(header)? else { return Ok(Step::Short) };
            let ticks = ClusterTime::decode_body(&mut &body[..]).map_err(|_| ReadError::Damaged(at))?;
            self.level = Level::Cluster { end, time: Some(*ticks) };
            return Ok(Step::On);
        }
        let is_simple = header.id == SimpleBlock::ID;
        if !is_simple && header.id != BlockGroup::ID {
            return self.pass_over(header);
        }
        let Some(body) = self.whole(header)? else { return Ok(Step::Short) };
        let found = if is_simple { simple_block(&body) } else { block_group(&body) };
        let (found, Some(base)) = (found.ok_or(ReadError::Damaged(at))?, time) else {
            return Err(ReadError::Damaged(at));
        };
        let ticks = i128::from(base) + i128::from(found.relative);
        let millis = ticks.max(0).saturating_mul(i128::from(self.ticks)) / 1_000_000;
        // Beyond some thousand years nothing is played.
        let time = u64::try_from(millis).unwrap_or(u64::MAX).min(1 << 50);
        let is_of_first = match self.tracks {
            TracksTaken::One => true,
            TracksTaken::Film { picture } => picture.is_some_and(|number| found.track == 0x80 | number),
        };
        let block =
            FoundBlock { time, kind: found.kind, bytes: found.bytes, is_of_first, end: self.position };
        Ok(Step::Item(Item::Block(block)))
    }

    fn in_cues(&mut self, header: ElementHeader, end: u64) -> Result<Step, ReadError> {
        if self.end_of(header)? > end {
            return Err(ReadError::Damaged(self.position));
        }
        let is_readable = header.id == CuePoint::ID && header.size.is_some_and(|size| size <= MAX_CUE_BYTES);
        if !is_readable {
            return self.pass_over(header);
        }
        let at = self.position;
        let Some(body) = self.whole(header)? else { return Ok(Step::Short) };
        let point = CuePoint::decode_body(&mut &body[..]).map_err(|_| ReadError::Damaged(at))?;
        let Some(position) = point.cue_track_positions.first() else { return Ok(Step::On) };
        let offset = self.layout.content.saturating_add(*position.cue_cluster_position);
        let millis = u128::from(*point.cue_time) * u128::from(self.ticks) / 1_000_000;
        let time = u64::try_from(millis).unwrap_or(u64::MAX).min(1 << 50);
        Ok(Step::Item(Item::Cue { time, offset }))
    }

    /// Where an element ends that begins here.
    fn end_of(&self, header: ElementHeader) -> Result<u64, ReadError> {
        let size = header.size.ok_or(ReadError::Damaged(self.position))?;
        let end = self.position.checked_add(header.length() as u64).and_then(|body| body.checked_add(size));
        end.ok_or(ReadError::Damaged(self.position))
    }

    /// The body of an element, once all of it is there; it is read then.
    fn whole(&mut self, header: ElementHeader) -> Result<Option<Vec<u8>>, ReadError> {
        let most = match self.level {
            Level::Cluster { .. } => MAX_FRAME_BYTES as u64 + 64,
            Level::File | Level::Segment | Level::Cues { .. } => MAX_HEAD_ELEMENT_BYTES,
        };
        let size = header.size.ok_or(ReadError::Damaged(self.position))?;
        if size > most {
            return Err(ReadError::TooLarge(self.position));
        }
        let start = self.read + header.length();
        let Some(body) = self.buffer.get(start..start + size as usize) else { return Ok(None) };
        let body = body.to_vec();
        self.advance(header.length() + body.len());
        Ok(Some(body))
    }

    /// An element that says nothing here, however large.
    fn pass_over(&mut self, header: ElementHeader) -> Result<Step, ReadError> {
        let end = self.end_of(header)?;
        let there = self.position + (self.buffer.len() - self.read) as u64;
        let now = end.min(there) - self.position;
        self.advance(now as usize);
        self.skip = end - self.position;
        Ok(Step::On)
    }

    fn advance(&mut self, bytes: usize) {
        self.read += bytes;
        self.position += bytes as u64;
    }
}

/// What one step came to.
enum Step {
    Item(Item),
    On,
    Short,
}

/// The largest cue point that is read: ours have below 32 bytes.
const MAX_CUE_BYTES: u64 = 512;

struct Payload {
    /// The first byte of the track's number.
    track: u8,
    relative: i16,
    kind: FrameKind,
    bytes: Vec<u8>,
}

/// RFC 9559 §10.1: the track's number, a time of two bytes, flags. Laced blocks, of several frames, are none of ours.
fn block(body: &[u8]) -> Option<(u8, i16, u8, &[u8])> {
    let number = body.first()?.leading_zeros() as usize + 1;
    let rest = body.get(number..)?;
    let (time, rest) = rest.split_first_chunk::<2>()?;
    let (flags, bytes) = rest.split_first()?;
    (flags & 0x06 == 0).then_some((body[0], i16::from_be_bytes(*time), *flags, bytes))
}

fn simple_block(body: &[u8]) -> Option<Payload> {
    let (track, relative, flags, bytes) = block(body)?;
    let kind = if flags & 0x80 == 0 { FrameKind::Delta } else { FrameKind::Key };
    Some(Payload { track, relative, kind, bytes: bytes.to_vec() })
}

fn block_group(body: &[u8]) -> Option<Payload> {
    let group = BlockGroup::decode_body(&mut &body[..]).ok()?;
    let (track, relative, _, bytes) = block(&group.block)?;
    let kind = if group.reference_block.is_empty() { FrameKind::Key } else { FrameKind::Delta };
    Some(Payload { track, relative, kind, bytes: bytes.to_vec() })
}

/// Where a SeekHead says that the cues are, from the segment's content on.
fn cues_in(body: &[u8]) -> Option<u64> {
    let head = SeekHead::decode_body(&mut &body[..]).ok()?;
    let entry = head.seek.iter().find(|entry| entry.seek_id[..] == [0x1c, 0x53, 0xbb, 0x6b])?;
    Some(*entry.seek_position)
}

/// Where in an `Info` a duration stands, or is room for one.
fn room_for_duration(mut body: &[u8]) -> Option<(u64, usize)> {
    let whole = body.len();
    while let Front::Header(header) = header(body) {
        let length = header.length() + usize::try_from(header.size?).ok()?;
        let offset = (whole - body.len()) as u64;
        let is_room = header.id == DurationElement::ID || header.id == Void::ID;
        // No more than fits into what fills it up.
        if is_room && (length == DURATION_BYTES || (DURATION_BYTES + 2..128).contains(&length)) {
            return Some((offset, length));
        }
        body = body.get(length..)?;
    }
    None
}
