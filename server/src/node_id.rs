//! Which server process something belongs to.

use crate::ids;

/// A server process, from its start to its end. 64 random bits, drawn at start: that two of a thousand that run at a time have drawn the
/// same has odds of 3 · 10⁻¹⁴ (n² / 2⁶⁵).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NodeId(u64);

impl NodeId {
    /// Draws one.
    pub(crate) fn draw() -> Self {
        Self(ids::node_bits())
    }

    /// As clients know the node.
    pub(crate) fn on_the_wire(self) -> protocol::NodeId {
        protocol::NodeId::new(uuid::Uuid::from_u64_pair(self.0, 0))
    }

    /// An id of 128 bits that no other node gives: this node's, and a number that grows by one with each id of this node.
    pub(crate) fn with_number(self, number: u64) -> u128 {
        (u128::from(self.0) << 64) | u128::from(number)
    }

    /// The node that has given an id.
    pub(crate) fn of(id: u128) -> Self {
        Self((id >> 64) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_which_node_has_given_it() {
        let (one, other) = (NodeId::draw(), NodeId::draw());
        assert_ne!(one, other);
        for number in [0, 1, u64::MAX] {
            assert_eq!(NodeId::of(one.with_number(number)), one);
            assert_ne!(one.with_number(number), other.with_number(number));
        }
    }
}
