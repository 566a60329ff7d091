//! What a person wants of every call in this browser.

use leptos::prelude::*;
use view::Preference;

use super::{Panel, SidePanel, use_opened};
use crate::components::LanguageChoice;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::{Text, settings, shortcuts};

/// The settings.
#[component]
pub(crate) fn SettingsPanel() -> impl IntoView {
    let opened = use_opened();
    let view = use_call_handle().view;
    view! {
        <SidePanel title=settings::HEADING>
            <h3>{crate::text::LANGUAGE_CHOICE}</h3>
            <LanguageChoice/>
            <h3>{settings::SOUNDS_AND_VIDEO}</h3>
            <PreferenceChoice of=Preference::Sounds name=settings::SOUNDS/>
            <p class="panel-hint">{settings::SOUNDS_HINT}</p>
            <PreferenceChoice of=Preference::TalkWhileMuted name=settings::TALK_WHILE_MUTED/>
            <p class="panel-hint">{settings::TALK_WHILE_MUTED_HINT}</p>
            <PreferenceChoice of=Preference::Mirror name=settings::MIRROR/>
            <Show when=move || view.can_share().get()>
                <PreferenceChoice of=Preference::SharpText name=settings::SHARP_TEXT/>
                <p class="panel-hint">{settings::SHARP_TEXT_HINT}</p>
            </Show>
            <h3 class="needs-keyboard">{settings::KEYBOARD}</h3>
            <PreferenceChoice of=Preference::Shortcuts name=settings::SHORTCUTS/>
            <button type="button" class="button small" on:click=move |_| opened.show(Panel::Shortcuts)>{shortcuts::HEADING}</button>
        </SidePanel>
    }
}

/// A switch of one preference.
#[component]
pub(crate) fn PreferenceChoice(of: Preference, name: Text) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let on = Memo::new(move |_| view.preferences().get().has(of));
    view! {
        <label class="choice">
            <input type="checkbox" prop:checked=move || on.get()
                on:change=move |_| call.send(CallCommand::Prefer { what: of, on: !on.get_untracked() })/>
            {name}
        </label>
    }
}
