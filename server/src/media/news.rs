//! What shards have to tell rooms and rooms have not heard yet, with a place for each participant. A room that is slow to hear makes
//! only its own people's news wait, and of what changes the last is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use protocol::{LinkId, NodeId, ParticipantId, PeerRef, RoomCode, ServerMessage, Source};
use sfu::{Event, Who};

use super::fair_queue::{Parts, SharedFairQueue};

/// Answers of one link that wait. There is one for each of the participant's descriptions.
const SIGNALS: usize = 64;

/// What the forwarding unit tells a participant.
pub(crate) struct News {
    pub(crate) room: RoomCode,
    pub(crate) participant: ParticipantId,
    pub(crate) message: ServerMessage,
}

/// Where shards put their news.
#[derive(Clone, Default)]
pub(super) struct NewsSender(Arc<SharedFairQueue<Waiting>>);

/// Where news of all shards comes in.
pub(crate) struct NewsReceiver {
    /// Whose news they are.
    node: NodeId,
    waiting: Arc<SharedFairQueue<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    signals: VecDeque<(LinkId, Event)>,
    speakers: Option<(LinkId, Event)>,
    paused: Option<(LinkId, Event)>,
    layers: Vec<(Source, LinkId, Event)>,
    closed: Option<LinkId>,
}

impl Parts for Waiting {
    fn is_empty(&self) -> bool {
        let Self { signals, speakers, paused, layers, closed } = self;
        signals.is_empty() && speakers.is_none() && paused.is_none() && layers.is_empty() && closed.is_none()
    }
}

pub(super) fn queue(node: NodeId) -> (NewsSender, NewsReceiver) {
    let sender = NewsSender::default();
    let receiver = NewsReceiver { node, waiting: Arc::clone(&sender.0) };
    (sender, receiver)
}

impl NewsSender {
    /// Never waits.
    pub(super) fn send(&self, who: Who, link: LinkId, event: Event) {
        self.0.add(|queue| queue.of(who).add(link, event));
    }
}

impl NewsReceiver {
    /// The next news for a room that takes some; `None` never, as long as there is a shard. What is not heard to its end is not lost.
    pub(crate) async fn recv(&mut self, takes: impl Fn(RoomCode) -> bool) -> Option<News> {
        loop {
            if let Some((who, link, event)) = self.next(&takes) {
                let Who { room, participant } = who;
                return Some(News { room, participant, message: message(self.node, link, event) });
            }
            // The other one is the shards'.
            if Arc::strong_count(&self.waiting) == 1 {
                return None;
            }
            self.waiting.more().await;
        }
    }

    fn next(&self, takes: impl Fn(RoomCode) -> bool) -> Option<(Who, LinkId, Event)> {
        self.waiting.lock().queue.next(|who, waiting| {
            let (link, event) = takes(who.room).then(|| waiting.take())??;
            Some((who, link, event))
        })
    }
}

impl Drop for NewsSender {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Waiting {
    fn add(&mut self, link: LinkId, event: Event) {
        match event {
            Event::Signal { .. } if self.signals.len() >= SIGNALS => {
                self.signals.clear();
                self.close(link);
            }
            Event::Signal { .. } => self.signals.push_back((link, event)),
            Event::AudioSlots(_) => self.speakers = Some((link, event)),
            Event::PausedVideo(_) => self.paused = Some((link, event)),
            Event::WantedLayers { source, .. } => {
                self.layers.retain(|(of, ..)| *of != source);
                self.layers.push((source, link, event));
            }
            Event::Closed => self.close(link),
        }
    }

    fn close(&mut self, link: LinkId) {
        self.closed = Some(self.closed.map_or(link, |closed| closed.max(link)));
    }

    /// A link that is over is told last: what came before is about it or about a later one.
    fn take(&mut self) -> Option<(LinkId, Event)> {
        if let Some(signal) = self.signals.pop_front() {
            return Some(signal);
        }
        if let Some(latest) = self.speakers.take().or_else(|| self.paused.take()) {
            return Some(latest);
        }
        if let Some((_, link, event)) = self.layers.pop() {
            return Some((link, event));
        }
        Some((self.closed.take()?, Event::Closed))
    }
}

/// What an event of the forwarding unit is on the wire.
fn message(node: NodeId, link: LinkId, event: Event) -> ServerMessage {
    match event {
        Event::Signal { number, expects, signal } => {
            ServerMessage::Signal { from: PeerRef::Sfu(node), link, number, expects: Some(expects), signal }
        }
        Event::AudioSlots(slots) => ServerMessage::AudioSlots { node, link, slots },
        Event::PausedVideo(publications) => ServerMessage::PausedVideo { node, link, publications },
        Event::WantedLayers { source, layers } => ServerMessage::WantedLayers { node, link, source, layers },
        Event::Closed => ServerMessage::SfuLinkClosed { node, link },
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Sdp, Signal, SignalNumber};
    use uuid::Uuid;

    use super::*;

    fn who(number: u128) -> Who {
        Who { room: RoomCode::from_random(1), participant: ParticipantId::new(Uuid::from_u128(number)) }
    }

    fn answer(number: u32) -> Event {
        let signal = Signal::Answer { sdp: Sdp::new("v=0".to_owned()).unwrap() };
        Event::Signal { number: SignalNumber(number), expects: SignalNumber(number + 1), signal }
    }

    #[test]
    fn of_what_changes_the_last_is_told_and_of_answers_each() {
        let (sender, receiver) = queue(NodeId::NIL);
        for number in 0..10 {
            sender.send(who(1), LinkId(0), answer(number));
            sender.send(who(1), LinkId(0), Event::AudioSlots(vec![None; number as usize]));
            sender.send(who(2), LinkId(0), Event::AudioSlots(vec![None; number as usize]));
        }
        sender.send(who(1), LinkId(0), Event::Closed);
        let told: Vec<_> = std::iter::from_fn(|| receiver.next(|_| true)).collect();
        let of_one: Vec<_> = told.iter().filter(|(who_is, ..)| *who_is == who(1)).collect();
        assert_eq!(of_one.len(), 12);
        assert_eq!(of_one[10].2, Event::AudioSlots(vec![None; 9]));
        assert_eq!(of_one[11].2, Event::Closed);
        assert_eq!(told.len(), 13);
        assert_eq!(told[1].0, who(2), "everybody has their turn");
    }

    #[tokio::test]
    async fn a_room_that_has_no_place_waits_for_itself_alone() {
        let (sender, mut receiver) = queue(NodeId::NIL);
        let slow = Who { room: RoomCode::from_random(2), ..who(1) };
        sender.send(slow, LinkId(0), Event::Closed);
        sender.send(who(2), LinkId(0), Event::Closed);
        let news = receiver.recv(|room| room != slow.room).await.unwrap();
        assert_eq!((news.room, news.participant), (who(2).room, who(2).participant));
        assert!(receiver.next(|room| room != slow.room).is_none());
        assert_eq!(receiver.recv(|_| true).await.unwrap().room, slow.room, "it is not lost");
    }

    #[test]
    fn who_does_not_listen_loses_their_own_link() {
        let (sender, receiver) = queue(NodeId::NIL);
        for number in 0..100_000 {
            sender.send(who(1), LinkId(3), answer(number));
        }
        let told = std::iter::from_fn(|| receiver.next(|_| true));
        assert!(told.map(|(_, link, event)| (link, event)).any(|told| told == (LinkId(3), Event::Closed)));
    }
}
