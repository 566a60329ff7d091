//! Where playing is: it stands while something that is due is missing.

use std::time::Duration;

/// Whether it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackState {
    /// It stands, as somebody wants it, or at the end.
    Paused,
    /// It goes on.
    Playing,
    /// It is to go on, and something that is due is missing.
    Waiting,
}

/// How fast it is played, in hundredths: from a quarter to four times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u16);

impl Speed {
    /// As it was.
    pub const NORMAL: Self = Self(100);

    /// So many hundredths, within the bounds.
    #[must_use]
    pub fn of_percent(percent: u16) -> Self {
        Self(percent.clamp(25, 400))
    }

    /// As a factor.
    #[must_use]
    pub fn factor(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// How much is played in that time.
    #[must_use]
    pub fn of(self, time: Duration) -> Duration {
        time.saturating_mul(u32::from(self.0)) / 100
    }
}

#[derive(Debug)]
pub(super) struct PlaybackClock {
    duration: Duration,
    state: PlaybackState,
    speed: Speed,
    /// Where it was, and when.
    position: Duration,
    since: Duration,
}

impl PlaybackClock {
    pub(super) fn new(duration: Duration) -> Self {
        let (state, speed) = (PlaybackState::Paused, Speed::NORMAL);
        Self { duration, state, speed, position: Duration::ZERO, since: Duration::ZERO }
    }

    pub(super) fn position(&self, now: Duration) -> Duration {
        let played = match self.state {
            PlaybackState::Playing => self.speed.of(now.saturating_sub(self.since)),
            PlaybackState::Paused | PlaybackState::Waiting => Duration::ZERO,
        };
        (self.position + played).min(self.duration)
    }

    pub(super) fn state(&self) -> PlaybackState {
        self.state
    }

    pub(super) fn speed(&self) -> Speed {
        self.speed
    }

    pub(super) fn has_ended(&self, now: Duration) -> bool {
        self.position(now) >= self.duration
    }

    /// It waits until what is due has been looked for.
    pub(super) fn play(&mut self, now: Duration) {
        if self.state == PlaybackState::Paused {
            self.hold(now, PlaybackState::Waiting);
        }
    }

    pub(super) fn pause(&mut self, now: Duration) {
        self.hold(now, PlaybackState::Paused);
    }

    pub(super) fn seek(&mut self, now: Duration, to: Duration) {
        let state = match self.state {
            PlaybackState::Paused => PlaybackState::Paused,
            PlaybackState::Playing | PlaybackState::Waiting => PlaybackState::Waiting,
        };
        self.hold(now, state);
        self.position = to.min(self.duration);
    }

    pub(super) fn set_speed(&mut self, now: Duration, speed: Speed) {
        self.hold(now, self.state);
        self.speed = speed;
    }

    /// Stands while something is missing, and stops at the end.
    pub(super) fn settle(&mut self, now: Duration, lacks: bool) {
        match self.state {
            PlaybackState::Paused => {}
            PlaybackState::Playing | PlaybackState::Waiting if self.has_ended(now) => {
                self.hold(now, PlaybackState::Paused);
            }
            PlaybackState::Playing if lacks => self.hold(now, PlaybackState::Waiting),
            PlaybackState::Waiting if !lacks => self.hold(now, PlaybackState::Playing),
            PlaybackState::Playing | PlaybackState::Waiting => {}
        }
    }

    fn hold(&mut self, now: Duration, state: PlaybackState) {
        self.position = self.position(now);
        self.since = now;
        self.state = state;
    }
}
