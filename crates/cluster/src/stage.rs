//! How far a node is in becoming one of the cluster.

use std::time::Duration;

use crate::{Incarnation, NodeAt};

#[derive(Debug)]
pub(crate) enum Stage {
    /// PostgreSQL counts its starts, and is asked (again) then.
    Registering { ask_at: Duration },
    /// It looks whether another node has its id, and who has which room.
    Joining {
        at: NodeAt,
        /// The other start whose record was seen, and how often it had been renewed.
        seen: Option<(Incarnation, u64)>,
    },
    /// It is one of the cluster.
    Active { at: NodeAt },
    /// It is not, or no longer.
    Stopped,
}

impl Stage {
    /// Which start it is, once that is known.
    pub(crate) const fn at(&self) -> Option<&NodeAt> {
        match self {
            Self::Joining { at, .. } | Self::Active { at } => Some(at),
            Self::Registering { .. } | Self::Stopped => None,
        }
    }

    pub(crate) const fn is_active(&self) -> bool {
        match self {
            Self::Active { .. } => true,
            Self::Registering { .. } | Self::Joining { .. } | Self::Stopped => false,
        }
    }

    pub(crate) const fn is_stopped(&self) -> bool {
        match self {
            Self::Stopped => true,
            Self::Registering { .. } | Self::Joining { .. } | Self::Active { .. } => false,
        }
    }
}
