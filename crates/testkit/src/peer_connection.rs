//! A model of a browser's peer connection, as far as negotiation sees it: the signalling states of JSEP (RFC 9429 §3.5),
//! rollback, ICE user fragments and restarts. It refuses what a browser refuses. It carries no media.

use protocol::Sdp;

/// One end of a connection.
#[derive(Debug)]
pub struct PeerConnection {
    state: SignalingState,
    /// Counts the own descriptions, so that each differs.
    descriptions: u32,
    /// Media sections this end wants, and those agreed.
    wanted: u32,
    agreed: u32,
    restart_wanted: bool,
    local_fragment: u32,
    /// What the fragment was before the offer that waits for its answer.
    fragment_before_offer: u32,
    remote_fragment: Option<u32>,
    remote_candidates: u32,
    offer_of_peer: Option<Description>,
    /// The offer that waits for an answer has a new fragment, so the answer needs one too (RFC 8839 §4.4.1.1.1).
    peer_restarts: bool,
    own_offer: u32,
    /// Offers taken back because of glare.
    pub rollbacks: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SignalingState {
    Stable,
    HaveLocalOffer,
    HaveRemoteOffer,
}

/// What a session description says in this model; its text form is these four numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Description {
    number: u32,
    fragment: u32,
    sections: u32,
    answers: u32,
}

/// The browser would refuse this.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl PeerConnection {
    /// An end that wants this many media sections; the responder wants none of its own.
    pub fn new(wanted: u32) -> Self {
        Self {
            state: SignalingState::Stable,
            descriptions: 0,
            wanted,
            agreed: 0,
            restart_wanted: false,
            local_fragment: 0,
            fragment_before_offer: 0,
            remote_fragment: None,
            remote_candidates: 0,
            offer_of_peer: None,
            peer_restarts: false,
            own_offer: 0,
            rollbacks: 0,
        }
    }

    /// Whether the browser would fire `negotiationneeded`.
    pub fn negotiation_needed(&self) -> bool {
        self.state == SignalingState::Stable && (self.wanted > self.agreed || self.restart_wanted)
    }

    /// `addTransceiver`
    pub fn add_section(&mut self) {
        self.wanted = self.wanted.max(self.agreed) + 1;
    }

    /// Adds sections until there are this many.
    pub fn want_sections(&mut self, sections: u32) {
        self.wanted = self.wanted.max(sections);
    }

    /// `restartIce`
    pub fn restart_ice(&mut self) {
        self.restart_wanted = true;
    }

    /// `setLocalDescription` with an offer.
    ///
    /// # Errors
    ///
    /// When an offer of the peer waits for an answer.
    pub fn create_offer(&mut self) -> Result<Sdp, Refused> {
        if self.state == SignalingState::HaveRemoteOffer {
            return Err(Refused("an offer in have-remote-offer"));
        }
        self.fragment_before_offer = self.local_fragment;
        if self.local_fragment == 0 || self.restart_wanted {
            self.local_fragment = self.descriptions + 1;
        }
        self.state = SignalingState::HaveLocalOffer;
        let sections = self.wanted.max(self.agreed);
        let sdp = self.describe(sections, 0);
        self.own_offer = self.descriptions;
        Ok(sdp)
    }

    /// `setRemoteDescription` with an offer, with implicit rollback.
    ///
    /// # Errors
    ///
    /// When an offer of the peer waits for an answer already.
    pub fn apply_offer(&mut self, sdp: &Sdp) -> Result<(), Refused> {
        match self.state {
            SignalingState::HaveRemoteOffer => return Err(Refused("a second offer in have-remote-offer")),
            SignalingState::HaveLocalOffer => {
                self.rollbacks += 1;
                self.local_fragment = self.fragment_before_offer;
            }
            SignalingState::Stable => {}
        }
        let offer = parse(sdp)?;
        self.peer_restarts = self.remote_fragment != Some(offer.fragment);
        self.take_remote_fragment(offer.fragment);
        self.offer_of_peer = Some(offer);
        self.state = SignalingState::HaveRemoteOffer;
        Ok(())
    }

    /// `setLocalDescription` with an answer.
    ///
    /// # Errors
    ///
    /// When no offer of the peer waits for one.
    pub fn create_answer(&mut self) -> Result<Sdp, Refused> {
        let offer = self.offer_of_peer.take().ok_or(Refused("an answer without an offer"))?;
        if self.peer_restarts {
            self.local_fragment = self.descriptions + 1;
            self.restart_wanted = false;
        }
        self.agreed = offer.sections;
        self.state = SignalingState::Stable;
        Ok(self.describe(offer.sections, offer.number))
    }

    /// `setRemoteDescription` with an answer.
    ///
    /// # Errors
    ///
    /// When no own offer waits for it, or it answers another one.
    pub fn apply_answer(&mut self, sdp: &Sdp) -> Result<(), Refused> {
        let answer = parse(sdp)?;
        if self.state != SignalingState::HaveLocalOffer {
            return Err(Refused("an answer in a state other than have-local-offer"));
        }
        if answer.answers != self.own_offer {
            return Err(Refused("an answer to another offer"));
        }
        self.take_remote_fragment(answer.fragment);
        self.agreed = answer.sections;
        self.restart_wanted = false;
        self.state = SignalingState::Stable;
        Ok(())
    }

    /// `addIceCandidate`
    ///
    /// # Errors
    ///
    /// When there is no remote description, or the candidate belongs to another one.
    pub fn add_candidate(&mut self, fragment: &str) -> Result<(), Refused> {
        if self.remote_fragment.map(|known| known.to_string()).as_deref() != Some(fragment) {
            return Err(Refused("a candidate of another description"));
        }
        self.remote_candidates += 1;
        Ok(())
    }

    /// A check of the peer came: its source is a candidate that nobody had to tell (RFC 8445 §7.3.1.3).
    pub fn take_check(&mut self) {
        self.remote_candidates += 1;
    }

    /// The user fragment of the own candidates; 0 before the first description.
    pub fn local_fragment(&self) -> u32 {
        self.local_fragment
    }

    /// Whether two ends agree on everything and have candidates to try.
    pub fn is_connected_to(&self, other: &Self) -> bool {
        let stable = self.state == SignalingState::Stable && other.state == SignalingState::Stable;
        let fragments = self.remote_fragment == Some(other.local_fragment)
            && other.remote_fragment == Some(self.local_fragment);
        stable
            && fragments
            && self.agreed == other.agreed
            && self.remote_candidates > 0
            && other.remote_candidates > 0
    }

    fn take_remote_fragment(&mut self, fragment: u32) {
        if self.remote_fragment != Some(fragment) {
            self.remote_fragment = Some(fragment);
            self.remote_candidates = 0;
        }
    }

    fn describe(&mut self, sections: u32, answers: u32) -> Sdp {
        self.descriptions += 1;
        let text = format!("{} {} {sections} {answers}", self.descriptions, self.local_fragment);
        Sdp::new(text).expect("four numbers are short")
    }
}

