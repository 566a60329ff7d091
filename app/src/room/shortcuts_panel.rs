//! Which keys do what.

use leptos::prelude::*;
use view::Preference;

use super::shortcuts::Shortcut;
use super::{PreferenceChoice, SidePanel};
use crate::text::{settings, shortcuts};

/// All the shortcuts, and a switch for those who want none.
#[component]
pub(crate) fn ShortcutsPanel() -> impl IntoView {
    let row = |shortcut: Shortcut| {
        let keys = shortcut
            .keys()
            .iter()
            .map(|key| view! { <kbd>{move || shortcuts::key(*key)}</kbd> })
            .collect_view();
        view! { <div><dt>{shortcuts::name(shortcut)}</dt><dd>{keys}</dd></div> }
    };
    view! {
        <SidePanel title=shortcuts::HEADING>
            <PreferenceChoice of=Preference::Shortcuts name=settings::SHORTCUTS/>
            <p class="panel-hint">{shortcuts::HINT}</p>
            <dl class="shortcuts">{Shortcut::ALL.map(row).collect_view()}</dl>
        </SidePanel>
    }
}
