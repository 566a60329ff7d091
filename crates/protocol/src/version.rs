//! The version of the protocol, said in a client's first message.

use serde::{Deserialize, Serialize};

/// A version of the signalling protocol. Only a change that an older client would misread raises it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ProtocolVersion(pub u16);

/// The version that these types describe.
pub const VERSION: ProtocolVersion = ProtocolVersion(1);
