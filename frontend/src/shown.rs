//! What a page shows that the call does not know: levels, lists of devices, notices, reactions, what was refused.

use app::state::{ChatLineView, Devices, Numbered, ReactionView};
use gloo_timers::future::TimeoutFuture;
use protocol::{ParticipantId, Reaction};
use view::{PageNotice, Refusal, Said};
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events};
use crate::phrase::Phrase;

/// Notices on the page at once. Each is shown for some seconds, and many people may leave together.
const NOTICES_KEPT: usize = 4;

/// How long a sign is shown.
const REACTION_MILLIS: u32 = 4_000;

/// What the page shows that the call does not know.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) remembered_name: String,
    pub(crate) level: u8,
    pub(crate) devices: Devices,
    pub(crate) people_inside: Option<Vec<String>>,
    /// The last few, oldest first.
    pub(crate) notices: Vec<Numbered<Said>>,
    pub(crate) notices_said: u32,
    pub(crate) chat: Vec<ChatLineView>,
    /// Of which state of the call's chat that is.
    pub(crate) chat_revision: u32,
    pub(crate) is_chat_open: bool,
    pub(crate) unread: u32,
    pub(crate) host_link: Option<String>,
    pub(crate) reactions: Vec<ReactionView>,
    pub(crate) reactions_seen: u32,
    pub(crate) phrase: Phrase,
    /// What was refused last, and why.
    pub(crate) refusal: Option<Numbered<Refusal>>,
    /// What was written last that could not be sent.
    pub(crate) unsent: Option<Numbered<String>>,
    pub(crate) are_paths_looked_at: bool,
}

impl Shown {
    /// Says something of the page once.
    pub(crate) fn say_of_page(&mut self, notice: PageNotice) {
        self.say(Said::Page(notice));
    }

    /// Says something once.
    pub(crate) fn say(&mut self, said: Said) {
        let notice = self.number(said);
        self.notices.push(notice);
        if self.notices.len() > NOTICES_KEPT {
            self.notices.remove(0);
        }
    }

    /// Something that was wanted is not so: the page shows again what is, and why.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.refusal = Some(self.number(refusal));
    }

    /// What was written could not be sent, and is given back to who wrote it.
    pub(crate) fn give_back(&mut self, text: String) {
        self.unsent = Some(self.number(text));
    }

    /// Shows somebody's reaction for a moment.
    pub(crate) fn react(
        &mut self,
        from: Option<ParticipantId>,
        name: String,
        reaction: Reaction,
        events: &Events,
    ) {
        self.reactions_seen = self.reactions_seen.wrapping_add(1);
        let number = self.reactions_seen;
        self.reactions.push(ReactionView { number, from, name, reaction });
        let events = events.clone();
        spawn_local(async move {
            TimeoutFuture::new(REACTION_MILLIS).await;
            _ = events.unbounded_send(Event::ReactionOver(number));
        });
    }

    fn number<T>(&mut self, what: T) -> Numbered<T> {
        self.notices_said = self.notices_said.wrapping_add(1);
        Numbered { number: self.notices_said, what }
    }
}
