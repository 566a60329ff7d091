//! The controls of a call.

use leptos::prelude::*;
use protocol::{Role, Source};

use super::{
    CameraOptions, LayoutMenu, MediaButton, Menu, MenuItem, MicrophoneOptions, MoreMenu, Panel, Popover,
    PopoverButton, ReactionMenu, use_opened,
};
use crate::components::{HangUpButton, Icon, Symbol, focus};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle, use_direct_call};
use crate::text::{Text, call, devices};

/// Microphone, camera, screen, chat, hand, reactions, people, layout, more, and *Leave* or *Hang up* last.
#[component]
pub(crate) fn Toolbar() -> impl IntoView {
    let view = use_call_handle().view;
    let count = move || view.participants().with(|others| others.len() + 1).to_string();
    let unread =
        move || Some(view.unread().get()).filter(|unread| *unread > 0).map(|unread| unread.to_string());
    view! {
        <div class="bar" role="toolbar" aria-label=call::CONTROLS>
            <div class="group">
                <div class="split">
                    <MediaButton source=Source::Microphone/>
                    <PopoverButton popover=Popover::Microphone name=devices::MICROPHONE_OPTIONS symbol=Symbol::Up class="split-arrow">
                        <MicrophoneOptions/>
                    </PopoverButton>
                </div>
                <div class="split">
                    <MediaButton source=Source::Camera/>
                    <PopoverButton popover=Popover::Camera name=devices::CAMERA_OPTIONS symbol=Symbol::Up class="split-arrow">
                        <CameraOptions/>
                    </PopoverButton>
                </div>
                <Show when=move || view.can_share().get()>
                    <div class="from-medium"><MediaButton source=Source::Screen/></div>
                </Show>
            </div>
            <div class="group">
                <PanelButton name=call::CHAT panel=Panel::Chat symbol=Symbol::Chat badge=Signal::derive(unread) is_news=true/>
                <HandButton/>
                <ReactionMenu/>
                <PanelButton name=call::PEOPLE panel=Panel::People symbol=Symbol::People badge=Signal::derive(move || Some(count()))/>
            </div>
            <div class="group">
                <LayoutMenu/>
                <MoreMenu/>
            </div>
            {match use_direct_call() {
                Some(direct) => view! { <div class="split leave-split plain"><HangUpButton direct/></div> }.into_any(),
                None => view! { <LeaveButton/> }.into_any(),
            }}
        </div>
    }
}

#[component]
fn LeaveButton() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let opened = use_opened();
    let is_host = Memo::new(move |_| view.role().get() == Role::Host);
    let leave = StoredValue::new(handle.clone());
    view! {
        <div class="split leave-split" class:plain=move || !is_host.get()>
            <button type="button" class="control leave" aria-label=call::LEAVE title=call::LEAVE
                on:click=move |_| handle.send(CallCommand::Leave)>
                <Icon symbol=Symbol::Leave/>
                <span class="control-text">{call::LEAVE}</span>
            </button>
            <Show when=move || is_host.get()>
                <PopoverButton popover=Popover::Leave name=call::LEAVE_OPTIONS symbol=Symbol::Up class="split-arrow" opens="popover menus at-end" has_menu=true>
                    <Menu name=call::LEAVE_OPTIONS>
                        <MenuItem symbol=Symbol::Leave label=Signal::derive(move || call::LEAVE().to_owned())
                            on_choose=move || leave.with_value(|handle| handle.send(CallCommand::Leave))/>
                        <MenuItem symbol=Symbol::Ban label=Signal::derive(move || call::END_FOR_EVERYONE().to_owned()) class="danger"
                            on_choose=move || opened.asks_to_end.set(true)/>
                    </Menu>
                </PopoverButton>
            </Show>
        </div>
    }
}

#[component]
fn PanelButton(
    name: Text,
    panel: Panel,
    symbol: Symbol,
    badge: Signal<Option<String>>,
    /// Whether the badge is something new, and not a count of what is there.
    #[prop(default = false)]
    is_news: bool,
) -> impl IntoView {
    let button = NodeRef::new();
    let opened = use_opened();
    let is_open = Memo::new(move |_| opened.panel.get() == Some(panel));
    // The focus goes back to where the panel was opened.
    Effect::new(move |was_open: Option<bool>| {
        if was_open == Some(true) && opened.panel.get().is_none() {
            focus(button);
        }
        is_open.get()
    });
    view! {
        <button type="button" class="control" class:has-news=is_news node_ref=button aria-label=name title=name data-badge=badge
            aria-expanded=move || is_open.get().to_string()
            on:click=move |_| opened.toggle(panel)>
            <Icon symbol/>
        </button>
    }
}

#[component]
fn HandButton() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let is_up = Memo::new(move |_| view.hand().get().is_some());
    let label = move || call::hand(is_up.get());
    view! {
        <button type="button" class="control from-small" aria-label=label title=label
            data-state=move || is_up.get().then_some("raised")
            on:click=move |_| handle.send(CallCommand::SetHand { up: !is_up.get_untracked() })>
            <Icon symbol=Symbol::Hand/>
        </button>
    }
}
