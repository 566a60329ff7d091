//! A field whose content becomes a rule of the room when somebody has done with it, not while they type.

use leptos::html;
use leptos::prelude::*;

use crate::state::{CallViewStoreFields, use_call_handle};
use crate::text::Text;

/// A labelled field. What is typed counts when the field is left or with Enter; Escape takes it back. While somebody types,
/// nothing is written into it; afterwards it shows what the room says.
#[component]
pub(crate) fn CommittedField(
    id: &'static str,
    label: Text,
    /// The `type` of the field.
    kind: &'static str,
    /// What the room says.
    at: Signal<String>,
    /// Takes what was typed, `None` when that is half of something; or has a text that says why it cannot be.
    commit: impl Fn(Option<String>) -> Result<(), fn() -> String> + Send + Sync + 'static,
) -> impl IntoView {
    let view = use_call_handle().view;
    let field = NodeRef::<html::Input>::new();
    // Whether somebody types; what they typed stays until the room has answered.
    let is_typed = StoredValue::new(false);
    let problem = RwSignal::new(None::<fn() -> String>);
    let show = move || {
        let value = at.get_untracked();
        // A field that holds half a date says that it is empty.
        if let Some(field) = field.get_untracked().filter(|field| field.value() != value || value.is_empty())
        {
            field.set_value(&value);
        }
    };
    // What a field shows lives in the document: it is brought up to date when the room has changed or refused something.
    Effect::new(move || {
        at.track();
        view.refusal().track();
        field.track();
        if !is_typed.get_value() {
            show();
        }
    });
    let done = StoredValue::new(move || {
        if !is_typed.get_value() {
            return;
        }
        is_typed.set_value(false);
        let Some(field) = field.get_untracked() else { return };
        let typed = (!field.validity().bad_input()).then(|| field.value());
        let outcome = commit(typed);
        if outcome.is_err() {
            show();
        }
        problem.set(outcome.err());
    });
    let key = move |event: leptos::ev::KeyboardEvent| match &*event.key() {
        "Enter" => {
            event.prevent_default();
            done.with_value(|done| done());
        }
        "Escape" if is_typed.get_value() => {
            event.stop_propagation();
            is_typed.set_value(false);
            show();
        }
        _ => {}
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input id=id type=kind node_ref=field aria-describedby=format!("{id}-problem") on:input=move |_| is_typed.set_value(true)
                on:blur=move |_| done.with_value(|done| done()) on:keydown=key/>
            <p id=format!("{id}-problem") class="problem" role="alert">{move || problem.get().map(|text| text())}</p>
        </div>
    }
}
