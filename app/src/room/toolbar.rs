//! The controls of a call.

use leptos::prelude::*;

use super::{MediaButton, OpenPanel, Panel, ReactionMenu};
use crate::components::{Icon, Symbol, focus};
use crate::state::{CallCommand, CallViewStoreFields, SourceView, use_call_handle};

/// Microphone, camera, chat, hand, reactions, people, more, and *Leave* last.
#[component]
pub(crate) fn Toolbar(open: OpenPanel) -> impl IntoView {
    let call = use_call_handle();
    let view = call.view;
    let count = move || view.participants().with(|others| others.len() + 1).to_string();
    let unread =
        move || Some(view.unread().get()).filter(|unread| *unread > 0).map(|unread| unread.to_string());
    view! {
        <div class="toolbar" role="toolbar" aria-label="Call controls">
            <MediaButton source=SourceView::Microphone/>
            <MediaButton source=SourceView::Camera/>
            <PanelButton name="Chat" panel=Panel::Chat symbol=Symbol::Chat open badge=Signal::derive(unread)/>
            <HandButton/>
            <ReactionMenu/>
            <PanelButton name="People" panel=Panel::People symbol=Symbol::People open badge=Signal::derive(move || Some(count()))/>
            <PanelButton name="More" panel=Panel::More symbol=Symbol::More open badge=Signal::stored(None)/>
            <button type="button" class="round-button leave" aria-label="Leave" title="Leave"
                on:click=move |_| call.send(CallCommand::Leave)>
                <Icon symbol=Symbol::Leave/>
                <span class="round-button-text">"Leave"</span>
            </button>
        </div>
    }
}

#[component]
fn PanelButton(
    name: &'static str,
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
    let call = use_call_handle();
    let view = call.view;
    let is_up = Memo::new(move |_| view.hand().get().is_some());
    let label = move || if is_up.get() { "Lower hand" } else { "Raise hand" };
    view! {
        <button type="button" class="round-button wide-only" aria-label=label title=label aria-pressed=move || is_up.get().to_string()
            on:click=move |_| call.send(CallCommand::SetHand { up: !is_up.get_untracked() })>
            <Icon symbol=Symbol::Hand/>
        </button>
    }
}
