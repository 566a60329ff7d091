//! The line at the top of every page outside a call.

use leptos::prelude::*;

use super::{LanguageChoice, Logo};
use crate::text;

/// The logo, which leads home, and the choice of a language. Without script that is a form that is sent to where it stands: a room's key,
/// which follows the `#`, stays in the address (HTML, mutate action URL), and so it does when the server leads back (RFC 9110 §10.2.2).
#[component]
pub fn SiteHeader() -> impl IntoView {
    let language = if has_script() {
        view! { <LanguageChoice/> }.into_any()
    } else {
        view! {
            <form class="language-form" method="get">
                {query_fields()}
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

/// What the page was asked for with. The query of a form replaces that of the page.
#[cfg(feature = "ssr")]
fn query_fields() -> impl IntoView {
    let crate::plain::PageQuery(query) = use_context().unwrap_or_default();
    query
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view()
}

/// In the browser there is no form.
#[cfg(not(feature = "ssr"))]
fn query_fields() -> impl IntoView {}

/// Whether the page is one that becomes interactive: in the browser, every page that gets there.
fn has_script() -> bool {
    #[cfg(feature = "ssr")]
    return use_context::<crate::plain::Scripts>() == Some(crate::plain::Scripts::Hydrate);
    #[cfg(not(feature = "ssr"))]
    true
}
