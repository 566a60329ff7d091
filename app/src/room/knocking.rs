//! People at the door, for those who can open it; and what a host asks of the person.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use protocol::{Moderation, Source, WaitingPerson};

use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::{key, people};

/// A banner with the first who knocks, wherever one is in the call.
#[component]
pub(crate) fn Knocking() -> impl IntoView {
    let view = use_call_handle().view;
    let first = Memo::new(move |_| view.waiting().with(|people| people.first().cloned()));
    let more = move || view.waiting().with(Vec::len).saturating_sub(1);
    view! {
        {move || first.get().map(|person| view! {
            <div class="ask" role="group" aria-label=people::WAITING_ROOM>
                <p>
                    {
                        let name = person.name.clone();
                        move || people::knocking(name.as_str(), more())
                    }
                    {person.lacks_secret.then_some((" ", key::ADMITTING_SHARES))}
                </p>
                <Answers person/>
            </div>
        })}
    }
}

/// *Admit* and *Deny*.
#[component]
pub(crate) fn Answers(person: WaitingPerson) -> impl IntoView {
    let call = use_call_handle();
    let WaitingPerson { id, name, .. } = person;
    let decide = move |moderation: Moderation| {
        let call = call.clone();
        // The next person takes the place of the one before: the second press of a double one is not meant for them.
        move |event: MouseEvent| {
            if event.detail() < 2 {
                call.send(CallCommand::Moderate { moderation: moderation.clone() });
            }
        }
    };
    let denied = name.clone();
    view! {
        <span class="answers">
            <button type="button" class="button small primary" aria-label=move || people::admit_person(&name) on:click=decide(Moderation::Admit { id, key_message: None })>{people::ADMIT}</button>
            <button type="button" class="button small" aria-label=move || people::deny_person(&denied) on:click=decide(Moderation::Refuse { id })>{people::DENY}</button>
        </span>
    }
}

/// A host asks to turn something on; it stays the person's to do so.
#[component]
pub(crate) fn AskedFor() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let answer = move |source: Source| {
        let (turn_on, decline) = (call.clone(), call.clone());
        let (text, yes) = people::asked_for(source);
        view! {
            <div class="ask" role="group" aria-label=people::A_HOST_ASKS>
                <p>{text}</p>
                <span class="answers">
                    <button type="button" class="button small primary" on:click=move |_| turn_on.send(CallCommand::Switch { source, on: true })>{yes}</button>
                    <button type="button" class="button small" on:click=move |_| decline.send(CallCommand::DeclineAsking)>{people::NOT_NOW}</button>
                </span>
            </div>
        }
    };
    view! { {move || view.asked_for().get().map(&answer)} }
}
