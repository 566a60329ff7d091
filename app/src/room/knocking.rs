//! People at the door, for those who can open it; and what a host asks of the person.

use leptos::prelude::*;
use protocol::{Moderation, WaitingPerson};

use crate::state::{CallCommand, CallViewStoreFields, SourceView, use_call_handle};

/// A banner with the first who knocks, wherever one is in the call.
#[component]
pub(crate) fn Knocking() -> impl IntoView {
    let view = use_call_handle().view;
    let first = Memo::new(move |_| view.waiting().with(|people| people.first().cloned()));
    let more = move || view.waiting().with(Vec::len).saturating_sub(1);
    view! {
        {move || first.get().map(|person| view! {
            <div class="banner asks" role="group" aria-label="Waiting room">
                <p>
                    {format!("{} asks to join", person.name)}{move || (more() > 0).then(|| format!(", and {} more", more()))}"."
                    {person.lacks_secret.then_some(WITHOUT_KEY)}
                </p>
                <Answers person/>
            </div>
        })}
    }
}

/// What whoever lets somebody in should know.
pub(crate) const WITHOUT_KEY: &str =
    " They don't have the room's key. Admitting them shares it through the server.";

/// *Admit* and *Refuse*.
#[component]
pub(crate) fn Answers(person: WaitingPerson) -> impl IntoView {
    let call = use_call_handle();
    let WaitingPerson { id, name, .. } = person;
    let decide = move |moderation: Moderation| {
        let call = call.clone();
        move |_| call.send(CallCommand::Moderate { moderation: moderation.clone() })
    };
    view! {
        <span class="answers">
            <button type="button" class="button small primary" aria-label=format!("Admit {name}") on:click=decide(Moderation::Admit { id, letter: None })>"Admit"</button>
            <button type="button" class="button small" aria-label=format!("Refuse {name}") on:click=decide(Moderation::Refuse { id })>"Refuse"</button>
        </span>
    }
}

/// A host asks to turn something on; it stays the person's to do so.
#[component]
pub(crate) fn AskedFor() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let answer = move |source: SourceView| {
        let (turn_on, decline) = (call.clone(), call.clone());
        let (text, yes) = match source {
            SourceView::Microphone => ("A host asks you to turn on your microphone.", "Unmute now"),
            SourceView::Camera => ("A host asks you to turn on your camera.", "Show myself"),
        };
        view! {
            <div class="banner asks" role="group" aria-label="A host asks">
                <p>{text}</p>
                <span class="answers">
                    <button type="button" class="button small primary" on:click=move |_| turn_on.send(CallCommand::Switch { source, on: true })>{yes}</button>
                    <button type="button" class="button small" on:click=move |_| decline.send(CallCommand::DeclineAsking)>"Not now"</button>
                </span>
            </div>
        }
    };
    view! { {move || view.asked_for().get().map(&answer)} }
}
