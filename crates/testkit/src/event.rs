//! What is on its way in a world.

use call::LinkKey;
use call::{Command, LinkEvent};
use protocol::{NodeId, ParticipantId, PeerRef, ServerFrame};
use room::MediaOrder;

use crate::client_frame::ClientFrame;
use crate::server::{SocketNumber, ToDo};

/// Something that happens at its time.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The forwarding unit of a node is told something.
    Unit(NodeId, ParticipantId, MediaOrder),
    /// Everybody looks which frames came.
    Look,
    Command(usize, Command),
    SocketOpened(usize, SocketNumber),
    SocketClosed(usize, SocketNumber),
    ToServer(usize, SocketNumber, ClientFrame),
    ToClient(usize, SocketNumber, Box<ServerFrame>),
    /// The server notices that a socket is gone, perhaps after its owner has come back.
    ServerNotices(SocketNumber),
    /// The server does what is to be done with its storage.
    ServerStores(ToDo),
    DropSocket(usize),
    RestartServer,
    Browser(usize, LinkKey, LinkEvent),
    /// The room is to use the forwarding unit of another node.
    UseNode(NodeId),
    /// Both ends add a media section, as for a screen, at about the same time.
    Renegotiate(usize, PeerRef),
    Cut(usize, usize),
}
