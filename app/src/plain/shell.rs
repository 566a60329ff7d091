//! The document around every page.

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};

use super::hydration::{BuildFiles, hydration};
use super::preview::{Preview, preview};
use crate::text::language::spoken;

/// Whether a page loads the WebAssembly client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// It becomes interactive.
    Hydrate,
    /// It works as plain HTML, and rings are shown over it.
    Rings,
    /// It works as plain HTML.
    None,
}

/// What a page that becomes interactive is given of its language: JSON in which no tag can end. Comes as a context.
#[derive(Clone, Debug, Default)]
pub struct PageTexts(pub String);

/// What a page without script was asked for with, in order. Comes as a context.
#[derive(Clone, Debug, Default)]
pub struct PageQuery(pub Vec<(String, String)>);

/// The id of the element into which the browser puts what shows rings.
const RINGS: &str = "rings";

/// The HTML document around a page.
pub fn shell(files: BuildFiles, scripts: Scripts, page: impl FnOnce() -> AnyView) -> impl IntoView {
    provide_meta_context();
    provide_context(scripts);
    let page = page();
    let (data_root, sheet) = (files.root().to_owned(), format!("{}/pkg/veranda.css", files.root()));
    let language = spoken();
    let has_client = match scripts {
        Scripts::Hydrate | Scripts::Rings => true,
        Scripts::None => false,
    };
    // Data, which no browser runs; what is made in the browser speaks from it.
    let texts = has_client
        .then(|| use_context::<PageTexts>().unwrap_or_default().0)
        .map(|texts| view! { <script id="language" type="application/json" nonce=use_nonce() inner_html=texts></script> });
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() dir=language.direction() data-root=data_root>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="theme-color" content="#f6f4ef" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#14191a" media="(prefers-color-scheme: dark)"/>
                <link rel="stylesheet" href=sheet/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/icons/touch.png"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                {use_context::<Preview>().map(preview)}
                {has_client.then(|| hydration(&files))}
                {texts}
                <MetaTags/>
            </head>
            <body>
                {page}
                {(scripts == Scripts::Rings).then(|| view! { <div id=RINGS></div> })}
            </body>
        </html>
    }
}
