//! Ringing somebody into the call that goes on.

use leptos::ev::SubmitEvent;
use leptos::html;
use leptos::prelude::*;

use crate::state::{DirectCommand, DirectHandle};
use crate::text;
use crate::text::direct;

/// A field for a call ID or a link, and beside it how far the ring is.
#[component]
pub(crate) fn RingSomeone(direct: DirectHandle) -> impl IntoView {
    let view = direct.view;
    let field = NodeRef::<html::Input>::new();
    let line = Memo::new(move |_| view.with(|view| view.adding.clone()));
    let rings = Memo::new(move |_| line.with(|line| line.as_ref().is_some_and(|line| line.phase.is_open())));
    let said = move || line.with(|line| line.as_ref().map(direct::state));
    let problem = Memo::new(move |_| view.with(|view| view.adding_problem));
    let take_back = direct.clone();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(field) = field.get() {
            direct.send(DirectCommand::Add { text: field.value() });
        }
    };
    // Whoever was rung is in the call: the field is for the next one.
    Effect::new(move |before: Option<bool>| {
        if before == Some(true) && line.with(Option::is_none) {
            field.get_untracked().inspect(|field| field.set_value(""));
        }
        rings.get()
    });
    view! {
        <section class="ring-someone" aria-labelledby="ring-someone-title">
            <h3 id="ring-someone-title">{direct::RING_SOMEONE}</h3>
            <form novalidate on:submit=submit>
                <label class="visually-hidden" for="ring-someone-id">{direct::CALL_ID_OR_LINK}</label>
                <input id="ring-someone-id" node_ref=field type="text" inputmode="text" autocomplete="off" autocapitalize="none" spellcheck="false"
                    placeholder=direct::CALL_ID_EXAMPLE maxlength="400" required aria-invalid=move || problem.get().map(|_| "true")
                    aria-describedby="ring-someone-problem"/>
                <button type="submit" class="button small">{direct::RING}</button>
            </form>
            <p id="ring-someone-problem" class="problem" role="alert">
                {move || problem.get().map(|problem| direct::dial_problem(problem)())}
            </p>
            <div class="how-far" data-adding=move || line.with(|line| line.as_ref().map(|line| line.phase.name()))>
                <p role="status" dir="auto">{said}</p>
                <Show when=move || rings.get()>
                    {
                        let take_back = take_back.clone();
                        view! {
                            <button type="button" class="button small" on:click=move |_| take_back.send(DirectCommand::TakeBack)>{text::CANCEL}</button>
                        }
                    }
                </Show>
            </div>
        </section>
    }
}
