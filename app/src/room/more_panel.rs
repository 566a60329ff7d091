//! Everything that has no button of its own in the toolbar.

use leptos::html;
use leptos::prelude::*;
use protocol::{Moderation, Role, RoomSettingsPatch};

use super::{LayoutChoices, OpenPanel, Panel, ReactionButtons, SidePanel};
use crate::components::LanguageChoice;
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::call;

/// Link, invitation, hand and reactions for narrow screens, and what hosts do with the room.
#[component]
pub(crate) fn MorePanel(open: OpenPanel) -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let is_up = Memo::new(move |_| view.hand().get().is_some());
    let (copy, raise) = (handle.clone(), handle);
    view! {
        <SidePanel title=call::MORE open>
            <div class="narrow-only">
                <ReactionButtons/>
                <LayoutChoices group="layout-of-more"/>
                <button type="button" class="menu-item" on:click=move |_| raise.send(CallCommand::SetHand { up: !is_up.get_untracked() })>{move || call::hand(is_up.get())}</button>
            </div>
            <button type="button" class="menu-item" on:click=move |_| copy.send(CallCommand::CopyLink)>{call::COPY_LINK}</button>
            <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Invite))>{call::INVITE_PEOPLE}</button>
            <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Devices))>{crate::text::devices::HEADING}</button>
            <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Connection))>{call::CALL_DETAILS}</button>
            <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Safety))>{crate::text::key::SAFETY_PHRASE}</button>
            <LanguageChoice/>
            <Show when=move || view.role().get().moderates()><Lock/></Show>
            <Show when=move || view.role().get() == Role::Host>
                <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Room))>{call::ROOM_SETTINGS}</button>
                <End/>
            </Show>
        </SidePanel>
    }
}

#[component]
fn Lock() -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let locked = Memo::new(move |_| view.settings().get().locked);
    let toggle = move |_| {
        let patch = RoomSettingsPatch {
            locked: Some(locked.get_untracked().toggled()),
            ..RoomSettingsPatch::default()
        };
        handle.send(CallCommand::Moderate {
            moderation: Moderation::ChangeSettings { patch: Box::new(patch) },
        });
    };
    view! {
        <button type="button" class="menu-item" on:click=toggle>
            {move || call::lock(locked.get().is_on())}
        </button>
    }
}

/// Asks once more, in a dialog, before everybody is sent home.
#[component]
fn End() -> impl IntoView {
    let handle = use_call_handle();
    let dialog = NodeRef::<html::Dialog>::new();
    let ask = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            _ = dialog.show_modal();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let end = move |_| {
        close();
        handle.send(CallCommand::Moderate { moderation: Moderation::End });
    };
    view! {
        <button type="button" class="menu-item danger" on:click=ask>{call::END_FOR_EVERYONE}</button>
        <dialog node_ref=dialog aria-labelledby="end-question" on:keydown=move |event| event.stop_propagation()>
            <h2 id="end-question">{call::END_QUESTION}</h2>
            <p>{call::END_HINT}</p>
            <div class="panel-actions">
                <button type="button" class="button danger" on:click=end>{call::END_FOR_EVERYONE}</button>
                <button type="button" class="button" on:click=move |_| close()>{call::CANCEL}</button>
            </div>
        </dialog>
    }
}
