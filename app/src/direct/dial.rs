//! Whom to call.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use crate::components::{Icon, Symbol};
use crate::state::{DirectCommand, use_direct_handle};
use crate::text::{direct, joining};

/// A field for a call ID or a link, and one for what the others are told one is called.
#[component]
pub(crate) fn Dial() -> impl IntoView {
    let handle = use_direct_handle();
    let view = handle.view;
    let field = NodeRef::<html::Input>::new();
    let problem = Memo::new(move |_| view.with(|view| view.problem));
    let is_ready = Memo::new(move |_| view.with(|view| view.is_ready));
    let name = Memo::new(move |_| view.with(|view| view.name.clone()));
    let names = handle.clone();
    let dial = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get() {
            handle.send(DirectCommand::Dial { text: field.value() });
        }
    };
    view! {
        <section class="card" aria-labelledby="dial-title">
            <h2 id="dial-title">{direct::WHO}</h2>
            <form class="dial" novalidate on:submit=dial>
                <div class="field">
                    <label for="call-id">{direct::CALL_ID}</label>
                    <input id="call-id" node_ref=field type="text" inputmode="text" autocomplete="off" autocapitalize="none" spellcheck="false"
                        placeholder=direct::CALL_ID_EXAMPLE maxlength="400" required
                        aria-invalid=move || problem.get().map(|_| "true") aria-describedby=move || problem.get().map(|_| "call-id-problem")/>
                </div>
                <button type="submit" class="button primary large" disabled=move || !is_ready.get()>
                    <Icon symbol=Symbol::Phone/>{direct::CALL}
                </button>
                {move || problem.get().map(|problem| view! {
                    <p id="call-id-problem" class="problem" role="alert">{direct::dial_problem(problem)}</p>
                })}
            </form>
            <p class="hint">{direct::DIAL_NOTE}</p>
            <div class="field">
                <label for="your-name">{joining::YOUR_NAME}</label>
                <input id="your-name" type="text" maxlength="64" autocomplete="name" prop:value=move || name.get()
                    on:change=move |event| names.send(DirectCommand::SetName { name: event_target_value(&event) })/>
            </div>
        </section>
    }
}
