//! The safety phrase while somebody looks at it. Its words are in a module of their own, which is fetched then.

use leptos::wasm_split::{SplitLoaderError, wasm_split};
use seal::SafetyPhrase;
use wasm_bindgen_futures::spawn_local;

use crate::event::{Event, Events};

/// The phrase, if somebody looks.
#[derive(Default)]
pub(crate) struct Phrase {
    is_looked_at: bool,
    /// What it was made from last, and its words once they are here.
    last: Option<(SafetyPhrase, Option<String>)>,
}

impl Phrase {
    /// Somebody looks, or no longer.
    pub(crate) fn look(&mut self, open: bool) {
        self.is_looked_at = open;
    }

    /// Asks for the words when they are of other people than before.
    pub(crate) fn update(&mut self, phrase: impl FnOnce() -> SafetyPhrase, events: &Events) {
        if !self.is_looked_at {
            self.last = None;
            return;
        }
        let phrase = phrase();
        if self.last.as_ref().is_none_or(|(of, _)| *of != phrase) {
            self.last = Some((phrase.clone(), None));
            let events = events.clone();
            spawn_local(async move {
                let words = words(phrase.clone()).await.ok();
                _ = events.unbounded_send(Event::Phrase { of: phrase, words });
            });
        }
    }

    /// Words came; meanwhile others may be wanted.
    pub(crate) fn came(&mut self, of: &SafetyPhrase, words: Option<String>) {
        if let Some((phrase, shown)) = &mut self.last
            && phrase == of
        {
            *shown = words;
        }
    }

    pub(crate) fn words(&self) -> Option<String> {
        self.last.as_ref()?.1.clone()
    }
}

#[wasm_split(safety_phrase, wasm_split_path = ::leptos::wasm_split, fallible)]
fn words(phrase: SafetyPhrase) -> Result<String, SplitLoaderError> {
    Ok(phrase.words())
}