fn parse(sdp: &Sdp) -> Result<Description, Refused> {
    let numbers: Vec<u32> = sdp.as_str().split(' ').filter_map(|number| number.parse().ok()).collect();
    let &[number, fragment, sections, answers] = numbers.as_slice() else {
        return Err(Refused("not a description"));
    };
    Ok(Description { number, fragment, sections, answers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_refuses_what_a_browser_refuses() {
        let (mut a, mut b) = (PeerConnection::new(2), PeerConnection::new(0));
        let offer = a.create_offer().unwrap();
        assert!(b.create_answer().is_err() && b.apply_answer(&offer).is_err());
        assert!(b.add_candidate("1").is_err(), "no remote description yet");
        b.apply_offer(&offer).unwrap();
        assert!(b.apply_offer(&offer).is_err() && b.create_offer().is_err());
        let answer = b.create_answer().unwrap();
        a.apply_answer(&answer).unwrap();
        assert!(a.apply_answer(&answer).is_err());
        assert!(a.add_candidate("999").is_err(), "another fragment");
        assert!(!a.is_connected_to(&b), "no candidates yet");
        a.add_candidate(&b.local_fragment().to_string()).unwrap();
        b.add_candidate(&a.local_fragment().to_string()).unwrap();
        assert!(a.is_connected_to(&b));
    }
}
