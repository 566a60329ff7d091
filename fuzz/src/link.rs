//! A link to a node, as another node opens it that knows the secret; and what goes over it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::{Method, Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use server::config::ClusterConfig;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::Stream;

/// Somebody without a cookie, as a node says who they are.
pub const CALLER: &str = r#"{"address":"203.0.113.7","is_secure":true}"#;

/// An open link; its end is the end of this.
pub struct Link {
    sender: SendRequest<Body>,
    connection: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// The bytes below a link.
pub async fn connect(cluster: &ClusterConfig) -> TlsStream<TcpStream> {
    let (tls, name) = server::fuzzing::tls_of_a_node(cluster).unwrap();
    let stream = TcpStream::connect(cluster.address).await.unwrap();
    TlsConnector::from(Arc::clone(&tls)).connect(name, stream).await.unwrap()
}

impl Link {
    pub async fn open(cluster: &ClusterConfig) -> Self {
        let stream = connect(cluster).await;
        let (sender, connection) =
            Builder::new(TokioExecutor::new()).handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(async { _ = connection.await }).abort_handle();
        Self { sender, connection }
    }

    /// A WebSocket for somebody who is passed on.
    pub async fn socket(&self, caller: &str) -> Option<WebSocketStream<Box<dyn Stream>>> {
        let request = Request::builder()
            .method(Method::CONNECT)
            .version(Version::HTTP_2)
            .uri("https://node/socket")
            .header("sec-websocket-version", "13")
            .header("veranda-caller", caller)
            .extension(hyper::ext::Protocol::from_static("websocket"))
            .body(Body::empty())
            .ok()?;
        let response = self.ask(request).await?;
        if !response.status().is_success() {
            return None;
        }
        let stream = hyper::upgrade::on(response).await.ok()?;
        let stream: Box<dyn Stream> = Box::new(TokioIo::new(stream));
        Some(WebSocketStream::from_raw_socket(stream, Role::Client, None).await)
    }

    /// A request, and the head of what is answered.
    pub async fn ask(&self, request: Request<Body>) -> Option<Response<Incoming>> {
        let mut sender = self.sender.clone();
        tokio::time::timeout(Duration::from_secs(10), sender.send_request(request)).await.expect("an answer").ok()
    }
}
