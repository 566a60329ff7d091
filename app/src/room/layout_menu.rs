//! How people are arranged: grid or speaker, and whether one sees oneself.

use leptos::prelude::*;
use stage::{Mode, StageInput};

use super::{Popover, PopoverButton};
use crate::components::Symbol;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::{Text, call};

/// A button, and what it opens.
#[component]
pub(crate) fn LayoutMenu() -> impl IntoView {
    view! {
        <div class="from-medium">
            <PopoverButton popover=Popover::Layout name=call::LAYOUT symbol=Symbol::Layout opens="popover menus centred">
                <LayoutChoices group="layout"/>
            </PopoverButton>
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
    let choice = move |of: Mode, name: Text| {
        let choose = handle.clone();
        view! {
            <label class="radio-row">
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
        <hr/>
        <SelfViewButton/>
    }
}

/// The switch of one's own picture, as one sees it oneself.
#[component]
pub(crate) fn SelfViewButton() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let shows_self = Memo::new(move |_| view.stage().with(|stage| stage.shows_self));
    view! {
        <button type="button" class="menu-item"
            on:click=move |_| handle.send(CallCommand::Arrange(StageInput::ShowSelf(!shows_self.get_untracked())))>
            {move || call::self_view(shows_self.get())}
        </button>
    }
}
