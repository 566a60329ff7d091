//! The picture of the tab while somebody calls.

use leptos::prelude::*;

/// What a tab has otherwise, as `plain::shell` says.
const USUAL: &str = "/favicon.svg";

const RINGING: &str = "/icons/ringing.svg";

/// Puts a badge on the tab for as long as it rings.
pub(super) fn mark_tab(rings: impl Fn() -> bool + 'static) {
    let is_marked = StoredValue::new(false);
    Effect::new(move || {
        let rings = rings();
        if rings != is_marked.get_value()
            && let Ok(Some(icon)) = document().query_selector("link[rel=icon]")
        {
            is_marked.set_value(rings);
            _ = icon.set_attribute("href", if rings { RINGING } else { USUAL });
        }
    });
}
