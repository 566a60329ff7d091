//! One track: its head, its cues, and its frames from the last cue before a position on.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use protocol::{MediaKey, MediaKind};

use crate::TrackFile;
use crate::webm::{Block, Cues, FrameKind, Head, Protection, ReadError, Reader, ReaderEvent};

/// A frame that is to be decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct TrackFrame {
    /// When it is shown or heard, since the recording began.
    pub at: Duration,
    /// Whether decoding can begin with it.
    pub kind: FrameKind,
    /// As the codec made it, or sealed.
    pub bytes: Vec<u8>,
}

/// Why a track is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrackFault {
    /// Its file did not come.
    #[error("the file could not be fetched")]
    Unreachable,
    /// Its file is none that can be played.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Its file holds something else than the manifest says.
    #[error("the file is of another codec than the manifest says")]
    OtherCodec,
    /// Its file is in the clear, and the recording is sealed: somebody else has put it there.
    #[error("the file is in the clear, and the recording is sealed")]
    NotSealed,
}

/// How much is fetched at once, in bytes. Less costs requests, more costs what a seek throws away.
const PICTURES_AT_ONCE: u64 = 128 * 1024;
const SOUND_AT_ONCE: u64 = 16 * 1024;

/// The same while what is read is passed over, in a file without cues.
const PASSED_AT_ONCE: u64 = 512 * 1024;

/// What is further behind the position than this is only passed over.
const FAR: Duration = Duration::from_secs(20);

/// No more is held of one track, in bytes, but for the frame and the fetch that go beyond it.
const MOST_HELD: usize = 8 << 20;

/// Cues are no longer; of what claims more, none are used.
const MOST_CUE_BYTES: u64 = 4 << 20;

/// Sound is decoded from so much before a position on (RFC 7845 §4.6).
const SOUND_BEFORE: Duration = Duration::from_millis(80);

/// Something has to be here so far ahead of the position.
const LEAST_AHEAD: Duration = Duration::from_millis(40);

#[derive(Debug)]
pub(super) struct TrackPlayback {
    key: MediaKey,
    part: usize,
    codec: crate::webm::Codec,
    /// Whether nothing in the clear is taken.
    is_sealed: bool,
    span: Range<Duration>,
    is_active: bool,
    reader: Reader,
    step: Step,
    head: Option<Box<Head>>,
    cues: Option<Cues>,
    /// Whether the file was looked through for cues.
    has_looked: bool,
    queue: VecDeque<TrackFrame>,
    held: usize,
    /// Up to where frames were read.
    read_until: Duration,
    /// A decoder begins with a keyframe.
    needs_key: bool,
    is_fetching: bool,
    generation: u32,
    /// Where to play from, once the cues are here.
    from: Duration,
    fault: Option<TrackFault>,
    is_told: bool,
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Head,
    /// Since this byte.
    Cues(u64),
    Frames,
    Ended,
    Failed,
}

impl TrackPlayback {
    pub(super) fn new(part: usize, file: &TrackFile, is_sealed: bool, span: Range<Duration>) -> Self {
        Self {
            key: file.participant.publication(file.source),
            part,
            codec: file.codec,
            is_sealed,
            read_until: span.start,
            from: span.start,
            span,
            is_active: false,
            reader: Reader::new(),
            step: Step::Head,
            head: None,
            cues: None,
            has_looked: false,
            queue: VecDeque::new(),
            held: 0,
            needs_key: true,
            is_fetching: false,
            generation: 0,
            fault: None,
            is_told: false,
        }
    }

    pub(super) fn key(&self) -> MediaKey {
        self.key
    }

    pub(super) fn part(&self) -> usize {
        self.part
    }

    pub(super) fn kind(&self) -> MediaKind {
        self.key.source.kind()
    }

    pub(super) fn head(&self) -> Option<&Head> {
        self.head.as_deref()
    }

    pub(super) fn is_active(&self) -> bool {
        self.is_active
    }

    pub(super) fn read_until(&self) -> Duration {
        self.read_until
    }

    /// Whether it is played there.
    pub(super) fn is_at(&self, position: Duration) -> bool {
        self.span.start <= position && position <= self.span.end && self.step != Step::Failed
    }

