//! The head of a file, and what is patched into it when the file is finished.

use mkv_element::prelude::{
    Cluster, Cues as CuesElement, DateUtc, DocType, DocTypeReadVersion, DocTypeVersion, Ebml,
    EbmlReadVersion, EbmlVersion, Element, Info, MuxingApp, Seek, SeekHead, SeekId, SeekPosition, Segment,
    Timestamp as ClusterTime, TimestampScale, Tracks, Void, WritingApp,
};
use protocol::Timestamp;

use super::bytes::{UNKNOWN_SIZE, fixed_size, write};
use super::track::{TRACK_NUMBER, TrackFormat};
use crate::FileEffect;

/// What is left free for the SeekHead, its own header included: three entries have at the most 63 bytes.
pub(crate) const SEEK_ROOM: usize = 80;

/// A duration: identifier, size, and eight bytes of floating point.
pub(crate) const DURATION_BYTES: usize = 11;

/// Nanoseconds of a tick: a millisecond, which is what WebM is to have.
pub(crate) const NANOS_PER_TICK: u64 = 1_000_000;

/// How many bytes the size of a cluster has: it can be patched to any other below 2²⁸.
const CLUSTER_SIZE_WIDTH: usize = 4;

/// From 1970 to 2001, where Matroska counts from (RFC 8794 §7.6).
const MILLIS_TO_2001: u64 = 978_307_200_000;

/// Where in a file stands what is patched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Where the segment's size stands, and in how many bytes.
    pub(crate) size_offset: u64,
    pub(crate) size_width: usize,
    /// Where its content begins, from which its positions count.
    pub(crate) content: u64,
    /// The room for a SeekHead.
    pub(crate) seek: Option<Room>,
    /// The room for the duration.
    pub(crate) duration: Option<Room>,
    pub(crate) info: u64,
    pub(crate) tracks: u64,
}

/// Bytes that may be overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) offset: u64,
    pub(crate) length: usize,
}

/// The head of a file with these tracks, numbered from one on, of which the first frame is played at that moment.
pub(crate) fn head(formats: &[&TrackFormat], begins: Timestamp) -> (Vec<u8>, Layout) {
    let mut bytes = Vec::new();
    let doc_type = formats.first().map_or("webm", |format| format.codec.doc_type());
    let ebml = Ebml {
        ebml_version: Some(EbmlVersion(1)),
        ebml_read_version: Some(EbmlReadVersion(1)),
        doc_type: Some(DocType(doc_type.to_owned())),
        doc_type_version: Some(DocTypeVersion(4)),
        doc_type_read_version: Some(DocTypeReadVersion(2)),
        ..Ebml::default()
    };
    write(&ebml, &mut bytes);
    write(&Segment::ID, &mut bytes);
    let size_offset = bytes.len() as u64;
    bytes.extend(UNKNOWN_SIZE);
    let content = bytes.len() as u64;
    void(SEEK_ROOM, &mut bytes);
    let info = bytes.len() as u64;
    let millis = begins.0.saturating_sub(MILLIS_TO_2001);
    let nanos = i64::try_from(millis.saturating_mul(1_000_000)).unwrap_or(i64::MAX);
    let about = Info {
        timestamp_scale: TimestampScale(NANOS_PER_TICK),
        date_utc: Some(DateUtc(nanos)),
        muxing_app: MuxingApp("mkv-element".to_owned()),
        writing_app: WritingApp("Veranda".to_owned()),
        // Written last of all that is in it.
        void: Some(Void { size: DURATION_BYTES as u64 - 2 }),
        ..Info::default()
    };
    write(&about, &mut bytes);
    let duration = Room { offset: (bytes.len() - DURATION_BYTES) as u64, length: DURATION_BYTES };
    let tracks = bytes.len() as u64;
    let track_entry = (TRACK_NUMBER..).zip(formats).map(|(number, format)| format.entry(number)).collect();
    write(&Tracks { track_entry, ..Tracks::default() }, &mut bytes);
    let seek = Room { offset: content, length: SEEK_ROOM };
    let layout = Layout {
        size_offset,
        size_width: UNKNOWN_SIZE.len(),
        content,
        seek: Some(seek),
        duration: Some(duration),
        info,
        tracks,
    };
    (bytes, layout)
}

/// The moment of the first frame that an `Info` tells.
pub(crate) fn moment(date: &DateUtc) -> Timestamp {
    Timestamp(u64::try_from(date.0 / 1_000_000).unwrap_or_default().saturating_add(MILLIS_TO_2001))
}

/// A cluster of these blocks.
pub(crate) fn cluster(time: u64, blocks: &[u8]) -> Vec<u8> {
    let mut inside = Vec::new();
    write(&ClusterTime(time), &mut inside);
    let mut bytes = Vec::with_capacity(blocks.len() + 24);
    write(&Cluster::ID, &mut bytes);
    bytes.extend(fixed_size((inside.len() + blocks.len()) as u64, CLUSTER_SIZE_WIDTH));
    bytes.extend(inside);
    bytes.extend(blocks);
    bytes
}

/// What makes the head tell what is known at the end: the cues stand at `cues`, if there are any, and the file ends at `end`. In an order in which
/// the file can be played after each.
pub(crate) fn finish(layout: &Layout, millis: u64, cues: Option<u64>, end: u64) -> Vec<FileEffect> {
    let mut effects = Vec::new();
    if let Some(room) = layout.duration.filter(|room| room.length >= DURATION_BYTES) {
        let mut bytes = vec![0x44, 0x89, 0x88];
        bytes.extend((millis as f64).to_be_bytes());
        fill(room, &mut bytes);
        effects.push(FileEffect::Patch { offset: room.offset, bytes });
    }
    if let Some(room) = layout.seek {
        let entry = |id: Vec<u8>, offset: u64| Seek {
            crc32: None,
            void: None,
            seek_id: SeekId(id.into()),
            seek_position: SeekPosition(offset.saturating_sub(layout.content)),
        };
        let mut seek = vec![entry(id_of::<Info>(), layout.info), entry(id_of::<Tracks>(), layout.tracks)];
        seek.extend(cues.map(|cues| entry(id_of::<CuesElement>(), cues)));
        let mut bytes = Vec::new();
        write(&SeekHead { seek, ..SeekHead::default() }, &mut bytes);
        if bytes.len() == room.length || bytes.len() + 2 <= room.length {
            fill(room, &mut bytes);
            effects.push(FileEffect::Patch { offset: room.offset, bytes });
        }
    }
    let size = fixed_size(end.saturating_sub(layout.content), layout.size_width);
    effects.push(FileEffect::Patch { offset: layout.size_offset, bytes: size });
    effects
}

fn id_of<T: Element>() -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&T::ID, &mut bytes);
    bytes
}

fn fill(room: Room, bytes: &mut Vec<u8>) {
    let rest = room.length.saturating_sub(bytes.len());
    if rest >= 2 {
        void(rest, bytes);
    }
}

/// Nothing, in so many bytes, two at the least.
fn void(length: usize, into: &mut Vec<u8>) {
    let width = if length <= 128 { 1 } else { 8 };
    into.push(0xec);
    into.extend(fixed_size((length - 1 - width) as u64, width));
    into.resize(into.len() + length - 1 - width, 0);
}
