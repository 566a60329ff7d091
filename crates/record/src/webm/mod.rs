//! WebM, the part of Matroska (RFC 9559) that browsers play: one track a file, or the picture and the sound of a film, written as it grows, repaired, and read back.
//!
//! A file of ours is `EBML · Segment(room for a SeekHead · Info · Tracks · Cluster… · Cues)`. While it grows, the segment's size is unknown
//! (RFC 8794 §6.2) and whole clusters are appended, nothing else; so it can be played at every moment, and whatever cuts it takes the last
//! cluster at the most. When it is finished, cues are appended, and duration, SeekHead and the segment's size are patched into the room that
//! was left for them. `mkv-element` knows every element and its codes; what it lacks and is here: sizes of a fixed width, reading in pieces
//! as they come, and files that end in the middle.

mod bytes;
mod cues;
mod film;
mod layout;
mod reader;
mod repair;
mod scanner;
mod track;
mod writer;

pub use cues::{Cue, Cues};
pub use film::{FilmTrack, FilmWriter};
pub use reader::{Block, Head, Reader, ReaderEvent};
pub use repair::{RepairError, Repaired, Repairer};
pub use scanner::ReadError;
pub use track::{Codec, Protection, TrackFormat, VideoSize};
pub use writer::{Frame, FrameKind, Writer};

/// The largest frame, in bytes (4 MiB). A keyframe of a shared screen of 4K has below 2 MiB. Raising it has readers and writers hold more.
pub const MAX_FRAME_BYTES: usize = 4 << 20;

/// The longest head (what precedes the first cluster) of which any part is read as one, in bytes.
const MAX_HEAD_ELEMENT_BYTES: u64 = 64 * 1024;
