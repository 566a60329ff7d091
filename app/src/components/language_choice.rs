//! The choice of a language. Where a page has a script, it changes at once and nothing else does; where it has none, it is a form.

use leptos::prelude::*;

use super::{Icon, Symbol};
use crate::language::Language;
use crate::state::use_language_handle;
use crate::text;
use crate::text::language::spoken;

/// A labelled list of languages, each by the name that it has for itself.
#[component]
pub(crate) fn LanguageChoice(
    /// Whether it stands in a menu: then its names are no part of what the menu says, in another language.
    #[prop(default = false)]
    in_menu: bool,
) -> impl IntoView {
    let handle = use_language_handle();
    let failed = handle.failed;
    let choose = move |event| {
        if let Some(language) = Language::from_tag(&event_target_value(&event)) {
            handle.choose(language);
        }
    };
    // Told of a failure too: the list shows again what is spoken.
    let is_spoken = move |language| {
        failed.track();
        spoken() == language
    };
    let option = move |language: Language| {
        view! {
            <option value=language.tag() lang=language.tag() label=in_menu.then(|| language.own_name())
                selected=move || is_spoken(language) prop:selected=move || is_spoken(language)>
                {(!in_menu).then(|| language.own_name())}
            </option>
        }
    };
    view! {
        <label class="language">
            <span class="visually-hidden">{text::LANGUAGE_CHOICE}</span>
            <Icon symbol=Symbol::Globe/>
            <select name="language" autocomplete="off" on:change=choose>{Language::ALL.map(option).collect_view()}</select>
        </label>
        {move || failed.get().then(|| view! { <p class="problem" role="alert">{text::LANGUAGE_FAILED}</p> })}
    }
}
