//! The descriptor before each VP9 payload (RFC 9628 §4.2), which says all that is needed of a sealed frame too.

use super::frame::Part;
use crate::webm::{FrameKind, Protection, VideoSize};

pub(crate) fn parse(payload: &[u8], protection: Protection) -> Option<Part> {
    let first = *payload.first()?;
    let has = |bit: u8| first & bit != 0;
    let (is_inter, is_flexible) = (has(0x40), has(0x10));
    let mut at = 1;
    if has(0x80) {
        at += if payload.get(at)? & 0x80 != 0 { 2 } else { 1 };
    }
    let mut spatial = 0;
    if has(0x20) {
        spatial = payload.get(at)? >> 1 & 0x07;
        at += if is_flexible { 1 } else { 2 };
    }
    if is_inter && is_flexible {
        // One to three references, each saying whether one follows.
        for _ in 0..3 {
            at += 1;
            if payload.get(at - 1)? & 1 == 0 {
                break;
            }
        }
    }
    let mut size = None;
    if has(0x02) {
        (size, at) = scalability(payload, at)?;
    }
    let frame = payload.get(at..)?;
    let begins = has(0x08) && spatial == 0;
    let kind = if begins && !is_inter { FrameKind::Key } else { FrameKind::Delta };
    if size.is_none() && kind == FrameKind::Key && protection == Protection::Plaintext {
        size = size_in(frame);
    }
    Some(Part { begins, kind, size, offset: at })
}

/// The scalability structure (RFC 9628 §4.2.1): the size of the largest layer, and where it ends.
fn scalability(payload: &[u8], at: usize) -> Option<(Option<VideoSize>, usize)> {
    let first = *payload.get(at)?;
    let mut at = at + 1;
    let mut size = None;
    if first & 0x10 != 0 {
        for _ in 0..=first >> 5 {
            let bytes = payload.get(at..at + 4)?;
            let side = |index: usize| u16::from_be_bytes([bytes[index], bytes[index + 1]]);
            size = Some(VideoSize { width: side(0), height: side(2) })
                .filter(|size| size.width > 0 && size.height > 0);
            at += 4;
        }
    }
    if first & 0x08 != 0 {
        let pictures = *payload.get(at)?;
        at += 1;
        for _ in 0..pictures {
            at += 1 + usize::from(payload.get(at)? >> 2 & 0x03);
        }
    }
    Some((size, at))
}

/// The uncompressed header of a keyframe of profile 0 (VP9 bitstream specification §6.2): marker, profile, four flags, the sync code, colours, and the
/// size less one.
fn size_in(frame: &[u8]) -> Option<VideoSize> {
    let head = u64::from_be_bytes(*frame.first_chunk::<8>()?);
    let bits = |from: u32, count: u32| head << from >> (64 - count);
    let is_key = bits(0, 2) == 2 && bits(2, 2) == 0 && bits(4, 2) == 0;
    let is_known = is_key && bits(8, 24) == 0x49_8342 && bits(32, 3) != 7;
    let rest = u64::from_be_bytes(*frame.get(4..)?.first_chunk::<8>()?);
    let side = |from: u32| u16::try_from((rest << from >> 48) + 1).ok();
    is_known.then(|| Some(VideoSize { width: side(4)?, height: side(20)? })).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_of_browsers_are_read() {
        // I, L, B, E, V; a picture of fifteen bits; layer 0; tl0; one layer of 640 × 360 with one picture in its group.
        let key = [0xae, 0x81, 0x23, 0x01, 7, 0x18, 0x02, 0x80, 0x01, 0x68, 0x01, 0x04, 0x01, 0x82];
        let size = Some(VideoSize { width: 640, height: 360 });
        assert_eq!(
            parse(&key, Protection::Sealed),
            Some(Part { begins: true, kind: FrameKind::Key, size, offset: 13 })
        );
        // I, P, F, B; one reference after another.
        let delta = [0xd8, 0x05, 0x03, 0x04, 0x99];
        let part = Part { begins: true, kind: FrameKind::Delta, size: None, offset: 4 };
        assert_eq!(parse(&delta, Protection::Plaintext), Some(part));
        for end in 0..key.len() - 1 {
            _ = parse(&key[..end], Protection::Plaintext); // No panic.
        }
    }

    #[test]
    fn a_keyframe_tells_its_own_size() {
        // Made by libvpx: 320 × 180, profile 0.
        let frame = [0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b, 0x30, 0, 0, 0];
        assert_eq!(size_in(&frame), Some(VideoSize { width: 320, height: 180 }));
    }
}
