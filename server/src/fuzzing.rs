//! Ways in for the fuzzer: what is read of connections of which nobody knows yet whose they are. No part of the server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::config::ClusterConfig;
use crate::media;
use crate::nodes;
use crate::port_mux;
pub use crate::port_mux::Kind;

/// What a connection to the port of pages begins with.
pub struct StreamInit {
    /// Whom the proxy in front names.
    pub client: Option<SocketAddr>,
    /// The kind of input.
    pub kind: Kind,
    /// Everything after what the proxy said.
    pub rest: Vec<u8>,
}

/// Reads the beginning of a connection, which comes by way of a proxy or does not, and then all of it.
///
/// # Errors
///
/// When the server would close it.
pub async fn begin(stream: impl AsyncRead + Unpin, is_proxied: bool) -> io::Result<StreamInit> {
    let (client, kind, mut stream) = port_mux::begin_for_fuzzing(stream, is_proxied).await?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    Ok(StreamInit { client, kind, rest })
}

/// Reads a stream on the media port, and gives its messages to `take`. Whether they are framed as those of ICE (RFC 4571),
/// or say themselves how long they are; `None` of a stream that is neither.
///
/// # Errors
///
/// When the server would close it.
pub async fn read_stream(
    stream: impl AsyncRead + Unpin,
    take: impl FnMut(Vec<u8>),
) -> io::Result<Option<bool>> {
    media::read_for_fuzzing(stream, take).await
}

/// How a node of this cluster agrees with another one on TLS, and what it takes that one to be called.
///
/// # Errors
///
/// When no keys can be made of the secret.
pub fn tls_of_a_node(config: &ClusterConfig) -> anyhow::Result<(Arc<ClientConfig>, ServerName<'static>)> {
    nodes::ClusterSecret::of(config).tls_of_a_node()
}
