//! Chat: who may write, in which order, delivered once, and told to its author when it is kept. What is written it cannot read.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::limits::{CHAT_BURST, CHAT_PER_SECOND};
use protocol::{
    ChatEntry, ChatId, ChatNumber, ChatTarget, Envelope, ErrorCode, MessageId, ParticipantId, Timestamp,
};

use crate::effects::Effects;
use crate::rate::Rates;
use crate::rules::Rules;
use crate::seats::Seats;

/// Messages that are remembered, so that one sent again is known. More than are in flight at any time.
const REMEMBERED: usize = 256;

/// What may happen to it.
#[derive(Clone, Debug)]
pub(crate) enum ChatInput {
    /// Somebody writes. The id is the author's, the same however often it is sent.
    Write {
        from: ParticipantId,
        in_reply_to: Option<MessageId>,
        chat: ChatId,
        to: ChatTarget,
        envelope: Envelope,
    },
    /// A message is on the disk.
    Kept { from: ParticipantId, chat: ChatId },
    /// A message could not be kept. It is kept when its author sends it again.
    NotKept { from: ParticipantId, chat: ChatId },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChatEffect {
    /// Keep a message; answered by `Kept` or `NotKept`.
    Keep(ChatEntry),
    /// Tell those whom it is for, its author included.
    Deliver(ChatEntry),
    /// Tell its author that it is kept.
    Kept { from: ParticipantId, chat: ChatId, number: ChatNumber },
    /// Tell its author that it could not be.
    NotKept { from: ParticipantId, chat: ChatId },
    /// Refuse a message.
    Refuse { from: ParticipantId, code: ErrorCode, in_reply_to: Option<MessageId> },
}

/// What it may know of the room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChatView<'a> {
    seats: &'a Seats,
    rules: &'a Rules,
    wall: Timestamp,
}

impl<'a> ChatView<'a> {
    pub(crate) fn new(seats: &'a Seats, rules: &'a Rules, wall: Timestamp) -> Self {
        Self { seats, rules, wall }
    }
}

/// The machine: numbers, and the last messages of a room.
#[derive(Debug, Default)]
pub(crate) struct ChatMachine {
    last: ChatNumber,
    recent: VecDeque<Remembered>,
    rates: Rates<ParticipantId>,
    effects: Effects<ChatEffect>,
}

#[derive(Debug)]
struct Remembered {
    entry: ChatEntry,
    keeping: Keeping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    Asked,
    Kept,
    Failed,
}

impl ChatMachine {
    /// Goes on after the last of the messages that were kept, oldest first.
    pub(crate) fn new(recent: Vec<ChatEntry>) -> Self {
        let last = recent.last().map(|entry| entry.number).unwrap_or_default();
        let kept = |entry| Remembered { entry, keeping: Keeping::Kept };
        Self { last, recent: recent.into_iter().map(kept).collect(), ..Self::default() }
    }

    pub(crate) fn handle_input(&mut self, now: Duration, input: ChatInput, view: &ChatView<'_>) {
        match input {
            ChatInput::Write { from, in_reply_to, chat, to, envelope } => {
                if let Err(code) = self.write(now, from, (chat, to, envelope), view) {
                    self.effects.push_back(ChatEffect::Refuse { from, code, in_reply_to });
                }
            }
            ChatInput::Kept { from, chat } => self.kept(from, chat),
            ChatInput::NotKept { from, chat } => self.not_kept(from, chat),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<ChatEffect> {
        self.effects.pop_front()
    }

    fn write(
        &mut self,
        now: Duration,
        from: ParticipantId,
        (chat, to, envelope): (ChatId, ChatTarget, Envelope),
        view: &ChatView<'_>,
    ) -> Result<(), ErrorCode> {
        if self.find(from, chat).is_some() {
            self.write_again(from, chat);
            return Ok(());
        }
        if let ChatTarget::Participant(target) = to
            && (target == from || !view.seats.contains(target))
        {
            return Err(ErrorCode::ParticipantUnknown);
        }
        let author = view.seats.participant(from).ok_or(ErrorCode::NotAllowed)?;
        if !view.rules.may_chat(author) {
            return Err(ErrorCode::NotAllowed);
        }
        if envelope.version() == Envelope::TEXT && view.rules.seals() {
            return Err(ErrorCode::EncryptionRequired);
        }
        if !self.rates.allows(now, from, CHAT_BURST, CHAT_PER_SECOND) {
            return Err(ErrorCode::ChatTooFast);
        }
        self.last = ChatNumber(self.last.0.saturating_add(1));
        let name = author.name.clone();
        let entry = ChatEntry { number: self.last, id: chat, from, name, to, at: view.wall, envelope };
        self.remember(entry.clone());
        self.effects.push_back(ChatEffect::Keep(entry.clone()));
        self.effects.push_back(ChatEffect::Deliver(entry));
        Ok(())
    }

    /// Its number when it is kept; asks for it to be kept when that failed before.
    fn write_again(&mut self, from: ParticipantId, chat: ChatId) {
        let Some(known) = self.find(from, chat) else { return };
        let effect = match known.keeping {
            Keeping::Kept => ChatEffect::Kept { from, chat, number: known.entry.number },
            Keeping::Asked => return,
            Keeping::Failed => {
                known.keeping = Keeping::Asked;
                ChatEffect::Keep(known.entry.clone())
            }
        };
        self.effects.push_back(effect);
    }

    fn kept(&mut self, from: ParticipantId, chat: ChatId) {
        if let Some(known) = self.find(from, chat) {
            known.keeping = Keeping::Kept;
            let number = known.entry.number;
            self.effects.push_back(ChatEffect::Kept { from, chat, number });
        }
    }

    fn not_kept(&mut self, from: ParticipantId, chat: ChatId) {
        if let Some(known) = self.find(from, chat) {
            known.keeping = Keeping::Failed;
            self.effects.push_back(ChatEffect::NotKept { from, chat });
        }
    }

    fn find(&mut self, from: ParticipantId, chat: ChatId) -> Option<&mut Remembered> {
        self.recent.iter_mut().rev().find(|one| one.entry.id == chat && one.entry.from == from)
    }

    fn remember(&mut self, entry: ChatEntry) {
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Remembered { entry, keeping: Keeping::Asked });
    }
}
