//! The keys, and from whom the frames of each pipe may be.

use std::collections::BTreeMap;

use protocol::Source;
use seal::{Expected, FrameOpener, FrameSealer, OpenError, Order, SenderKey};

/// What became of a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It goes on.
    Passes,
    /// It was there before, and nothing is missing without it.
    Repeated,
    /// It is missing.
    Refused,
}

/// One for all pipes, so that no nonce is used twice.
#[derive(Default)]
pub(crate) struct State {
    sealer: FrameSealer,
    opener: FrameOpener,
    /// From whom the frames of each opening pipe may be.
    expected: BTreeMap<u32, Expected>,
    /// What the last frame became. Reused for every frame.
    buffer: Vec<u8>,
}

impl State {
    pub(crate) fn obey(&mut self, order: Order) {
        match order {
            Order::Protect { protection } => {
                self.sealer.protect(protection);
                self.opener.protect(protection);
            }
            Order::SetOwnKey { key } => {
                if let Some(key) = SenderKey::from_bytes(&key) {
                    self.sealer.set_key(&key);
                }
            }
            Order::SetKeyOf { participant, key } => {
                if let Some(key) = SenderKey::from_bytes(&key) {
                    self.opener.add_key(participant, key);
                }
            }
            Order::ForgetKeysOf { participant } => self.opener.forget(participant),
            Order::Expect { pipe, expected } => _ = self.expected.insert(pipe, expected),
        }
    }

    /// What is expected of a pipe that begins, unless an order was here before it.
    pub(crate) fn expect_at_first(&mut self, pipe: u32, expected: Expected) {
        self.expected.entry(pipe).or_insert(expected);
    }

    pub(crate) fn seal(&mut self, source: Source, frame: &[u8]) -> Passage {
        if self.sealer.seal(source, frame, &mut self.buffer) { Passage::Passes } else { Passage::Refused }
    }

    pub(crate) fn open(&mut self, pipe: u32, frame: &[u8]) -> Passage {
        let expected = self.expected.get(&pipe).copied().unwrap_or(Expected::Nothing);
        match self.opener.open(expected, frame, &mut self.buffer) {
            Ok(()) => Passage::Passes,
            // Browsers and servers send packets again to find out what a line carries.
            Err(OpenError::Replayed) => Passage::Repeated,
            Err(OpenError::NotSealed | OpenError::KeyUnknown | OpenError::Forged) => Passage::Refused,
        }
    }

    /// What the frame that passed last has become.
    pub(crate) fn passed(&self) -> &[u8] {
        &self.buffer
    }
}
