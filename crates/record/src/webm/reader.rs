//! Reads a file for the player, in pieces as they are fetched.

use std::time::Duration;

use protocol::Timestamp;

use super::cues::Cues;
use super::layout;
use super::scanner::{Item, ReadError, Scanner};
use super::track::TrackFormat;
use super::writer::FrameKind;

/// What precedes the frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Of the only track.
    pub format: TrackFormat,
    /// How long it plays, where the file says so: a file that still grows does not.
    pub duration: Option<Duration>,
    /// When the first frame was sent, by the clock of the server that wrote it.
    pub begins: Option<Timestamp>,
    /// Where the cues are, from the beginning of the file, in bytes. As the file says: an enemy's may say anything.
    pub cues: Option<u64>,
}

/// A frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// When it is played, since the file's first frame.
    pub time: Duration,
    /// Whether decoding can begin with it.
    pub kind: FrameKind,
    /// As the codec made it, or sealed.
    pub bytes: Vec<u8>,
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaderEvent {
    /// All that precedes the first cluster: comes first, and once.
    Head(Box<Head>),
    /// A frame.
    Block(Block),
    /// All cues were read.
    Cues(Cues),
}

/// Reads one file. The bytes of [`Self::wanted`] are pushed, and events polled until there is none. To play from some moment: read the head,
/// [`seek`](Self::seek) to its cues, read them, and seek to the one [before](Cues::before) that moment. It holds one frame and what was pushed.
pub struct Reader {
    scanner: Scanner,
    cues: Cues,
    has_cues: bool,
    failed: Option<ReadError>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new()
    }
}

impl Reader {
    /// From the beginning of a file.
    #[must_use]
    pub fn new() -> Self {
        Self { scanner: Scanner::new(), cues: Cues::default(), has_cues: false, failed: None }
    }

    /// Takes the bytes from [`Self::wanted`] on, as many as the caller has.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.scanner.push(bytes);
        }
    }

    /// Of the next byte to be pushed, from the beginning of the file. What says nothing is passed over.
    #[must_use]
    pub fn wanted(&self) -> u64 {
        self.scanner.wanted()
    }

    /// Goes on elsewhere: at a cue, or where the cues are. What was pushed and not read is forgotten. Only after the head.
    pub fn seek(&mut self, offset: u64) {
        self.scanner.jump(offset);
        self.cues = Cues::default();
        self.has_cues = false;
        self.failed = None;
    }

    /// The next event, or `None` when more bytes are needed. At the end of the file there is none, however many are pushed.
    ///
    /// # Errors
    ///
    /// When the file does not go on as one may; the same from then on, until [`Self::seek`].
    pub fn poll(&mut self) -> Result<Option<ReaderEvent>, ReadError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let event = self.next();
        if let Err(error) = &event {
            self.failed = Some(error.clone());
        }
        event
    }

    fn next(&mut self) -> Result<Option<ReaderEvent>, ReadError> {
        while let Some(item) = self.scanner.next()? {
            match item {
                Item::Head(head) => {
                    let begins = head.date.as_ref().map(layout::moment);
                    let head = Head { format: head.format, duration: head.duration, begins, cues: head.cues };
                    return Ok(Some(ReaderEvent::Head(Box::new(head))));
                }
                Item::Block(block) => {
                    let time = Duration::from_millis(block.time);
                    return Ok(Some(ReaderEvent::Block(Block {
                        time,
                        kind: block.kind,
                        bytes: block.bytes,
                    })));
                }
                Item::Cue { time, offset } => {
                    self.has_cues = true;
                    if !self.cues.claim(time, offset) {
                        return Err(ReadError::TooLarge(offset));
                    }
                }
                Item::SectionEnd { .. } if self.has_cues => {
                    self.has_cues = false;
                    let mut cues = std::mem::take(&mut self.cues);
                    cues.sort();
                    return Ok(Some(ReaderEvent::Cues(cues)));
                }
                Item::SectionEnd { .. } | Item::Cluster { .. } => {}
            }
        }
        Ok(None)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reader(at byte {})", self.wanted())
    }
}

/// Sizes alone: what is in it is of people.
impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({:?}, {:?}, {} bytes)", self.time, self.kind, self.bytes.len())
    }
}
