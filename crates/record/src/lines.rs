//! Files of lines, each a JSON object: whatever is appended to them, all lines before are as they were, and a line that a crash has cut is no line.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why a line is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It is longer than any that is written. Reading goes on with the next.
    #[error("line {number} is longer than {most} bytes")]
    TooLong {
        /// Which, from 1.
        number: u64,
        /// How long it may be.
        most: usize,
    },
    /// It does not say what lines of this file say, or in a newer form. Reading goes on with the next.
    #[error("line {number} cannot be read: {reason}")]
    Unreadable {
        /// Which, from 1.
        number: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// A line with its end.
pub(crate) fn line<T: Serialize>(value: &T) -> Vec<u8> {
    // Maps with other keys than texts cannot be written; none of ours has one.
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    text
}

/// Reads lines from bytes that come in pieces, and holds one line at the most besides what was pushed.
#[derive(Debug)]
pub(crate) struct Lines {
    most: usize,
    buffer: Vec<u8>,
    read: usize,
    /// Up to where there is no end of a line.
    searched: usize,
    number: u64,
    /// The rest of a line that is too long is passed over.
    skips: bool,
}

impl Lines {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, buffer: Vec::new(), read: 0, searched: 0, number: 0, skips: false }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.read > self.buffer.len() / 2 {
            self.buffer.drain(..self.read);
            self.searched -= self.read;
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line, or `None` when more bytes are needed. An empty one is passed over.
    pub(crate) fn poll<T: DeserializeOwned>(&mut self) -> Option<Result<T, LineError>> {
        loop {
            let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') else {
                return self.go_on();
            };
            let end = self.searched + end;
            let text = &self.buffer[self.read..end];
            let (number, is_rest, is_empty) =
                (self.number + 1, self.skips, text.iter().all(u8::is_ascii_whitespace));
            let read = if text.len() > self.most {
                Err(LineError::TooLong { number, most: self.most })
            } else {
                serde_json::from_slice(text)
                    .map_err(|error| LineError::Unreadable { number, reason: error.to_string() })
            };
            (self.read, self.searched, self.number, self.skips) = (end + 1, end + 1, number, false);
            if !is_rest && !is_empty {
                return Some(read);
            }
        }
    }

    /// There is no end of the line yet: what is too long already is not kept.
    fn go_on<T>(&mut self) -> Option<Result<T, LineError>> {
        self.searched = self.buffer.len();
        if self.searched - self.read <= self.most {
            return None;
        }
        (self.buffer, self.read, self.searched) = (Vec::new(), 0, 0);
        let is_told = std::mem::replace(&mut self.skips, true);
        (!is_told).then_some(Err(LineError::TooLong { number: self.number + 1, most: self.most }))
    }
}
