//! One row of the list of people, and what a host can do with the person in it: what holds at once, what they may do and be, and last
//! what takes them out of the call.

use leptos::html;
use leptos::prelude::*;
use protocol::{Consent, Moderation, ParticipantId, Right, Role, Source, Switch};
use reactive_stores::Field;

use super::recording::RecordedTag;
use crate::components::{Avatar, Confirm, Icon, RowMenu, Symbol, close_menu};
use crate::state::{
    CallCommand, CallViewStoreFields, ParticipantView, ParticipantViewStoreFields, use_call_handle,
};
use crate::text::people::{self, Action};
use crate::text::{Text, call};

/// Name, role, hand, microphone and camera.
#[component]
pub(crate) fn Person(
    name: Signal<String>,
    /// The name alone, without what is said of it.
    initials_of: Signal<String>,
    role: Signal<Role>,
    hand: Signal<bool>,
    away: Signal<bool>,
    microphone: Signal<bool>,
    camera: Signal<bool>,
    /// Whether they are recorded, where that is to be known.
    recorded: Signal<Option<Consent>>,
) -> impl IntoView {
    let microphone_symbol =
        Signal::derive(move || if microphone.get() { Symbol::Microphone } else { Symbol::MicrophoneOff });
    let camera_symbol = Signal::derive(move || if camera.get() { Symbol::Camera } else { Symbol::CameraOff });
    view! {
        <div class="person">
            <Avatar name=initials_of/>
            <span class="who">
                <span class="name" dir="auto">{name}</span>
                {move || people::role(role.get()).map(|role| view! { <small>{role}</small> })}
            </span>
            <RecordedTag answer=recorded/>
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

/// Something that can be decided, and how it is shown.
struct Choice {
    moderation: Moderation,
    action: Action,
    symbol: Symbol,
}

impl Choice {
    fn new(moderation: Moderation, action: Action, symbol: Symbol) -> Self {
        Self { moderation, action, symbol }
    }
}

/// What stands together in the menu.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    RightNow,
    Permissions,
    OutOfTheCall,
}

impl Group {
    const ALL: [Self; 3] = [Self::RightNow, Self::Permissions, Self::OutOfTheCall];

    fn name(self) -> Text {
        match self {
            Self::RightNow => people::RIGHT_NOW,
            Self::Permissions => people::PERMISSIONS,
            Self::OutOfTheCall => people::OUT_OF_THE_CALL,
        }
    }
}

/// What can be decided about somebody of lower rank.
#[component]
pub(crate) fn PersonActions(#[prop(into)] participant: Field<ParticipantView>) -> impl IntoView {
    let call = use_call_handle();
    let id = participant.id().get_untracked();
    let name = participant.name().get_untracked();
    let blocks = RwSignal::new(false);
    let menu = NodeRef::<html::Details>::new();
    let label = Signal::derive({
        let name = name.clone();
        move || people::actions_for(&name)
    });
    let question = Signal::derive({
        let name = name.clone();
        move || people::block_question(&name)
    });
    let block = move || call.send(CallCommand::Moderate { moderation: Moderation::Block { id } });
    view! {
        <RowMenu label symbol=Symbol::More menu>
            {Group::ALL.map(|group| view! { <ActionGroup group participant name=name.clone() menu blocks/> }).collect_view()}
        </RowMenu>
        <Confirm asked=blocks question hint=people::BLOCK_HINT action=people::BLOCK on_confirm=block/>
    }
}

fn choices(group: Group, participant: Field<ParticipantView>, is_host: bool) -> Vec<Choice> {
    let id = participant.id().get_untracked();
    match group {
        Group::RightNow => right_now(id, participant),
        Group::Permissions => permissions(id, participant, is_host),
        Group::OutOfTheCall => vec![
            Choice::new(Moderation::Remove { id }, Action::Remove, Symbol::Remove),
            Choice::new(Moderation::Block { id }, Action::Block, Symbol::Ban),
        ],
    }
}

fn right_now(id: ParticipantId, participant: Field<ParticipantView>) -> Vec<Choice> {
    let turn_off = |source, action, symbol| Choice::new(Moderation::TurnOff { id, source }, action, symbol);
    let ask = |source, action, symbol| Choice::new(Moderation::AskToTurnOn { id, source }, action, symbol);
    let microphone = if participant.microphone().get() {
        turn_off(Source::Microphone, Action::Mute, Symbol::MicrophoneOff)
    } else {
        ask(Source::Microphone, Action::AskToUnmute, Symbol::Microphone)
    };
    let camera = if participant.camera().get() {
        turn_off(Source::Camera, Action::TurnOffCamera, Symbol::CameraOff)
    } else {
        ask(Source::Camera, Action::AskForCamera, Symbol::Camera)
    };
    let screen =
        participant.shares().get().then(|| turn_off(Source::Screen, Action::StopShare, Symbol::Screen));
    let has_hand = participant.hand().get().is_some();
    let hand = has_hand.then(|| Choice::new(Moderation::LowerHand { id }, Action::LowerHand, Symbol::Hand));
    [Some(microphone), Some(camera), screen, hand].into_iter().flatten().collect()
}

fn permissions(id: ParticipantId, participant: Field<ParticipantView>, is_host: bool) -> Vec<Choice> {
    let right = |is_forbidden: Switch, right, forbid, allow, symbol| {
        let action = if is_forbidden.is_on() { allow } else { forbid };
        Choice::new(Moderation::Forbid { id, right, forbidden: is_forbidden.toggled() }, action, symbol)
    };
    let now = participant.forbidden().get();
    let (microphone, camera, screen, chat) = (Right::Microphone, Right::Camera, Right::Screen, Right::Chat);
    let mut all = vec![
        right(
            now.microphone,
            microphone,
            Action::ForbidMicrophone,
            Action::AllowMicrophone,
            Symbol::Microphone,
        ),
        right(now.camera, camera, Action::ForbidCamera, Action::AllowCamera, Symbol::Camera),
        right(now.screen, screen, Action::ForbidShare, Action::AllowShare, Symbol::Screen),
        right(now.chat, chat, Action::ForbidChat, Action::AllowChat, Symbol::Chat),
    ];
    if is_host {
        let (role, action) = if participant.role().get() == Role::CoHost {
            (Role::Guest, Action::MakeGuest)
        } else {
            (Role::CoHost, Action::MakeCoHost)
        };
        all.push(Choice::new(Moderation::SetRole { id, role }, action, Symbol::Star));
        all.push(Choice::new(Moderation::SetRole { id, role: Role::Host }, Action::MakeHost, Symbol::Key));
    }
    all
}

/// One group with its name. What is in it changes with what the person does; the group stays.
#[component]
fn ActionGroup(
    group: Group,
    participant: Field<ParticipantView>,
    name: String,
    menu: NodeRef<html::Details>,
    blocks: RwSignal<bool>,
) -> impl IntoView {
    let view = use_call_handle().view;
    let is_host = Memo::new(move |_| view.role().get() == Role::Host);
    let choices = move || choices(group, participant, is_host.get());
    view! {
        <div role="group" aria-label=group.name()>
            <p class="menu-title" aria-hidden="true">{group.name()}</p>
            {move || choices().into_iter().map(|choice| view! { <ActionButton choice name=name.clone() menu blocks/> }).collect_view()}
        </div>
    }
}

#[component]
fn ActionButton(
    choice: Choice,
    name: String,
    menu: NodeRef<html::Details>,
    /// Whoever blocks somebody is asked once more.
    blocks: RwSignal<bool>,
) -> impl IntoView {
    let call = use_call_handle();
    let Choice { moderation, action, symbol } = choice;
    let is_final = matches!(action, Action::Remove | Action::Block);
    let act = move |_| {
        if let Some(menu) = menu.get_untracked() {
            close_menu(&menu);
        }
        if action == Action::Block {
            blocks.set(true);
        } else {
            call.send(CallCommand::Moderate { moderation: moderation.clone() });
        }
    };
    view! {
        <button type="button" class="menu-item" class:danger=is_final aria-label=move || people::action_on(action, &name) on:click=act>
            <Icon symbol/>{people::action(action)}
        </button>
    }
}
