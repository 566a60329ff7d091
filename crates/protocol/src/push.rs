//! How a browser is reached in which no page of Veranda is open: Web Push (RFC 8030). The messages are in `ring_message.rs` and
//! `ring_event.rs`; what a push says is in `server/src/push/message.rs`.

use serde::{Deserialize, Serialize};

use crate::{PushAuth, PushEndpoint, PushKey};

/// A browser's subscription, with the names that its `toJSON()` has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushSubscription {
    /// Where the browser's push service takes messages for it.
    pub endpoint: PushEndpoint,
    /// The browser's public key, for which messages are encrypted.
    pub p256dh: PushKey,
    /// The secret that goes into the encryption, so that the push service cannot make messages of its own.
    pub auth: PushAuth,
}
