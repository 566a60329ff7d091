//! How people are arranged: grid or speaker, and whether one sees oneself.

use leptos::prelude::*;
use stage::{Mode, StageInput};

use crate::components::{Icon, Symbol};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::{Text, call};

/// A button, and what it opens.
#[component]
pub(crate) fn LayoutMenu() -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <div class="popover-menu wide-only" on:keydown=move |event| if event.key() == "Escape" { open.set(false) }>
            <button type="button" class="round-button" aria-label=call::LAYOUT title=call::LAYOUT
                aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|open| *open = !*open)>
                <Icon symbol=Symbol::Layout/>
            </button>
            <Show when=move || open.get()>
                <div class="popover"><LayoutChoices group="layout"/></div>
            </Show>
        </div>
    }
}

/// What can be chosen; narrow screens have it in *More*.
#[component]
pub(crate) fn LayoutChoices(
    /// The name of the radio buttons: of two groups of one name, one button alone would be pressed.
    group: &'static str,
) -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let mode = Memo::new(move |_| view.stage().with(|stage| stage.mode));
    let shows_self = Memo::new(move |_| view.stage().with(|stage| stage.shows_self));
    let choose = handle.clone();
    let choice = move |of: Mode, name: Text| {
        let choose = choose.clone();
        view! {
            <label class="menu-item">
                <input type="radio" name=group prop:checked=move || mode.get() == of
                    on:change=move |_| choose.send(CallCommand::Arrange(StageInput::Choose(of)))/>
                {name}
            </label>
        }
    };
    view! {
        <div role="radiogroup" aria-label=call::LAYOUT>
            {choice(Mode::Grid, call::GRID)}
            {choice(Mode::Speaker, call::SPEAKER)}
        </div>
        <button type="button" class="menu-item"
            on:click=move |_| handle.send(CallCommand::Arrange(StageInput::ShowSelf(!shows_self.get_untracked())))>
            {move || call::self_view(shows_self.get())}
        </button>
    }
}
