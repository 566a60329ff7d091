//! What the server keeps for the call identity, as components see it: past calls, who is blocked, who may ring.

use protocol::{Acquaintance, CallId, Outcome, PublicKey, RingId, RingSide, WhoMayRing};

/// All of it, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallBook {
    /// Newest first.
    pub calls: Vec<PastCallLine>,
    /// Whether there are older ones.
    pub has_older: bool,
    /// The last blocked first.
    pub blocked: Vec<BlockedLine>,
    /// Whether there are more of them.
    pub has_more_blocked: bool,
    /// Who may ring; nothing before it was read.
    pub rules: Option<RulesLine>,
    /// Whether the last change was not made.
    pub is_refused: bool,
}

/// A call in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCallLine {
    /// Which.
    pub ring: RingId,
    /// The other one.
    pub peer: CallId,
    /// Their key.
    pub key: PublicKey,
    /// What they call themselves, where that is known.
    pub name: Option<String>,
    /// Which end this was.
    pub side: RingSide,
    /// How it ended; nothing while it goes on.
    pub outcome: Option<Outcome>,
    /// Whether it rings, and nobody has answered.
    pub is_ringing: bool,
    /// What the other one is to this person now.
    pub relation: Option<Acquaintance>,
    /// The day on which it was placed.
    pub day: Day,
    /// The time of day, as this browser's owner writes it.
    pub time: String,
    /// Whether it was missed, and is shown for the first time.
    pub is_fresh: bool,
}

/// A day, seen from today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Day {
    /// This one.
    Today,
    /// The one before.
    Yesterday,
    /// Another one, as this browser's owner writes it.
    On(String),
}

/// Somebody who is blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedLine {
    /// Who it is.
    pub key: PublicKey,
    /// What they are called: a name, or their ID.
    pub called: Option<String>,
}

/// Who may ring, and when, by the clock of this browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesLine {
    /// Who may at all.
    pub who_may_ring: WhoMayRing,
    /// The hours of every day in which nobody may.
    pub quiet_hours: Option<LocalHours>,
    /// Until when nobody may.
    pub undisturbed: Option<UndisturbedUntil>,
}

/// Hours of every day, in minutes since midnight here, 0 to 1439.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalHours {
    /// The first minute.
    pub from: u16,
    /// The minute in which they are over.
    pub until: u16,
}

/// The end of not being disturbed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndisturbedUntil {
    /// As this browser's owner writes it.
    Time(String),
    /// Until the person says so.
    TurnedOff,
}

/// For how long somebody does not want to be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undisturbed {
    /// They may be.
    Off,
    /// For so many hours.
    Hours(u8),
    /// Until they say so.
    UntilTurnedOff,
}

impl CallBook {
    /// Those who ask to be allowed, each by the last call with which they did.
    pub fn requests(&self) -> Vec<&PastCallLine> {
        let mut requests: Vec<&PastCallLine> = Vec::new();
        for call in &self.calls {
            let asks = call.relation == Some(Acquaintance::Asked) && call.outcome == Some(Outcome::Asked);
            if asks && call.side == RingSide::Callee && requests.iter().all(|one| one.key != call.key) {
                requests.push(call);
            }
        }
        requests
    }
}

impl PastCallLine {
    /// What the other one is called: their name, or their ID.
    pub fn called(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.peer.to_string())
    }
}

impl LocalHours {
    /// The whole day has so many minutes.
    pub const MINUTES: u16 = 24 * 60;

    /// So many minutes later, round the clock; negative ones are earlier.
    #[must_use]
    pub fn shifted(self, minutes: i32) -> Self {
        let day = i32::from(Self::MINUTES);
        let shift = |minute: u16| {
            let shifted = (i32::from(minute) + minutes).rem_euclid(day);
            u16::try_from(shifted).unwrap_or_default()
        };
        Self { from: shift(self.from), until: shift(self.until) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_the_day_go_round_midnight_in_both_directions() {
        let hours = LocalHours { from: 22 * 60, until: 7 * 60 };
        assert_eq!(hours.shifted(5 * 60), LocalHours { from: 3 * 60, until: 12 * 60 });
        assert_eq!(hours.shifted(-8 * 60), LocalHours { from: 14 * 60, until: 23 * 60 });
        assert_eq!(hours.shifted(-330).shifted(330), hours);
    }

    #[test]
    fn who_asks_twice_is_one_request_and_who_was_answered_is_none() {
        let line = |number: u128, key: &str, relation, outcome| PastCallLine {
            ring: RingId::new(uuid::Uuid::from_u128(number)),
            peer: CallId::nth(1),
            key: PublicKey::new(key.repeat(43)).unwrap(),
            name: None,
            side: RingSide::Callee,
            outcome: Some(outcome),
            is_ringing: false,
            relation,
            day: Day::Today,
            time: String::new(),
            is_fresh: false,
        };
        let asked = Some(Acquaintance::Asked);
        let calls = vec![
            line(4, "A", asked, Outcome::Asked),
            line(3, "A", asked, Outcome::Asked),
            line(2, "Q", Some(Acquaintance::Known), Outcome::Asked),
            line(1, "g", asked, Outcome::NoAnswer),
        ];
        let book = CallBook { calls, ..CallBook::default() };
        assert_eq!(book.requests(), [&book.calls[0]]);
    }
}
