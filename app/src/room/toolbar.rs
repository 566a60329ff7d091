//! The controls of a call.

use leptos::prelude::*;
use protocol::Source;

use super::{LayoutMenu, MediaButton, OpenPanel, Panel, ReactionMenu};
use crate::components::{Icon, Symbol, focus};
use crate::state::{CallCommand, CallViewStoreFields, use_call_handle};
use crate::text::{Text, call};

/// Microphone, camera, chat, hand, reactions, people, layout, more, and *Leave* last.
#[component]
pub(crate) fn Toolbar(open: OpenPanel) -> impl IntoView {
    let handle = use_call_handle();
    let view = handle.view;
    let count = move || view.participants().with(|others| others.len() + 1).to_string();
    let unread =
        move || Some(view.unread().get()).filter(|unread| *unread > 0).map(|unread| unread.to_string());
    view! {
        <div class="toolbar" role="toolbar" aria-label=call::CONTROLS>
            <MediaButton source=Source::Microphone/>
            <MediaButton source=Source::Camera/>
            <PanelButton name=call::CHAT panel=Panel::Chat symbol=Symbol::Chat open badge=Signal::derive(unread)/>
            <HandButton/>
            <ReactionMenu/>
            <PanelButton name=call::PEOPLE panel=Panel::People symbol=Symbol::People open badge=Signal::derive(move || Some(count()))/>
            <LayoutMenu/>
            <PanelButton name=call::MORE panel=Panel::More symbol=Symbol::More open badge=Signal::stored(None)/>
            <button type="button" class="round-button leave" aria-label=call::LEAVE title=call::LEAVE
                on:click=move |_| handle.send(CallCommand::Leave)>
                <Icon symbol=Symbol::Leave/>
                <span class="round-button-text">{call::LEAVE}</span>
            </button>
        </div>
    }
}

#[component]
fn PanelButton(
    name: Text,
    panel: Panel,
    symbol: Symbol,
    open: OpenPanel,
    badge: Signal<Option<String>>,
) -> impl IntoView {
    let button = NodeRef::new();
    let is_open = Memo::new(move |_| open.get() == Some(panel));
    // The focus goes back to where the panel was opened.
    Effect::new(move |was_open: Option<bool>| {
        if was_open == Some(true) && open.get().is_none() {
            focus(button);
        }
        is_open.get()
    });
    view! {
        <button type="button" class="round-button" node_ref=button aria-label=name title=name data-badge=badge
            aria-expanded=move || is_open.get().to_string()
            on:click=move |_| open.set((!is_open.get_untracked()).then_some(panel))>
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
        <button type="button" class="round-button wide-only" aria-label=label title=label aria-pressed=move || is_up.get().to_string()
            on:click=move |_| handle.send(CallCommand::SetHand { up: !is_up.get_untracked() })>
            <Icon symbol=Symbol::Hand/>
        </button>
    }
}
