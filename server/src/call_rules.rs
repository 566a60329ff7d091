//! Who may ring somebody: from what storage keeps to what decides.

use protocol::Timestamp;
use ring::{CallRules, WhoMayRing};

/// As the machine decides by them. Who is not to be disturbed until a moment is not to be disturbed all day.
pub(crate) fn rules_of(rules: &storage::CallRules, now: Timestamp) -> CallRules {
    let all_day = rules.undisturbed_until.filter(|until| now < *until).map(|_| (0, 0));
    CallRules {
        who: match rules.who_may_ring {
            storage::WhoMayRing::Anyone => WhoMayRing::Anyone,
            storage::WhoMayRing::Known => WhoMayRing::Known,
            storage::WhoMayRing::Nobody => WhoMayRing::Nobody,
        },
        do_not_disturb: all_day.or(rules.quiet_hours.map(|hours| (hours.from(), hours.until()))),
    }
}

/// In UTC, as storage has quiet hours.
pub(crate) fn minute_of_day(now: Timestamp) -> u16 {
    u16::try_from(now.0 / 60_000 % u64::from(storage::QuietHours::MINUTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use storage::QuietHours;

    use super::*;

    #[test]
    fn the_day_is_that_of_utc_and_a_moment_counts_as_all_day_until_it_is_there() {
        assert_eq!(minute_of_day(Timestamp(1_782_000_000_000)), 0);
        assert_eq!(minute_of_day(Timestamp(1_782_000_000_000 + 86_399_999)), 1_439);
        let rules = storage::CallRules {
            quiet_hours: QuietHours::new(60, 120),
            undisturbed_until: Some(Timestamp(500)),
            ..storage::CallRules::default()
        };
        assert_eq!(rules_of(&rules, Timestamp(499)).do_not_disturb, Some((0, 0)));
        assert_eq!(rules_of(&rules, Timestamp(500)).do_not_disturb, Some((60, 120)));
    }
}
