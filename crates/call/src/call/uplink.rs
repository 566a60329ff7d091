//! Whether this person's uplink carries what is sent to everybody directly: what links say of it, and what the room is told.

use std::time::Duration;

use protocol::{Mode, PeerRef, RoomMessage, Trouble};

use super::Call;
use crate::LinkStatus;
use crate::link::Link;
use crate::uplink::{LEAST_LINKS, Uplink};

impl Call {
    /// Links of which it matters whether they are short of bandwidth: those over which media is sent to several directly.
    pub fn shares_uplink(&self) -> Vec<PeerRef> {
        let is_direct = self.paths.topology.mode == Mode::Mesh && self.paths.topology.moving.is_none();
        let is_connected = |link: &Link| link.status() == LinkStatus::Connected;
        let links = self.others.iter().filter(|other| other.link.as_ref().is_some_and(is_connected));
        let links: Vec<_> = links.map(|other| PeerRef::Participant(other.participant.id)).collect();
        if is_direct && links.len() >= LEAST_LINKS { links } else { Vec::new() }
    }

    /// A link says whether it would send more if the uplink let it.
    pub(super) fn hear_of_uplink(&mut self, now: Duration, peer: PeerRef, is_short: bool) {
        let (links, epoch) = (self.shares_uplink(), self.paths.topology.epoch);
        let PeerRef::Participant(id) = peer else { return };
        if !links.contains(&peer) {
            return;
        }
        let uplink = &mut self.uplink;
        if uplink.epoch != epoch {
            *uplink = Uplink { epoch, ..Uplink::default() };
        }
        uplink.short_since.retain(|id, _| links.contains(&PeerRef::Participant(*id)));
        if uplink.hear(now, id, is_short, links.len()) && !uplink.is_reported {
            uplink.is_reported = true;
            self.say(RoomMessage::ReportTrouble { trouble: Trouble::WeakUplink });
        }
    }
}
