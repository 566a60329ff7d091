//! Makes a file whole that was cut anywhere: by a crash, a full disk, or a copy that broke off.

use std::time::Duration;

use super::bytes::{ElementHeader, fixed_size};
use super::cues::Cues;
use super::layout;
use super::scanner::{FoundHead, Item, ReadError, Scanner};
use super::writer::{is_cue, last_frame};
use crate::FileEffect;

/// Why a file is not repaired.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepairError {
    /// It was cut before its first frame: there is nothing in it.
    #[error("the file ends before its first frame")]
    Empty,
    /// It is no file of ours.
    #[error(transparent)]
    Foreign(#[from] ReadError),
}

/// What makes a file whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// To be carried out in this order. A crash in between leaves a file that can be repaired again.
    pub effects: Vec<FileEffect>,
    /// How long it plays then.
    pub duration: Duration,
    /// How many bytes at its end are dropped: less than a fragment.
    pub dropped: u64,
}

/// Reads a file once, from its beginning to its end, in pieces of any size.
pub struct Repairer {
    scanner: Scanner,
    length: u64,
    /// Once it cannot be read any further. What came before is kept.
    failed: Option<ReadError>,
    head: Option<FoundHead>,
    cues: Cues,
    cued: Option<u64>,
    cluster: Option<OpenCluster>,
    /// What there is of frames ends here.
    kept: u64,
    last: Option<u64>,
    /// The last cluster with a frame, where its size is to be patched.
    cut: Option<(OpenCluster, u64)>,
}

#[derive(Clone, Copy)]
struct OpenCluster {
    offset: u64,
    header: ElementHeader,
    has_block: bool,
    /// One of the first track.
    has_of_first: bool,
}

impl Default for Repairer {
    fn default() -> Self {
        Self::new()
    }
}

impl Repairer {
    /// From the beginning of a file with one track.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Scanner::new())
    }

    /// From the beginning of a file with a picture and a sound.
    #[must_use]
    pub fn of_film() -> Self {
        Self::with(Scanner::of_film())
    }

    fn with(scanner: Scanner) -> Self {
        Self {
            scanner,
            length: 0,
            failed: None,
            head: None,
            cues: Cues::default(),
            cued: None,
            cluster: None,
            kept: 0,
            last: None,
            cut: None,
        }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if self.failed.is_some() {
            return;
        }
        self.scanner.push(bytes);
        loop {
            match self.scanner.next() {
                Ok(Some(item)) => self.found(item),
                Ok(None) => return,
                Err(error) => {
                    self.failed = Some(error);
                    return;
                }
            }
        }
    }

    /// What makes the file whole, now that all of it was pushed: it is cut after its last whole frame, and gets cues, duration and sizes.
    ///
    /// # Errors
    ///
    /// When there is no frame in it, or it never was a file with those tracks.
    pub fn finish(self) -> Result<Repaired, RepairError> {
        let (Some(head), Some(last)) = (&self.head, self.last) else {
            return Err(self.failed.map_or(RepairError::Empty, |error| match error {
                ReadError::Damaged(_) => RepairError::Empty,
                ReadError::NotWebm | ReadError::UnknownTrack | ReadError::TooLarge(_) => error.into(),
            }));
        };
        let mut effects = vec![FileEffect::Truncate { length: self.kept }];
        if let Some((cluster, end)) = self.cut {
            let body = cluster.offset + cluster.header.length() as u64;
            let bytes = fixed_size(end - body, cluster.header.size_width);
            effects
                .push(FileEffect::Patch { offset: cluster.offset + cluster.header.id_width as u64, bytes });
        }
        let content = head.layout.content;
        let mut end = self.kept;
        let cues = (!self.cues.is_empty()).then_some(end);
        if cues.is_some() {
            let bytes = self.cues.to_bytes(content);
            end += bytes.len() as u64;
            effects.push(FileEffect::Append(bytes));
        }
        let millis = last + last_frame(head.format.codec.kind());
        effects.extend(layout::finish(&head.layout, millis, cues, end));
        let dropped = self.length.saturating_sub(self.kept);
        Ok(Repaired { effects, duration: Duration::from_millis(millis), dropped })
    }

    fn found(&mut self, item: Item) {
        match item {
            Item::Head(head) => self.head = Some(*head),
            Item::Cluster { offset, header } => {
                self.cluster = Some(OpenCluster { offset, header, has_block: false, has_of_first: false });
            }
            Item::Block(block) => {
                let (Some(cluster), Some(head)) = (&mut self.cluster, &self.head) else { return };
                cluster.has_block = true;
                let is_first = block.is_of_first && !std::mem::replace(&mut cluster.has_of_first, true);
                if is_first && is_cue(head.format.codec.kind(), block.kind, block.time, &mut self.cued) {
                    self.cues.push(block.time, cluster.offset);
                }
                self.kept = block.end;
                self.last = Some(self.last.unwrap_or_default().max(block.time));
                self.cut = cluster.header.size.is_some().then_some((*cluster, block.end));
            }
            Item::SectionEnd { at } => {
                // A cluster that is there as a whole stays as it is.
                if self.cluster.take().is_some_and(|cluster| cluster.has_block) {
                    self.kept = at;
                    self.cut = None;
                }
            }
            Item::Cue { .. } => {}
        }
    }
}

impl std::fmt::Debug for Repairer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repairer({} of {} bytes kept)", self.kept, self.length)
    }
}
