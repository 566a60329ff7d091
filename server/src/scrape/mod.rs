//! `/metrics`, on a port of its own: what the server counts, and what is so at the moment it is asked. It is read by Prometheus, and by nobody
//! from outside; it asks the database one question, and waits for it no longer than a second.

mod facts;
mod process;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::encoding::prometheus_text::{CONTENT_TYPE, encode};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::{AppState, tasks};
use facts::Facts;

/// Connections at once. Two Prometheus and somebody with curl have a few; whoever holds more waits for the others to end.
const CONNECTIONS: usize = 16;

/// How long somebody may take to ask, and how long a connection is served in all.
const ASKS_WITHIN: Duration = Duration::from_secs(10);
const SERVED_FOR: Duration = Duration::from_secs(15 * 60);

/// How much of a request is read, in bytes.
const REQUEST_BYTES: usize = 16 * 1024;

/// Answers as long as the server is there.
pub async fn serve(listener: TcpListener, state: AppState) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, for one, is not over at once.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let state = state.clone();
        tasks::spawn(async move {
            _ = timeout(SERVED_FOR, serve_one(stream, state)).await;
            drop(place);
        });
    }
}

async fn serve_one(stream: TcpStream, state: AppState) {
    let service = service_fn(|request| {
        let state = state.clone();
        async move { Ok::<_, Infallible>(answer(&request, &state).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(ASKS_WITHIN).max_buf_size(REQUEST_BYTES);
    _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: &Request<Incoming>, state: &AppState) -> Response<Body> {
    let (status, body) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => match text(state).await {
            Ok(text) => (StatusCode::OK, text),
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
        },
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
        _ => (StatusCode::NOT_FOUND, "see /metrics\n".to_owned()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(CONTENT_TYPE));
    response
}

/// Everything, in the text format of Prometheus.
///
/// # Errors
///
/// When something cannot be written, which is not the case.
pub async fn text(state: &AppState) -> Result<String, std::fmt::Error> {
    let facts = Facts::gather(state).await;
    let mut text = String::new();
    encode(&mut text, state.metrics.registry())?;
    encode(&mut text, &facts.registry())?;
    encode(&mut text, &process::registry())?;
    Ok(text)
}
