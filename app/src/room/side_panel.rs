//! What can be opened beside the people: one at a time, closed with its button or Escape.

use leptos::prelude::*;

use crate::components::{Icon, Symbol, focus_when_shown};
use crate::text::{self, Text};

/// The panels of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Panel {
    Chat,
    People,
    More,
    Invite,
    Room,
    Connection,
    Safety,
    Devices,
}

/// Which panel is open.
pub(crate) type OpenPanel = RwSignal<Option<Panel>>;

/// A panel with its heading.
#[component]
pub(crate) fn SidePanel(
    /// The heading.
    title: Text,
    open: OpenPanel,
    /// Whether the focus goes to the button that closes it; otherwise the panel takes care of it.
    #[prop(default = true)]
    takes_focus: bool,
    children: Children,
) -> impl IntoView {
    let close = NodeRef::new();
    if takes_focus {
        focus_when_shown(close);
    }
    view! {
        <aside class="panel" aria-label=title on:keydown=move |event| if event.key() == "Escape" { open.set(None) }>
            <header>
                <h2>{title}</h2>
                <button type="button" class="plain-button" aria-label=text::CLOSE node_ref=close on:click=move |_| open.set(None)>
                    <Icon symbol=Symbol::Close/>
                </button>
            </header>
            {children()}
        </aside>
    }
}
