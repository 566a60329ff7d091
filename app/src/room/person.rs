//! One row of the list of people, and what a host can do with the person in it.

use leptos::html;
use leptos::prelude::*;
use protocol::{Moderation, Right, Role, Source};
use reactive_stores::Field;

use crate::components::{Icon, Symbol};
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};

/// Name, role, hand, microphone and camera.
#[component]
pub(crate) fn Person(
    name: Signal<String>,
    role: Signal<Role>,
    hand: Signal<bool>,
    away: Signal<bool>,
    microphone: Signal<bool>,
    camera: Signal<bool>,
) -> impl IntoView {
    let microphone_symbol =
        Signal::derive(move || if microphone.get() { Symbol::Microphone } else { Symbol::MicrophoneOff });
    let camera_symbol = Signal::derive(move || if camera.get() { Symbol::Camera } else { Symbol::CameraOff });
    let role_name = move || match role.get() {
        Role::Host => Some("Host"),
        Role::CoHost => Some("Co-host"),
        Role::Guest => None,
    };
    view! {
        <div class="person">
            <span class="name" dir="auto">{name}</span>
            {move || role_name().map(|role| view! { <span class="tag">{role}</span> })}
            <Show when=move || away.get()><span class="tag">"reconnecting"</span></Show>
            <Show when=move || hand.get()><span role="img" aria-label="Hand raised"><Icon symbol=Symbol::Hand/></span></Show>
            <span role="img" aria-label=move || if microphone.get() { "Microphone on" } else { "Microphone off" }>
                <Icon symbol=microphone_symbol/>
            </span>
            <span role="img" aria-label=move || if camera.get() { "Camera on" } else { "Camera off" }>
                <Icon symbol=camera_symbol/>
            </span>
        </div>
    }
}

/// What can be decided about somebody of lower rank.
#[component]
pub(crate) fn PersonActions(#[prop(into)] participant: Field<ParticipantView>) -> impl IntoView {
    let view = use_call_handle().view;
    let id = participant.id().get_untracked();
    let name = participant.name().get_untracked();
    let (microphone, camera, hand) = (participant.microphone(), participant.camera(), participant.hand());
    let (forbidden, role) = (participant.forbidden(), participant.role());
    let is_host = Memo::new(move |_| view.role().get() == Role::Host);
    let actions = move || {
        let media = |on: bool, source, turn_off, ask| {
            if on {
                (Moderation::TurnOff { id, source }, turn_off)
            } else {
                (Moderation::AskToTurnOn { id, source }, ask)
            }
        };
        let right = |is_forbidden: protocol::Switch, right, forbid, allow| {
            let text = if is_forbidden.is_on() { allow } else { forbid };
            (Moderation::Forbid { id, right, forbidden: is_forbidden.toggled() }, text)
        };
        let now = forbidden.get();
        let mut actions = vec![
            media(microphone.get(), Source::Microphone, "Mute", "Ask to unmute"),
            media(camera.get(), Source::Camera, "Turn off camera", "Ask for camera"),
            right(now.microphone, Right::Microphone, "Forbid microphone", "Allow microphone"),
            right(now.camera, Right::Camera, "Forbid camera", "Allow camera"),
            right(now.chat, Right::Chat, "Forbid chat", "Allow chat"),
        ];
        if hand.get().is_some() {
            actions.push((Moderation::LowerHand { id }, "Lower hand"));
        }
        if is_host.get() {
            let (wanted, text) = if role.get() == Role::CoHost {
                (Role::Guest, "Make guest")
            } else {
                (Role::CoHost, "Make co-host")
            };
            actions.push((Moderation::SetRole { id, role: wanted }, text));
            actions.push((Moderation::SetRole { id, role: Role::Host }, "Make host"));
        }
        actions.push((Moderation::Remove { id }, "Remove"));
        actions.push((Moderation::Block { id }, "Remove and block"));
        actions
    };
    let menu = NodeRef::new();
    let label = format!("Actions for {name}");
    view! {
        <details class="actions-menu" node_ref=menu>
            <summary aria-label=label.clone() title=label>"⋯"</summary>
            <ul>
                {move || actions().into_iter().map(|(moderation, text)| view! { <li><Action moderation text name=name.clone() menu/></li> }).collect_view()}
            </ul>
        </details>
    }
}

#[component]
fn Action(
    moderation: Moderation,
    text: &'static str,
    name: String,
    menu: NodeRef<html::Details>,
) -> impl IntoView {
    let call = use_call_handle();
    let act = move |_| {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
        call.send(CallCommand::Moderate { moderation: moderation.clone() });
    };
    view! {
        <button type="button" class="menu-item" aria-label=format!("{text}: {name}")
            on:click=act>
            {text}
        </button>
    }
}
