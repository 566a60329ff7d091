//! The call that this page is in, from the first ring to its end: the screen of any call, and what is said before the other one is there.

use leptos::prelude::*;
use view::Phase;

use crate::components::{HangUpButton, Module};
use crate::room::{Announcer, LazyCallScreen, Opened, provide_draft};
use crate::state::{CallViewStoreFields, use_call_handle, use_direct_handle};
use crate::text::{call, direct};

/// A call, whose screen comes as a module of its own.
#[component]
pub(crate) fn Talk(screen: RwSignal<Module>) -> impl IntoView {
    let view = use_call_handle().view;
    let is_inside = Memo::new(move |_| view.phase().get() == Phase::Joined);
    provide_draft();
    Opened::provide();
    view! {
        <Announcer/>
        <Show when=move || is_inside.get() fallback=|| view! { <BeforeItsRoom/> }>
            <LazyCallScreen module=screen/>
        </Show>
    }
}

/// The room of the call is not entered yet.
#[component]
fn BeforeItsRoom() -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let line = Memo::new(move |_| view.with(|view| view.current().cloned()));
    let said = move || line.get().map(|line| direct::state(&line)).unwrap_or_default();
    view! {
        <main class="call placing" data-ring=move || line.get().map(|line| line.phase.name())>
            <h1 dir="auto"><span role="status">{said}</span></h1>
            <div class="bar" role="toolbar" aria-label=call::CONTROLS>
                <HangUpButton direct=handle/>
            </div>
        </main>
    }
}
