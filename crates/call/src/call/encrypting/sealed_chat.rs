//! Chat as the page seals and opens it.

use protocol::{ChatEntry, ChatId, ChatTarget, Envelope, ParticipantId, PublicKey};
use seal::{Author, KeyPair, Nonce};

use crate::ChatText;
use crate::call::Call;
use crate::encryption::draw;

impl Call {
    /// Seals a message. `None` when it is too long, or for somebody who cannot open it.
    pub(in crate::call) fn seal_chat(
        &mut self,
        message: ChatId,
        to: ChatTarget,
        text: &str,
    ) -> Option<Envelope> {
        let author = Author { message, from: self.you.as_ref()?.id };
        let nonce: Nonce = draw(&mut self.encryption.dice);
        match to {
            ChatTarget::Everyone => self.encryption.chat().seal(author, nonce, text),
            ChatTarget::Participant(to) => {
                let to = self.key_of(to)?;
                self.encryption.chat().seal_to_one(&self.encryption.pair, &to, author, nonce, text)
            }
        }
    }

    /// Opens a message.
    pub(in crate::call) fn read_chat(&self, entry: &ChatEntry) -> ChatText {
        self.open_chat(entry.id, entry.from, &entry.envelope)
    }

    pub(in crate::call) fn open_chat(
        &self,
        message: ChatId,
        from: ParticipantId,
        envelope: &Envelope,
    ) -> ChatText {
        let author = Author { message, from };
        let opened = match envelope.version() {
            Envelope::TEXT => return ChatText::Open(envelope.body().to_owned()),
            Envelope::SEALED => self.encryption.chats().find_map(|chat| chat.open(author, envelope)),
            Envelope::SEALED_TO_ONE => self.open_chat_to_one(author, envelope),
            _ => None,
        };
        opened.map_or(ChatText::Closed, ChatText::Sealed)
    }

    pub(in crate::call) fn open_chat_to_one(&self, author: Author, envelope: &Envelope) -> Option<String> {
        let open = |pair: &KeyPair| {
            self.encryption.chats().find_map(|chat| chat.open_to_one(pair, author, envelope))
        };
        let (writer, text) = self.encryption.pairs().find_map(open)?;
        self.may_have_written(author.from, &writer).then_some(text)
    }

    /// Whoever is here is known by their keys, those before a reload too; of those who are gone nobody can say more than the
    /// secret does.
    pub(in crate::call) fn may_have_written(&self, from: ParticipantId, key: &PublicKey) -> bool {
        if self.is_me(from) {
            return self.encryption.pairs().any(|pair| pair.public() == key);
        }
        let present = self.key_of(from);
        present.is_none_or(|present| present == *key || self.encryption.trust.had_before(from, key))
    }

    /// With another secret than before: what was written under a secret of the page's own is said again, so that it opens for all.
    pub(in crate::call) fn go_over_to_secret(&mut self) {
        let Some(me) = self.you.as_ref().map(|you| you.id) else { return };
        let texts = self.chat.take_written(me, |line| {
            let author = Author { message: line.id, from: me };
            line.envelope.version() == Envelope::SEALED
                && matches!(line.text, ChatText::Sealed(_))
                && line.to == ChatTarget::Everyone
                && self.encryption.chat().open(author, &line.envelope).is_none()
        });
        for text in texts {
            let id = ChatId::from_random(draw(&mut self.encryption.dice));
            self.write(id, ChatTarget::Everyone, &text);
        }
        let texts: Vec<_> =
            self.chat.lines().iter().map(|line| self.open_chat(line.id, line.from, &line.envelope)).collect();
        self.chat.read_again(texts);
    }
}
