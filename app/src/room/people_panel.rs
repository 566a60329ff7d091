//! The list of everybody: who waits, whose hands are up, who is in, and what a host can do about them.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use protocol::{Moderation, Source};
use view::{Publication, Secrecy};

use super::recording::own_answer;
use super::{Answers, NoKey, Person, PersonActions, RingSomeone, SidePanel, Verify, VolumeMenu};
use crate::components::{Avatar, Step, focus_among, is_focus_nowhere};
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantViewStoreFields, use_call_handle, use_direct_call,
};
use crate::text::{key, people};

/// The people.
#[component]
pub(crate) fn PeoplePanel() -> impl IntoView {
    let view = use_call_handle().view;
    let own_camera = Signal::derive(move || view.camera().get() == Publication::On);
    let own_microphone = Signal::derive(move || view.microphone().get() == Publication::On);
    let moderates = Memo::new(move |_| view.role().get().moderates());
    let own = own_answer(view);
    let lists = Lists::watch(Signal::derive(move || {
        let raised = view.hand().get().is_some()
            || view.participants().into_iter().any(|other| other.hand().get().is_some());
        (view.waiting().with(Vec::is_empty), raised)
    }));
    provide_context(lists);
    view! {
        <SidePanel title=people::HEADING>
            <Waiting/>
            <RaisedHands/>
            <div class="panel-heading">
                <h3>{people::IN_THE_CALL}" "<span class="count">{move || view.participants().with(Vec::len) + 1}</span></h3>
                <Show when=move || moderates.get()>
                    <ForAll moderation=Moderation::TurnOffAll { source: Source::Microphone } name=people::MUTE_ALL/>
                </Show>
            </div>
            <ul class="people" aria-label=people::IN_THE_CALL>
                <li>
                    <Person name=Signal::derive(move || people::yourself(&view.name().get())) initials_of=Signal::derive(move || view.name().get()) role=Signal::derive(move || view.role().get())
                        hand=Signal::derive(move || view.hand().get().is_some()) away=Signal::stored(false)
                        microphone=own_microphone camera=own_camera recorded=Signal::derive(move || own.get())/>
                </li>
                <For each=move || view.participants() key=|participant| participant.id().get_untracked() let:participant>
                    {
                        let (name, role, hand) = (participant.name(), participant.role(), participant.hand());
                        let (away, microphone, camera) = (participant.away(), participant.microphone(), participant.camera());
                        view! {
                            <li>
                                <Person name=Signal::derive(move || name.get()) initials_of=Signal::derive(move || name.get()) role=Signal::derive(move || role.get())
                                    hand=Signal::derive(move || hand.get().is_some()) away=Signal::derive(move || away.get())
                                    microphone=Signal::derive(move || microphone.get()) camera=Signal::derive(move || camera.get())
                                    recorded=Signal::derive(move || participant.recorded().get().filter(|_| moderates.get()))/>
                                <Show when=move || participant.unverified().get()><Verify participant/></Show>
                                <Show when=move || participant.secrecy().get() == Secrecy::OtherSecret><NoKey participant/></Show>
                                <VolumeMenu participant/>
                                <Show when=move || moderates.get() && view.role().get().outranks(role.get())>
                                    <PersonActions participant/>
                                </Show>
                            </li>
                        }
                    }
                </For>
            </ul>
            {use_direct_call().map(|direct| view! { <RingSomeone direct/> })}
            <p class="path-line">{move || people::topology(view.topology().get(), view.encryption().get())}</p>
        </SidePanel>
    }
}

/// Whoever is at the door.
#[component]
fn Waiting() -> impl IntoView {
    let view = use_call_handle().view;
    view! {
        <Show when=move || !view.waiting().with(Vec::is_empty)>
            <section aria-label=people::WAITING_ROOM>
                <div class="panel-heading">
                    <h3>{people::WAITING_ROOM}</h3>
                    <ForAll moderation=Moderation::AdmitAll name=people::ADMIT_ALL/>
                </div>
                <ul>
                    <For each=move || view.waiting().get() key=|person| person.id let:person>
                        <li>
                            <Avatar name=Signal::stored(person.name.to_string())/>
                            <span class="who">
                                <span class="name" dir="auto">{person.name.to_string()}</span>
                                {person.lacks_secret.then(|| view! { <small class="caution">{key::NO_KEY}</small> })}
                            </span>
                            <Answers person/>
                        </li>
                    </For>
                </ul>
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
                <div class="panel-heading">
                    <h3>{people::RAISED_HANDS}</h3>
                    <Show when=move || view.role().get().moderates()>
                        <ForAll moderation=Moderation::LowerAllHands name=people::LOWER_ALL_HANDS/>
                    </Show>
                </div>
                <ol class="hand-queue">{move || queue.get().into_iter().map(|name| view! { <li dir="auto">{name}</li> }).collect_view()}</ol>
            </section>
        </Show>
    }
}

/// Does something with all of a list at once; stands at the end of its heading.
#[component]
fn ForAll(moderation: Moderation, name: fn() -> &'static str) -> impl IntoView {
    let call = use_call_handle();
    let lists = use_context::<Lists>();
    let press = move |event: MouseEvent| {
        // The second press of a double one is not meant for what has come under it, nor one that was on its way as lists moved.
        if event.detail() < 2 && !lists.is_some_and(|lists| event.detail() > 0 && lists.have_just_moved()) {
            call.send(CallCommand::Moderate { moderation: moderation.clone() });
            lists.inspect(|lists| lists.is_by_key.set_value(event.detail() == 0));
        }
    };
    view! { <button type="button" class="link-button" on:click=press>{name}</button> }
}

/// When a list came or went, and others took its place.
#[derive(Clone, Copy)]
struct Lists {
    /// Milliseconds since 1970.
    moved_at: StoredValue<f64>,
    /// Whether what was done with a list last was done by keyboard.
    is_by_key: StoredValue<bool>,
}

impl Lists {
    fn watch(which: Signal<(bool, bool)>) -> Self {
        let lists = Self { moved_at: StoredValue::new(0.0), is_by_key: StoredValue::new(false) };
        let which = Memo::new(move |_| which.get());
        Effect::new(move |before: Option<()>| {
            which.track();
            if before.is_none() {
                return;
            }
            lists.moved_at.set_value(js_sys::Date::now());
            // Whoever was on the button of a list that goes is on the panel's first one.
            if lists.is_by_key.get_value() {
                lists.is_by_key.set_value(false);
                request_animation_frame(|| {
                    let panel =
                        document().query_selector(".panel").ok().flatten().filter(|_| is_focus_nowhere());
                    if let Some(panel) = panel {
                        focus_among(&panel, "button", Step::First);
                    }
                });
            }
        });
        lists
    }

    /// Whether a press may have been meant for what was there before.
    fn have_just_moved(self) -> bool {
        js_sys::Date::now() - self.moved_at.get_value() < JUST_MOVED_MILLIS
    }
}

/// As long as a hand needs to stop.
const JUST_MOVED_MILLIS: f64 = 500.0;
