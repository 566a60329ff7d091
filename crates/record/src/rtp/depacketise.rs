//! Frames from packets that are in order.

use crate::webm::{Codec, FrameKind, MAX_FRAME_BYTES, Protection};

use super::frame::{Part, RawFrame};
use super::h264::H264;
use super::{vp8, vp9};

/// What a packet came to.
pub(crate) enum Progress {
    /// More packets are needed.
    Partly,
    /// A picture is complete.
    Frame(RawFrame),
    /// Something that came is not complete and never will be.
    Broken,
}

pub(crate) struct Depacketiser {
    codec: Codec,
    protection: Protection,
    /// The picture that is put together.
    frame: Option<RawFrame>,
    /// Timestamp and marker of the packet before, unless something is missing since.
    previous: Option<(u32, bool)>,
    h264: H264,
}

impl Depacketiser {
    pub(crate) fn new(codec: Codec, protection: Protection) -> Self {
        Self { codec, protection, frame: None, previous: None, h264: H264::default() }
    }

    /// Something is missing.
    pub(crate) fn lose(&mut self) {
        (self.frame, self.previous) = (None, None);
        self.h264.lose();
    }

    /// Before a packet of this time: a picture whose last packet bore no marker is complete with the first packet of the next.
    pub(crate) fn close_before(&mut self, timestamp: u32) -> Progress {
        match self.frame.take_if(|frame| frame.timestamp != timestamp) {
            Some(frame) => self.complete(frame),
            None => Progress::Partly,
        }
    }

    /// Takes the next packet.
    pub(crate) fn push(&mut self, timestamp: u32, marker: bool, payload: &[u8]) -> Progress {
        // Padding alone.
        if payload.is_empty() {
            return Progress::Partly;
        }
        let follows = self.previous.is_none_or(|(before, was_last)| was_last || before != timestamp);
        let is_taken = match self.codec {
            Codec::Opus => {
                let bytes = payload.to_vec();
                return Progress::Frame(RawFrame {
                    timestamp,
                    kind: FrameKind::Key,
                    size: None,
                    private: None,
                    bytes,
                });
            }
            Codec::Vp8 => self.take_part(timestamp, vp8::parse(payload), payload),
            Codec::Vp9 => self.take_part(timestamp, vp9::parse(payload, self.protection), payload),
            Codec::H264 => self.take_h264(timestamp, follows, payload),
            // It is not negotiated by any page of ours.
            Codec::Av1 => None,
        };
        let is_small = self.frame.as_ref().is_none_or(|frame| frame.bytes.len() <= MAX_FRAME_BYTES);
        if is_taken.is_none() || !is_small {
            self.lose();
            return Progress::Broken;
        }
        self.previous = Some((timestamp, marker));
        match self.frame.take_if(|_| marker) {
            Some(frame) => self.complete(frame),
            None => Progress::Partly,
        }
    }

    fn complete(&mut self, mut frame: RawFrame) -> Progress {
        if self.codec == Codec::H264 && !self.h264.finish(&mut frame) {
            self.lose();
            return Progress::Broken;
        }
        Progress::Frame(frame)
    }

    fn take_part(&mut self, timestamp: u32, part: Option<Part>, payload: &[u8]) -> Option<()> {
        let part = part?;
        let bytes = payload.get(part.offset..)?;
        if part.begins {
            // A picture that begins twice was never complete.
            if self.frame.is_some() {
                return None;
            }
            let Part { kind, size, .. } = part;
            self.frame = Some(RawFrame { timestamp, kind, size, private: None, bytes: Vec::new() });
        }
        let frame = self.frame.as_mut()?;
        frame.size = frame.size.or(part.size);
        frame.bytes.extend_from_slice(bytes);
        Some(())
    }

    fn take_h264(&mut self, timestamp: u32, follows: bool, payload: &[u8]) -> Option<()> {
        if self.frame.is_none() && !follows {
            return None;
        }
        let new =
            || RawFrame { timestamp, kind: FrameKind::Delta, size: None, private: None, bytes: Vec::new() };
        self.h264.take(payload, self.frame.get_or_insert_with(new))
    }
}
