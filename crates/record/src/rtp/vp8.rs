//! The descriptor before each VP8 payload (RFC 7741 §4.2), and what of a keyframe's header is clear also where the rest is sealed: the bytes that
//! `crates/seal` leaves.

use super::frame::Part;
use crate::webm::{FrameKind, VideoSize};

pub(crate) fn parse(payload: &[u8]) -> Option<Part> {
    let first = *payload.first()?;
    let mut offset = 1;
    if first & 0x80 != 0 {
        // X: which of I, L, T and K follow.
        let extension = *payload.get(1)?;
        offset = 2;
        if extension & 0x80 != 0 {
            offset += if payload.get(offset)? & 0x80 != 0 { 2 } else { 1 };
        }
        offset += usize::from(extension & 0x40 != 0);
        offset += usize::from(extension & 0x30 != 0);
    }
    let frame = payload.get(offset..)?;
    // S, and the first partition.
    let begins = first & 0x10 != 0 && first & 0x07 == 0;
    let is_key = begins && frame.first()? & 1 == 0;
    let kind = if is_key { FrameKind::Key } else { FrameKind::Delta };
    let size = if is_key { size(frame) } else { None };
    // A keyframe whose size cannot be read is none.
    (!is_key || size.is_some()).then_some(Part { begins, kind, size, offset })
}

/// RFC 6386 §9.1: three bytes of frame tag, a start code of three, width and height of two each, of which two bits scale.
fn size(keyframe: &[u8]) -> Option<VideoSize> {
    let side = |bytes: &[u8]| Some(u16::from_le_bytes(bytes.try_into().ok()?) & 0x3fff);
    let size = VideoSize { width: side(keyframe.get(6..8)?)?, height: side(keyframe.get(8..10)?)? };
    (keyframe.get(3..6)? == [0x9d, 0x01, 0x2a] && size.width > 0 && size.height > 0).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X, S; I, L, T; picture 0x1234 of fifteen bits; tl0 9; temporal layer 2; a keyframe of 640 × 360.
    const KEYFRAME: [u8; 16] =
        [0x90, 0xe0, 0x92, 0x34, 9, 0x80, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];

    #[test]
    fn a_keyframe_tells_its_size_and_where_it_begins() {
        let size = Some(VideoSize { width: 640, height: 360 });
        assert_eq!(parse(&KEYFRAME), Some(Part { begins: true, kind: FrameKind::Key, size, offset: 6 }));
        let delta = [0x10, 0x01, 0x00];
        assert_eq!(parse(&delta), Some(Part { begins: true, kind: FrameKind::Delta, size: None, offset: 1 }));
        let rest = [0x00, 0x00, 0x00];
        assert_eq!(parse(&rest), Some(Part { begins: false, kind: FrameKind::Delta, size: None, offset: 1 }));
        for end in 0..KEYFRAME.len() {
            assert_eq!(parse(&KEYFRAME[..end]).and_then(|part| part.size), None);
        }
    }
}
