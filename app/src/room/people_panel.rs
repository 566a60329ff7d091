//! The list of everybody: who waits, whose hands are up, who is in, and what a host can do about them.

use leptos::prelude::*;
use protocol::{Moderation, Source};

use super::{Answers, NoKey, OpenPanel, Person, PersonActions, SafetyPhrase, SidePanel, Verify};
use crate::state::{
    CallCommand, CallViewStoreFields, MediaView, ParticipantViewStoreFields, SecrecyView, TopologyView,
    use_call_handle,
};

/// The people.
#[component]
pub(crate) fn PeoplePanel(open: OpenPanel) -> impl IntoView {
    let view = use_call_handle().view;
    let own_camera = Signal::derive(move || view.camera().get() == MediaView::On);
    let own_microphone = Signal::derive(move || view.microphone().get() == MediaView::On);
    let moderates = Memo::new(move |_| view.role().get().moderates());
    view! {
        <SidePanel title="People" open>
            <Waiting/>
            <RaisedHands/>
            <ul class="people" aria-label="In the call">
                <li>
                    <Person name=Signal::derive(move || format!("{} (you)", view.name().get())) role=Signal::derive(move || view.role().get())
                        hand=Signal::derive(move || view.hand().get().is_some()) away=Signal::stored(false)
                        microphone=own_microphone camera=own_camera/>
                </li>
                <For each=move || view.participants() key=|participant| participant.id().get_untracked() let:participant>
                    {
                        let (name, role, hand) = (participant.name(), participant.role(), participant.hand());
                        let (away, microphone, camera) = (participant.away(), participant.microphone(), participant.camera());
                        view! {
                            <li>
                                <Person name=Signal::derive(move || name.get()) role=Signal::derive(move || role.get())
                                    hand=Signal::derive(move || hand.get().is_some()) away=Signal::derive(move || away.get())
                                    microphone=Signal::derive(move || microphone.get()) camera=Signal::derive(move || camera.get())/>
                                <Show when=move || participant.unverified().get()><Verify participant/></Show>
                                <Show when=move || participant.secrecy().get() == SecrecyView::OtherSecret><NoKey participant/></Show>
                                <Show when=move || moderates.get() && view.role().get().outranks(role.get())>
                                    <PersonActions participant/>
                                </Show>
                            </li>
                        }
                    }
                </For>
            </ul>
            <Show when=move || moderates.get()><ForAll/></Show>
            <p class="path-line">{move || path(view.topology().get())}</p>
            <SafetyPhrase/>
        </SidePanel>
    }
}

fn path(topology: TopologyView) -> String {
    let TopologyView { direct, why, moving } = topology;
    let way = if direct { "Direct, from browser to browser" } else { "Via the server" };
    let change = if moving { " About to change." } else { "" };
    format!("{way}: {why}. Encrypted from end to end.{change}")
}

#[component]
fn Waiting() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let call = StoredValue::new(call);
    view! {
        <Show when=move || !view.waiting().with(Vec::is_empty)>
            <section aria-label="Waiting room">
                <h3>"Waiting to be let in"</h3>
                <ul>
                    <For each=move || view.waiting().get() key=|person| person.id let:person>
                        <li>
                            <span class="name" dir="auto">{person.name.to_string()}</span>
                            {person.lacks_secret.then(|| view! { <span class="tag caution">"No key"</span> })}
                            <Answers person/>
                        </li>
                    </For>
                </ul>
                <button type="button" class="button small"
                    on:click=move |_| call.get_value().send(CallCommand::Moderate { moderation: Moderation::AdmitAll })>
                    "Admit all"
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
        let own = view.hand().get().map(|hand| (hand, format!("{} (you)", view.name().get())));
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
            <section aria-label="Raised hands">
                <h3>"Raised hands"</h3>
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
            <button type="button" class="button small" on:click=decide(Moderation::TurnOffAll { source: Source::Microphone })>"Mute all"</button>
            <button type="button" class="button small" on:click=decide(Moderation::LowerAllHands)>"Lower all hands"</button>
        </div>
    }
}
