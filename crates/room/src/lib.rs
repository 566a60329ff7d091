//! The server's room as a state machine: who is in, who is told what, when it ends.
//!
//! It reads no clock and no socket and makes no ids: time, ids and messages are arguments, effects are outputs. It knows
//! nothing of rates and sizes, which the socket's task checks before a message gets here.

mod input;
mod output;
mod room;
mod settings;

pub use input::Input;
pub use output::{Output, Recipients};
pub use room::Room;
pub use settings::RoomSettings;
