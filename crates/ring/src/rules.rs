//! Whether somebody may ring somebody, by rules that storage has read. Everything that a caller may not tell apart comes out as one value.

/// What a person wants of those who call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallRules {
    /// Who may ring.
    pub who: WhoMayRing,
    /// When nobody may: from and until, in minutes of the person's day (0 to 1439). Where the second is lower, midnight lies between. Equal
    /// ones are the whole day.
    pub do_not_disturb: Option<(u16, u16)>,
}

/// Who may ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhoMayRing {
    /// Whoever has the ID.
    Anyone,
    /// People they know; others leave a request.
    Known,
    /// Nobody.
    Nobody,
}

/// What the person called is to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// They have never talked.
    Stranger,
    /// They have talked, or the caller was allowed.
    Known,
    /// The caller is blocked.
    Blocked,
}

/// What comes of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It rings, where there is a device: by somebody who is this to the person called.
    Rings(Relation),
    /// It becomes a request.
    AsksFirst,
    /// It reaches nobody, and the caller does not learn why.
    Unreachable(Trace),
}

/// What the person called finds of a ring that did not reach them. Nothing that a caller sees or can measure depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// A missed call.
    Missed,
    /// Nothing.
    None,
}

impl Admission {
    /// Decides. `rules` are those of the person called, `None` when there is nobody with that ID; `minute` is the minute of their day.
    pub fn decide(rules: Option<&CallRules>, relation: Relation, minute: u16) -> Self {
        let Some(rules) = rules else { return Self::Unreachable(Trace::None) };
        if relation == Relation::Blocked {
            return Self::Unreachable(Trace::None);
        }
        if rules.do_not_disturb.is_some_and(|times| is_within(times, minute)) {
            return Self::Unreachable(Trace::Missed);
        }
        match (rules.who, relation) {
            (WhoMayRing::Nobody, _) => Self::Unreachable(Trace::Missed),
            (WhoMayRing::Known, Relation::Stranger) => Self::AsksFirst,
            (WhoMayRing::Known | WhoMayRing::Anyone, relation) => Self::Rings(relation),
        }
    }
}

fn is_within((from, until): (u16, u16), minute: u16) -> bool {
    if from < until { (from..until).contains(&minute) } else { minute >= from || minute < until }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(who: WhoMayRing, do_not_disturb: Option<(u16, u16)>) -> CallRules {
        CallRules { who, do_not_disturb }
    }

    #[test]
    fn who_may_ring_is_what_the_person_wants() {
        use Relation::{Blocked, Known, Stranger};
        for (who, relation, admission) in [
            (WhoMayRing::Anyone, Stranger, Admission::Rings(Stranger)),
            (WhoMayRing::Anyone, Known, Admission::Rings(Known)),
            (WhoMayRing::Known, Stranger, Admission::AsksFirst),
            (WhoMayRing::Known, Known, Admission::Rings(Known)),
            (WhoMayRing::Nobody, Known, Admission::Unreachable(Trace::Missed)),
            (WhoMayRing::Anyone, Blocked, Admission::Unreachable(Trace::None)),
            (WhoMayRing::Known, Blocked, Admission::Unreachable(Trace::None)),
        ] {
            assert_eq!(
                Admission::decide(Some(&rules(who, None)), relation, 0),
                admission,
                "{who:?} {relation:?}"
            );
        }
        assert_eq!(Admission::decide(None, Stranger, 0), Admission::Unreachable(Trace::None));
    }

    #[test]
    fn do_not_disturb_holds_between_its_times_also_over_midnight() {
        let at = |times, minute| {
            let rules = rules(WhoMayRing::Anyone, Some(times));
            Admission::decide(Some(&rules), Relation::Known, minute) == Admission::Unreachable(Trace::Missed)
        };
        assert_eq!([599, 600, 659, 660].map(|minute| at((600, 660), minute)), [false, true, true, false]);
        assert_eq!(
            [1319, 1320, 0, 419, 420].map(|minute| at((1320, 420), minute)),
            [false, true, true, true, false]
        );
        assert!([0, 700, 1439].iter().all(|minute| at((480, 480), *minute)));
    }

    #[test]
    fn who_is_blocked_learns_nothing_of_do_not_disturb_and_leaves_no_trace() {
        let rules = rules(WhoMayRing::Known, Some((0, 0)));
        assert_eq!(
            Admission::decide(Some(&rules), Relation::Blocked, 3),
            Admission::Unreachable(Trace::None)
        );
    }
}
