//! What can be done about a row of a list.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlDetailsElement, HtmlElement};

use super::{Icon, Symbol, when_left};

/// What opens in a row of a list: a menu that closes with Escape, and when the focus goes elsewhere.
#[component]
pub(crate) fn RowMenu(
    label: Signal<String>,
    #[prop(into)] symbol: Signal<Symbol>,
    menu: NodeRef<html::Details>,
    /// Is told whether it is open, for what is made only then.
    #[prop(optional)]
    is_open: Option<RwSignal<bool>>,
    /// Of the whole.
    #[prop(default = "actions-menu")]
    class: &'static str,
    /// Of what it opens.
    #[prop(default = "popover menus")]
    opens: &'static str,
    children: Children,
) -> impl IntoView {
    let toggled = move |_| {
        if let Some((is_open, menu)) = is_open.zip(menu.get_untracked()) {
            is_open.set(menu.open());
        }
    };
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    let key = move |event: KeyboardEvent| {
        let Some(menu) = menu.get_untracked().filter(|menu| event.key() == "Escape" && menu.open()) else {
            return;
        };
        event.stop_propagation();
        close_menu(&menu);
    };
    let focus_left = when_left(menu, close);
    view! {
        <details class=class node_ref=menu on:keydown=key on:focusout=focus_left on:toggle=toggled>
            <summary aria-label=label title=label><Icon symbol/></summary>
            <div class=opens>{children()}</div>
        </details>
    }
}

/// Whoever has chosen goes on where they have opened the menu.
pub(crate) fn close_menu(menu: &HtmlDetailsElement) {
    menu.set_open(false);
    let summary = menu.query_selector("summary").ok().flatten();
    if let Some(summary) = summary.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
        _ = summary.focus();
    }
}
