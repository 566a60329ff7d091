//! Where a list of messages is scrolled to when it has changed: who reads the end goes on reading the end, who reads older ones
//! is left where they are.

/// How a list is scrolled, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ScrollPosition {
    /// How much is above the window.
    pub(super) top: i32,
    /// How high the whole list is.
    pub(super) height: i32,
    /// How high the window is.
    pub(super) window: i32,
}

/// What has changed in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Older messages were read: it has grown at its beginning.
    Older,
    /// The person at this browser wrote.
    Mine,
    /// Anything else.
    Other,
}

/// So far from the end counts as the end: the height of a line.
const END: i32 = 40;

impl ScrollPosition {
    pub(super) fn is_at_end(self) -> bool {
        self.top + self.window + END >= self.height
    }

    /// Where it is once the list says that it was scrolled. It says so a moment later, when more may have come: that is not what it was scrolled
    /// away from.
    pub(super) fn scrolled(self, seen: Self) -> Self {
        let height = if self.height > 0 { seen.height.min(self.height) } else { seen.height };
        Self { height, ..seen }
    }

    /// Where to scroll now that the list has this height; `None` is nowhere.
    pub(super) fn after(self, change: Change, height: i32) -> Option<i32> {
        match change {
            Change::Mine => Some(height),
            Change::Older if self.height > 0 && self.top < self.height - self.window => {
                Some(self.top + height - self.height)
            }
            Change::Older | Change::Other => self.is_at_end().then_some(height),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READS_OLDER: ScrollPosition = ScrollPosition { top: 100, height: 2_000, window: 400 };
    const READS_THE_END: ScrollPosition = ScrollPosition { top: 1_590, height: 2_000, window: 400 };

    #[test]
    fn who_reads_older_messages_is_left_there_when_somebody_writes() {
        assert_eq!(READS_OLDER.after(Change::Other, 2_060), None);
    }

    #[test]
    fn who_reads_the_end_goes_on_reading_it() {
        assert_eq!(READS_THE_END.after(Change::Other, 2_060), Some(2_060));
        assert_eq!(ScrollPosition::default().after(Change::Other, 2_060), Some(2_060));
    }

    #[test]
    fn who_reads_the_end_goes_on_reading_it_when_the_next_message_is_there_before_the_scroll_is_told() {
        let told = READS_THE_END.scrolled(ScrollPosition { height: 2_755, ..READS_THE_END });
        assert_eq!(told.after(Change::Other, 2_755), Some(2_755));
        let away = READS_THE_END.scrolled(ScrollPosition { top: 900, height: 2_755, window: 400 });
        assert_eq!(away.after(Change::Other, 2_755), None, "who has scrolled up is left there");
        let first = ScrollPosition::default().scrolled(READS_OLDER);
        assert_eq!(first, READS_OLDER);
    }

    #[test]
    fn who_writes_sees_what_they_wrote() {
        assert_eq!(READS_OLDER.after(Change::Mine, 2_060), Some(2_060));
    }

    #[test]
    fn older_messages_move_nothing_that_is_being_read() {
        assert_eq!(READS_OLDER.after(Change::Older, 3_000), Some(1_100));
    }
}
