//! Perfect negotiation of one link (W3C WebRTC §10.7, JSEP RFC 9429), one step at a time.
//!
//! Setting a description takes the browser a while. Instead of remembering what is under way, as the usual script does,
//! this machine takes the next signal only once the browser has finished the last step; so glare shows in one place: an
//! offer that comes while an own offer waits for its answer.

use std::collections::VecDeque;

use protocol::{IceCandidate, Sdp, SectionMap, Signal, SignalNumber};

use crate::LinkCommand;
use crate::links::inbox::{Inbox, TooFarAhead};
use crate::links::silence::without_silence;

/// One end of a negotiation.
#[derive(Debug)]
pub(crate) struct Negotiation {
    politeness: Politeness,
    step: Step,
    /// The browser said `negotiationneeded` and no offer of ours was made since.
    offer_needed: bool,
    inbox: Inbox,
    /// The offer of the peer was ignored, and so are its candidates.
    ignoring: bool,
    /// Candidates of the peer whose description is not set yet.
    early: Vec<Signal>,
    has_remote_description: bool,
    /// Own candidates of a description that is not sent yet.
    unsent: Vec<Signal>,
    next_number: SignalNumber,
    effects: VecDeque<Effect>,
}

/// Who gives way when both offer at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Politeness {
    /// Takes its own offer back.
    Polite,
    /// Ignores the other's offer.
    Impolite,
}

/// What a negotiation wants done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Do(LinkCommand),
    Signal(SignalNumber, Signal),
}

/// Where a negotiation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Stable,
    CreatingOffer,
    OfferSent,
    ApplyingOffer,
    CreatingAnswer,
    ApplyingAnswer,
}

/// More early candidates than any browser gathers.
const MAX_EARLY: usize = 64;

