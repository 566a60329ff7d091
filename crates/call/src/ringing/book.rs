//! What the server keeps for the identity, as this device knows it: past calls, who is blocked, who may ring. It is read when the device is
//! connected, and again whenever something has changed; what the person changes is shown at once and said until the server has taken it.

use std::collections::{BTreeSet, VecDeque};

use protocol::limits::HISTORY_PAGE;
use protocol::{
    Acquaintance, BlockedPerson, CallRules, ContactRule, ErrorCode, HistoryChange, HistoryCursor, MessageId,
    PastCall, PublicKey, RingId, RingMessage,
};

/// Changes that wait for the server. Of more the oldest are given up, and the next reading shows that they were not made.
const MAX_WAITING: usize = 32;

/// Where the numbers of its messages begin, so that they are no others'.
const FIRST_NUMBER: u64 = 1 << 40;

/// What is kept, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Newest first.
    pub calls: Vec<PastCall>,
    /// Whether there are older ones.
    pub has_older: bool,
    /// Missed calls that were shown for the first time by this page: it marks them as long as it lives.
    pub fresh: BTreeSet<RingId>,
    /// Who may ring; not known yet without.
    pub rules: Option<CallRules>,
    /// Who may not, the last first.
    pub blocked: Vec<BlockedPerson>,
    /// Whether there are more of them.
    pub has_more_blocked: bool,
    /// Why the last change was not made.
    pub problem: Option<ErrorCode>,
}

/// The book of a device.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// Whether the person sees any of it.
    is_wanted: bool,
    book: Book,
    /// Changes that the server may not have taken, each with its number.
    waiting: VecDeque<(MessageId, RingMessage)>,
    last_number: u64,
    /// The pages of the history that were asked for, in that order, with where each begins.
    reading: VecDeque<(MessageId, Option<HistoryCursor>)>,
}

/// A message with its number, if an answer has to name it.
pub(super) type Said = (Option<MessageId>, RingMessage);

impl Keeper {
    pub(super) fn book(&self) -> &Book {
        &self.book
    }

    /// The person sees it from now on, or does not: what is to be said.
    pub(super) fn show(&mut self, is_shown: bool) -> Vec<Said> {
        self.is_wanted = is_shown;
        self.read_again()
    }

    /// On a new socket: what waits, then a reading of everything.
    pub(super) fn connected(&mut self) -> Vec<Said> {
        self.reading.clear();
        let mut said: Vec<_> =
            self.waiting.iter().map(|(id, message)| (Some(*id), message.clone())).collect();
        said.extend(self.read_again());
        said
    }

    /// Something has changed: by this device, whose oldest change was taken then, or by another one, and then it is said once less.
    pub(super) fn changed(&mut self) -> Vec<Said> {
        self.waiting.pop_front();
        self.read_again()
    }

    /// What is kept may be another one: it is read anew.
    pub(super) fn read_again(&mut self) -> Vec<Said> {
        if !self.is_wanted {
            return Vec::new();
        }
        let first = self.read_page(None);
        vec![first, (None, RingMessage::ReadBlocked { before: None }), (None, RingMessage::ReadRules)]
    }

    /// The next page of the history, unless it is being read.
    pub(super) fn read_older(&mut self) -> Option<Said> {
        let is_being_read = self.reading.iter().any(|(_, before)| before.is_some());
        let last = self.book.calls.last().filter(|_| self.book.has_older && !is_being_read)?;
        let before = last.cursor();
        Some(self.read_page(Some(before)))
    }

    fn read_page(&mut self, before: Option<HistoryCursor>) -> Said {
        let id = self.number();
        self.reading.push_back((id, before));
        (Some(id), RingMessage::ReadHistory { before })
    }

    fn number(&mut self) -> MessageId {
        self.last_number += 1;
        MessageId(FIRST_NUMBER + self.last_number)
    }

    /// The next page of those who are blocked.
    pub(super) fn read_more_blocked(&self) -> Option<Said> {
        let last = self.book.blocked.last().filter(|_| self.book.has_more_blocked)?;
        Some((None, RingMessage::ReadBlocked { before: Some(last.clone()) }))
    }

    /// Makes a change: in what is shown at once, and by the message that is returned.
    pub(super) fn change(&mut self, message: RingMessage) -> Said {
        self.book.problem = None;
        self.apply(&message);
        if self.waiting.len() >= MAX_WAITING {
            self.waiting.pop_front();
        }
        let id = self.number();
        self.waiting.push_back((id, message.clone()));
        (Some(id), message)
    }

