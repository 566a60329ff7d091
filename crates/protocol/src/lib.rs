//! The words both ends speak: ids, rooms, participants, messages, errors and limits.
//!
//! Every type here is on the wire. None of them is a state: the server's room and the browser's call keep types of their
//! own and convert. Nothing here reads a clock, a random source or a socket.

mod client_message;
mod error;
mod ids;
pub mod limits;
mod media;
mod names;
mod participant;
mod peer;
mod rest;
mod room_code;
mod server_message;
mod signal;
mod topology;
mod version;

pub use client_message::{ClientFrame, ClientMessage, ClientMessageKind};
pub use error::{CloseCode, ErrorCode, ProtocolError};
pub use ids::{MessageId, ParticipantId, SessionId};
pub use media::{MediaState, Switch};
pub use names::{DisplayName, NameError, RoomName};
pub use participant::{LeaveReason, Participant};
pub use peer::PeerRef;
pub use rest::{CreateRoomRequest, Problem, RoomStanding, RoomSummary, ValidateRoomResponse};
pub use room_code::{RoomCode, RoomCodeError};
pub use server_message::{IceServer, Joined, ServerMessage};
pub use signal::{IceCandidate, Sdp, Signal, SignalNumber, TooLong};
pub use topology::{Mode, Topology};
pub use version::{ProtocolVersion, VERSION};
