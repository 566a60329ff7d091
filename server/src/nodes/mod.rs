//! This server as one node of a cluster: who leads people to the node that has what they want, and what that has to do with Redis, PostgreSQL and other
//! nodes. What is decided is decided in `crates/cluster`, whose `lib.rs` says how it is driven.
//!
//! ```text
//!    socket, request ──▶ Cluster::lead ──▶ driver ◀──▶ ClusterNode (crates/cluster)
//!          │                                 │ │ │
//!          │ Here: a Stay                    │ │ └──▶ coordination.rs: Redis
//!          ▼                                 │ └────▶ ClusterRepository: PostgreSQL
//!    rooms of this node ◀── effects ─────────┘
//!          │ Elsewhere
//!          ▼
//!    links.rs ═══ HTTP/2 under mutual TLS ═══▶ node_port.rs of the other node
//! ```

mod coordination;
mod driver;
mod effect;
mod handle;
mod lead;
mod links;
#[cfg(test)]
mod neighbours_tests;
mod offer;
mod passed_caller;
mod report;
mod reports;
mod secrets;
mod shared_counts;
mod status;

pub(crate) use effect::Effect;
pub(crate) use handle::{Cluster, arrival_of};
pub(crate) use lead::{LED_WITHIN, Lead, Stay};
pub(crate) use links::{LinkError, NodeSocket};
pub(crate) use offer::{CALLER, Offer, OfferReply, REQUESTS};
pub(crate) use passed_caller::{from_header as caller_of_header, to_header as header_of_caller};
pub(crate) use report::{MOST_ROOMS, Neighbour, Neighbours, NodeReport, ReportedRoom, ReportedStage};
pub(crate) use secrets::ClusterSecret;
pub(crate) use shared_counts::{Counted, Counting, SharedLimit};
