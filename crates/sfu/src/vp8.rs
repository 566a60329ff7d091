//! The descriptor before each VP8 payload (RFC 7741 §4.2), and what of a keyframe's header is clear.

use str0m::rtp::Vp8Descriptor;

/// What is needed of one packet's descriptor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vp8 {
    /// The picture's number, 15 or 7 bits.
    pub(crate) picture: Option<u16>,
    /// The number of the picture of the lowest temporal layer.
    pub(crate) tl0: Option<u8>,
    /// The temporal layer, from 0.
    pub(crate) temporal: u8,
    pub(crate) starts_keyframe: bool,
    /// The height of a keyframe, in pixels.
    pub(crate) height: Option<u16>,
    /// Whether the picture's number has 15 bits.
    is_wide: bool,
}

/// Other numbers for a packet, at their places in its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    bytes: [(u8, u8); 3],
    count: u8,
}

impl Patch {
    /// Writes the numbers into a copy of the payload.
    pub(crate) fn apply(&self, payload: &mut [u8]) {
        for &(offset, byte) in self.bytes.iter().take(usize::from(self.count)) {
            if let Some(at) = payload.get_mut(usize::from(offset)) {
                *at = byte;
            }
        }
    }

    fn push(&mut self, offset: u8, byte: u8) {
        self.bytes[usize::from(self.count)] = (offset, byte);
        self.count += 1;
    }
}

impl Vp8 {
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let descriptor = Vp8Descriptor::parse(payload).ok()?;
        let starts_keyframe = descriptor.starts_keyframe(payload);
        let (temporal, start) = temporal_and_start(payload)?;
        Some(Self {
            picture: descriptor.picture_id(),
            tl0: descriptor.tl0_pic_idx(),
            temporal,
            starts_keyframe,
            height: starts_keyframe.then(|| height(payload.get(start..)?)).flatten(),
            is_wide: payload.get(2).is_some_and(|first| first & 0x80 != 0),
        })
    }

    /// A change of the numbers that keeps their widths: they stand behind the two bytes of flags.
    pub(crate) fn renumbered(&self, picture: u16, tl0: u8) -> Patch {
        let mut patch = Patch { bytes: [(0, 0); 3], count: 0 };
        let mut offset = 2;
        if self.picture.is_some() {
            let [high, low] = picture.to_be_bytes();
            if self.is_wide {
                patch.push(offset, 0x80 | high);
                patch.push(offset + 1, low);
                offset += 2;
            } else {
                patch.push(offset, low & 0x7f);
                offset += 1;
            }
        }
        if self.tl0.is_some() {
            patch.push(offset, tl0);
        }
        patch
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
    fn numbers_are_changed_at_their_places() {
        let mut payload = KEYFRAME;
        Vp8::parse(&payload).unwrap().renumbered(0x5678, 77).apply(&mut payload);
        assert_eq!(payload[2..5], [0xd6, 0x78, 77]);
        assert_eq!((&payload[..2], &payload[5..]), (&KEYFRAME[..2], &KEYFRAME[5..]));
        let vp8 = Vp8::parse(&payload).unwrap();
        assert_eq!((vp8.picture, vp8.tl0), (Some(0x5678), Some(77)));
        // X; I; picture 5 of seven bits.
        let mut short = [0x80, 0x80, 0x05, 0x00];
        Vp8::parse(&short).unwrap().renumbered(0x1ff, 9).apply(&mut short);
        assert_eq!(short, [0x80, 0x80, 0x7f, 0x00]);
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
