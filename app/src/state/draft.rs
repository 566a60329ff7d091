//! What somebody is writing: the text and for whom it is. It lives as long as the page, whatever panel is open, and is given
//! up only to a message that is on its way.

use protocol::limits::MAX_CHAT_TEXT_BYTES;
use protocol::{ChatTarget, ParticipantId};

use view::Numbered;

/// A message that is being written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    text: String,
    to: Option<Recipient>,
    /// The number of the last message that came back.
    came_back: u32,
}

/// Somebody to whom alone a message goes. The name is kept for when they have left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The participant concerned.
    pub id: ParticipantId,
    /// What they are called.
    pub name: String,
}

/// Why a message is not sent as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftProblem {
    /// So many characters have to go.
    TooLong {
        /// How many.
        characters: usize,
    },
    /// The one for whom it is has left. It goes to nobody else.
    Gone {
        /// Their name.
        name: String,
    },
}

impl Draft {
    /// What is written so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// For whom alone it is; `None` is everyone.
    pub fn to(&self) -> Option<&Recipient> {
        self.to.as_ref()
    }

    /// Goes on with this text.
    pub fn write(&mut self, text: String) {
        self.text = text;
    }

    /// Is for somebody else from now on. What is written stays.
    pub fn address(&mut self, to: Option<Recipient>) {
        self.to = to;
    }

    /// Why it cannot be sent as it is.
    pub fn problem(&self, is_here: impl Fn(ParticipantId) -> bool) -> Option<DraftProblem> {
        if let Some(gone) = self.to.as_ref().filter(|to| !is_here(to.id)) {
            return Some(DraftProblem::Gone { name: gone.name.clone() });
        }
        let text = self.text.trim();
        // The limit counts bytes, and people count characters.
        let fitting = text.floor_char_boundary(MAX_CHAT_TEXT_BYTES);
        let characters = text.get(fitting..).unwrap_or_default().chars().count();
        (characters > 0).then_some(DraftProblem::TooLong { characters })
    }

    /// About how many characters more there is room for, once it is worth knowing.
    pub fn room_left(&self) -> Option<usize> {
        let text = self.text.trim();
        let left = MAX_CHAT_TEXT_BYTES.checked_sub(text.len())?;
        let bytes_each = text.len().div_ceil(text.chars().count().max(1)).max(1);
        (left < MAX_CHAT_TEXT_BYTES / 5).then_some(left / bytes_each)
    }

    /// Takes the message out to be sent; `None`, and nothing is taken, when it cannot be or is empty.
    pub fn take(&mut self, is_here: impl Fn(ParticipantId) -> bool) -> Option<(ChatTarget, String)> {
        let text = self.text.trim().to_owned();
        if text.is_empty() || self.problem(is_here).is_some() {
            return None;
        }
        self.text.clear();
        let to = self.to.as_ref().map_or(ChatTarget::Everyone, |to| ChatTarget::Participant(to.id));
        Some((to, text))
    }

    /// A message could not be sent after all: its text is here again, before what was written since. True when it was not
    /// known yet.
    pub fn take_back(&mut self, unsent: &Numbered<String>) -> bool {
        if unsent.number <= self.came_back {
            return false;
        }
        self.came_back = unsent.number;
        let since = std::mem::take(&mut self.text);
        self.text = if since.is_empty() { unsent.what.clone() } else { format!("{}\n{since}", unsent.what) };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bob() -> Recipient {
        Recipient { id: "00000000-0000-0000-0000-000000000009".parse().unwrap(), name: "Bob".to_owned() }
    }

    fn draft(text: &str, to: Option<Recipient>) -> Draft {
        Draft { text: text.to_owned(), to, came_back: 0 }
    }

    const ALL: fn(ParticipantId) -> bool = |_| true;
    const NOBODY: fn(ParticipantId) -> bool = |_| false;

    #[test]
    fn what_is_meant_for_one_goes_to_nobody_when_they_are_gone_and_is_kept() {
        let mut written = draft("just you", Some(bob()));
        assert_eq!(written.problem(NOBODY), Some(DraftProblem::Gone { name: "Bob".to_owned() }));
        assert_eq!(written.take(NOBODY), None);
        assert_eq!((written.text(), written.to()), ("just you", Some(&bob())));
        assert_eq!(written.take(ALL), Some((ChatTarget::Participant(bob().id), "just you".to_owned())));
        assert_eq!((written.text(), written.to()), ("", Some(&bob())));
    }

    #[test]
    fn a_text_that_is_too_long_is_kept_and_says_by_how_many_characters() {
        for (text, excess) in [("x".repeat(7_000), 1_100), ("ж".repeat(3_500), 550), ("😀".repeat(1_476), 1)]
        {
            let mut written = draft(&text, None);
            assert_eq!(written.problem(ALL), Some(DraftProblem::TooLong { characters: excess }));
            assert_eq!(written.take(ALL), None);
            assert_eq!(written.text(), text);
        }
        for text in ["x".repeat(5_900), "ж".repeat(2_950)] {
            assert!(draft(&text, None).take(ALL).is_some());
        }
    }

    #[test]
    fn the_room_that_is_left_is_told_when_there_is_little() {
        assert_eq!(draft("hello", None).room_left(), None);
        assert_eq!(draft(&"x".repeat(5_800), None).room_left(), Some(100));
        assert_eq!(draft(&"ж".repeat(2_850), None).room_left(), Some(100));
        assert_eq!(draft(&"x".repeat(6_001), None).room_left(), None);
    }

    #[test]
    fn a_message_that_comes_back_is_there_once_and_before_what_was_written_since() {
        let unsent = Numbered { number: 3, what: "first".to_owned() };
        let mut written = draft("second", None);
        assert!(written.take_back(&unsent));
        assert!(!written.take_back(&unsent));
        assert_eq!(written.text(), "first\nsecond");
    }

    #[test]
    fn nothing_is_not_sent() {
        assert_eq!(draft(" \n ", None).take(ALL), None);
    }
}
