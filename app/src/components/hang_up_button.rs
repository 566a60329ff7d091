//! Ends a direct call for both, before its room is entered and in it.

use leptos::prelude::*;

use super::{Icon, Symbol};
use crate::state::{DirectCommand, DirectHandle};
use crate::text::direct;

/// The button.
#[component]
pub(crate) fn HangUpButton(direct: DirectHandle) -> impl IntoView {
    view! {
        <button type="button" class="control leave" aria-label=direct::HANG_UP title=direct::HANG_UP
            on:click=move |_| direct.send(DirectCommand::HangUp)>
            <Icon symbol=Symbol::HangUp/>
            <span class="control-text">{direct::HANG_UP}</span>
        </button>
    }
}
