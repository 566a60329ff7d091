//! `GET /authority.crt`: what a device in a local network is given to trust, where the server has an authority of its own.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::AppState;
use crate::config::TlsMode;
use crate::tls::authority_file;

pub(crate) async fn authority(State(state): State<AppState>) -> Response {
    if state.config.tls.mode != TlsMode::Lan {
        return StatusCode::NOT_FOUND.into_response();
    }
    match tokio::fs::read(authority_file(&state.config.storage.data)).await {
        Ok(pem) => ([(header::CONTENT_TYPE, "application/x-x509-ca-cert")], pem).into_response(),
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
