//! Where the server has TLS, nothing is answered in the clear but where to go instead.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::AppState;
use crate::browser::Transport;
use crate::config::TlsMode;
use crate::entrance::Caller;

/// Sends whoever came in the clear to the same address with https.
pub(crate) async fn only(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    if state.config.tls.mode == TlsMode::Off || caller.transport == Transport::Tls {
        return next.run(request).await;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let path = request.uri().path_and_query().map_or("/", axum::http::uri::PathAndQuery::as_str);
    match host {
        Some(host) => Redirect::permanent(&format!("https://{host}{path}")).into_response(),
        None => (StatusCode::BAD_REQUEST, "this server is reached with https only\n").into_response(),
    }
}
