//! What is sent in which section, between two links of this page.

use call::{LinkCommand, LinkEvent, LinkKey, Role};
use protocol::{LinkId, ParticipantId, PeerRef, SectionMap, Source};
use uuid::Uuid;
use wasm_bindgen_test::wasm_bindgen_test;

use super::{Heard, track_of};
use crate::event::{Event, LinkNumber};
use crate::link::PeerLink;
use crate::sealing::Sealing;

/// One end, and what it hears.
struct End {
    link: PeerLink,
    heard: Heard,
}

#[wasm_bindgen_test]
async fn both_ends_say_which_section_carries_what_and_a_screen_has_one_once_it_is_sent() {
    let (mut ada, mut bob) = (End::open(1, Role::Initiator), End::open(2, Role::Responder));
    let (offered, answered) = negotiate(&mut ada, &mut bob).await;
    assert_eq!(sources(&offered), [Source::Microphone, Source::Camera]);
    assert_eq!(offered, answered, "the same sections, whichever end names them");
    assert!(ada.link.receiver(Source::Camera).is_some() && bob.link.receiver(Source::Camera).is_some());
    assert!(ada.link.receiver(Source::Screen).is_none());

    let screen = track_of(Source::Camera).await;
    ada.link.send(Source::Screen, Some(&screen));
    ada.heard
        .next(|event| matches!(link_event(event), Some(LinkEvent::NegotiationNeeded)).then_some(()))
        .await;
    let (offered, answered) = negotiate(&mut ada, &mut bob).await;
    assert_eq!(sources(&offered), [Source::Microphone, Source::Camera, Source::Screen]);
    assert_eq!(offered, answered);
    assert!(bob.link.receiver(Source::Screen).is_some());
    screen.stop();
}

#[wasm_bindgen_test]
async fn an_offer_that_names_a_section_as_something_that_it_is_not_fills_nothing() {
    let (mut ada, mut bob) = (End::open(1, Role::Initiator), End::open(2, Role::Responder));
    ada.command(LinkCommand::CreateOffer);
    let (sdp, offered) = ada.description().await;
    let sound = offered.section_of(Source::Microphone).expect("it is offered").to_owned();
    let lie = SectionMap::new([(sound, Source::Camera)].into_iter().collect()).unwrap();
    bob.command(LinkCommand::ApplyOffer { sdp, sections: lie });
    bob.applied().await;
    bob.command(LinkCommand::CreateAnswer);
    let (_, answered) = bob.description().await;
    assert_eq!(sources(&answered), []);
}

#[wasm_bindgen_test]
async fn ways_are_gathered_once_for_all_sections_of_a_link() {
    let mut ada = End::open(1, Role::Initiator);
    ada.command(LinkCommand::CreateOffer);
    ada.description().await;
    let mut ways = Vec::new();
    loop {
        let next = ada.heard.next(|event| match link_event(event) {
            Some(LinkEvent::Candidate(candidate)) => Some(Some(candidate.sdp_mid)),
            Some(LinkEvent::EndOfCandidates) => Some(None),
            _ => None,
        });
        let Some(section) = next.await else { break };
        ways.push(section);
    }
    assert!(!ways.is_empty(), "a page has an address");
    assert!(ways.iter().all(|section| *section == ways[0]), "{ways:?}");
}

/// The sections of the offer and of the answer.
async fn negotiate(ada: &mut End, bob: &mut End) -> (SectionMap, SectionMap) {
    ada.command(LinkCommand::CreateOffer);
    let (sdp, offered) = ada.description().await;
    bob.command(LinkCommand::ApplyOffer { sdp, sections: offered.clone() });
    bob.applied().await;
    bob.command(LinkCommand::CreateAnswer);
    let (sdp, answered) = bob.description().await;
    ada.command(LinkCommand::ApplyAnswer(sdp));
    ada.applied().await;
    (offered, answered)
}

impl End {
    fn open(other: u128, role: Role) -> Self {
        let (events, heard) = Heard::new();
        let sealing = Sealing::start(&events).expect("a browser that can seal");
        let peer = PeerRef::Participant(ParticipantId::new(Uuid::from_u128(other)));
        let link = LinkKey { peer, id: LinkId(0) };
        let link =
            PeerLink::open(link, LinkNumber(1), role, &[], (&events, &sealing), false).expect("a connection");
        Self { link, heard }
    }

    fn command(&mut self, command: LinkCommand) {
        self.link.command(command, |_| None);
    }

    async fn description(&mut self) -> (protocol::Sdp, SectionMap) {
        let described = |event| match link_event(event) {
            Some(LinkEvent::LocalDescription { sdp, sections }) => Some((sdp, sections)),
            _ => None,
        };
        self.heard.next(described).await
    }

    async fn applied(&mut self) {
        let applied = |event| matches!(link_event(event), Some(LinkEvent::RemoteDescriptionApplied));
        self.heard.next(|event| applied(event).then_some(())).await;
    }
}

fn link_event(event: Event) -> Option<LinkEvent> {
    match event {
        Event::Link { event, .. } => Some(event),
        _ => None,
    }
}

fn sources(sections: &SectionMap) -> Vec<Source> {
    let mut sources: Vec<_> = sections.iter().map(|(_, source)| source).collect();
    sources.sort_unstable();
    sources
}
