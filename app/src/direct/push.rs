//! Whether rings reach this browser when no page is open.

use leptos::prelude::*;
use view::PushState;
use web_sys::{Event, HtmlInputElement};

use crate::state::{DirectCommand, use_direct_handle};
use crate::text::push;

/// The switch, with what it means for whom; and where it cannot be on, why. Nothing where the server does not push.
#[component]
pub(crate) fn PushChoice() -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let state = Memo::new(move |_| view.with(|view| view.push));
    let is_offered = Memo::new(move |_| state.get() != PushState::NotOffered);
    let can_be_on = move || !matches!(state.get(), PushState::Unavailable(_));
    let is_on = move || matches!(state.get(), PushState::On | PushState::TurningOn);
    let handle = StoredValue::new(handle);
    // The box shows what is so: the browser asks first, and may not let it.
    let toggle = move |event: Event| {
        let on = event_target_checked(&event);
        event_target::<HtmlInputElement>(&event).set_checked(is_on());
        handle.with_value(|handle| handle.send(DirectCommand::SetPush { on }));
    };
    view! {
        <Show when=move || is_offered.get()>
            <div class="push-choice">
                <label>
                    <input type="checkbox" prop:checked=is_on disabled=move || !can_be_on()
                        aria-describedby="push-hint push-said" on:change=toggle/>
                    {push::RING_ME}
                </label>
                <p class="hint" id="push-hint">{push::HINT}</p>
                <p class="hint" id="push-said" role="status">{move || push::said(state.get()).map(|text| text())}</p>
            </div>
        </Show>
    }
}
