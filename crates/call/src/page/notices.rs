//! What is said once, or shown for a moment.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::{DisplayName, ParticipantId, Reaction};
use view::{AnyNotice, Notice, Numbered, Refusal};

/// Notices on the page at once. Each is shown for some seconds, and many people may leave together.
const NOTICES_KEPT: usize = 4;

/// How long a reaction is shown.
const REACTION_SHOWN_FOR: Duration = Duration::from_secs(4);

/// How many reactions are shown at once: a crowd that claps is seen to clap with these.
const REACTIONS_SHOWN: usize = 64;

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// The last few, oldest first.
    said: Vec<Numbered<AnyNotice>>,
    reactions: VecDeque<(Duration, Numbered<ShownReaction>)>,
    refusal: Option<Numbered<Refusal>>,
    unsent: Option<Numbered<String>>,
    numbers: u32,
}

/// A reaction that is shown for a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownReaction {
    /// Whose: `None` is the person at this browser.
    pub from: Option<ParticipantId>,
    /// What they are called.
    pub name: DisplayName,
    /// What is shown.
    pub reaction: Reaction,
}

impl Notices {
    pub(super) fn notify(&mut self, now: Duration, notice: Notice) {
        if let Notice::Reacted { from, name, reaction } = &notice {
            let shown = ShownReaction { from: *from, name: name.clone(), reaction: *reaction };
            self.react(now, shown);
        }
        if let Notice::NotSealed { text } = &notice {
            self.unsent = Some(self.number(text.clone()));
        }
        if let Notice::Refused(code) = &notice {
            self.refuse(Refusal::Server(*code));
        }
        self.say(AnyNotice::Call(notice));
    }

    pub(super) fn say(&mut self, said: AnyNotice) {
        let said = self.number(said);
        self.said.push(said);
        if self.said.len() > NOTICES_KEPT {
            self.said.remove(0);
        }
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refusal = Some(self.number(refusal));
    }

    fn react(&mut self, now: Duration, shown: ShownReaction) {
        let shown = self.number(shown);
        self.reactions.push_back((now + REACTION_SHOWN_FOR, shown));
        if self.reactions.len() > REACTIONS_SHOWN {
            self.reactions.pop_front();
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        self.reactions.retain(|(until, _)| *until > now);
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.reactions.front().map(|(until, _)| *until)
    }

    pub(super) fn said(&self) -> &[Numbered<AnyNotice>] {
        &self.said
    }

    pub(super) fn reactions(&self) -> impl Iterator<Item = &Numbered<ShownReaction>> {
        self.reactions.iter().map(|(_, shown)| shown)
    }

    pub(super) fn refusal(&self) -> Option<&Numbered<Refusal>> {
        self.refusal.as_ref()
    }

    pub(super) fn unsent(&self) -> Option<&Numbered<String>> {
        self.unsent.as_ref()
    }

    fn number<T>(&mut self, what: T) -> Numbered<T> {
        self.numbers = self.numbers.wrapping_add(1);
        Numbered { number: self.numbers, what }
    }
}
