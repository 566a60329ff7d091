//! Channel data: four bytes of header instead of thirty-six (RFC 8656 §12.4).

/// Channels that clients may bind: those of RFC 5766 §11, of which newer clients use the first quarter (RFC 8656 §12).
pub(crate) const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x7fff;

/// What channel data begins with.
pub(crate) const FIRST_BYTES: std::ops::RangeInclusive<u8> = 0x40..=0x7f;

const HEADER: usize = 4;

/// The channel and the payload; `None` when it is shorter than it says, or no channel data.
pub(crate) fn read(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>()?;
    let [a, b, c, d] = *header;
    let channel = u16::from_be_bytes([a, b]);
    let payload = rest.get(..usize::from(u16::from_be_bytes([c, d])))?;
    CHANNELS.contains(&channel).then_some((channel, payload))
}

/// Writes it, padded to four bytes where messages follow each other in a stream (RFC 8656 §12.5). `false` when it does not fit.
pub(crate) fn write(into: &mut Vec<u8>, channel: u16, payload: &[u8], is_stream: bool) -> bool {
    let Ok(length) = u16::try_from(payload.len()) else { return false };
    into.extend_from_slice(&channel.to_be_bytes());
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(payload);
    if is_stream {
        into.resize(into.len().next_multiple_of(4), 0);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 3, 4, 5, 1_200] {
            let payload = vec![9; length];
            let mut bytes = Vec::new();
            assert!(write(&mut bytes, 0x4001, &payload, true));
            assert_eq!(bytes.len() % 4, 0);
            assert_eq!(read(&bytes), Some((0x4001, &*payload)));
            for cut in 0..4 + length {
                assert_eq!(read(&bytes[..cut]), None);
            }
        }
        assert!(!write(&mut Vec::new(), 0x4001, &[0; 65_536], false));
        assert_eq!(read(&[0x80, 0, 0, 0]), None, "no channel");
    }
}
