//! The choice of a language as components see it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::language::Language;

/// A way to the engine, which fetches languages. Holds no JavaScript object.
#[derive(Clone)]
pub struct LanguageHandle {
    /// Whether the language that was chosen last could not be had.
    pub failed: RwSignal<bool>,
    choose: Arc<dyn Fn(Language) + Send + Sync>,
}

impl LanguageHandle {
    /// A handle whose choices go to `choose`.
    pub fn new(failed: RwSignal<bool>, choose: impl Fn(Language) + Send + Sync + 'static) -> Self {
        Self { failed, choose: Arc::new(choose) }
    }

    /// Asks for another language.
    pub fn choose(&self, language: Language) {
        (self.choose)(language);
    }
}

/// Gives the handle to every component below.
pub fn provide_language_handle(handle: LanguageHandle) {
    provide_context(handle);
}

/// The handle, or an inert one.
pub(crate) fn use_language_handle() -> LanguageHandle {
    use_context().unwrap_or_else(|| LanguageHandle::new(RwSignal::new(false), |_| {}))
}
