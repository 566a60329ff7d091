//! The two seats of a ring: which device is at each end, and whether its person is in the call by it.

use std::time::Duration;

use protocol::{DeviceId, RingSide};

/// The ends of a ring.
pub(crate) const BOTH_SIDES: [RingSide; 2] = [RingSide::Caller, RingSide::Callee];

/// A device in a ring.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seat {
    /// The device; nobody's yet, or not known any more.
    device: Option<DeviceId>,
    /// Since when it has had no connection.
    away_since: Option<Duration>,
    presence: Presence,
}

/// Whether somebody is in a call by a seat of its rings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Presence {
    /// They are, or may come to be.
    #[default]
    Here,
    /// They are in it by another ring, or have left it.
    Elsewhere,
}

impl Seat {
    /// This device has it.
    pub(crate) fn of(device: DeviceId) -> Self {
        Self { device: Some(device), ..Self::default() }
    }

    /// A device has it, if it is known which, and has no connection.
    pub(crate) fn away(device: Option<DeviceId>, since: Duration) -> Self {
        Self { device, away_since: Some(since), presence: Presence::Here }
    }

    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.device
    }

    pub(crate) fn away_since(&self) -> Option<Duration> {
        self.away_since
    }

    /// Whether its person is in the call by it, or may come to be.
    pub(crate) fn is_taken(&self) -> bool {
        self.presence == Presence::Here
    }

    /// The device is there.
    pub(crate) fn sit(&mut self, device: DeviceId) {
        self.device = Some(device);
        self.away_since = None;
    }

    /// The device has lost its connection.
    pub(crate) fn lose(&mut self, now: Duration) {
        self.away_since = self.away_since.or(Some(now));
    }

    /// Its person is in the call by another ring, or in none any more.
    pub(crate) fn vacate(&mut self) {
        self.presence = Presence::Elsewhere;
        self.away_since = None;
    }
}

/// The one at the other end.
pub(crate) fn other(side: RingSide) -> RingSide {
    match side {
        RingSide::Caller => RingSide::Callee,
        RingSide::Callee => RingSide::Caller,
    }
}
