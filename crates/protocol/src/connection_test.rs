//! What a browser needs to find out which ways to this server are open.

use serde::{Deserialize, Serialize};

use crate::IceServer;

/// `POST /api/v1/connection-test`: the ways to try, each by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConnectionTest {
    /// STUN servers (RFC 7064), one for each version of IP.
    pub stun: Vec<String>,
    /// Ways to a relay, the best first.
    pub relays: Vec<TestRelay>,
}

/// One way to a relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TestRelay {
    /// The transport between the client and the relay.
    pub transport: RelayTransport,
    /// On which port.
    pub port: u16,
    /// Media use all ports from `port` to this one.
    pub last_port: u16,
    /// Whose relay it is.
    pub owner: RelayOwner,
    /// With credentials that open for some minutes, and lead nowhere else where the relay is this server's.
    pub ice_server: IceServer,
}

/// How a relay is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RelayTransport {
    /// Datagrams.
    Udp,
    /// A TCP connection.
    Tcp,
    /// A stream inside TLS.
    Tls,
}

/// Whose a relay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RelayOwner {
    /// This server's, on a port for media.
    Server,
    /// This server's, on the port of pages.
    Pages,
    /// Another server of the operator's.
    Other,
}
