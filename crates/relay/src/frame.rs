//! Where messages end in a stream (RFC 8489 §6.2.2, RFC 8656 §12.5).

use crate::channel_data::FIRST_BYTES;

/// What stands at the beginning of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A message of `message` bytes, which takes `taken` bytes of the stream: channel data is padded.
    Whole {
        /// Its length without padding.
        message: usize,
        /// What of the stream it takes.
        taken: usize,
    },
    /// Not all of it is there yet.
    Partial,
}

/// What stands there is no message, or one that is longer than the relay takes; nothing after it can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl std::fmt::Display for TooLong {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the client's stream holds no message of STUN or TURN")
    }
}

impl std::error::Error for TooLong {}

/// The longest STUN message: a Send indication with a whole datagram has less.
const LONGEST_MESSAGE: usize = 65_535;

const STUN_HEADER: usize = 20;
const CHANNEL_HEADER: usize = 4;

/// What the stream `bytes` begins with.
///
/// # Errors
///
/// When that is no message.
pub fn next_frame(bytes: &[u8]) -> Result<Frame, TooLong> {
    let Some(first) = bytes.first() else { return Ok(Frame::Partial) };
    let is_channel = match first {
        0..=3 => false,
        first if FIRST_BYTES.contains(first) => true,
        _ => return Err(TooLong),
    };
    let Some(length) = bytes.get(2..4) else { return Ok(Frame::Partial) };
    let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
    let (message, taken) = if is_channel {
        (CHANNEL_HEADER + length, CHANNEL_HEADER + length.next_multiple_of(4))
    } else {
        (STUN_HEADER + length, STUN_HEADER + length)
    };
    if !is_channel && (length % 4 != 0 || message > LONGEST_MESSAGE) {
        return Err(TooLong);
    }
    Ok(if bytes.len() < taken { Frame::Partial } else { Frame::Whole { message, taken } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_whole_when_its_padding_is_there() {
        let channel = [0x40, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0x40];
        for cut in 0..12 {
            assert_eq!(next_frame(&channel[..cut]), Ok(Frame::Partial), "{cut}");
        }
        assert_eq!(next_frame(&channel), Ok(Frame::Whole { message: 9, taken: 12 }));
        let mut stun = vec![0, 1, 0, 4];
        stun.resize(24, 0);
        for cut in 0..24 {
            assert_eq!(next_frame(&stun[..cut]), Ok(Frame::Partial), "{cut}");
        }
        assert_eq!(next_frame(&stun), Ok(Frame::Whole { message: 24, taken: 24 }));
    }

    #[test]
    fn what_is_no_message_ends_the_stream() {
        for bytes in [&b"GET / HTTP/1.1"[..], &[0x16, 3, 1, 0], &[0, 1, 0, 3], &[0, 1, 0xff, 0xfc], &[0x80]] {
            let is_http_like_channel = bytes[0] == b'G';
            // "GE" is a channel; its length is no concern until it is there.
            assert_eq!(next_frame(bytes).is_err(), !is_http_like_channel, "{bytes:?}");
        }
    }
}
