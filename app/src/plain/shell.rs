//! The document around every page.

use leptos::hydration::HydrationScripts;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};

/// Whether a page loads the WebAssembly client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// It becomes interactive.
    Hydrate,
    /// It works as plain HTML.
    None,
}

/// The HTML document around a page.
pub fn shell(options: LeptosOptions, scripts: Scripts, page: impl FnOnce() -> AnyView) -> impl IntoView {
    provide_meta_context();
    let page = page();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#f6f4ef" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#14191a" media="(prefers-color-scheme: dark)"/>
                <link rel="stylesheet" href="/pkg/veranda.css"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                {(scripts == Scripts::Hydrate).then(|| view! { <HydrationScripts options/> })}
                <MetaTags/>
            </head>
            <body>
                {page}
            </body>
        </html>
    }
}
