//! What clients ask, read.

use std::net::SocketAddr;

use stun_types::attribute::{Attribute, AttributeFromRaw, AttributeStaticType, AttributeType, RawAttribute};
use stun_types::message::{Message, Method};
use turn_types::attribute::XorPeerAddress;

/// The header's length, and where the magic cookie is in it (RFC 8489 §5).
const HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// A Binding request.
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const USERNAME: u16 = 0x0006;

/// The method, for those that everything else is not.
pub(crate) const BINDING: Method = Method::new(1);

/// Attributes that have to be understood, and are (RFC 8489 §18.3, RFC 8656 §18). DONT-FRAGMENT is a wish that is
/// heard and not granted.
const UNDERSTOOD: [u16; 18] = [
    0x0006, 0x0008, 0x000c, 0x000d, 0x0012, 0x0013, 0x0014, 0x0015, 0x0016, 0x0017, 0x0018, 0x0019, 0x001a,
    0x001c, 0x001d, 0x001e, 0x0020, 0x0022,
];

/// Whether STUN on a shared port is for the relay: everything but the checks of ICE, which are Binding with a USERNAME
/// (RFC 8445 §7.1), and their answers.
pub(crate) fn is_for_relay(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..HEADER).filter(|header| header[4..8] == COOKIE) else { return false };
    let kind = [header[0], header[1]];
    if kind == BINDING_REQUEST { !has_username(bytes) } else { u16::from_be_bytes(kind) & 0xfeef != 1 }
}

fn has_username(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(HEADER..).unwrap_or_default();
    while let Some(([a, b, c, d], after)) = rest.split_first_chunk::<4>() {
        if u16::from_be_bytes([*a, *b]) == USERNAME {
            return true;
        }
        let length = usize::from(u16::from_be_bytes([*c, *d])).next_multiple_of(4);
        rest = after.get(length..).unwrap_or_default();
    }
    false
}

/// Reads a message that is neither shorter nor longer than it says.
pub(crate) fn parse(bytes: &[u8]) -> Option<Message<'_>> {
    let length = usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    let is_whole = bytes.len() == HEADER + length && bytes.get(4..8)? == COOKIE;
    if is_whole { Message::from_bytes(bytes).ok() } else { None }
}

/// What of a message has to be understood and is not (RFC 8489 §6.3.1).
pub(crate) fn not_understood(message: &Message<'_>) -> Vec<AttributeType> {
    let kinds = message.iter_attributes().map(|(_, attribute)| attribute.get_type());
    let mut unknown: Vec<_> =
        kinds.filter(|kind| kind.comprehension_required() && !UNDERSTOOD.contains(&kind.value())).collect();
    unknown.sort_unstable_by_key(AttributeType::value);
    unknown.dedup();
    unknown
}

/// An attribute that is there and well formed, is there and is not, or is not there.
pub(crate) enum Given<A> {
    Absent,
    Malformed,
    Value(A),
}

pub(crate) fn given<'a, A>(message: &'a Message<'a>) -> Given<A>
where
    A: AttributeFromRaw<'a> + AttributeStaticType,
{
    if !message.has_attribute(A::TYPE) {
        return Given::Absent;
    }
    message.attribute::<A>().map_or(Given::Malformed, Given::Value)
}

impl<A> Given<A> {
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    pub(crate) fn value(self) -> Option<A> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Malformed => None,
        }
    }
}

/// All peers that a request names; `None` when one of them cannot be read.
pub(crate) fn peers(message: &Message<'_>) -> Option<Vec<SocketAddr>> {
    let attributes = message.iter_attributes().map(|(_, attribute)| attribute);
    let named =
        attributes.filter(|attribute: &RawAttribute<'_>| attribute.get_type() == XorPeerAddress::TYPE);
    let read = |attribute: RawAttribute<'_>| {
        XorPeerAddress::from_raw(attribute).ok().map(|peer| peer.addr(message.transaction_id()))
    };
    named.map(read).collect()
}
