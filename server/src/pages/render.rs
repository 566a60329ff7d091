//! Renders a page of the application for one request: with what the browser needs to hydrate it, or as plain HTML.

use std::task::Poll;

use app::plain::{PageQuery, PageTexts, Scripts, shell};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures::StreamExt;
use leptos::nonce::{provide_nonce, use_nonce};
use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos_axum::ResponseOptions;
use leptos_meta::ServerMetaContext;

use crate::security_headers::CONTENT_SECURITY_POLICY;
use crate::{AppState, cookies, languages, security_headers};

/// The cookie by which a page of direct calls says that its browser has an identity (`frontend/src/call_identity.rs`).
const RINGS: &str = "rings";

/// A page that the browser makes interactive.
pub(crate) async fn interactive(
    state: &AppState,
    request: Request<Body>,
    page: impl Fn() -> AnyView + Clone + Send + Sync + 'static,
) -> Response {
    let language = languages::spoken();
    let files = state.build.named().clone();
    let cdn = base_of_cdn(state);
    let context = move || {
        provide_context(language);
        provide_context(PageTexts(languages::page_texts(language)));
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Some(policy) = security_headers::with_nonce(&nonce, cdn.as_deref())
        {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    };
    let document = move || shell(files.clone(), Scripts::Hydrate, page.clone());
    let mut rendering = leptos_axum::render_app_async_with_context(context, document)(request);
    match futures::poll!(&mut rendering) {
        Poll::Ready(response) => response,
        // The integration itself does not say, when another thread goes on, whose page it is: the title would be in the language of another
        // request, or read what is not there. What belongs to this request is current as soon as it has begun.
        Poll::Pending => ScopedFuture::new_untracked(rendering).await,
    }
}

/// A page without a single script. Leptos's own integration adds scripts that carry data to the browser, also to pages
/// that never ask for it; without a shared context there is no such data.
pub(crate) async fn plain(
    state: &AppState,
    status: StatusCode,
    page: impl FnOnce() -> AnyView + Send,
) -> Response {
    rendered(state, status, Scripts::None, page).await
}

/// The same, and in a browser that has a call identity with the script that shows rings over it. What comes differs by a cookie, and a nonce
/// is used once: no cache gives it to anybody else, or again.
pub(crate) async fn plain_with_rings(
    state: &AppState,
    headers: &HeaderMap,
    status: StatusCode,
    page: impl FnOnce() -> AnyView + Send,
) -> Response {
    let has_identity = cookies::named(headers, RINGS).next().is_some();
    let (scripts, caching) =
        if has_identity { (Scripts::Rings, "no-store") } else { (Scripts::None, "no-cache") };
    let mut response = rendered(state, status, scripts, page).await;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

async fn rendered(
    state: &AppState,
    status: StatusCode,
    scripts: Scripts,
    page: impl FnOnce() -> AnyView + Send,
) -> Response {
    let (meta, collected) = ServerMetaContext::new();
    let language = languages::spoken();
    let (html, policy) = Owner::new_root(None).with(|| {
        provide_context(meta);
        provide_context(language);
        provide_context(PageQuery(languages::query_of_page()));
        let mut policy = None;
        if scripts != Scripts::None {
            provide_nonce();
            provide_context(PageTexts(languages::page_texts(language)));
            policy = use_nonce()
                .and_then(|nonce| security_headers::with_nonce(&nonce, base_of_cdn(state).as_deref()));
        }
        (shell(state.build.named().clone(), scripts, page).into_view().to_html(), policy)
    });
    let chunks = collected.inject_meta_context(futures::stream::iter([html])).await;
    let mut response = (status, Html(chunks.collect::<String>().await)).into_response();
    if let Some(policy) = policy {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn base_of_cdn(state: &AppState) -> Option<String> {
    state.build.named().cdn().map(|cdn| cdn.base().to_owned())
}
