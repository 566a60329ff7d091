//! When the steps of getting into a room were done, which the page tells the server once: with the first picture of somebody else, or when there
//! was none for a while.

use std::time::Duration;

use protocol::JoinSteps;

/// After so long it is told without a picture: nobody else may be there, or have a camera.
const TOLD_AFTER: Duration = Duration::from_secs(20);

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinStep {
    Joined,
    Devices,
    Connected,
    FirstFrame,
}

/// What is known of one way in.
#[derive(Debug, Default)]
pub(crate) struct JoinTimes {
    /// When somebody pressed *Join*, until it was told.
    since: Option<Duration>,
    steps: JoinSteps,
}

impl JoinTimes {
    /// Somebody presses *Join*, perhaps once more.
    pub(crate) fn begin(&mut self, now: Duration) {
        *self = Self { since: Some(now), steps: JoinSteps::default() };
    }

    /// A step is done. It counts once.
    pub(crate) fn note(&mut self, now: Duration, step: JoinStep) {
        let Some(since) = self.since else { return };
        let of = match step {
            JoinStep::Joined => &mut self.steps.joined,
            JoinStep::Devices => &mut self.steps.devices,
            JoinStep::Connected => &mut self.steps.connected,
            JoinStep::FirstFrame => &mut self.steps.first_frame,
        };
        of.get_or_insert(milliseconds(since, now));
    }

    /// What is to be told, when it is time.
    pub(crate) fn take(&mut self, now: Duration) -> Option<JoinSteps> {
        let since = self.since?;
        let is_inside = self.steps.joined.is_some();
        let is_time = self.steps.first_frame.is_some() || now >= since + TOLD_AFTER;
        if !(is_inside && is_time) {
            return None;
        }
        self.since = None;
        Some(JoinSteps { said: milliseconds(since, now), ..self.steps })
    }
}

fn milliseconds(since: Duration, now: Duration) -> u32 {
    u32::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u32::MAX)
}
