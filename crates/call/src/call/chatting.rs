//! Chat on its way: what the person writes, what others wrote, and what is said again.

use std::time::Duration;

use protocol::{ChatEntry, ChatId, ChatTarget, Envelope, RoomMessage};
use seal::Protection;

use super::Call;
use crate::{ChatLine, ChatText, Delivery, Notice, Output};

impl Call {
    /// What the person writes: sealed, or as it is where they have decided so. While they have not, it goes back to them.
    pub(super) fn write(&mut self, id: ChatId, to: ChatTarget, text: &str) {
        match self.protection.now() {
            Protection::Sealed => self.write_sealed(id, to, text),
            Protection::Withheld => self.give_back(text),
            Protection::Plaintext => {
                let Ok(envelope) = Envelope::new(Envelope::TEXT, text.to_owned()) else {
                    return self.give_back(text);
                };
                self.send_written(id, to, envelope, ChatText::Open(text.to_owned()));
            }
        }
    }

    fn give_back(&mut self, text: &str) {
        self.outputs.push_back(Output::Notify(Notice::NotSealed { text: text.to_owned() }));
    }

    fn write_sealed(&mut self, id: ChatId, to: ChatTarget, text: &str) {
        let sealed = self.encrypt(|encryption, view| encryption.seal_chat(id, to, text, view));
        let Some(envelope) = sealed else { return self.give_back(text) };
        self.send_written(id, to, envelope, ChatText::Sealed(text.to_owned()));
    }

    fn send_written(&mut self, id: ChatId, to: ChatTarget, envelope: Envelope, text: ChatText) {
        let (Some(from), Some(name)) = (self.me(), self.name.clone()) else { return };
        let line =
            ChatLine { id, from, name, to, envelope, text, position: None, delivery: Delivery::Sending };
        self.send_chat(line);
    }

    pub(super) fn write_again(&mut self, id: ChatId) {
        let line = self.me().and_then(|me| self.chat.find(id, me));
        if let Some(line) = line {
            self.send_chat(ChatLine { delivery: Delivery::Sending, ..line });
        }
    }

    /// What the server may have lost when it ended; it knows what it has by its id.
    pub(super) fn send_unfinished_chat(&mut self) {
        let Some(me) = self.me() else { return };
        for line in self.chat.unfinished(me) {
            self.send_chat(line);
        }
    }

    fn send_chat(&mut self, line: ChatLine) {
        self.chat_pace.push(line.id);
        if line.position.is_none() {
            self.chat.write(line);
        }
    }

    /// Sends what waits, as much as a room takes at once, while there is somebody who takes it.
    pub(super) fn send_due_chat(&mut self, now: Duration) {
        while self.is_inside()
            && self.protection.sends()
            && let Some(due) = self.chat_pace.next(now)
        {
            let Some(line) = self.me().and_then(|me| self.chat.find(due, me)) else { continue };
            let Some(line) = self.as_it_may_leave(line) else { continue };
            let message = RoomMessage::Chat { chat: line.id, to: line.to, envelope: line.envelope };
            let id = self.say_numbered(message);
            self.chat.said(line.id, id);
        }
    }

    pub(super) fn read_older_chat(&mut self) {
        let before = self.chat.oldest();
        self.say(RoomMessage::ReadChat { before });
    }

    pub(super) fn hear_chat(&mut self, entry: ChatEntry) {
        let is_mine = self.is_me(entry.from);
        let name = entry.name.clone();
        let text = self.read_chat(&entry);
        let is_new = self.chat.hear(entry, text, Delivery::Delivered);
        if is_new && !is_mine {
            self.outputs.push_back(Output::Notify(Notice::Wrote(name)));
        }
    }

    pub(super) fn hear_history(&mut self, entries: Vec<ChatEntry>, more: bool) {
        let read = |entry: ChatEntry| (self.read_chat(&entry), entry);
        let entries = entries.into_iter().map(read).map(|(text, entry)| (entry, text)).collect();
        if let Some(before) = self.chat.hear_history(entries, more) {
            self.say(RoomMessage::ReadChat { before: Some(before) });
        }
    }

    /// With another secret than before: what was written under a secret of the page's own is said again, so that it opens for all.
    pub(super) fn go_over_to_secret(&mut self) {
        let Some(me) = self.me() else { return };
        let Self { chat, encryption, .. } = self;
        for text in chat.take_written(me, |line| encryption.is_out_of_reach(line)) {
            let id = self.encryption.draw_chat_id();
            self.write_sealed(id, ChatTarget::Everyone, &text); // As it was: nothing that was sealed becomes plaintext.
        }
        let view = self.encryption_view();
        let open = |line: &ChatLine| self.encryption.open_chat(line.id, line.from, &line.envelope, &view);
        let texts: Vec<_> = self.chat.lines().iter().map(open).collect();
        self.chat.read_again(texts);
    }

    fn read_chat(&self, entry: &ChatEntry) -> ChatText {
        self.encryption.open_chat(entry.id, entry.from, &entry.envelope, &self.encryption_view())
    }
}
