//! The two seats of a ring: which device is at each end, and whether its person is in the call by it.

use std::time::Duration;

use protocol::limits::GRACE_SECONDS;
use protocol::{DeviceId, RingSide};

use crate::Departure;

/// For how long a call goes on while the connection of one of the two is broken.
pub const CALL_GRACE: Duration = Duration::from_secs(GRACE_SECONDS);

/// For how long a call goes on whose page was closed at one end: it may be loaded anew, and says the same when it goes. Longer gives a slow machine time to
/// load it; shorter tells the other one sooner that a tab was closed for good.
pub const RELOAD_GRACE: Duration = Duration::from_secs(10);

/// The ends of a ring.
pub(crate) const BOTH_SIDES: [RingSide; 2] = [RingSide::Caller, RingSide::Callee];

/// A device in a ring.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seat {
    /// The device; nobody's yet, or not known any more.
    device: Option<DeviceId>,
    /// It has no connection.
    away: Option<Away>,
    presence: Presence,
}

/// A device that has no connection.
#[derive(Clone, Copy, Debug)]
struct Away {
    since: Duration,
    /// How the last one ended.
    departure: Departure,
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
        let away = Some(Away { since, departure: Departure::Broken });
        Self { device, away, presence: Presence::Here }
    }

    pub(crate) fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// Since when it has had no connection.
    pub(crate) fn away_since(&self) -> Option<Duration> {
        self.away.map(|away| away.since)
    }

    /// When it is given up in a call, unless its device comes back, and how its connection ended.
    pub(crate) fn given_up(&self) -> Option<(Duration, Departure)> {
        self.away.map(|Away { since, departure }| {
            let grace = match departure {
                Departure::Broken => CALL_GRACE,
                Departure::Closed => RELOAD_GRACE,
            };
            (since + grace, departure)
        })
    }

    /// Whether its person is in the call by it, or may come to be.
    pub(crate) fn is_taken(&self) -> bool {
        self.presence == Presence::Here
    }

    /// The device is there.
    pub(crate) fn sit(&mut self, device: DeviceId) {
        self.device = Some(device);
        self.away = None;
    }

    /// The device has lost its connection.
    pub(crate) fn lose(&mut self, now: Duration, departure: Departure) {
        self.away = self.away.or(Some(Away { since: now, departure }));
    }

    /// Its person is in the call by another ring, or in none any more.
    pub(crate) fn vacate(&mut self) {
        self.presence = Presence::Elsewhere;
        self.away = None;
    }
}

/// The one at the other end.
pub(crate) fn other(side: RingSide) -> RingSide {
    match side {
        RingSide::Caller => RingSide::Callee,
        RingSide::Callee => RingSide::Caller,
    }
}
