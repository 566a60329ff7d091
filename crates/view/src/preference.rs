//! What a person wants of every call in a browser.

use strum::EnumCount;

/// Something that is on until somebody turns it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumCount)]
pub enum Preference {
    /// A sound when somebody joins or leaves a small call.
    Sounds,
    /// Keys that do what buttons do.
    Shortcuts,
    /// One's own picture as in a mirror; the others see it as it is.
    Mirror,
    /// To be told when one talks and is muted. The microphone stays open for that, and nothing of it is sent.
    TalkWhileMuted,
    /// Letters of a shared screen are sharp, and motion in it is not smooth; else the other way round.
    SharpText,
}

impl Preference {
    /// Each of them.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Sounds, Self::Shortcuts, Self::Mirror, Self::TalkWhileMuted, Self::SharpText];

    const fn bit(self) -> u8 {
        match self {
            Self::Sounds => 1,
            Self::Shortcuts => 1 << 1,
            Self::Mirror => 1 << 2,
            Self::TalkWhileMuted => 1 << 3,
            Self::SharpText => 1 << 4,
        }
    }
}

/// Which of them somebody wants; all, to begin with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    unwanted: u8,
}

impl Preferences {
    /// Whether one is wanted.
    pub const fn has(self, what: Preference) -> bool {
        self.unwanted & what.bit() == 0
    }

    /// The same, with one wanted or not.
    #[must_use]
    pub const fn with(self, what: Preference, on: bool) -> Self {
        let others = self.unwanted & !what.bit();
        Self { unwanted: if on { others } else { others | what.bit() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_preferences_are_among_all_of_them() {
        // A new one does not compile here until it has a place.
        let index = |one: Preference| match one {
            Preference::Sounds => 0,
            Preference::Shortcuts => 1,
            Preference::Mirror => 2,
            Preference::TalkWhileMuted => 3,
            Preference::SharpText => 4,
        };
        assert_eq!(Preference::ALL.map(index), std::array::from_fn(|at| at));
    }

    #[test]
    fn each_is_wanted_until_it_is_not_and_none_changes_another() {
        for one in Preference::ALL {
            let without = Preferences::default().with(one, false);
            for other in Preference::ALL {
                assert_eq!(without.has(other), one != other, "{one:?} {other:?}");
            }
            assert_eq!(without.with(one, true), Preferences::default());
        }
    }
}
