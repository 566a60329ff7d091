//! Chat as the page seals and opens it.

use protocol::{ChatId, ChatTarget, Envelope, ParticipantId, PublicKey};
use seal::{Author, KeyPair, Nonce};

use super::{Encryption, EncryptionView, draw};
use crate::{ChatLine, ChatText};

impl Encryption {
    /// Seals a message. `None` when it is too long, or for somebody who cannot open it.
    pub(crate) fn seal_chat(
        &mut self,
        message: ChatId,
        to: ChatTarget,
        text: &str,
        view: &EncryptionView<'_>,
    ) -> Option<Envelope> {
        let author = Author { message, from: view.me? };
        let nonce: Nonce = draw(&mut self.dice);
        match to {
            ChatTarget::Everyone => self.chat().seal(author, nonce, text),
            ChatTarget::Participant(to) => {
                let to = self.key_of(to, view)?;
                self.chat().seal_to_one(&self.pair, &to, author, nonce, text)
            }
        }
    }

    /// Opens a message.
    pub(crate) fn open_chat(
        &self,
        message: ChatId,
        from: ParticipantId,
        envelope: &Envelope,
        view: &EncryptionView<'_>,
    ) -> ChatText {
        let author = Author { message, from };
        let opened = match envelope.version() {
            Envelope::TEXT => return ChatText::Open(envelope.body().to_owned()),
            Envelope::SEALED => self.chats().find_map(|chat| chat.open(author, envelope)),
            Envelope::SEALED_TO_ONE => self.open_chat_to_one(author, envelope, view),
            _ => None,
        };
        opened.map_or(ChatText::Closed, ChatText::Sealed)
    }

    fn open_chat_to_one(
        &self,
        author: Author,
        envelope: &Envelope,
        view: &EncryptionView<'_>,
    ) -> Option<String> {
        let open = |pair: &KeyPair| self.chats().find_map(|chat| chat.open_to_one(pair, author, envelope));
        let (writer, text) = self.pairs().find_map(open)?;
        self.may_have_written(author.from, &writer, view).then_some(text)
    }

    /// Whoever is here is known by their keys, those before a reload too; of those who are gone nobody can say more than the
    /// secret does.
    fn may_have_written(&self, from: ParticipantId, key: &PublicKey, view: &EncryptionView<'_>) -> bool {
        if view.me == Some(from) {
            return self.pairs().any(|pair| pair.public() == key);
        }
        let present = self.key_of(from, view);
        present.is_none_or(|present| present == *key || self.trust.had_before(from, key))
    }

    /// Whether what was written at this page was sealed with a secret of its own, which the others do not have.
    pub(crate) fn is_out_of_reach(&self, line: &ChatLine) -> bool {
        let author = Author { message: line.id, from: line.from };
        line.envelope.version() == Envelope::SEALED
            && matches!(line.text, ChatText::Sealed(_))
            && line.to == ChatTarget::Everyone
            && self.chat().open(author, &line.envelope).is_none()
    }

    /// An id for a message that is said again.
    pub(crate) fn draw_chat_id(&mut self) -> ChatId {
        ChatId::from_random(draw(&mut self.dice))
    }
}
