//! Renders the Leptos application for one request: with what the browser needs to hydrate it, or as plain HTML.

use app::state::{RoomLookup, provide_room_lookup};
use app::{MyRoom, Scripts, provide_my_rooms, shell};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use futures::StreamExt;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::ServerMetaContext;
use leptos_router::location::RequestUrl;

use crate::security_headers::CONTENT_SECURITY_POLICY;
use crate::{AppState, security_headers};

/// A page that the browser makes interactive.
pub(crate) async fn interactive(state: &AppState, request: Request<Body>, lookup: RoomLookup) -> Response {
    let options = state.leptos.clone();
    let context = move || {
        provide_room_lookup(lookup.clone());
        if let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>())
            && let Some(policy) = security_headers::with_nonce(&nonce)
        {
            response.insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    };
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
    let provide = || {
        if let Some(lookup) = lookup {
            provide_room_lookup(lookup);
        }
    };
    (status, without_script(state, path_of(&request), provide).await).into_response()
}

/// The same, with the rooms of a browser.
pub(crate) async fn with_rooms(state: &AppState, request: Request<Body>, rooms: Vec<MyRoom>) -> Response {
    let head = [(header::CACHE_CONTROL, "no-store")];
    let page = without_script(state, path_of(&request), || provide_my_rooms(rooms));
    (head, page.await).into_response()
}

fn path_of(request: &Request<Body>) -> String {
    request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
}

async fn without_script(state: &AppState, path: String, provide: impl FnOnce()) -> Html<String> {
    let url = RequestUrl::new(&format!("http://veranda.invalid{path}"));
    let (meta, collected) = ServerMetaContext::new();
    let html = Owner::new_root(None).with(|| {
        provide_context(url);
        provide_context(meta);
        provide();
        shell(state.leptos.clone(), Scripts::None).into_view().to_html()
    });
    let chunks = collected.inject_meta_context(futures::stream::iter([html])).await;
    Html(chunks.collect::<String>().await)
}
