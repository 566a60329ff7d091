//! Chat: who may write, in which order, delivered once, and told to its sender when it is kept.

use std::collections::VecDeque;
use std::time::Duration;

use protocol::limits::{CHAT_BURST, CHAT_PER_SECOND};
use protocol::{
    ChatEntry, ChatId, ChatNumber, ChatTarget, Envelope, ErrorCode, MessageId, ParticipantId, ServerMessage,
};

use crate::{Change, Output, Room};

/// Messages that are remembered, so that one sent again is known. More than are in flight at any time.
const REMEMBERED: usize = 256;

/// The last messages of a room.
#[derive(Debug, Default)]
pub(crate) struct ChatLog {
    last: ChatNumber,
    recent: VecDeque<Remembered>,
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

impl ChatLog {
    pub(crate) fn new(recent: Vec<ChatEntry>) -> Self {
        let last = recent.last().map(|entry| entry.number).unwrap_or_default();
        let kept = |entry| Remembered { entry, keeping: Keeping::Kept };
        Self { last, recent: recent.into_iter().map(kept).collect() }
    }

    fn find(&mut self, from: ParticipantId, chat: ChatId) -> Option<&mut Remembered> {
        self.recent.iter_mut().rev().find(|one| one.entry.id == chat && one.entry.from == from)
    }

    fn next_number(&mut self) -> ChatNumber {
        self.last = ChatNumber(self.last.0.saturating_add(1));
        self.last
    }

    fn remember(&mut self, entry: ChatEntry) {
        if self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Remembered { entry, keeping: Keeping::Asked });
    }
}

impl Room {
    pub(crate) fn say(
        &mut self,
        now: Duration,
        from: ParticipantId,
        in_reply_to: Option<MessageId>,
        (chat, to, envelope): (ChatId, ChatTarget, Envelope),
    ) {
        if let Some(known) = self.chat.find(from, chat) {
            return Self::say_again(known, &mut self.outputs).map_or((), |number| {
                self.tell(from, ServerMessage::ChatKept { chat, number });
            });
        }
        if let Err(code) = self.may_say(now, from, to) {
            return self.refuse(from, code, in_reply_to);
        }
        let (Some(name), at) = (self.name_of(from), self.wall(now)) else { return };
        let number = self.chat.next_number();
        let entry = ChatEntry { number, id: chat, from, name, to, at, envelope };
        self.chat.remember(entry.clone());
        self.outputs.push_back(Output::Keep(Change::Chat(entry.clone())));
        self.tell_those(ServerMessage::Chat { entry: entry.clone() }, |reader| entry.is_for(reader.id));
    }

    /// Its number when it is kept; asks for it to be kept when that failed before.
    fn say_again(known: &mut Remembered, outputs: &mut VecDeque<Output>) -> Option<ChatNumber> {
        match known.keeping {
            Keeping::Kept => Some(known.entry.number),
            Keeping::Asked => None,
            Keeping::Failed => {
                known.keeping = Keeping::Asked;
                outputs.push_back(Output::Keep(Change::Chat(known.entry.clone())));
                None
            }
        }
    }

    fn may_say(&mut self, now: Duration, from: ParticipantId, to: ChatTarget) -> Result<(), ErrorCode> {
        if let ChatTarget::Participant(target) = to
            && (target == from || self.seats.get(target).is_none())
        {
            return Err(ErrorCode::ParticipantUnknown);
        }
        let seat = self.seats.get_mut(from).ok_or(ErrorCode::NotAllowed)?;
        if !self.rules.may_chat(&seat.participant) {
            return Err(ErrorCode::NotAllowed);
        }
        if seat.chat_rate.allows(now, CHAT_BURST, CHAT_PER_SECOND) {
            Ok(())
        } else {
            Err(ErrorCode::ChatTooFast)
        }
    }

    pub(crate) fn chat_kept(&mut self, from: ParticipantId, chat: ChatId) {
        if let Some(known) = self.chat.find(from, chat) {
            known.keeping = Keeping::Kept;
            let number = known.entry.number;
            self.tell(from, ServerMessage::ChatKept { chat, number });
        }
    }

    pub(crate) fn chat_not_kept(&mut self, from: ParticipantId, chat: ChatId) {
        if let Some(known) = self.chat.find(from, chat) {
            known.keeping = Keeping::Failed;
            self.tell(from, ServerMessage::ChatNotKept { chat });
        }
    }
}
