//! Chat as one person sees it: what came, what they wrote, and what became of that.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    ChatEntry, ChatId, ChatNumber, ChatTarget, DisplayName, Envelope, ErrorCode, MessageId, ParticipantId,
    Timestamp,
};
use view::{ChatText, Delivery};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatLine {
    /// Its id, chosen by its sender.
    pub id: ChatId,
    /// Who wrote it.
    pub from: ParticipantId,
    /// What they were called.
    pub name: DisplayName,
    /// For whom it is.
    pub to: ChatTarget,
    /// What it says, as it travels.
    pub envelope: Envelope,
    /// What it says.
    pub text: ChatText,
    /// Its place and time in the room, once the server has it.
    pub position: Option<(ChatNumber, Timestamp)>,
    /// What became of it.
    pub delivery: Delivery,
}

/// Everything that was written, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    /// By place; what has none yet comes last.
    lines: Vec<ChatLine>,
    /// Messages on their way, by the number they were last said under.
    said_as: Vec<(MessageId, ChatId)>,
    more: bool,
    /// After an absence, everything after this one is read, page by page.
    catching_up_to: Option<ChatNumber>,
    revision: u32,
    /// Own messages that were said again under another id.
    said_anew: BTreeSet<ChatId>,
    /// What was written at this page: a server can pass anything off as one's own.
    own_words: BTreeMap<ChatId, String>,
}

impl Chat {
    pub(crate) fn lines(&self) -> &[ChatLine] {
        &self.lines
    }

    /// Whether there are older ones to be read.
    pub(crate) fn has_more(&self) -> bool {
        self.more
    }

    /// Grows with each change.
    pub(crate) fn revision(&self) -> u32 {
        self.revision
    }

    pub(crate) fn oldest(&self) -> Option<ChatNumber> {
        self.lines.first().and_then(|line| line.position).map(|(number, _)| number)
    }

    /// A message from the server. True when it was not known.
    pub(crate) fn hear(&mut self, entry: ChatEntry, text: ChatText, delivery: Delivery) -> bool {
        if self.said_anew.contains(&entry.id) {
            return false;
        }
        self.revision += 1;
        let known = self.lines.iter().position(|line| line.id == entry.id && line.from == entry.from);
        let was_kept = known.map(|position| self.lines.remove(position)).map(|line| line.delivery);
        let delivery = if was_kept == Some(Delivery::Kept) { Delivery::Kept } else { delivery };
        let position = Some((entry.number, entry.at));
        let before = |line: &ChatLine| line.position.is_some_and(|(number, _)| number < entry.number);
        let at = self.lines.iter().rposition(before).map_or(0, |last| last + 1);
        let ChatEntry { id, from, name, to, envelope, .. } = entry;
        self.lines.insert(at, ChatLine { id, from, name, to, envelope, text, position, delivery });
        was_kept.is_none()
    }

    /// What was written during an absence is to be read, down to the last that is known.
    pub(crate) fn begin_to_catch_up(&mut self) {
        self.catching_up_to =
            self.lines.iter().filter_map(|line| line.position).map(|(number, _)| number).max();
    }

    /// A page of what was written. Returns before which message to read on, when some of an absence is still missing.
    pub(crate) fn hear_history(
        &mut self,
        entries: Vec<(ChatEntry, ChatText)>,
        more: bool,
    ) -> Option<ChatNumber> {
        let first = entries.first().map(|(entry, _)| entry.number);
        let missing = first.filter(|first| more && self.catching_up_to.is_some_and(|known| *first > known));
        if missing.is_none() {
            self.catching_up_to = None;
        }
        let is_older = match (entries.first(), self.oldest()) {
            (Some((first, _)), Some(oldest)) => first.number <= oldest,
            (_, None) => true,
            (None, Some(_)) => false,
        };
        if is_older || entries.is_empty() {
            self.more = more;
        }
        for (entry, text) in entries {
            self.hear(entry, text, Delivery::Kept);
        }
        missing
    }

    /// A message that is to be sent, or to be sent again after it failed.
    pub(crate) fn write(&mut self, line: ChatLine) {
        self.revision += 1;
        self.lines.retain(|known| known.id != line.id);
        if let ChatText::Sealed(text) | ChatText::Open(text) = &line.text {
            self.own_words.insert(line.id, text.clone());
        }
        self.lines.push(line);
    }

    /// A message was said under a number; answers name it.
    pub(crate) fn said(&mut self, id: ChatId, as_message: MessageId) {
        self.said_as.retain(|(_, chat)| *chat != id);
        self.said_as.push((as_message, id));
    }

    pub(crate) fn kept(&mut self, id: ChatId, me: Option<ParticipantId>) {
        self.set_delivery(id, me, Delivery::Kept);
        self.said_as.retain(|(_, chat)| *chat != id);
    }

    pub(crate) fn failed(&mut self, id: ChatId, me: Option<ParticipantId>, code: Option<ErrorCode>) {
        self.set_delivery(id, me, Delivery::Failed(code));
        self.said_as.retain(|(_, chat)| *chat != id);
    }

    /// The chat message that was said under this number, if it was one.
    pub(crate) fn said_as(&self, message: Option<MessageId>) -> Option<ChatId> {
        let message = message?;
        self.said_as.iter().find(|(said, _)| *said == message).map(|(_, chat)| *chat)
    }

    /// Own messages that the server has not said to have kept.
    pub(crate) fn unfinished(&self, me: ParticipantId) -> Vec<ChatLine> {
        let is_unfinished = |line: &&ChatLine| {
            // What a server passes off as one's own does not open, and is not said again as if it were.
            let is_own = match &line.text {
                ChatText::Sealed(_) => true,
                ChatText::Open(text) => self.own_words.get(&line.id) == Some(text),
                ChatText::Closed => false,
            };
            line.from == me && is_own && matches!(line.delivery, Delivery::Sending | Delivery::Delivered)
        };
        self.lines.iter().filter(is_unfinished).cloned().collect()
    }

    /// What was written at this page under an id, whatever the server has made of it.
    pub(crate) fn own_words(&self, id: ChatId) -> Option<&str> {
        self.own_words.get(&id).map(String::as_str)
    }

    pub(crate) fn find(&self, id: ChatId, me: ParticipantId) -> Option<ChatLine> {
        self.lines.iter().find(|line| line.id == id && line.from == me).cloned()
    }

    /// Takes out own messages that are to be said again under another id.
    pub(crate) fn take_written(
        &mut self,
        me: ParticipantId,
        is_to_be: impl Fn(&ChatLine) -> bool,
    ) -> Vec<String> {
        let (taken, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.lines)
            .into_iter()
            .partition(|line| line.from == me && self.own_words.contains_key(&line.id) && is_to_be(line));
        self.lines = kept;
        self.revision += 1;
        self.said_anew.extend(taken.iter().map(|line| line.id));
        let text = |line: ChatLine| match line.text {
            ChatText::Sealed(text) => Some(text),
            ChatText::Open(_) | ChatText::Closed => None,
        };
        taken.into_iter().filter_map(text).collect()
    }

    /// The lines say this now, in their order.
    pub(crate) fn read_again(&mut self, texts: Vec<ChatText>) {
        self.revision += 1;
        for (line, text) in self.lines.iter_mut().zip(texts) {
            line.text = text;
        }
    }

    fn set_delivery(&mut self, id: ChatId, me: Option<ParticipantId>, delivery: Delivery) {
        self.revision += 1;
        let mine = |line: &&mut ChatLine| line.id == id && Some(line.from) == me;
        if let Some(line) = self.lines.iter_mut().find(mine) {
            line.delivery = delivery;
        }
    }
}