    /// Something was refused. A change that was is not made: what is shown is read again.
    pub(super) fn refused(&mut self, id: Option<MessageId>, code: ErrorCode) -> Vec<Said> {
        let is_this = |one: MessageId| Some(one) == id;
        let is_change = self.waiting.iter().any(|(one, _)| is_this(*one));
        let is_reading = self.reading.iter().any(|(one, _)| is_this(*one));
        self.waiting.retain(|(one, _)| !is_this(*one));
        self.reading.retain(|(one, _)| !is_this(*one));
        if is_change || is_reading {
            self.book.problem = Some(code);
        }
        // Not where this device says too much already.
        if is_change && code != ErrorCode::RateLimited { self.read_again() } else { Vec::new() }
    }

    /// A page of the history. The missed calls in it that are shown now for the first time are said so.
    pub(super) fn history(&mut self, calls: Vec<PastCall>, more: bool) -> Option<Said> {
        // What comes unasked is not believed.
        let (_, before) = self.reading.pop_front()?;
        match before {
            None => self.take_first(calls, more),
            Some(_) if self.book.calls.last().map(PastCall::cursor) == before => {
                self.book.calls.extend(calls);
                self.book.has_older = more;
            }
            Some(_) => {}
        }
        let unseen = self.book.calls.iter().filter(|call| call.is_unseen).map(|call| call.ring);
        let fresh = &mut self.book.fresh;
        let rings: Vec<_> = unseen.filter(|ring| fresh.insert(*ring)).take(HISTORY_PAGE).collect();
        let is_any = !rings.is_empty();
        let change = HistoryChange::Seen { rings };
        is_any.then(|| self.change(RingMessage::ChangeHistory { change }))
    }

    /// The newest page. Older ones that were read before stay.
    fn take_first(&mut self, calls: Vec<PastCall>, more: bool) {
        let end = calls.last().map(PastCall::cursor).filter(|_| more);
        let older = self.book.calls.drain(..).filter(|call| end.is_some_and(|end| is_older(call, end)));
        let older: Vec<_> = older.collect();
        if older.is_empty() {
            self.book.has_older = more;
        }
        self.book.calls = calls;
        self.book.calls.extend(older);
    }

    pub(super) fn blocked(&mut self, people: Vec<BlockedPerson>, more: bool) {
        let last = self.book.blocked.last();
        let goes_on = last.is_some_and(|last| people.first().is_some_and(|first| precedes(last, first)));
        if !goes_on {
            self.book.blocked.clear();
        }
        self.book.blocked.extend(people);
        self.book.has_more_blocked = more;
    }

    pub(super) fn rules(&mut self, rules: CallRules) {
        self.book.rules = Some(rules);
    }

    /// Shows a change before the server has taken it.
    fn apply(&mut self, message: &RingMessage) {
        match message {
            RingMessage::ChangeHistory { change: HistoryChange::Forget { ring } } => {
                self.book.calls.retain(|call| call.ring != *ring);
            }
            RingMessage::ChangeHistory { change: HistoryChange::ForgetAll } => {
                self.book.calls.clear();
                self.book.has_older = false;
            }
            RingMessage::SetContact { peer, rule } => self.set_contact(peer, *rule),
            RingMessage::SetRules { rules } => self.book.rules = Some(rules.clone()),
            RingMessage::ChangeHistory {
                change: HistoryChange::Seen { .. } | HistoryChange::Note { .. },
            }
            | RingMessage::Prove { .. }
            | RingMessage::LookUp { .. }
            | RingMessage::Place(_)
            | RingMessage::Receipt { .. }
            | RingMessage::Answer { .. }
            | RingMessage::Decline { .. }
            | RingMessage::Cancel { .. }
            | RingMessage::HangUp { .. }
            | RingMessage::SetActivity { .. }
            | RingMessage::ReadHistory { .. }
            | RingMessage::ReadBlocked { .. }
            | RingMessage::ReadPush
            | RingMessage::SubscribePush(_)
            | RingMessage::UnsubscribePush { .. }
            | RingMessage::ReadRules
            | RingMessage::ReplaceCallId
            | RingMessage::Ping => {}
        }
    }

    fn set_contact(&mut self, peer: &PublicKey, rule: ContactRule) {
        let relation = match rule {
            ContactRule::Allowed => Some(Acquaintance::Known),
            ContactRule::Blocked => Some(Acquaintance::Blocked),
            ContactRule::Forgotten => None,
        };
        for call in self.book.calls.iter_mut().filter(|call| call.peer_key == *peer) {
            call.relation = relation;
        }
        if relation != Some(Acquaintance::Blocked) {
            self.book.blocked.retain(|one| one.key != *peer);
        }
    }
}

fn is_older(call: &PastCall, than: HistoryCursor) -> bool {
    (call.placed_at, call.ring.to_string()) < (than.placed_at, than.ring.to_string())
}

/// The last that was blocked comes first.
fn precedes(one: &BlockedPerson, other: &BlockedPerson) -> bool {
    (other.since, other.key.as_str()) < (one.since, one.key.as_str())
}
