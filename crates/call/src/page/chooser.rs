//! Which device a source is captured from. Choices and captures may overtake each other: the last choice wins, a capture
//! that was overtaken counts for nothing, and a choice that fails leaves the one before it.

/// Tells the attempts to capture from one source apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt(u32);

/// The choice of a device of one source.
#[derive(Clone, Debug, Default)]
pub(super) struct Chooser {
    /// What was chosen and has delivered, or was chosen in an earlier visit.
    kept: Option<String>,
    /// What was chosen since, and has not delivered yet.
    tried: Option<String>,
    last: Attempt,
    is_waiting: bool,
}

/// What an attempt has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Another one was begun after it, or it is no longer wanted: nothing of it is used.
    Overtaken,
    /// It is the last. Remember this choice, where it is another one.
    Counts {
        /// What to remember.
        remember: Option<String>,
    },
}

impl Chooser {
    /// With the choice of an earlier visit.
    pub(super) fn new(kept: Option<String>) -> Self {
        Self { kept, ..Self::default() }
    }

    /// The person chooses.
    pub(super) fn choose(&mut self, device: String) {
        self.tried = Some(device);
    }

    /// The device to ask for: the last chosen, if any was.
    pub(super) fn wanted(&self) -> Option<&str> {
        self.tried.as_deref().or(self.kept.as_deref())
    }

    /// The choice that stands when the last one fails.
    pub(super) fn kept(&self) -> Option<&str> {
        self.kept.as_deref()
    }

    /// Whether an attempt is under way.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_waiting
    }

    /// A capture begins; those before it are overtaken.
    pub(super) fn begin(&mut self) -> Attempt {
        self.last = Attempt(self.last.0.wrapping_add(1));
        self.is_waiting = true;
        self.last
    }

    /// The source is not wanted any more; what was begun is overtaken.
    pub(super) fn stop(&mut self) {
        self.is_waiting = false;
    }

    /// An attempt has brought a track, of this device where the browser says so.
    pub(super) fn delivered(&mut self, attempt: Attempt, device: Option<&str>) -> Verdict {
        if !self.counts(attempt) {
            return Verdict::Overtaken;
        }
        // Another device than the chosen one stands in for it while that is away.
        let remember = self.tried.take().filter(|tried| device.is_none_or(|device| device == tried));
        if let Some(chosen) = &remember {
            self.kept = Some(chosen.clone());
        }
        Verdict::Counts { remember }
    }

    /// An attempt has failed; the choice before it stands.
    pub(super) fn failed(&mut self, attempt: Attempt) -> Verdict {
        if !self.counts(attempt) {
            return Verdict::Overtaken;
        }
        self.tried = None;
        Verdict::Counts { remember: None }
    }

    fn counts(&mut self, attempt: Attempt) -> bool {
        let counts = self.is_waiting && attempt == self.last;
        self.is_waiting &= !counts;
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(device: &str) -> Verdict {
        Verdict::Counts { remember: Some(device.to_owned()) }
    }

    #[test]
    fn of_two_quick_choices_the_last_wins_whichever_is_slower() {
        let mut chooser = Chooser::default();
        chooser.choose("slow".to_owned());
        let slow = chooser.begin();
        chooser.choose("quick".to_owned());
        let quick = chooser.begin();
        assert_eq!(chooser.delivered(quick, Some("quick")), kept("quick"));
        assert_eq!(chooser.delivered(slow, Some("slow")), Verdict::Overtaken);
        assert_eq!(chooser.wanted(), Some("quick"));
    }

    #[test]
    fn a_failed_choice_leaves_the_one_before() {
        let mut chooser = Chooser::new(Some("good".to_owned()));
        chooser.choose("broken".to_owned());
        assert_eq!(chooser.wanted(), Some("broken"));
        let attempt = chooser.begin();
        assert_eq!(chooser.failed(attempt), Verdict::Counts { remember: None });
        assert_eq!(chooser.wanted(), Some("good"));
    }

    #[test]
    fn the_failure_of_a_choice_that_was_overtaken_says_nothing_of_the_last() {
        let mut chooser = Chooser::default();
        chooser.choose("broken".to_owned());
        let broken = chooser.begin();
        chooser.choose("good".to_owned());
        let good = chooser.begin();
        assert_eq!(chooser.failed(broken), Verdict::Overtaken);
        assert_eq!(chooser.delivered(good, None), kept("good"));
    }

    #[test]
    fn what_comes_after_the_source_was_turned_off_is_not_used() {
        let mut chooser = Chooser::default();
        let attempt = chooser.begin();
        chooser.stop();
        assert_eq!(chooser.delivered(attempt, None), Verdict::Overtaken);
    }

    #[test]
    fn a_device_that_stands_in_for_the_chosen_one_does_not_take_its_place() {
        let mut chooser = Chooser::new(Some("desk".to_owned()));
        let attempt = chooser.begin();
        assert_eq!(chooser.delivered(attempt, Some("laptop")), Verdict::Counts { remember: None });
        assert_eq!(chooser.wanted(), Some("desk"));
    }
}
