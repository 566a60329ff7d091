//! A forwarding unit in virtual time: it answers offers and says who is linked. It carries no packets; a picture comes where
//! both the sender and the receiver are linked.

use std::collections::{BTreeMap, VecDeque};

use protocol::{
    IceCandidate, LinkId, NodeId, ParticipantId, PeerRef, ServerMessage, Signal, SignalNumber, Subscription,
    Subscriptions,
};
use room::MediaOrder;

use crate::PeerConnection;

/// The links of one room to one node.
#[derive(Debug)]
pub(crate) struct ForwardingUnit {
    node: NodeId,
    peers: BTreeMap<ParticipantId, Peer>,
    subscriptions: BTreeMap<ParticipantId, (LinkId, Subscriptions)>,
    messages: VecDeque<(ParticipantId, ServerMessage)>,
}

#[derive(Debug)]
struct Peer {
    link: LinkId,
    connection: PeerConnection,
    expected: SignalNumber,
    next: SignalNumber,
}

impl ForwardingUnit {
    pub(crate) fn new(node: NodeId) -> Self {
        Self { node, peers: BTreeMap::new(), subscriptions: BTreeMap::new(), messages: VecDeque::new() }
    }

    pub(crate) fn order(&mut self, who: ParticipantId, order: MediaOrder) {
        match order {
            MediaOrder::Signal { link, number, signal } => self.signal(who, link, number, signal),
            MediaOrder::Slots { link, slots } => _ = self.subscriptions.insert(who, (link, slots)),
            MediaOrder::State(_) => {}
            MediaOrder::Left => {
                self.peers.remove(&who);
                self.subscriptions.remove(&who);
            }
        }
    }

    pub(crate) fn next_message(&mut self) -> Option<(ParticipantId, ServerMessage)> {
        self.messages.pop_front()
    }

    /// This end of somebody's link.
    pub(crate) fn connection(&self, who: ParticipantId) -> Option<&PeerConnection> {
        self.peers.get(&who).map(|peer| &peer.connection)
    }

    /// Which of somebody's links it knows.
    pub(crate) fn link(&self, who: ParticipantId) -> Option<LinkId> {
        self.peers.get(&who).map(|peer| peer.link)
    }

    /// What somebody wants in their slots.
    pub(crate) fn subscriptions(&self, who: ParticipantId) -> &[Option<Subscription>] {
        let link = self.peers.get(&who).map(|peer| peer.link);
        let of_link = self.subscriptions.get(&who).filter(|(of, _)| Some(*of) == link);
        of_link.map_or(&[], |(_, subscriptions)| subscriptions.as_slice())
    }

    fn signal(&mut self, who: ParticipantId, link: LinkId, number: SignalNumber, signal: Signal) {
        let known = self.peers.get(&who).map(|peer| peer.link);
        if known.is_some_and(|known| known > link) {
            return;
        }
        if known != Some(link) {
            if number != SignalNumber(0) {
                return self
                    .messages
                    .push_back((who, ServerMessage::SfuLinkClosed { node: self.node, link }));
            }
            let connection = PeerConnection::new(0);
            let (expected, next) = (SignalNumber(0), SignalNumber(0));
            self.peers.insert(who, Peer { link, connection, expected, next });
        }
        let Some(peer) = self.peers.get_mut(&who).filter(|peer| peer.expected == number) else { return };
        peer.expected = peer.expected.next();
        match signal {
            Signal::Offer { sdp, .. } => {
                peer.connection.apply_offer(&sdp).expect("the unit never offers");
                peer.connection.take_check();
                let sdp = peer.connection.create_answer().expect("there is an offer");
                let fragment = peer.connection.local_fragment().to_string();
                let candidate = IceCandidate {
                    candidate: fragment,
                    sdp_mid: None,
                    sdp_m_line_index: None,
                    username_fragment: None,
                };
                for signal in [Signal::Answer { sdp }, Signal::Candidate { candidate }] {
                    let (number, expects) = (peer.next, Some(peer.expected));
                    peer.next = peer.next.next();
                    let message = ServerMessage::Signal {
                        from: PeerRef::Sfu(self.node),
                        link,
                        number,
                        expects,
                        signal,
                    };
                    self.messages.push_back((who, message));
                }
            }
            Signal::Candidate { .. } | Signal::EndOfCandidates => panic!("a node has no use for candidates"),
            Signal::Answer { .. } => {}
        }
    }
}
