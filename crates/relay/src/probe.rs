//! Asking another STUN server what one's address is (RFC 8489 §3): whether it answers, and from where it sees us.

use std::net::SocketAddr;

use stun_types::attribute::XorMappedAddress;
use stun_types::message::{Message, MessageClass, MessageType, MessageWrite, MessageWriteVec, TransactionId};

use crate::request::{self, BINDING};

/// A Binding request with a number of its own: 96 bits of `transaction`.
#[must_use]
pub fn binding_request(transaction: u128) -> Vec<u8> {
    let kind = MessageType::from_class_method(MessageClass::Request, BINDING);
    Message::builder(kind, TransactionId::from(transaction), MessageWriteVec::with_capacity(20)).finish()
}

/// The address that the answer to such a request says we have; `None` when it is no answer to it.
#[must_use]
pub fn mapped_address(transaction: u128, answer: &[u8]) -> Option<SocketAddr> {
    let message = request::parse(answer)?;
    let is_answer = message.class() == MessageClass::Success
        && message.method() == BINDING
        && message.transaction_id() == TransactionId::from(transaction);
    let mapped = message.attribute::<XorMappedAddress>().ok().filter(|_| is_answer)?;
    Some(mapped.addr(message.transaction_id()))
}
