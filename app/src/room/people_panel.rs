//! The list of everybody: who waits, whose hands are up, who is in, and what a host can do about them.

use leptos::prelude::*;
use protocol::{Moderation, Source};
use view::{Publication, Secrecy};

use super::{Answers, NoKey, Person, PersonActions, SidePanel, Verify};
use crate::state::{CallCommand, CallViewStoreFields, ParticipantViewStoreFields, use_call_handle};
use crate::text::{key, people};

/// The people.
#[component]
pub(crate) fn PeoplePanel() -> impl IntoView {
    let view = use_call_handle().view;
    let own_camera = Signal::derive(move || view.camera().get() == Publication::On);
    let own_microphone = Signal::derive(move || view.microphone().get() == Publication::On);
    let moderates = Memo::new(move |_| view.role().get().moderates());
    view! {
        <SidePanel title=people::HEADING>
            <Waiting/>
            <RaisedHands/>
            <ul class="people" aria-label=people::IN_THE_CALL>
                <li>
                    <Person name=Signal::derive(move || people::yourself(&view.name().get())) initials_of=Signal::derive(move || view.name().get()) role=Signal::derive(move || view.role().get())
                        hand=Signal::derive(move || view.hand().get().is_some()) away=Signal::stored(false)
                        microphone=own_microphone camera=own_camera/>
                </li>
                <For each=move || view.participants() key=|participant| participant.id().get_untracked() let:participant>
                    {
                        let (name, role, hand) = (participant.name(), participant.role(), participant.hand());
                        let (away, microphone, camera) = (participant.away(), participant.microphone(), participant.camera());
                        view! {
                            <li>
                                <Person name=Signal::derive(move || name.get()) initials_of=Signal::derive(move || name.get()) role=Signal::derive(move || role.get())
                                    hand=Signal::derive(move || hand.get().is_some()) away=Signal::derive(move || away.get())
                                    microphone=Signal::derive(move || microphone.get()) camera=Signal::derive(move || camera.get())/>
                                <Show when=move || participant.unverified().get()><Verify participant/></Show>
                                <Show when=move || participant.secrecy().get() == Secrecy::OtherSecret><NoKey participant/></Show>
                                <Show when=move || moderates.get() && view.role().get().outranks(role.get())>
                                    <PersonActions participant/>
                                </Show>
                            </li>
                        }
                    }
                </For>
            </ul>
            <Show when=move || moderates.get()><ForAll/></Show>
            <p class="path-line">{move || people::topology(view.topology().get())}</p>
        </SidePanel>
    }
}

#[component]
fn Waiting() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let call = StoredValue::new(call);
    view! {
        <Show when=move || !view.waiting().with(Vec::is_empty)>
            <section aria-label=people::WAITING_ROOM>
                <h3>{people::WAITING_ROOM}</h3>
                <ul>
                    <For each=move || view.waiting().get() key=|person| person.id let:person>
                        <li>
                            <span class="name" dir="auto">{person.name.to_string()}</span>
                            {person.lacks_secret.then(|| view! { <span class="tag caution">{key::NO_KEY}</span> })}
                            <Answers person/>
                        </li>
                    </For>
                </ul>
                <button type="button" class="button small"
                    on:click=move |_| call.get_value().send(CallCommand::Moderate { moderation: Moderation::AdmitAll })>
                    {people::ADMIT_ALL}
                </button>
            </section>
        </Show>
    }
}

/// The queue of hands, first come first.
#[component]
fn RaisedHands() -> impl IntoView {
    let view = use_call_handle().view;
    let queue = Memo::new(move |_| {
        let own = view.hand().get().map(|hand| (hand, people::yourself(&view.name().get())));
        let mut queue: Vec<_> = own.into_iter().collect();
        for other in view.participants() {
            if let Some(hand) = other.hand().get() {
                queue.push((hand, other.name().get()));
            }
        }
        queue.sort();
        queue.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    });
    view! {
        <Show when=move || !queue.with(Vec::is_empty)>
            <section aria-label=people::RAISED_HANDS>
                <h3>{people::RAISED_HANDS}</h3>
                <ol class="hand-queue">{move || queue.get().into_iter().map(|name| view! { <li dir="auto">{name}</li> }).collect_view()}</ol>
            </section>
        </Show>
    }
}

#[component]
fn ForAll() -> impl IntoView {
    let call = use_call_handle();
    let decide = move |moderation: Moderation| {
        let call = call.clone();
        move |_| call.send(CallCommand::Moderate { moderation: moderation.clone() })
    };
    view! {
        <div class="panel-actions">
            <button type="button" class="button small" on:click=decide(Moderation::TurnOffAll { source: Source::Microphone })>{people::MUTE_ALL}</button>
            <button type="button" class="button small" on:click=decide(Moderation::LowerAllHands)>{people::LOWER_ALL_HANDS}</button>
        </div>
    }
}
