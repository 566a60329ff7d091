//! Renders the Leptos application for one request: with what the browser needs to hydrate it, or as plain HTML.

use app::state::{RoomLookup, provide_room_lookup};
use app::{Scripts, shell};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use futures::StreamExt;
use leptos::prelude::*;
use leptos_meta::ServerMetaContext;
use leptos_router::location::RequestUrl;

use crate::AppState;

/// A page that the browser makes interactive.
pub(crate) async fn interactive(state: &AppState, request: Request<Body>, lookup: RoomLookup) -> Response {
    let options = state.leptos.clone();
    let context = move || provide_room_lookup(lookup.clone());
    let shell = move || shell(options.clone(), Scripts::Hydrate);
    leptos_axum::render_app_async_with_context(context, shell)(request).await
}

/// A page without a single script. Leptos's own integration adds scripts that carry data to the browser, also to pages
/// that never ask for it; without a shared context there is no such data.
pub(crate) async fn plain(
    state: &AppState,
    request: Request<Body>,
    status: StatusCode,
    lookup: Option<RoomLookup>,
) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = RequestUrl::new(&format!("http://veranda.invalid{path}"));
    let (meta, collected) = ServerMetaContext::new();
    let html = Owner::new_root(None).with(|| {
        provide_context(url);
        provide_context(meta);
        if let Some(lookup) = lookup {
            provide_room_lookup(lookup);
        }
        shell(state.leptos.clone(), Scripts::None).into_view().to_html()
    });
    let chunks = collected.inject_meta_context(futures::stream::iter([html])).await;
    (status, Html(chunks.collect::<String>().await)).into_response()
}
