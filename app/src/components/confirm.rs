//! Asks once more before something that cannot be taken back.

use leptos::html;
use leptos::prelude::*;

use crate::text::{self, Text};

/// A dialog over the page, headed by the question. It is answered, or left with Escape. Whoever still holds the key that has opened it
/// cancels.
#[component]
pub(crate) fn Confirm(
    /// Whether it is asked now.
    asked: RwSignal<bool>,
    #[prop(into)] question: Signal<String>,
    /// What follows from it.
    hint: Text,
    /// What else there is to know.
    #[prop(optional)]
    more: Option<Text>,
    /// The button that does it.
    action: Text,
    /// Of that button.
    #[prop(default = "button danger")]
    class: &'static str,
    on_confirm: impl Fn() + Send + Sync + 'static,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        if asked.get() {
            _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    });
    let confirm = move |_| {
        asked.set(false);
        on_confirm();
    };
    // Keys are the dialog's: Escape closes it and not the panel under it.
    view! {
        <dialog class="confirm" aria-label=question node_ref=dialog on:close=move |_| asked.set(false) on:keydown=move |event| event.stop_propagation()>
            <h2>{question}</h2>
            <p>{hint}</p>
            {more.map(|more| view! { <p>{more}</p> })}
            <div class="panel-actions">
                <button type="button" class=class on:click=confirm>{action}</button>
                <button type="button" class="button" autofocus on:click=move |_| asked.set(false)>{text::CANCEL}</button>
            </div>
        </dialog>
    }
}
