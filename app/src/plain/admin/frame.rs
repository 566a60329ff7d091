//! What stands around every page: the navigation, and what is signed in.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use super::facts::AdminSection;
use crate::components::{Icon, LanguageChoice, LogoMark, Symbol};
use crate::plain::PageQuery;
use crate::text;
use crate::text::admin as words;

impl AdminSection {
    const ALL: [Self; 5] = [Self::Overview, Self::Rooms, Self::ApiKeys, Self::AuditLog, Self::Server];

    fn address(self) -> &'static str {
        match self {
            Self::Overview => "/admin",
            Self::Rooms => "/admin/rooms",
            Self::ApiKeys => "/admin/api-keys",
            Self::AuditLog => "/admin/audit-log",
            Self::Server => "/admin/server",
        }
    }

    fn symbol(self) -> Symbol {
        match self {
            Self::Overview => Symbol::Statistics,
            Self::Rooms => Symbol::Door,
            Self::ApiKeys => Symbol::Key,
            Self::AuditLog => Symbol::Layout,
            Self::Server => Symbol::Gear,
        }
    }
}

/// A page of a section.
#[component]
pub fn AdminFrame(
    /// Which.
    section: AdminSection,
    /// What the server is, in a line.
    version: String,
    /// What stands in it, below its heading.
    children: Children,
) -> impl IntoView {
    let heading = words::section(section);
    let link = |one: AdminSection| {
        let current = (one == section).then_some("page");
        view! { <a href=one.address() aria-current=current><Icon symbol=one.symbol()/>{words::section(one)}</a> }
    };
    view! {
        <Title text=text::title(&heading)/>
        <Meta name="robots" content="noindex"/>
        <div class="admin">
            <nav aria-label=words::ADMIN_NAME()>
                <a class="logo" href="/admin"><LogoMark/>{text::PRODUCT()}</a>
                {AdminSection::ALL.map(link)}
                <p class="node">{words::VERSION()}" "{version}</p>
                <form method="post" action="/admin/sign-out"><button type="submit" class="button small">{words::SIGN_OUT()}</button></form>
            </nav>
            <main>
                <div class="admin-head">
                    <h1>{heading}</h1>
                    <form class="language-form" method="get">
                        {kept_query()}
                        <LanguageChoice/>
                        <button type="submit" class="button small">{text::CHANGE_LANGUAGE}</button>
                    </form>
                </div>
                {children()}
            </main>
        </div>
    }
}

/// The query of a form replaces that of the page.
fn kept_query() -> impl IntoView {
    let PageQuery(query) = use_context().unwrap_or_default();
    query
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view()
}
