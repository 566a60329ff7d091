//! The list of everybody in the call.

use leptos::prelude::*;

use crate::components::{Icon, Symbol, focus_when_shown};
use crate::state::{CallViewStoreFields, MediaView, ParticipantViewStoreFields, use_call_handle};

/// A panel beside the people; closed with its button or Escape.
#[component]
pub(crate) fn PeoplePanel(open: RwSignal<bool>) -> impl IntoView {
    let view = use_call_handle().view;
    let own_camera = Signal::derive(move || view.camera().get() == MediaView::On);
    let own_microphone = Signal::derive(move || view.microphone().get() == MediaView::On);
    let close = NodeRef::new();
    focus_when_shown(close);
    view! {
        <aside class="panel" aria-label="People"
            on:keydown=move |event| if event.key() == "Escape" { open.set(false) }>
            <header>
                <h2>"People"</h2>
                <button type="button" class="plain-button" aria-label="Close" node_ref=close on:click=move |_| open.set(false)>
                    <Icon symbol=Symbol::Close/>
                </button>
            </header>
            <ul>
                <Person name=Signal::derive(move || format!("{} (you)", view.name().get())) microphone=own_microphone camera=own_camera/>
                <For each=move || view.participants() key=|participant| participant.id().get_untracked() let:participant>
                    {
                        let (name, microphone, camera) =
                            (participant.name(), participant.microphone(), participant.camera());
                        view! {
                            <Person name=Signal::derive(move || name.get())
                                microphone=Signal::derive(move || microphone.get()) camera=Signal::derive(move || camera.get())/>
                        }
                    }
                </For>
            </ul>
        </aside>
    }
}

#[component]
fn Person(name: Signal<String>, microphone: Signal<bool>, camera: Signal<bool>) -> impl IntoView {
    let microphone_symbol =
        Signal::derive(move || if microphone.get() { Symbol::Microphone } else { Symbol::MicrophoneOff });
    let camera_symbol = Signal::derive(move || if camera.get() { Symbol::Camera } else { Symbol::CameraOff });
    view! {
        <li>
            <span class="name" dir="auto">{name}</span>
            <span role="img" aria-label=move || if microphone.get() { "Microphone on" } else { "Microphone off" }>
                <Icon symbol=microphone_symbol/>
            </span>
            <span role="img" aria-label=move || if camera.get() { "Camera on" } else { "Camera off" }>
                <Icon symbol=camera_symbol/>
            </span>
        </li>
    }
}
