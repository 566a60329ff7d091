//! The user ufrag of a STUN request: by it a datagram from a new address finds its peer.

use str0m::ice::StunMessage;

/// Whether a datagram is STUN (RFC 7983 §7).
pub(crate) fn is_stun(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first < 4)
}

/// The server's own ufrag in the name of a connectivity check (RFC 8445 §7.2.2). Says nothing about who sent it.
pub(crate) fn ufrag(bytes: &[u8]) -> Option<&str> {
    let message = StunMessage::parse(bytes).ok()?;
    if !message.is_binding_request() {
        return None;
    }
    message.username()?.split_once(':').map(|(local, _)| local)
}
