//! Signs that everybody sees for a moment: the menu to show one, and the layer on which they appear.

use leptos::prelude::*;
use protocol::Reaction;

use super::{Popover, PopoverButton, ReactionSign};
use crate::components::Symbol;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::call;

/// A button and the row of signs it opens.
#[component]
pub(crate) fn ReactionMenu() -> impl IntoView {
    view! {
        <div class="from-medium">
            <PopoverButton popover=Popover::React name=call::REACT symbol=Symbol::Smile opens="popover signs centred">
                <ReactionButtons/>
            </PopoverButton>
        </div>
    }
}

/// All the reactions.
#[component]
pub(crate) fn ReactionButtons() -> impl IntoView {
    let handle = use_call_handle();
    let button = move |reaction: Reaction| {
        let handle = handle.clone();
        view! {
            <button type="button" class="icon-button" aria-label=move || call::reaction(reaction) title=move || call::reaction(reaction)
                on:click=move |_| handle.send(CallCommand::React { reaction })>
                <ReactionSign reaction/>
            </button>
        }
    };
    view! {
        <div class="reaction-buttons" role="group" aria-label=call::REACTIONS>
            {Reaction::ALL.map(button).collect_view()}
        </div>
    }
}

/// Where they appear. A screen reader hears of them from the announcer.
#[component]
pub(crate) fn ReactionLayer() -> impl IntoView {
    let view = use_call_handle().view;
    view! {
        <div class="reaction-layer" aria-hidden="true">
            <For each=move || view.reactions().get() key=|shown| shown.number let:shown>
                <p class="reaction" data-lane=(shown.number % 5).to_string()>
                    <ReactionSign reaction=shown.reaction/>
                    <span class="name">{shown.name}</span>
                </p>
            </For>
        </div>
    }
}
