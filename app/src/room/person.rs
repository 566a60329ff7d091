//! One row of the list of people, and what a host can do with the person in it.

use leptos::html;
use leptos::prelude::*;
use protocol::{Moderation, Right, Role, Source};
use reactive_stores::Field;

use crate::components::{Icon, Symbol};
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};
use crate::text::call;
use crate::text::people::{self, Action};

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
    view! {
        <div class="person">
            <span class="name" dir="auto">{name}</span>
            {move || people::role(role.get()).map(|role| view! { <span class="tag">{role}</span> })}
            <Show when=move || away.get()><span class="tag">{people::RECONNECTING}</span></Show>
            <Show when=move || hand.get()><span role="img" aria-label=call::HAND_RAISED><Icon symbol=Symbol::Hand/></span></Show>
            <span role="img" aria-label=move || if microphone.get() { call::MICROPHONE_ON() } else { call::MICROPHONE_OFF() }>
                <Icon symbol=microphone_symbol/>
            </span>
            <span role="img" aria-label=move || if camera.get() { call::CAMERA_ON() } else { call::CAMERA_OFF() }>
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
    let actions = move || -> Vec<(Moderation, Action)> {
        let media = |on: bool, source, turn_off, ask| {
            if on {
                (Moderation::TurnOff { id, source }, turn_off)
            } else {
                (Moderation::AskToTurnOn { id, source }, ask)
            }
        };
        let right = |is_forbidden: protocol::Switch, right, forbid, allow| {
            let action = if is_forbidden.is_on() { allow } else { forbid };
            (Moderation::Forbid { id, right, forbidden: is_forbidden.toggled() }, action)
        };
        let now = forbidden.get();
        let mut actions = vec![
            media(microphone.get(), Source::Microphone, Action::Mute, Action::AskToUnmute),
            media(camera.get(), Source::Camera, Action::TurnOffCamera, Action::AskForCamera),
            right(now.microphone, Right::Microphone, Action::ForbidMicrophone, Action::AllowMicrophone),
            right(now.camera, Right::Camera, Action::ForbidCamera, Action::AllowCamera),
            right(now.chat, Right::Chat, Action::ForbidChat, Action::AllowChat),
        ];
        if hand.get().is_some() {
            actions.push((Moderation::LowerHand { id }, Action::LowerHand));
        }
        if is_host.get() {
            let (wanted, action) = if role.get() == Role::CoHost {
                (Role::Guest, Action::MakeGuest)
            } else {
                (Role::CoHost, Action::MakeCoHost)
            };
            actions.push((Moderation::SetRole { id, role: wanted }, action));
            actions.push((Moderation::SetRole { id, role: Role::Host }, Action::MakeHost));
        }
        actions.push((Moderation::Remove { id }, Action::Remove));
        actions.push((Moderation::Block { id }, Action::Block));
        actions
    };
    let menu = NodeRef::new();
    let label = Signal::derive({
        let name = name.clone();
        move || people::actions_for(&name)
    });
    view! {
        <details class="actions-menu" node_ref=menu>
            <summary aria-label=label title=label>"⋯"</summary>
            <ul>
                {move || actions().into_iter().map(|(moderation, action)| view! { <li><ActionButton moderation action name=name.clone() menu/></li> }).collect_view()}
            </ul>
        </details>
    }
}

#[component]
fn ActionButton(
    moderation: Moderation,
    action: Action,
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
        <button type="button" class="menu-item" aria-label=move || people::action_on(action, &name)
            on:click=act>
            {people::action(action)}
        </button>
    }
}
