//! `/api/v1/ws`: one WebSocket a tab, one task a connection. A connection is opened, authenticated and limited, and then attached to
//! a destination.

mod connection;
mod destination;
mod end;
mod opening;
mod passed_on;
mod ring_destination;
mod ring_identity;
mod ring_keeping;
mod room_destination;
mod upgrade;

pub(crate) use upgrade::{open, upgrade};
