//! `/api/v1/ws`: one WebSocket a tab, one task a socket.

mod socket;
mod upgrade;

pub(crate) use upgrade::upgrade;
