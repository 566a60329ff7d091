//! Whether rings are shown while nobody looks at the page.

use leptos::prelude::*;
use view::Notifications;

use crate::state::{DirectCommand, use_direct_handle};
use crate::text::{Text, direct};

/// What turns notifications on and off, or why there are none. Nothing in a browser that has none.
#[component]
pub(crate) fn NotificationChoice() -> impl IntoView {
    let handle = StoredValue::new(use_direct_handle());
    let view = handle.with_value(|handle| handle.view);
    let now = Memo::new(move |_| view.with(|view| view.notifications));
    let switch = move |on: bool, name: Text| {
        let press = move |_| handle.with_value(|handle| handle.send(DirectCommand::SetNotifications { on }));
        view! { <button type="button" class="button small" on:click=press>{name}</button> }
    };
    move || {
        match now.get() {
        Notifications::Unavailable => None,
        Notifications::Off => Some(
            view! {
                <div class="card">
                    <p class="hint">{direct::NOTIFICATIONS_HINT}</p>
                    <div class="row-of-buttons">{switch(true, direct::TURN_ON_NOTIFICATIONS)}</div>
                </div>
            }
            .into_any(),
        ),
        Notifications::On => Some(
            view! { <div class="card"><div class="row-of-buttons">{switch(false, direct::TURN_OFF_NOTIFICATIONS)}</div></div> }
                .into_any(),
        ),
        Notifications::Blocked => {
            Some(view! { <div class="card"><p class="hint">{direct::NOTIFICATIONS_BLOCKED}</p></div> }.into_any())
        }
    }
    }
}
