//! Ids made by the server. They are compared, ordered and sent, and say nothing about the person behind them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The id of nobody and nothing.
            pub const NIL: Self = Self(Uuid::nil());

            /// Wraps an id that the server has made or received.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

uuid_id! {
    /// One person in one room, for as long as they are in it.
    ///
    /// The order of two ids decides which side of a link is polite, so it is the order of their text form too.
    ParticipantId
}

uuid_id! {
    /// One process of the server. Drawn when it starts, so that no two of a cluster are taken for each other.
    NodeId
}

uuid_id! {
    /// One participant's stay, told to that participant alone.
    SessionId
}

uuid_id! {
    /// One direct call, from ringing to its end and in the histories of both. Drawn by the page that rings, which may ask for the same
    /// ring again after its connection broke.
    RingId
}

uuid_id! {
    /// One open page of a call identity. Drawn by the page when it is loaded.
    DeviceId
}

/// The number a client gives to a message, so that an error can name it. Any number the client likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct MessageId(#[serde(deserialize_with = "crate::sequence::counted")] pub u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_ids_is_the_order_of_their_text() {
        let ids =
            [1_u128, 0xff, 0x1234_5678 << 64, u128::MAX].map(|n| ParticipantId::new(Uuid::from_u128(n)));
        for a in ids {
            for b in ids {
                assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            }
        }
    }
}
