//! The line at the top of every page outside a call.

use leptos::prelude::*;

use super::{LanguageChoice, Logo};
use crate::text;

/// The logo, which leads home, and the choice of a language.
#[component]
pub fn SiteHeader() -> impl IntoView {
    let language = if has_script() {
        view! { <LanguageChoice/> }.into_any()
    } else {
        view! {
            <form class="language-form" method="post" action="/language">
                <LanguageChoice/>
                <button type="submit" class="button small">{text::CHANGE_LANGUAGE}</button>
            </form>
        }
        .into_any()
    };
    view! {
        <header class="site-header">
            <a href="/" rel="external" aria-label=text::LOGO_LEADS_HOME><Logo/></a>
            {language}
        </header>
    }
}

/// Whether the page is one that becomes interactive: in the browser, every page that gets there.
fn has_script() -> bool {
    #[cfg(feature = "ssr")]
    return use_context::<crate::plain::Scripts>() == Some(crate::plain::Scripts::Hydrate);
    #[cfg(not(feature = "ssr"))]
    true
}