    /// Whether it is played there, or so soon after it.
    pub(super) fn is_near(&self, position: Duration, ahead: Duration) -> bool {
        self.span.start <= position + ahead && position <= self.span.end
    }

    /// True when what was decoded is of no use any more.
    pub(super) fn set_active(&mut self, is_active: bool, position: Duration) -> bool {
        let changes = self.is_active != is_active && self.step != Step::Failed;
        if changes {
            self.is_active = is_active;
            if is_active {
                self.seek(position);
            } else {
                self.clear();
            }
        }
        changes
    }

    pub(super) fn poll_fault(&mut self) -> Option<TrackFault> {
        if std::mem::replace(&mut self.is_told, true) {
            return None;
        }
        self.is_told = self.fault.is_some();
        self.fault.clone()
    }

    /// Whether something that is due there has not come.
    pub(super) fn lacks(&self, position: Duration) -> bool {
        let has_ended = matches!(self.step, Step::Ended | Step::Failed);
        let until = (position + LEAST_AHEAD).min(self.span.end);
        self.is_active && !has_ended && self.span.start <= position && self.read_until < until
    }

    /// Plays from the last cue before there.
    pub(super) fn seek(&mut self, position: Duration) {
        self.clear();
        self.from = position.max(self.span.start);
        match self.step {
            Step::Head | Step::Cues(_) | Step::Failed => {}
            Step::Frames | Step::Ended => self.go_to_cue(),
        }
    }

    pub(super) fn wants(&self, until: Duration) -> bool {
        let goes_on = !matches!(self.step, Step::Ended | Step::Failed);
        self.is_active && goes_on && !self.is_fetching && self.held < MOST_HELD && self.read_until < until
    }

    pub(super) fn begin_fetch(&mut self) -> Option<(Range<u64>, u32)> {
        let from = self.reader.wanted();
        let is_far = self.step == Step::Frames && self.read_until + FAR < self.from;
        let length = match self.kind() {
            MediaKind::Audio | MediaKind::Video if is_far => PASSED_AT_ONCE,
            MediaKind::Audio => SOUND_AT_ONCE,
            MediaKind::Video => PICTURES_AT_ONCE,
        };
        let Some(until) = from.checked_add(length) else {
            self.end();
            return None;
        };
        self.is_fetching = true;
        Some((from..until, self.generation))
    }

    pub(super) fn fetched(&mut self, generation: u32, bytes: &[u8], is_last: bool) {
        if generation != self.generation {
            return;
        }
        self.is_fetching = false;
        self.reader.push(bytes);
        if let Err(fault) = self.read() {
            return self.fail(fault);
        }
        // What was pushed may have led elsewhere.
        if is_last && !self.has_moved(generation) {
            self.end();
        }
    }

    pub(super) fn fetch_failed(&mut self, generation: u32) {
        if generation == self.generation {
            self.fail(TrackFault::Unreachable);
        }
    }

    pub(super) fn poll_frame(&mut self, until: Duration) -> Option<TrackFrame> {
        if !self.is_active || self.is_on_its_way() {
            return None;
        }
        let frame = self.queue.pop_front_if(|frame| frame.at <= until)?;
        self.held = self.held.saturating_sub(frame.bytes.len());
        Some(frame)
    }

    /// Whether a later keyframe may come that makes what is held needless.
    fn is_on_its_way(&self) -> bool {
        self.step == Step::Frames && self.read_until < self.from && self.held < MOST_HELD / 2
    }

    fn has_moved(&self, generation: u32) -> bool {
        generation != self.generation
    }

    fn read(&mut self) -> Result<(), TrackFault> {
        loop {
            let event = match self.reader.poll() {
                Ok(Some(event)) => event,
                Ok(None) => break,
                // Cues that lead nowhere are none.
                Err(_) if matches!(self.step, Step::Cues(_)) => return self.begin_frames(None),
                Err(error) => return Err(error.into()),
            };
            match (event, self.step) {
                (ReaderEvent::Head(head), Step::Head) => self.take_head(head)?,
                (ReaderEvent::Cues(cues), Step::Cues(_)) => return self.begin_frames(Some(cues)),
                (ReaderEvent::Block(_), Step::Cues(_)) => return self.begin_frames(None),
                (ReaderEvent::Block(block), _) => self.take_block(block),
                // Behind the frames, or again.
                (ReaderEvent::Head(_) | ReaderEvent::Cues(_), _) => {}
            }
        }
        match self.step {
            Step::Cues(began) if self.reader.wanted().saturating_sub(began) > MOST_CUE_BYTES => {
                self.begin_frames(None)
            }
            Step::Cues(_) | Step::Head | Step::Frames | Step::Ended | Step::Failed => Ok(()),
        }
    }

