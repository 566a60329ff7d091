//! Who may ring somebody: from what storage keeps to what decides.

use jiff::Timestamp as Moment;
use jiff::tz::{Offset, TimeZone};
use protocol::{TimeZoneName, Timestamp};
use ring::{Admission, CallRules, Relation, WhoMayRing};
use storage::{CallIdentity, QuietHours, Standing};

/// What comes of a ring of somebody who is this to the person called; `None` is nobody.
pub(crate) fn admission_of(
    callee: Option<&CallIdentity>,
    caller: Option<Standing>,
    now: Timestamp,
) -> Admission {
    let relation = match caller {
        Some(Standing::Known) => Relation::Known,
        Some(Standing::Blocked) => Relation::Blocked,
        Some(Standing::Asked) | None => Relation::Stranger,
    };
    let minute = callee.map_or(0, |callee| minute_of_day(&callee.rules, now));
    let rules = callee.map(|callee| rules_of(&callee.rules, now));
    Admission::decide(rules.as_ref(), relation, minute)
}

/// Whether this program knows a time zone.
pub(crate) fn is_known(zone: &TimeZoneName) -> bool {
    TimeZone::get(zone.as_str()).is_ok()
}

/// As the machine decides by them. Who is not to be disturbed until a moment is not to be disturbed all day.
fn rules_of(rules: &storage::CallRules, now: Timestamp) -> CallRules {
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

/// The minute of the day in which quiet hours are kept: that of their time zone, or of UTC where they have none.
fn minute_of_day(rules: &storage::CallRules, now: Timestamp) -> u16 {
    let zone = rules.quiet_zone.as_deref().and_then(|zone| TimeZone::get(zone).ok());
    let moment = i64::try_from(now.0).ok().and_then(|millis| Moment::from_millisecond(millis).ok());
    let offset = zone.zip(moment).map_or(Offset::UTC, |(zone, moment)| zone.to_offset(moment));
    let day = i64::from(QuietHours::MINUTES) * 60;
    let second =
        (i64::try_from(now.0 / 1_000).unwrap_or_default() + i64::from(offset.seconds())).rem_euclid(day);
    u16::try_from(second / 60).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60 * 1_000;

    /// Midnight in universal time, in the summer and in the winter of 2026.
    const SUMMER: u64 = 1_782_000_000_000;
    const WINTER: u64 = SUMMER + 180 * 24 * HOUR;

    fn at_night(zone: Option<&str>) -> storage::CallRules {
        storage::CallRules {
            quiet_hours: QuietHours::new(22 * 60, 7 * 60),
            quiet_zone: zone.map(str::to_owned),
            ..storage::CallRules::default()
        }
    }

    #[test]
    fn a_moment_counts_as_all_day_until_it_is_there() {
        let rules = storage::CallRules {
            quiet_hours: QuietHours::new(60, 120),
            undisturbed_until: Some(Timestamp(500)),
            ..storage::CallRules::default()
        };
        assert_eq!(rules_of(&rules, Timestamp(499)).do_not_disturb, Some((0, 0)));
        assert_eq!(rules_of(&rules, Timestamp(500)).do_not_disturb, Some((60, 120)));
    }

    #[test]
    fn hours_without_a_zone_are_those_of_utc_as_they_were() {
        let minute = |millis| minute_of_day(&at_night(None), Timestamp(millis));
        assert_eq!([minute(SUMMER), minute(SUMMER + 24 * HOUR - 1), minute(WINTER)], [0, 1_439, 0]);
    }

    #[test]
    fn quiet_hours_begin_at_the_same_hour_in_summer_and_in_winter() {
        let rings = |zone, millis| {
            let identity = CallIdentity {
                key: protocol::PublicKey::new("A".repeat(43)).unwrap(),
                call_id: protocol::CallId::nth(1),
                rules: at_night(Some(zone)),
                seen_at: Timestamp(0),
            };
            admission_of(Some(&identity), None, Timestamp(millis)) == Admission::Rings(Relation::Stranger)
        };
        // Ten in the evening is at 20:00 UTC in summer, and at 21:00 UTC in winter.
        let [before, after] = [19 * HOUR + 59 * 60_000, 20 * HOUR];
        assert_eq!([SUMMER + before, SUMMER + after].map(|at| rings("Europe/Berlin", at)), [true, false]);
        assert_eq!([WINTER + before, WINTER + after].map(|at| rings("Europe/Berlin", at)), [true, true]);
        assert!(!rings("Europe/Berlin", WINTER + 21 * HOUR));
        // Where days are ahead of those of UTC, and in a zone of half hours.
        assert!(!rings("Pacific/Auckland", SUMMER + 10 * HOUR));
        assert!(rings("Asia/Kolkata", SUMMER + 16 * HOUR + 29 * 60_000));
        assert!(!rings("Asia/Kolkata", SUMMER + 16 * HOUR + 30 * 60_000));
    }

    #[test]
    fn a_zone_that_nobody_knows_is_told_from_one_that_there_is() {
        let known = |name: &str| is_known(&TimeZoneName::new(name.to_owned()).unwrap());
        assert!(known("Europe/Berlin") && known("America/Argentina/Buenos_Aires") && known("UTC"));
        assert!(!known("Middle/Earth"));
    }
}
