//! How media travels, as the room decides it: which links there have to be, when the new path of a move is ready, and over
//! which path each person is seen and heard. The old path is closed a moment after the move, so that nobody waits.

use std::time::Duration;

use protocol::{LinkId, Mode, SlotWish, Topology};

use crate::server_link::ServerLink;

/// A connected path counts as ready after so long, also when somebody's picture does not come: it may not be sent.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// What a call knows of the paths of its room.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) topology: Topology,
    pub(crate) server: Option<ServerLink>,
    pub(crate) links_made: u32,
    /// The move during which this person came.
    pub(crate) came_during: Option<u32>,
    /// The epoch that was reported to be ready, or not to be had.
    pub(crate) reported: Option<u32>,
    /// When the links that are not wanted any more are closed.
    pub(crate) close_at: Option<Duration>,
    /// When a lost link to the server is opened again.
    pub(crate) reopen_at: Option<Duration>,
    /// When somebody's path may count as ready that shows nothing.
    pub(crate) review_at: Option<Duration>,
    /// Who is on the screen, when the page has said so.
    pub(crate) tiles: Option<Vec<SlotWish>>,
    pub(crate) is_seen: bool,
    /// Which audio slots are played.
    pub(crate) sound: Vec<bool>,
}

impl Default for Paths {
    fn default() -> Self {
        let reason = protocol::MoveReason::FewPeople;
        Self {
            topology: Topology { epoch: 0, mode: Mode::Mesh, reason, moving: None },
            server: None,
            links_made: 0,
            came_during: None,
            reported: None,
            close_at: None,
            reopen_at: None,
            review_at: None,
            tiles: None,
            is_seen: true,
            sound: Vec::new(),
        }
    }
}

impl Paths {
    /// The epoch of a move away from direct links, while it is under way: who comes now does not open any.
    pub(crate) fn leaving_mesh(&self) -> Option<u32> {
        let Topology { mode, moving, .. } = self.topology;
        moving.filter(|next| mode == Mode::Mesh && next.mode == Mode::Sfu).map(|next| next.epoch)
    }

    /// The number of links between people that are opened now.
    pub(crate) fn mesh_link(&self) -> LinkId {
        match self.topology {
            Topology { mode: Mode::Mesh, epoch, .. } => LinkId(epoch),
            Topology { epoch, moving, .. } => LinkId(moving.map_or(epoch, |next| next.epoch)),
        }
    }
}

/// What comes over a direct link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flow {
    /// Whether a picture was decoded.
    pub(crate) shows: bool,
    /// Since when it is connected.
    pub(crate) since: Option<Duration>,
    /// Whether the room knows that it cannot be made.
    pub(crate) is_reported: bool,
}

/// How far a path to somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Readiness {
    /// It is not there, or nothing has come over it yet.
    None,
    /// It has been there for a while; a picture may not be sent.
    Silent,
    /// It shows what there is.
    Shows,
}

impl Readiness {
    pub(crate) fn of(shows: bool, since: Option<Duration>, now: Duration) -> Self {
        let is_long_ago = since.is_some_and(|since| now >= since + PATIENCE);
        match (shows, is_long_ago) {
            (true, _) => Self::Shows,
            (false, true) => Self::Silent,
            (false, false) => Self::None,
        }
    }
}
