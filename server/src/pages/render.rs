//! Renders a page of the application for one request: with what the browser needs to hydrate it, or as plain HTML.

use app::plain::{PageQuery, PageTexts, Scripts, shell};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use futures::StreamExt;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::ServerMetaContext;

use crate::security_headers::CONTENT_SECURITY_POLICY;
use crate::{AppState, languages, security_headers};

/// A page that the browser makes interactive.
pub(crate) async fn interactive(
    state: &AppState,
    request: Request<Body>,
    page: impl Fn() -> AnyView + Clone + Send + Sync + 'static,
) -> Response {
    let options = state.leptos.clone();
    let language = languages::spoken();
    let root = state.build.root();
    let context = move || {
        provide_context(language);
        provide_context(PageTexts(languages::page_texts(language)));
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Some(policy) = security_headers::with_nonce(&nonce)
        {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    };
    let document = move || shell(options.clone(), root.clone(), Scripts::Hydrate, page.clone());
    leptos_axum::render_app_async_with_context(context, document)(request).await
}

/// A page without a single script. Leptos's own integration adds scripts that carry data to the browser, also to pages
/// that never ask for it; without a shared context there is no such data.
pub(crate) async fn plain(
    state: &AppState,
    status: StatusCode,
    page: impl FnOnce() -> AnyView + Send,
) -> Response {
    let (meta, collected) = ServerMetaContext::new();
    let html = Owner::new_root(None).with(|| {
        provide_context(meta);
        provide_context(languages::spoken());
        provide_context(PageQuery(languages::query_of_page()));
        shell(state.leptos.clone(), state.build.root(), Scripts::None, page).into_view().to_html()
    });
    let chunks = collected.inject_meta_context(futures::stream::iter([html])).await;
    (status, Html(chunks.collect::<String>().await)).into_response()
}
