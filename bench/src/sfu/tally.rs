//! What the load generator counts. Only packets that were sent within the measured time count.

use std::time::Duration;

use super::stream::Kind;

/// Counts and times.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Peer connections that are up.
    pub(super) connected: usize,
    /// Transports that refused something.
    pub(super) failures: u64,
    /// When the measured time began and ended, in nanoseconds of the time of day.
    window: Option<(u64, u64)>,
    /// Packets sent in that time: of pictures, of sound.
    pub(super) sent: [u64; 2],
    /// Packets sent in that time that came: of pictures, of sound.
    pub(super) came: [u64; 2],
    /// From the sender to the kernel of the receiver, in microseconds.
    delays: Vec<u32>,
    /// How much later than planned packets were sent, in microseconds.
    lags: Vec<u32>,
    /// What the servers chose to encrypt media with.
    pub(super) profile: Option<Profile>,
    is_measuring: bool,
}

/// How SRTP is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    AesCm128Sha1,
    AesGcm128,
    AesGcm256,
}

/// Quantiles of many times.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    pub(super) p999: Duration,
}

impl Tally {
    pub(super) fn begin(&mut self, at: u64) {
        self.window = Some((at, u64::MAX));
        self.is_measuring = true;
    }

    pub(super) fn end(&mut self, at: u64) {
        if let Some((_, end)) = &mut self.window {
            *end = at;
        }
        self.is_measuring = false;
    }

    pub(super) fn sent(&mut self, kind: Kind, lag: Duration) {
        if self.is_measuring {
            self.sent[kind as usize] += 1;
            self.lags.push(micros(lag.as_nanos()));
        }
    }

    pub(super) fn came(&mut self, kind: Kind, sent: u64, stamp: Option<u64>) {
        if self.window.is_none_or(|(begin, end)| sent < begin || sent >= end) {
            return;
        }
        self.came[kind as usize] += 1;
        if let Some(stamp) = stamp {
            self.delays.push(micros(stamp.saturating_sub(sent).into()));
        }
    }

    /// A server's hello says what it chose (RFC 5764 §4.1.1): one profile, where a client lists several.
    pub(super) fn look_at_handshake(&mut self, datagram: &[u8]) {
        const HANDSHAKE: u8 = 22;
        const ONE_PROFILE: [u8; 7] = [0, 14, 0, 5, 0, 2, 0];
        if datagram.first() != Some(&HANDSHAKE) {
            return;
        }
        let chosen = datagram.windows(8).find(|window| window.starts_with(&ONE_PROFILE));
        self.profile = match chosen.map(|window| window[7]) {
            Some(1) => Some(Profile::AesCm128Sha1),
            Some(7) => Some(Profile::AesGcm128),
            Some(8) => Some(Profile::AesGcm256),
            Some(_) | None => self.profile,
        };
    }

    pub(super) fn delays(&mut self) -> Times {
        Times::of(&mut self.delays)
    }

    pub(super) fn lags(&mut self) -> Times {
        Times::of(&mut self.lags)
    }
}

impl Times {
    fn of(all: &mut [u32]) -> Self {
        all.sort_unstable();
        let at = |thousandths: usize| {
            let index = all.len().saturating_sub(1) * thousandths / 1_000;
            Duration::from_micros(all.get(index).copied().unwrap_or_default().into())
        };
        Self { p50: at(500), p99: at(990), p999: at(999) }
    }
}

fn micros(nanos: u128) -> u32 {
    u32::try_from(nanos / 1_000).unwrap_or(u32::MAX)
}
