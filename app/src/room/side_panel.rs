//! What can be opened beside the people: one at a time, closed with its button or Escape. Its title and that button stay in view,
//! whatever is scrolled under them.

use leptos::html;
use leptos::prelude::*;

use super::use_opened;
use crate::components::{Icon, Symbol, focus_when_shown};
use crate::text::{self, Text};

/// A panel with its heading.
#[component]
pub(crate) fn SidePanel(
    /// The heading.
    title: Text,
    /// Whether the focus goes to the button that closes it; otherwise the panel takes care of it.
    #[prop(default = true)]
    takes_focus: bool,
    /// Whether the panel scrolls by itself.
    #[prop(default = false)]
    fills: bool,
    children: Children,
) -> impl IntoView {
    let all = use_opened();
    let opened = all.panel;
    let this = opened.get_untracked();
    let (close, body) = (NodeRef::new(), NodeRef::<html::Div>::new());
    let scrolled = move |_| {
        // The chat scrolls by itself.
        if let (Some(panel), Some(body)) = (this.filter(|_| !fills), body.get_untracked()) {
            all.note_scrolled(panel, Some(body.scroll_top()));
        }
    };
    // What somebody looked at is where they left it.
    Effect::new(move || {
        if let (Some(body), Some(top)) =
            (body.get(), this.filter(|_| !fills).and_then(|panel| all.scrolled(panel)))
        {
            request_animation_frame(move || body.set_scroll_top(top));
        }
    });
    if takes_focus {
        focus_when_shown(close);
    }
    view! {
        <aside class="panel" aria-label=title on:keydown=move |event| if event.key() == "Escape" && !event.is_composing() { event.stop_propagation(); opened.set(None) }>
            <header>
                <h2>{title}</h2>
                <button type="button" class="icon-button" aria-label=text::CLOSE_PANEL title=text::CLOSE_PANEL node_ref=close on:click=move |_| opened.set(None)>
                    <Icon symbol=Symbol::Close/>
                </button>
            </header>
            <div class="body" class:fills=fills tabindex=(!fills).then_some("0") node_ref=body on:scroll=scrolled>{children()}</div>
        </aside>
    }
}
