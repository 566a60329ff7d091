//! Everything that has no button of its own in the toolbar.

use leptos::prelude::*;
use protocol::{Moderation, Role, RoomSettingsPatch};

use super::{OpenPanel, Panel, ReactionButtons, SidePanel};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};

/// Link, invitation, hand and reactions for narrow screens, and what hosts do with the room.
#[component]
pub(crate) fn MorePanel(open: OpenPanel) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let is_up = Memo::new(move |_| view.hand().get().is_some());
    let hand = move || if is_up.get() { "Lower hand" } else { "Raise hand" };
    let (copy, raise) = (call.clone(), call);
    view! {
        <SidePanel title="More" open>
            <div class="narrow-only">
                <ReactionButtons/>
                <button type="button" class="menu-item" on:click=move |_| raise.send(CallCommand::SetHand { up: !is_up.get_untracked() })>{hand}</button>
            </div>
            <button type="button" class="menu-item" on:click=move |_| copy.send(CallCommand::CopyLink)>"Copy link"</button>
            <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Invite))>"Invite people"</button>
            <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Devices))>"Devices"</button>
            <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Connection))>"Connection"</button>
            <Show when=move || view.role().get().moderates()><Lock/></Show>
            <Show when=move || view.role().get() == Role::Host>
                <button type="button" class="menu-item" on:click=move |_| open.set(Some(Panel::Room))>"Room settings"</button>
                <End/>
            </Show>
        </SidePanel>
    }
}

#[component]
fn Lock() -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let locked = Memo::new(move |_| view.settings().get().locked);
    let toggle = move |_| {
        let patch = RoomSettingsPatch {
            locked: Some(locked.get_untracked().toggled()),
            ..RoomSettingsPatch::default()
        };
        call.send(CallCommand::Moderate {
            moderation: Moderation::ChangeSettings { patch: Box::new(patch) },
        });
    };
    view! {
        <button type="button" class="menu-item" on:click=toggle>
            {move || if locked.get().is_on() { "Unlock room" } else { "Lock room" }}
        </button>
    }
}

/// Asks once more before everybody is sent home.
#[component]
fn End() -> impl IntoView {
    let call = use_call_handle();
    let asked = RwSignal::new(false);
    let press = move |_| {
        if asked.get_untracked() {
            call.send(CallCommand::Moderate { moderation: Moderation::End });
        } else {
            asked.set(true);
        }
    };
    view! {
        <button type="button" class="menu-item danger" on:click=press>
            {move || if asked.get() { "Really end it for everyone?" } else { "End for everyone" }}
        </button>
    }
}
