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

/// Who comes or goes so soon after another is told of together with whoever else does.
const TOGETHER_WITHIN: Duration = Duration::from_secs(2);

/// The machine's part.
#[derive(Debug, Default)]
pub(super) struct Notices {
    /// The last few, oldest first.
    said: Vec<Numbered<AnyNotice>>,
    reactions: VecDeque<(Duration, Numbered<ShownReaction>)>,
    joins: Crowd,
    leaves: Crowd,
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
        let to_say = if let Notice::ParticipantJoined(name) = notice {
            // Of the same person, what came first is said first.
            self.say_who_left(now, Told::All);
            self.joins.comes(now, name).map(Notice::ParticipantJoined)
        } else if let Notice::ParticipantLeft(name) = notice {
            self.say_who_joined(now, Told::All);
            self.leaves.comes(now, name).map(Notice::ParticipantLeft)
        } else {
            Some(notice)
        };
        if let Some(notice) = to_say {
            self.say(AnyNotice::Call(notice));
        }
    }

    fn say_who_joined(&mut self, now: Duration, told: Told) {
        if let Some((name, others)) = self.joins.take(now, told) {
            let one = others == 0;
            let notice =
                if one { Notice::ParticipantJoined(name) } else { Notice::ManyJoined { name, others } };
            self.say(AnyNotice::Call(notice));
        }
    }

    fn say_who_left(&mut self, now: Duration, told: Told) {
        if let Some((name, others)) = self.leaves.take(now, told) {
            let one = others == 0;
            let notice = if one { Notice::ParticipantLeft(name) } else { Notice::ManyLeft { name, others } };
            self.say(AnyNotice::Call(notice));
        }
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
        self.say_who_joined(now, Told::Due);
        self.say_who_left(now, Told::Due);
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        let reaction = self.reactions.front().map(|(until, _)| *until);
        [reaction, self.joins.due_at(), self.leaves.due_at()].into_iter().flatten().min()
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

/// People who come, or go, shortly after one another. The first is told of at once; whoever follows within the time is told of when it
/// is over, all of them together.
#[derive(Debug, Default)]
struct Crowd {
    /// Until when whoever comes waits.
    until: Option<Duration>,
    first: Option<DisplayName>,
    others: usize,
}

impl Crowd {
    /// Gives back the name when it is to be told of now.
    fn comes(&mut self, now: Duration, name: DisplayName) -> Option<DisplayName> {
        if self.until.is_none_or(|until| now >= until) && self.first.is_none() {
            self.until = Some(now + TOGETHER_WITHIN);
            return Some(name);
        }
        match &self.first {
            None => self.first = Some(name),
            Some(_) => self.others += 1,
        }
        None
    }

    fn due_at(&self) -> Option<Duration> {
        self.until.filter(|_| self.first.is_some())
    }

    /// Who is to be told of now: the first, and how many more.
    fn take(&mut self, now: Duration, told: Told) -> Option<(DisplayName, usize)> {
        if told == Told::Due && self.due_at().is_none_or(|due| now < due) {
            return None;
        }
        let first = self.first.take()?;
        self.until = Some(now + TOGETHER_WITHIN);
        Some((first, std::mem::take(&mut self.others)))
    }
}

/// Of whom it is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Those whose time is over.
    Due,
    /// All who wait.
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> DisplayName {
        DisplayName::parse(text).unwrap()
    }

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn said(notices: &Notices) -> Vec<Notice> {
        let of_call = |notice: &Numbered<AnyNotice>| match &notice.what {
            AnyNotice::Call(notice) => Some(notice.clone()),
            AnyNotice::Page(_) => None,
        };
        notices.said().iter().filter_map(of_call).collect()
    }

    #[test]
    fn a_crowd_is_told_of_as_one_and_nobody_twice() {
        let mut notices = Notices::default();
        for (millis, who) in [(0, "Ada"), (100, "Bob"), (200, "Cleo"), (300, "Dan")] {
            notices.notify(at(millis), Notice::ParticipantJoined(name(who)));
        }
        assert_eq!(said(&notices), [Notice::ParticipantJoined(name("Ada"))]);
        assert_eq!(notices.poll_timeout(), Some(at(2_000)));
        notices.handle_timeout(at(2_000));
        let together = Notice::ManyJoined { name: name("Bob"), others: 2 };
        assert_eq!(said(&notices), [Notice::ParticipantJoined(name("Ada")), together]);
        assert_eq!(notices.poll_timeout(), None);
    }

    #[test]
    fn who_comes_later_is_told_of_at_once() {
        let mut notices = Notices::default();
        notices.notify(at(0), Notice::ParticipantLeft(name("Ada")));
        notices.notify(at(2_000), Notice::ParticipantLeft(name("Bob")));
        assert_eq!(said(&notices).len(), 2);
    }

    #[test]
    fn who_leaves_has_joined_before() {
        let mut notices = Notices::default();
        for (millis, who) in [(0, "Ada"), (500, "Bob")] {
            notices.notify(at(millis), Notice::ParticipantJoined(name(who)));
        }
        notices.notify(at(1_000), Notice::ParticipantLeft(name("Bob")));
        let joined = ["Ada", "Bob"].map(|who| Notice::ParticipantJoined(name(who)));
        let expected: Vec<_> = joined.into_iter().chain([Notice::ParticipantLeft(name("Bob"))]).collect();
        assert_eq!(said(&notices), expected);
    }

    #[test]
    fn one_who_follows_alone_is_told_of_alone() {
        let mut notices = Notices::default();
        notices.notify(at(0), Notice::ParticipantJoined(name("Ada")));
        notices.notify(at(500), Notice::ParticipantJoined(name("Bob")));
        notices.handle_timeout(at(2_100));
        let expected = ["Ada", "Bob"].map(|who| Notice::ParticipantJoined(name(who)));
        assert_eq!(said(&notices), expected);
    }
}
