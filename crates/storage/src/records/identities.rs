//! Call identities and their rules.

use protocol::{CallId, PublicKey, Timestamp};

/// Somebody who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallIdentity {
    /// Who it is: the one who has the secret key to this (X25519).
    pub key: PublicKey,
    /// The number by which they are called now.
    pub call_id: CallId,
    /// Who may ring, and when.
    pub rules: CallRules,
    /// The beginning of the day (UTC) on which they were last here.
    pub seen_at: Timestamp,
}

/// Who may ring somebody, and when. The server reads it, because it enforces it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRules {
    /// Who may ring at all.
    pub who_may_ring: WhoMayRing,
    /// The hours of every day in which nobody may.
    pub quiet_hours: Option<QuietHours>,
    /// The time zone (IANA) that they are kept in, as in `Europe/Berlin`; UTC where there is none.
    pub quiet_zone: Option<String>,
    /// Until when nobody may.
    pub undisturbed_until: Option<Timestamp>,
}

/// Who may ring somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhoMayRing {
    /// Whoever has the call ID.
    #[default]
    Anyone,
    /// People who are known; others leave a request.
    Known,
    /// No one.
    Nobody,
}

/// Hours of every day, in minutes since midnight. They go past midnight when they end earlier than they begin, and last the whole day
/// when they end as they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: u16,
    until: u16,
}

impl QuietHours {
    /// How many minutes a day has.
    pub const MINUTES: u16 = 24 * 60;

    /// From a minute (inclusive) until another (exclusive). `None` when a day does not have them.
    pub fn new(from: u16, until: u16) -> Option<Self> {
        (from < Self::MINUTES && until < Self::MINUTES).then_some(Self { from, until })
    }

    /// The first minute, 0 to 1439.
    pub fn from(self) -> u16 {
        self.from
    }

    /// The minute in which they are over, 0 to 1439.
    pub fn until(self) -> u16 {
        self.until
    }
}
