//! Everything that has no button of its own in the bar.

use leptos::prelude::*;
use protocol::{Moderation, Role, RoomSettingsPatch, Source};

use super::{
    LayoutChoices, Menu, MenuItem, Panel, Popover, PopoverButton, ReactionButtons, can_switch_share,
    use_opened,
};
use crate::components::{LanguageChoice, Symbol, focus, is_focus_nowhere};
use crate::full_screen;
use crate::state::{CallCommand, CallViewStoreFields, DeviceRecordingCommand, use_call_handle};
use crate::text::{Text, call, connection, device_recording, devices, key, recording, settings, shortcuts};

/// A button, and what it opens: what the bar and the header have no room for, then invitations, this call, settings, and what hosts
/// do with the room.
#[component]
pub(crate) fn MoreMenu() -> impl IntoView {
    let opened = use_opened();
    let button = NodeRef::new();
    // Panels that were opened from here give the focus back to here.
    Effect::new(move |was: Option<Option<Panel>>| {
        let now = opened.panel.get();
        let was_from_here = was.flatten().is_some_and(|panel| !panel.has_button());
        if was_from_here && now.is_none() {
            request_animation_frame(move || {
                if is_focus_nowhere() {
                    focus(button);
                }
            });
        }
        now
    });
    let has_another = move || opened.panel.get() == Some(Panel::Settings);
    view! {
        <PopoverButton popover=Popover::More name=call::MORE symbol=Symbol::More opens="popover menus at-end" has_menu=true button>
            <div class="below-medium">
                <ReactionButtons/>
                <LayoutChoices group="layout-of-more"/>
            </div>
            <Menu name=call::MORE>
                <InTheRoom/>
                <Entry symbol=Symbol::Plus name=call::INVITE_PEOPLE panel=Panel::Invite/>
                <hr/>
                <Entry symbol=Symbol::Statistics name=connection::DETAILS panel=Panel::Connection/>
                <Entry symbol=Symbol::Shield name=key::SAFETY_PHRASE panel=Panel::Safety/>
                <RecordEntry/>
                <hr/>
                <Entry symbol=Symbol::Microphone name=devices::HEADING panel=Panel::Devices/>
                <Entry symbol=Symbol::Gear name=settings::HEADING panel=Panel::Settings/>
                <Entry symbol=Symbol::Keyboard name=shortcuts::HEADING panel=Panel::Shortcuts class="needs-keyboard"/>
                <ForHosts/>
            </Menu>
            <Show when=move || !has_another()><LanguageChoice in_menu=true/></Show>
        </PopoverButton>
    }
}

/// What opens a panel.
#[component]
fn Entry(
    symbol: Symbol,
    name: Text,
    panel: Panel,
    #[prop(default = "")] class: &'static str,
) -> impl IntoView {
    let opened = use_opened();
    view! {
        <MenuItem symbol label=Signal::derive(move || name().to_owned()) class on_choose=move || opened.show(panel)/>
    }
}

/// What has a button of its own where there is room for one.
#[component]
fn InTheRoom() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let is_up = Memo::new(move |_| view.hand().get().is_some());
    let copy = handle.clone();
    let share = StoredValue::new(handle.clone());
    let shares = Memo::new(move |_| view.screen().get().is_wanted());
    view! {
        <Show when=move || can_switch_share(view)>
            <MenuItem symbol=Symbol::Screen label=Signal::derive(move || devices::switch(Source::Screen, shares.get()).to_owned()) class="below-medium-item"
                on_choose=move || share.with_value(|handle| handle.send(CallCommand::Switch { source: Source::Screen, on: !shares.get_untracked() }))/>
        </Show>
        <MenuItem symbol=Symbol::Hand label=Signal::derive(move || call::hand(is_up.get()).to_owned()) class="below-small"
            on_choose=move || handle.send(CallCommand::SetHand { up: !is_up.get_untracked() })/>
        <MenuItem symbol=Symbol::FullScreen label=Signal::derive(move || call::FULL_SCREEN().to_owned()) class="below-medium-item"
            on_choose=full_screen::toggle/>
        <MenuItem symbol=Symbol::Link label=Signal::derive(move || call::COPY_LINK().to_owned()) class="when-flat"
            on_choose=move || copy.send(CallCommand::CopyLink)/>
    }
}

/// Records the call on this device, or finishes that.
#[component]
fn RecordEntry() -> impl IntoView {
    let handle = use_call_handle();
    let recording = handle.view.device_recording();
    let is_on = Memo::new(move |_| recording.get().is_on());
    let toggle = move || {
        let command = if is_on.get_untracked() {
            DeviceRecordingCommand::Finish
        } else {
            DeviceRecordingCommand::Begin
        };
        handle.send(CallCommand::Record(command));
    };
    view! {
        <MenuItem symbol=Symbol::Record label=Signal::derive(move || device_recording::record(is_on.get()).to_owned()) on_choose=toggle/>
    }
}

#[component]
fn ForHosts() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let opened = use_opened();
    let moderates = Memo::new(move |_| view.role().get().moderates());
    let is_host = Memo::new(move |_| view.role().get() == Role::Host);
    let locked = Memo::new(move |_| view.settings().get().locked);
    let is_recorded = Memo::new(move |_| view.recording().with(Option::is_some));
    let handle = StoredValue::new(handle);
    let record = move || {
        if is_recorded.get_untracked() {
            handle.with_value(|handle| handle.send(CallCommand::StopRecording));
        } else {
            opened.asks_to_record.set(true);
        }
    };
    let toggle = move || {
        let patch = RoomSettingsPatch {
            locked: Some(locked.get_untracked().toggled()),
            ..RoomSettingsPatch::default()
        };
        let moderation = Moderation::ChangeSettings { patch: Box::new(patch) };
        handle.with_value(|handle| handle.send(CallCommand::Moderate { moderation }));
    };
    view! {
        <Show when=move || moderates.get()>
            <hr/>
            <MenuItem symbol=Symbol::Lock label=Signal::derive(move || call::lock(locked.get().is_on()).to_owned()) on_choose=toggle/>
            <MenuItem symbol=Symbol::Record label=Signal::derive(move || recording::entry(is_recorded.get()).to_owned()) on_choose=record/>
        </Show>
        <Show when=move || is_host.get()>
            <Entry symbol=Symbol::Door name=call::ROOM_SETTINGS panel=Panel::Room/>
            <MenuItem symbol=Symbol::Ban label=Signal::derive(move || call::END_FOR_EVERYONE().to_owned()) class="danger below-medium-item"
                on_choose=move || opened.asks_to_end.set(true)/>
        </Show>
    }
}
