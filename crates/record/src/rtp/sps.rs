//! The size of a picture in a sequence parameter set of H.264 (ITU-T H.264 §7.3.2.1.1).

use crate::webm::VideoSize;

struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn bit(&mut self) -> Option<u32> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value: u32, _| Some(value << 1 | self.bit()?))
    }

    /// A number in the code of Exp-Golomb (§9.1), of up to 16 bits.
    fn number(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 16 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    fn skip_list(&mut self, length: u32) -> Option<()> {
        let (mut last, mut next) = (8_i64, 8_i64);
        for _ in 0..length {
            if next != 0 {
                let code = i64::from(self.number()?);
                let delta = if code % 2 == 0 { -(code / 2) } else { code.midpoint(1) };
                next = (last + delta + 256).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
        Some(())
    }
}

pub(crate) fn size(set: &[u8]) -> Option<VideoSize> {
    let mut bits = Bits { bytes: unescaped(set.get(1..)?), at: 0 };
    let profile = bits.bits(8)?;
    bits.bits(16)?;
    bits.number()?;
    let mut chroma = 1;
    if matches!(profile, 100 | 110 | 122 | 244 | 44 | 83 | 86 | 118 | 128) {
        chroma = bits.number()?;
        if chroma == 3 {
            bits.bit()?;
        }
        bits.number()?;
        bits.number()?;
        bits.bit()?;
        if bits.bit()? == 1 {
            for list in 0..if chroma == 3 { 12 } else { 8 } {
                if bits.bit()? == 1 {
                    bits.skip_list(if list < 6 { 16 } else { 64 })?;
                }
            }
        }
    }
    bits.number()?;
    match bits.number()? {
        0 => _ = bits.number()?,
        1 => {
            bits.bit()?;
            bits.number()?;
            bits.number()?;
            for _ in 0..bits.number()?.min(255) {
                bits.number()?;
            }
        }
        _ => {}
    }
    bits.number()?;
    bits.bit()?;
    let width = (bits.number()? + 1) * 16;
    let units = bits.number()? + 1;
    let is_progressive = bits.bit()?;
    let height = (2 - is_progressive) * units * 16;
    if is_progressive == 0 {
        bits.bit()?;
    }
    bits.bit()?;
    let (mut across, mut down) = (0, 0);
    if bits.bit()? == 1 {
        let horizontal = if chroma == 1 || chroma == 2 { 2 } else { 1 };
        let vertical = (if chroma == 1 { 2 } else { 1 }) * (2 - is_progressive);
        across = (bits.number()? + bits.number()?) * horizontal;
        down = (bits.number()? + bits.number()?) * vertical;
    }
    let side = |whole: u32, cut: u32| u16::try_from(whole.checked_sub(cut)?).ok().filter(|side| *side > 0);
    Some(VideoSize { width: side(width, across)?, height: side(height, down)? })
}

/// Without the bytes that keep start codes out (§7.4.1.1).
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for &byte in bytes {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_known_sets_are_read() {
        // Constrained baseline of libx264: 1920 × 1080, cropped from 1088 lines.
        let full = [0x67, 0x42, 0xc0, 0x28, 0xda, 0x01, 0xe0, 0x08, 0x9f, 0x96];
        assert_eq!(size(&full), Some(VideoSize { width: 1_920, height: 1_080 }));
        for end in 0..full.len() {
            _ = size(&full[..end]); // No panic.
        }
        assert_eq!(size(&[0x67, 0, 0, 0, 0, 0]), None);
    }
}
