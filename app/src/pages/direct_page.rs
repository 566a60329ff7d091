//! `/call` and `/call/{id}`: calling a person, and being called.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::{Module, SiteHeader};
use crate::direct::{CallHistory, Dial, Ended, IncomingRings, NotificationChoice, OwnId, Reachability, Talk};
use crate::room::fetch_call_screen;
use crate::state::use_direct_handle;
use crate::text;
use crate::text::{direct, refusal};

/// One's own ID and a field for another's; while there is a call, the call.
#[component]
pub fn DirectPage() -> impl IntoView {
    let view = use_direct_handle().view;
    let title = Memo::new(move |_| {
        view.with(|view| match view.incoming().or(view.current()) {
            Some(line) => direct::state(line),
            None => direct::TITLE().to_owned(),
        })
    });
    let is_calling = Memo::new(move |_| view.with(|view| view.current().is_some()));
    let screen = RwSignal::new(Module::Coming);
    fetch_call_screen(screen);
    view! {
        <Title text=move || text::title(&title.get())/>
        <Show when=move || is_calling.get() fallback=|| view! { <Outside/> }>
            <Talk screen/>
        </Show>
        <IncomingRings/>
    }
}

#[component]
fn Outside() -> impl IntoView {
    let view = use_direct_handle().view;
    let is_missing = Memo::new(move |_| view.with(|view| view.is_engine_missing && !view.is_ready));
    let refused = Memo::new(move |_| view.with(|view| view.refused));
    let is_unsupported = Memo::new(move |_| view.with(|view| view.is_unsupported));
    view! {
        <SiteHeader/>
        <main class="direct">
            <h1>{direct::TITLE}</h1>
            <noscript><p class="problem">{direct::NEEDS_SCRIPT}</p></noscript>
            <Show when=move || is_missing.get()><p class="problem" role="alert">{text::joining::ENGINE_MISSING}</p></Show>
            <Show when=move || is_unsupported.get()><p class="problem" role="alert">{direct::UNSUPPORTED}</p></Show>
            <Show when=move || refused.get().is_some()>
                <p class="problem" role="alert">{move || refused.get().map(|code| refusal::of_call(code).text)}</p>
            </Show>
            <div class="stack">
                <Ended/>
                <Dial/>
                <CallHistory/>
            </div>
            <div class="stack">
                <OwnId/>
                <NotificationChoice/>
                <Reachability/>
            </div>
        </main>
    }
}
