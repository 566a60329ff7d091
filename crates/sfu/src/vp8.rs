//! The descriptor before each VP8 payload (RFC 7741 §4.2), and what of a keyframe's header is clear.

use str0m::rtp::{Vp8Descriptor, Vp8Patch};

/// What is needed of one packet's descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vp8 {
    descriptor: Vp8Descriptor,
    /// The picture's number, 15 or 7 bits.
    pub(crate) picture: Option<u16>,
    /// The number of the picture of the lowest temporal layer.
    pub(crate) tl0: Option<u8>,
    /// The temporal layer, from 0.
    pub(crate) temporal: u8,
    pub(crate) starts_keyframe: bool,
    /// The height of a keyframe, in pixels.
    pub(crate) height: Option<u16>,
}

impl Vp8 {
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let descriptor = Vp8Descriptor::parse(payload).ok()?;
        let starts_keyframe = descriptor.starts_keyframe(payload);
        let (temporal, start) = temporal_and_start(payload)?;
        Some(Self {
            descriptor,
            picture: descriptor.picture_id(),
            tl0: descriptor.tl0_pic_idx(),
            temporal,
            starts_keyframe,
            height: starts_keyframe.then(|| height(&payload[start..])).flatten(),
        })
    }

    /// A change of the numbers that keeps their widths.
    pub(crate) fn renumbered(&self, picture: u16, tl0: u8) -> Option<Vp8Patch> {
        let mut patch = self.descriptor.patch();
        if self.picture.is_some() {
            patch = patch.picture_id(picture);
        }
        if self.tl0.is_some() {
            patch = patch.tl0_pic_idx(tl0);
        }
        // A descriptor with seven bits cannot take a number of fifteen.
        patch.build().or_else(|_| self.descriptor.patch().picture_id(picture & 0x7f).build()).ok()
    }
}

/// The temporal layer, and where the payload begins (RFC 7741 §4.2: `X`, then `I`, `L`, `T`, `K`).
fn temporal_and_start(payload: &[u8]) -> Option<(u8, usize)> {
    let first = *payload.first()?;
    if first & 0x80 == 0 {
        return Some((0, 1));
    }
    let extension = *payload.get(1)?;
    let mut at = 2;
    if extension & 0x80 != 0 {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    if extension & 0x40 != 0 {
        at += 1;
    }
    if extension & 0x30 == 0 {
        return Some((0, at));
    }
    let temporal = if extension & 0x20 != 0 { payload.get(at)? >> 6 } else { 0 };
    Some((temporal, at + 1))
}

/// RFC 6386 §9.1: three bytes of frame tag, a start code of three, width and height of two each, of which two bits scale.
fn height(keyframe: &[u8]) -> Option<u16> {
    let start_code = keyframe.get(3..6)?;
    let height = keyframe.get(8..10)?;
    (start_code == [0x9d, 0x01, 0x2a]).then(|| u16::from_le_bytes([height[0], height[1]]) & 0x3fff)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X, S; I, L, T; picture 0x1234 of fifteen bits; tl0 9; temporal layer 2; a keyframe of 640 × 360.
    const KEYFRAME: [u8; 16] =
        [0x90, 0xe0, 0x92, 0x34, 9, 0x80, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01];

    #[test]
    fn a_descriptor_says_what_forwarding_needs() {
        let vp8 = Vp8::parse(&KEYFRAME).unwrap();
        assert_eq!((vp8.picture, vp8.tl0, vp8.temporal), (Some(0x1234), Some(9), 2));
        assert!(vp8.starts_keyframe);
        assert_eq!(vp8.height, Some(360));
    }

    #[test]
    fn a_cut_payload_is_none() {
        for end in 0..KEYFRAME.len() {
            _ = Vp8::parse(&KEYFRAME[..end]); // No panic.
        }
        assert!(Vp8::parse(&[0x80]).is_none());
        let delta = [0x10, 0x01, 0x00];
        let vp8 = Vp8::parse(&delta).unwrap();
        assert_eq!((vp8.picture, vp8.temporal, vp8.starts_keyframe), (None, 0, false));
    }
}