    fn take_head(&mut self, head: Box<Head>) -> Result<(), TrackFault> {
        if head.format.codec != self.codec {
            return Err(TrackFault::OtherCodec);
        }
        if self.is_sealed && head.format.protection == Protection::Plaintext {
            return Err(TrackFault::NotSealed);
        }
        let cues = head.cues.filter(|_| !self.has_looked);
        self.head = Some(head);
        self.step = Step::Frames;
        if let Some(cues) = cues {
            self.move_to(cues);
            self.step = Step::Cues(cues);
        }
        Ok(())
    }

    /// The cues are here, or there are none.
    fn begin_frames(&mut self, cues: Option<Cues>) -> Result<(), TrackFault> {
        self.has_looked = true;
        self.cues = cues.filter(|cues| !cues.is_empty());
        self.go_to_cue();
        Ok(())
    }

    fn go_to_cue(&mut self) {
        let before = match self.kind() {
            MediaKind::Audio => SOUND_BEFORE,
            MediaKind::Video => Duration::ZERO,
        };
        let wanted = self.from.saturating_sub(self.span.start).saturating_sub(before);
        match self.cues.as_ref().and_then(|cues| cues.before(wanted)) {
            Some(cue) => {
                self.move_to(cue.offset);
                self.step = Step::Frames;
            }
            None => {
                self.reader = Reader::new();
                self.generation = self.generation.wrapping_add(1);
                self.is_fetching = false;
                self.step = Step::Head;
            }
        }
    }

    /// What is fetched for where it was is of no use.
    fn move_to(&mut self, offset: u64) {
        self.reader.seek(offset);
        self.generation = self.generation.wrapping_add(1);
        self.is_fetching = false;
    }

    fn take_block(&mut self, block: Block) {
        if self.needs_key && block.kind == FrameKind::Delta {
            return;
        }
        self.needs_key = false;
        // Times that go back are an enemy's.
        let at = self.span.start.saturating_add(block.time).max(self.read_until_of_frames());
        self.read_until = self.read_until.max(at);
        // What nothing needs any more is not decoded: sound of before, and pictures before the keyframe that is shown.
        let is_past = self.kind() == MediaKind::Audio && at + SOUND_BEFORE < self.from;
        let begins_anew = self.kind() == MediaKind::Video && block.kind == FrameKind::Key && at <= self.from;
        if begins_anew {
            self.queue.clear();
            self.held = 0;
        }
        if !is_past {
            self.held += block.bytes.len();
            self.queue.push_back(TrackFrame { at, kind: block.kind, bytes: block.bytes });
        }
    }

    fn read_until_of_frames(&self) -> Duration {
        self.queue.back().map_or(Duration::ZERO, |frame| frame.at)
    }

    fn clear(&mut self) {
        self.queue.clear();
        (self.held, self.read_until, self.needs_key) = (0, self.span.start, true);
    }

    /// The file has no more.
    fn end(&mut self) {
        match self.step {
            // There is no head: a track that has just begun, or no file.
            Step::Head if self.head.is_none() => self.fail(TrackFault::Unreadable(ReadError::NotWebm)),
            Step::Cues(_) => _ = self.begin_frames(None),
            Step::Head | Step::Frames | Step::Ended => self.step = Step::Ended,
            Step::Failed => {}
        }
    }

    fn fail(&mut self, fault: TrackFault) {
        self.clear();
        self.step = Step::Failed;
        self.fault = Some(fault);
    }
}

/// Sizes alone: what is in it is of people.
impl std::fmt::Debug for TrackFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TrackFrame({:?}, {:?}, {} bytes)", self.at, self.kind, self.bytes.len())
    }
}