impl Negotiation {
    pub(crate) fn new(politeness: Politeness) -> Self {
        Self {
            politeness,
            step: Step::Stable,
            offer_needed: false,
            inbox: Inbox::default(),
            ignoring: false,
            early: Vec::new(),
            has_remote_description: false,
            unsent: Vec::new(),
            next_number: SignalNumber::default(),
            effects: VecDeque::new(),
        }
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(crate) fn handle_signal(&mut self, number: SignalNumber, signal: Signal) -> Result<(), TooFarAhead> {
        self.inbox.insert(number, signal)?;
        self.advance();
        Ok(())
    }

    /// The number of the peer's next signal.
    pub(crate) fn expected(&self) -> SignalNumber {
        self.inbox.expected()
    }

    pub(crate) fn negotiation_needed(&mut self) {
        // While an offer is being made the browser speaks of what that offer holds; whatever it lacks is asked for again
        // once the negotiation is over (W3C WebRTC §4.7.3).
        if self.step != Step::CreatingOffer {
            self.offer_needed = true;
            self.advance();
        }
    }

    /// The browser has made and set the description that was asked for.
    pub(crate) fn local_description(&mut self, sdp: Sdp, sections: SectionMap) {
        let (signal, next) = match self.step {
            Step::CreatingOffer => (Signal::Offer { sdp, sections }, Step::OfferSent),
            Step::CreatingAnswer => (Signal::Answer { sdp }, Step::Stable),
            Step::Stable | Step::OfferSent | Step::ApplyingOffer | Step::ApplyingAnswer => return,
        };
        self.step = next;
        self.send(signal);
        for candidate in std::mem::take(&mut self.unsent) {
            self.send(candidate);
        }
        self.advance();
    }

    /// The browser has set the peer's description.
    pub(crate) fn remote_description_applied(&mut self) {
        match self.step {
            Step::ApplyingOffer => {
                self.step = Step::CreatingAnswer;
                self.command(LinkCommand::CreateAnswer);
            }
            Step::ApplyingAnswer => self.step = Step::Stable,
            Step::Stable | Step::CreatingOffer | Step::OfferSent | Step::CreatingAnswer => return,
        }
        self.has_remote_description = true;
        for candidate in std::mem::take(&mut self.early) {
            self.add_candidate(candidate);
        }
        self.advance();
    }

    pub(crate) fn local_candidate(&mut self, candidate: Option<IceCandidate>) {
        let signal = candidate.map_or(Signal::EndOfCandidates, |candidate| Signal::Candidate { candidate });
        match self.step {
            // The description that this candidate belongs to goes first.
            Step::CreatingOffer | Step::CreatingAnswer => self.unsent.push(signal),
            Step::Stable | Step::OfferSent | Step::ApplyingOffer | Step::ApplyingAnswer => self.send(signal),
        }
    }

    /// Takes signals in turn, descriptions only while the browser is not busy with one; then offers, if an offer is due
    /// and nothing else is. A candidate need not wait: it belongs to the last description that was taken.
    fn advance(&mut self) {
        while let Some(signal) = self.next_signal() {
            match signal {
                Signal::Offer { sdp, sections } => self.take_offer(sdp, sections),
                Signal::Answer { sdp } => self.take_answer(sdp),
                Signal::Candidate { .. } | Signal::EndOfCandidates => self.take_candidate(signal),
            }
        }
        if self.step == Step::Stable && self.offer_needed {
            self.offer_needed = false;
            self.step = Step::CreatingOffer;
            self.command(LinkCommand::CreateOffer);
        }
    }

    fn next_signal(&mut self) -> Option<Signal> {
        let idle = matches!(self.step, Step::Stable | Step::OfferSent);
        self.inbox.take_if(|signal| match signal {
            Signal::Offer { .. } | Signal::Answer { .. } => idle,
            Signal::Candidate { .. } | Signal::EndOfCandidates => true,
        })
    }

    fn take_offer(&mut self, sdp: Sdp, sections: SectionMap) {
        let glare = self.step == Step::OfferSent;
        self.ignoring = glare && self.politeness == Politeness::Impolite;
        if !self.ignoring {
            self.step = Step::ApplyingOffer;
            self.command(LinkCommand::ApplyOffer { sdp: without_silence(sdp), sections });
        }
    }

    fn take_answer(&mut self, sdp: Sdp) {
        // An answer that nobody waits for comes only from a peer that breaks the rules.
        if self.step == Step::OfferSent {
            self.ignoring = false;
            self.step = Step::ApplyingAnswer;
            self.command(LinkCommand::ApplyAnswer(without_silence(sdp)));
        }
    }

    fn take_candidate(&mut self, candidate: Signal) {
        if self.ignoring {
            return;
        }
        let applying = matches!(self.step, Step::ApplyingOffer | Step::ApplyingAnswer);
        if self.has_remote_description && !applying {
            self.add_candidate(candidate);
        } else if self.early.len() < MAX_EARLY {
            self.early.push(candidate);
        }
    }

    fn add_candidate(&mut self, signal: Signal) {
        match signal {
            Signal::Candidate { candidate } => self.command(LinkCommand::AddCandidate(candidate)),
            Signal::EndOfCandidates => self.command(LinkCommand::AddEndOfCandidates),
            Signal::Offer { .. } | Signal::Answer { .. } => {}
        }
    }

    fn send(&mut self, signal: Signal) {
        self.effects.push_back(Effect::Signal(self.next_number, signal));
        self.next_number = self.next_number.next();
    }

    fn command(&mut self, command: LinkCommand) {
        self.effects.push_back(Effect::Do(command));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_answered() {
        let mut link = Negotiation::new(Politeness::Polite);
        assert_eq!(hear(&mut link, 0, offer("theirs")), [Effect::Do(applied("theirs"))]);
        link.remote_description_applied();
        assert_eq!(effects(&mut link), [Effect::Do(LinkCommand::CreateAnswer)]);
        link.local_description(sdp("mine"), sections());
        assert_eq!(effects(&mut link), [Effect::Signal(SignalNumber(0), answer("mine"))]);
    }

    #[test]
    fn glare_makes_the_polite_end_take_its_offer_back() {
        let mut link = offering(Politeness::Polite);
        assert_eq!(hear(&mut link, 0, offer("theirs")), [Effect::Do(applied("theirs"))]);
    }

    #[test]
    fn glare_makes_the_impolite_end_ignore_the_offer_and_its_candidates_until_the_answer() {
        let mut link = offering(Politeness::Impolite);
        assert_eq!(hear(&mut link, 0, offer("theirs")), []);
        assert_eq!(hear(&mut link, 1, candidate("of the ignored offer")), []);
        assert_eq!(
            hear(&mut link, 2, answer("theirs")),
            [Effect::Do(LinkCommand::ApplyAnswer(sdp("theirs")))]
        );
        link.remote_description_applied();
        assert_eq!(
            hear(&mut link, 3, candidate("good")),
            [Effect::Do(LinkCommand::AddCandidate(ice("good")))]
        );
    }

    #[test]
    fn an_offer_that_comes_while_ours_is_made_is_glare_too() {
        let mut link = Negotiation::new(Politeness::Impolite);
        link.negotiation_needed();
        assert_eq!(effects(&mut link), [Effect::Do(LinkCommand::CreateOffer)]);
        assert_eq!(hear(&mut link, 0, offer("theirs")), [], "the browser is busy");
        link.local_description(sdp("mine"), sections());
        assert_eq!(
            effects(&mut link),
            [Effect::Signal(SignalNumber(0), offer("mine"))],
            "and theirs is ignored"
        );
    }

    #[test]
    fn candidates_that_overtake_their_offer_wait_for_it() {
        let mut link = Negotiation::new(Politeness::Polite);
        assert_eq!(hear(&mut link, 1, candidate("early")), []);
        assert_eq!(hear(&mut link, 0, offer("theirs")), [Effect::Do(applied("theirs"))]);
        link.remote_description_applied();
        let added = Effect::Do(LinkCommand::AddCandidate(ice("early")));
        assert_eq!(effects(&mut link), [Effect::Do(LinkCommand::CreateAnswer), added]);
    }

    #[test]
    fn a_candidate_does_not_wait_for_the_answer_to_be_made() {
        let mut link = Negotiation::new(Politeness::Polite);
        hear(&mut link, 0, offer("theirs"));
        link.remote_description_applied();
        effects(&mut link);
        assert_eq!(
            hear(&mut link, 1, candidate("late")),
            [Effect::Do(LinkCommand::AddCandidate(ice("late")))]
        );
    }

    #[test]
    fn candidates_without_a_description_are_kept_up_to_a_bound() {
        let mut link = Negotiation::new(Politeness::Polite);
        for number in 0..200 {
            assert_eq!(hear(&mut link, number, candidate("early")), []);
        }
        hear(&mut link, 200, offer("theirs"));
        link.remote_description_applied();
        let added =
            effects(&mut link).into_iter().filter(|e| matches!(e, Effect::Do(LinkCommand::AddCandidate(_))));
        assert_eq!(added.count(), MAX_EARLY);
    }

    #[test]
    fn own_candidates_follow_the_description_they_belong_to() {
        let mut link = Negotiation::new(Politeness::Polite);
        link.negotiation_needed();
        link.local_candidate(Some(ice("quick")));
        link.local_candidate(None);
        effects(&mut link);
        link.local_description(sdp("mine"), sections());
        let sent = [offer("mine"), candidate("quick"), Signal::EndOfCandidates];
        let numbered = sent.into_iter().zip(0..).map(|(signal, n)| Effect::Signal(SignalNumber(n), signal));
        assert_eq!(effects(&mut link), numbered.collect::<Vec<_>>());
    }

    #[test]
    fn a_need_that_arises_during_a_negotiation_is_met_after_it() {
        let mut link = offering(Politeness::Polite);
        link.negotiation_needed();
        assert_eq!(effects(&mut link), []);
        hear(&mut link, 0, answer("theirs"));
        link.remote_description_applied();
        assert_eq!(effects(&mut link), [Effect::Do(LinkCommand::CreateOffer)]);
    }

    #[test]
    fn an_answer_that_nobody_asked_for_changes_nothing() {
        let mut link = Negotiation::new(Politeness::Polite);
        assert_eq!(hear(&mut link, 0, answer("stray")), []);
        assert_eq!(hear(&mut link, 1, offer("theirs")).len(), 1);
    }

    fn offering(politeness: Politeness) -> Negotiation {
        let mut link = Negotiation::new(politeness);
        link.negotiation_needed();
        link.local_description(sdp("mine"), sections());
        effects(&mut link);
        link
    }

    fn hear(link: &mut Negotiation, number: u32, signal: Signal) -> Vec<Effect> {
        link.handle_signal(SignalNumber(number), signal).unwrap();
        effects(link)
    }

    fn effects(link: &mut Negotiation) -> Vec<Effect> {
        std::iter::from_fn(|| link.poll_effect()).collect()
    }

    fn sdp(text: &str) -> Sdp {
        Sdp::new(text.into()).unwrap()
    }

    fn offer(text: &str) -> Signal {
        Signal::Offer { sdp: sdp(text), sections: sections() }
    }

    fn sections() -> SectionMap {
        SectionMap::new([("0".to_owned(), protocol::Source::Camera)].into()).unwrap()
    }

    fn applied(text: &str) -> LinkCommand {
        LinkCommand::ApplyOffer { sdp: sdp(text), sections: sections() }
    }

    fn answer(text: &str) -> Signal {
        Signal::Answer { sdp: sdp(text) }
    }

    fn candidate(text: &str) -> Signal {
        Signal::Candidate { candidate: ice(text) }
    }

    fn ice(text: &str) -> IceCandidate {
        IceCandidate {
            candidate: text.into(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        }
    }
}
