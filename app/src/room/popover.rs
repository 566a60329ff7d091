//! What opens above a button of the bar, and what stands in it. It closes with Escape, with a press beside it, and when the focus
//! goes elsewhere.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::Element;

use super::{Popover, use_opened};
use crate::components::{Icon, Step, Symbol, focus, focus_among, is_focus_nowhere, when_left};
use crate::text::Text;

/// What can have the focus in a popover.
const FOCUSABLE: &str = "[role^=menuitem], button:not([role]), input, select";

/// A button, and what it opens.
#[component]
pub(crate) fn PopoverButton(
    popover: Popover,
    name: Text,
    /// What stands beside the symbol, and is then the button's name.
    #[prop(optional)]
    words: Option<Signal<String>>,
    symbol: Symbol,
    /// Of the button.
    #[prop(default = "control")]
    class: &'static str,
    /// Of what it opens.
    #[prop(default = "popover")]
    opens: &'static str,
    /// The button, for whoever wants to give it the focus.
    #[prop(optional)]
    button: NodeRef<html::Button>,
    /// Whether a menu is in it, and not what is set.
    #[prop(default = false)]
    has_menu: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    let opened = use_opened().popover;
    let is_open = Memo::new(move |_| opened.get() == Some(popover));
    let whole = NodeRef::<html::Div>::new();
    // Whoever has chosen something goes on where they have opened it, unless something else took the focus.
    Effect::new(move |was_open: Option<bool>| {
        if was_open == Some(true) && !is_open.get() && is_focus_nowhere() {
            focus(button);
        }
        is_open.get()
    });
    let close = move || {
        if is_open.get_untracked() {
            opened.set(None);
        }
    };
    let key = move |event: KeyboardEvent| {
        if event.key() == "Escape" && is_open.get_untracked() && !event.is_composing() {
            event.stop_propagation();
            focus(button);
            close();
        }
    };
    let focus_left = when_left(whole, close);
    // Whoever gets the button back later does not want what was open.
    on_cleanup(move || _ = opened.try_update(|open| *open = open.filter(|open| *open != popover)));
    let label = move || words.map_or_else(|| name().to_owned(), |words| words.get());
    view! {
        <div class="opens" node_ref=whole on:keydown=key on:focusout=focus_left>
            <button type="button" class=class node_ref=button aria-label=label title=label aria-haspopup=has_menu.then_some("menu")
                aria-expanded=move || is_open.get().to_string()
                on:click=move |_| opened.set((!is_open.get_untracked()).then_some(popover))>
                <Icon symbol/>{words.map(|words| view! { <span>{words}</span> })}
            </button>
            <Show when=move || is_open.get()>
                <Body class=opens>{children.with_value(|children| children())}</Body>
            </Show>
        </div>
    }
}

/// Takes the focus when it is there.
#[component]
fn Body(class: &'static str, children: Children) -> impl IntoView {
    let body = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let Some(body) = body.get() {
            focus_among(&body, FOCUSABLE, Step::First);
        }
    });
    view! { <div class=class node_ref=body>{children()}</div> }
}

/// A menu: arrows go up and down in it.
#[component]
pub(crate) fn Menu(name: Text, children: Children) -> impl IntoView {
    let key = move |event: KeyboardEvent| {
        let menu: Option<Element> = event.current_target().and_then(|menu| menu.dyn_into().ok());
        if let (Some(step), Some(menu)) = (Step::of_key(&event.key()), menu) {
            event.prevent_default();
            focus_among(&menu, "[role^=menuitem]", step);
        }
    };
    view! { <div class="menu" role="menu" aria-label=name on:keydown=key>{children()}</div> }
}

/// Something in a menu. The menu closes with it.
#[component]
pub(crate) fn MenuItem(
    symbol: Symbol,
    #[prop(into)] label: Signal<String>,
    /// `danger`, and at which sizes of the screen it is there.
    #[prop(default = "")]
    class: &'static str,
    on_choose: impl Fn() + 'static,
) -> impl IntoView {
    let opened = use_opened().popover;
    let choose = move |_| {
        opened.set(None);
        on_choose();
    };
    view! {
        <button type="button" role="menuitem" class=format!("menu-item {class}") on:click=choose><Icon symbol/>{label}</button>
    }
}
