//! What clients are told, written.

use std::net::SocketAddr;

use stun_types::attribute::{
    AttributeType, AttributeWrite, ErrorCode, Nonce, Realm, UnknownAttributes, XorMappedAddress,
};
use stun_types::message::{
    IntegrityAlgorithm, IntegrityKey, Message, MessageClass, MessageType, MessageWrite, MessageWriteExt,
    MessageWriteVec, Method, TransactionId,
};
use turn_types::attribute::{Data, XorPeerAddress};
use turn_types::message::DATA;

/// An answer is far shorter; this saves growing.
const CAPACITY: usize = 160;

/// What is answered: the method and the transaction of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) transaction: TransactionId,
}

impl Asked {
    pub(crate) fn of(message: &Message<'_>) -> Self {
        Self { method: message.method(), transaction: message.transaction_id() }
    }

    /// Yes, signed.
    pub(crate) fn success(self, key: &IntegrityKey, attributes: &[&dyn AttributeWrite]) -> Vec<u8> {
        signed(self.write(MessageClass::Success, attributes), key)
    }

    /// No, signed, with the reason in words.
    pub(crate) fn error(self, key: &IntegrityKey, code: u16) -> Vec<u8> {
        let Ok(error) = ErrorCode::builder(code).build() else { return Vec::new() };
        signed(self.write(MessageClass::Error, &[&error]), key)
    }

    /// No, for it holds what has to be understood and is not (RFC 8489 §6.3.1).
    pub(crate) fn unknown(self, key: Option<&IntegrityKey>, unknown: &[AttributeType]) -> Vec<u8> {
        let Ok(error) = ErrorCode::new(ErrorCode::UNKNOWN_ATTRIBUTE, "") else { return Vec::new() };
        let answer = self.write(MessageClass::Error, &[&error, &UnknownAttributes::new(unknown)]);
        match key {
            Some(key) => signed(answer, key),
            None => answer.finish(),
        }
    }

    /// No, to a stranger, in as few bytes as can be.
    pub(crate) fn refusal(self, code: u16) -> Vec<u8> {
        let Ok(error) = ErrorCode::new(code, "") else { return Vec::new() };
        self.write(MessageClass::Error, &[&error]).finish()
    }

    /// Prove who you are, or do so anew (RFC 8489 §9.2.4), in as few bytes as can be.
    pub(crate) fn challenge(self, code: u16, realm: &str, nonce: &str) -> Vec<u8> {
        let (Ok(error), Ok(realm), Ok(nonce)) =
            (ErrorCode::new(code, ""), Realm::new(realm), Nonce::new(nonce))
        else {
            return Vec::new();
        };
        self.write(MessageClass::Error, &[&error, &realm, &nonce]).finish()
    }

    /// The address that the client has here (RFC 8489 §3).
    pub(crate) fn mapped(self, client: SocketAddr) -> Vec<u8> {
        let mapped = XorMappedAddress::new(client, self.transaction);
        self.write(MessageClass::Success, &[&mapped]).finish()
    }

    fn write(self, class: MessageClass, attributes: &[&dyn AttributeWrite]) -> MessageWriteVec {
        write(MessageType::from_class_method(class, self.method), self.transaction, attributes)
    }
}

/// A datagram of a peer that has no channel (RFC 8656 §11.3). `None` when it does not fit.
pub(crate) fn data_indication(
    transaction: TransactionId,
    peer: SocketAddr,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let kind = MessageType::from_class_method(MessageClass::Indication, DATA);
    let peer = XorPeerAddress::new(peer, transaction);
    let is_small = payload.len() <= LONGEST_DATA;
    is_small.then(|| write(kind, transaction, &[&peer, &Data::new(payload)]).finish())
}

/// What of a message's 65,535 bytes is left for data.
const LONGEST_DATA: usize = 65_400;

fn write(
    kind: MessageType,
    transaction: TransactionId,
    attributes: &[&dyn AttributeWrite],
) -> MessageWriteVec {
    let mut message = Message::builder(kind, transaction, MessageWriteVec::with_capacity(CAPACITY));
    for attribute in attributes {
        // It fails on a second signature and beyond 65,535 bytes alone.
        _ = message.add_attribute(*attribute);
    }
    message
}

fn signed(mut message: MessageWriteVec, key: &IntegrityKey) -> Vec<u8> {
    // It fails on a second signature alone.
    _ = message.add_message_integrity_with_key(key, IntegrityAlgorithm::Sha1);
    message.finish()
}
