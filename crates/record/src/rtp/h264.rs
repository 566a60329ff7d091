//! H.264 from its packets (RFC 6184 §5): single units, aggregates (STAP-A) and fragments (FU-A), as Matroska wants them: each unit behind its length
//! of four bytes, and the parameter sets in the configuration (ISO/IEC 14496-15 §5.3.3.1).

use super::frame::RawFrame;
use super::sps;
use crate::webm::FrameKind;

#[derive(Default)]
pub(crate) struct H264 {
    /// The last parameter sets that came.
    sequence_set: Vec<u8>,
    picture_set: Vec<u8>,
    /// Where in the frame the length of a fragmented unit stands, while it goes on.
    open: Option<usize>,
}

const SLICE_OF_KEYFRAME: u8 = 5;
const SEQUENCE_SET: u8 = 7;
const PICTURE_SET: u8 = 8;
const AGGREGATE: u8 = 24;
const FRAGMENT: u8 = 28;

/// A longer parameter set is none.
const MOST_SET_BYTES: usize = 1_024;

impl H264 {
    pub(crate) fn lose(&mut self) {
        self.open = None;
    }

    /// Adds what a packet carries to a frame. `None` when it cannot be.
    pub(crate) fn take(&mut self, payload: &[u8], frame: &mut RawFrame) -> Option<()> {
        let (first, rest) = payload.split_first()?;
        match first & 0x1f {
            1..AGGREGATE if self.open.is_none() => self.unit(payload, frame),
            AGGREGATE if self.open.is_none() => {
                let mut rest = rest;
                while !rest.is_empty() {
                    let (length, after) = rest.split_first_chunk::<2>()?;
                    let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                    self.unit(unit, frame)?;
                    rest = after;
                }
                Some(())
            }
            FRAGMENT => self.fragment(*first, rest, frame),
            _ => None,
        }
    }

    /// The frame is complete: whether it can be used.
    pub(crate) fn finish(&mut self, frame: &mut RawFrame) -> bool {
        if self.open.take().is_some() || frame.bytes.is_empty() {
            return false;
        }
        if frame.kind == FrameKind::Key {
            frame.size = sps::size(&self.sequence_set);
            frame.private = self.configuration();
        }
        frame.kind == FrameKind::Delta || frame.private.is_some() && frame.size.is_some()
    }

    fn unit(&mut self, unit: &[u8], frame: &mut RawFrame) -> Option<()> {
        self.note(unit, frame)?;
        frame.bytes.extend(u32::try_from(unit.len()).ok()?.to_be_bytes());
        frame.bytes.extend_from_slice(unit);
        Some(())
    }

    fn note(&mut self, unit: &[u8], frame: &mut RawFrame) -> Option<()> {
        match unit.first()? & 0x1f {
            SLICE_OF_KEYFRAME => frame.kind = FrameKind::Key,
            SEQUENCE_SET if unit.len() <= MOST_SET_BYTES => self.sequence_set = unit.to_vec(),
            PICTURE_SET if unit.len() <= MOST_SET_BYTES => self.picture_set = unit.to_vec(),
            _ => {}
        }
        Some(())
    }

    fn fragment(&mut self, indicator: u8, rest: &[u8], frame: &mut RawFrame) -> Option<()> {
        let (header, bytes) = rest.split_first()?;
        let (starts, ends) = (header & 0x80 != 0, header & 0x40 != 0);
        if starts != self.open.is_none() {
            return None;
        }
        if starts {
            let first = indicator & 0xe0 | header & 0x1f;
            self.note(&[first], frame)?;
            self.open = Some(frame.bytes.len());
            frame.bytes.extend([0, 0, 0, 0, first]);
        }
        frame.bytes.extend_from_slice(bytes);
        if ends {
            let at = self.open.take()?;
            let length = u32::try_from(frame.bytes.len() - at - 4).ok()?;
            frame.bytes.get_mut(at..at + 4)?.copy_from_slice(&length.to_be_bytes());
        }
        Some(())
    }

    /// `AVCDecoderConfigurationRecord`.
    fn configuration(&self) -> Option<Vec<u8>> {
        let [_, profile, constraints, level, ..] = self.sequence_set[..] else { return None };
        let mut record = vec![1, profile, constraints, level, 0xff, 0xe1];
        record.extend(u16::try_from(self.sequence_set.len()).ok()?.to_be_bytes());
        record.extend(&self.sequence_set);
        record.push(1);
        record.extend(u16::try_from(self.picture_set.len()).ok().filter(|length| *length > 0)?.to_be_bytes());
        record.extend(&self.picture_set);
        // Those of the high profiles that browsers send: 4:2:0 of eight bits.
        if matches!(profile, 100 | 110 | 122 | 144) {
            record.extend([0xfd, 0xf8, 0xf8, 0]);
        }
        Some(record)
    }
}
