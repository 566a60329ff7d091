//! What rooms have told a shard and it has not done yet. What changes is kept once, as it is now; what has to be done one after the
//! other is bounded for each participant, and who goes beyond it loses their own link. Nobody's departure is lost.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use protocol::{LinkId, MediaState, Signal, SignalNumber, Source, Subscriptions};
use room::MediaOrder;
use sfu::Who;

use super::fair_queue::{Parts, SharedFairQueue};

/// Signals of one participant that wait, and their bytes. A page says a few when it opens a link; the largest description
/// has 48 KiB.
const SIGNALS: usize = 64;
const SIGNAL_BYTES: usize = 256 * 1024;

/// Descriptions of one participant that are read at once, and how long each further one takes to be allowed. A page makes one when
/// it opens a link, when it needs more slots, and when it changes networks.
const OFFERS_AT_ONCE: u32 = 8;
const OFFER_EVERY: Duration = Duration::from_millis(500);

/// What descriptions take of a shard's time is followed by so many times as long without any: media comes first.
const REST: u32 = 3;
const LONGEST_REST: Duration = Duration::from_secs(1);

/// When so many participants are remembered, those are forgotten who may say everything again.
const MANY: usize = 1_024;

/// The orders of one shard.
#[derive(Default)]
pub(super) struct Orders(SharedFairQueue<Waiting, Pace>);

/// What a shard is to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Order(Who, MediaOrder),
    Record(Who, RecordOrder),
    /// Somebody has said more about this link than can wait: it is over.
    Overflowed(Who, LinkId),
    /// Nothing before this moment.
    Later(Instant),
    /// Nothing before something comes.
    Nothing,
    /// Nobody gives orders any more.
    Closed,
    /// A test wants to see what happens then.
    #[cfg(debug_assertions)]
    Panic,
}

/// What the recorder wants of a participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordOrder {
    /// What they send is recorded.
    Begin,
    /// It is recorded no longer.
    End,
    /// Something is missing of a picture of theirs.
    Keyframe(Source),
}

#[derive(Default)]
struct Waiting {
    left: bool,
    /// The last of [`RecordOrder::Begin`] and [`RecordOrder::End`].
    record: Option<RecordOrder>,
    keyframes: Vec<Source>,
    state: Option<MediaState>,
    slots: Option<(LinkId, Subscriptions)>,
    signals: VecDeque<(LinkId, SignalNumber, Signal)>,
    bytes: usize,
    overflowed: Option<LinkId>,
}

/// How fast descriptions are read.
#[derive(Default)]
struct Pace {
    /// When each may say the first of the next ones: in the future for who has said some.
    of: HashMap<Who, Instant>,
    rests_until: Option<Instant>,
    #[cfg(debug_assertions)]
    panics: bool,
}

impl Parts for Waiting {
    fn is_empty(&self) -> bool {
        let Self { left, record, keyframes, state, slots, signals, overflowed, bytes: _ } = self;
        let is_recorded_alike = record.is_none() && keyframes.is_empty();
        !left
            && is_recorded_alike
            && state.is_none()
            && slots.is_none()
            && signals.is_empty()
            && overflowed.is_none()
    }
}

impl Orders {
    /// Never waits.
    pub(super) fn tell(&self, who: Who, order: MediaOrder) {
        self.0.add(|queue| queue.of(who).add(order));
    }

    /// The same for the recorder.
    pub(super) fn record(&self, who: Who, order: RecordOrder) {
        self.0.add(|queue| {
            let waiting = queue.of(who);
            match order {
                RecordOrder::Begin | RecordOrder::End => waiting.record = Some(order),
                RecordOrder::Keyframe(source) if waiting.keyframes.contains(&source) => {}
                RecordOrder::Keyframe(source) => waiting.keyframes.push(source),
            }
        });
    }

    pub(super) fn close(&self) {
        self.0.close();
    }

    /// Whoever asks next is to panic.
    #[cfg(debug_assertions)]
    pub(super) fn panic(&self) {
        self.0.lock().state.panics = true;
        self.0.add(|_| {});
    }

    /// Waits until there may be something to do. What it says is to be asked of [`Self::next`].
    pub(super) async fn more(&self) {
        self.0.more().await;
    }

    pub(super) fn next(&self, now: Instant) -> Next {
        let mut inner = self.0.lock();
        let inner = &mut *inner;
        if inner.is_closed {
            return Next::Closed;
        }
        let pace = &mut inner.state;
        #[cfg(debug_assertions)]
        if std::mem::take(&mut pace.panics) {
            return Next::Panic;
        }
        let mut later: Option<Instant> = None;
        let next = inner.queue.next(|who, waiting| {
            if let Some(until) = waiting.waits_for_turn(who, pace, now) {
                later = Some(later.map_or(until, |later| later.min(until)));
                return None;
            }
            let next = waiting.take(who)?;
            if let Next::Order(_, MediaOrder::Signal { signal: Signal::Offer { .. }, .. }) = &next {
                pace.spend(who, now);
            }
            Some(next)
        });
        next.unwrap_or_else(|| later.map_or(Next::Nothing, Next::Later))
    }

    /// Reading a description took so long, and is done now.
    pub(super) fn spent(&self, now: Instant, time: Duration) {
        self.0.lock().state.rests_until = Some(now + (time * REST).min(LONGEST_REST));
    }
}

impl Waiting {
    fn add(&mut self, order: MediaOrder) {
        match order {
            MediaOrder::Left => *self = Self { left: true, ..Self::default() },
            MediaOrder::State(state) => self.state = Some(state),
            MediaOrder::Slots { link, slots } => self.slots = Some((link, slots)),
            MediaOrder::Signal { link, number, signal } => self.add_signal(link, number, signal),
        }
    }

    fn add_signal(&mut self, link: LinkId, number: SignalNumber, signal: Signal) {
        if self.overflowed.is_some_and(|over| link <= over) {
            return;
        }
        let bytes = self.bytes.saturating_add(bytes_of(&signal));
        if self.signals.len() >= SIGNALS || bytes > SIGNAL_BYTES {
            self.signals.clear();
            (self.bytes, self.overflowed) = (0, Some(link));
            return;
        }
        self.bytes = bytes;
        self.signals.push_back((link, number, signal));
    }

    /// Until when nothing of this may be taken, if what comes next is a description.
    fn waits_for_turn(&self, who: Who, pace: &Pace, now: Instant) -> Option<Instant> {
        let is_quick = self.left
            || self.record.is_some()
            || !self.keyframes.is_empty()
            || self.state.is_some()
            || self.slots.is_some()
            || self.overflowed.is_some();
        match self.signals.front() {
            Some((.., Signal::Offer { .. })) if !is_quick => pace.until(who, now),
            Some(_) | None => None,
        }
    }

    fn take(&mut self, who: Who) -> Option<Next> {
        if std::mem::take(&mut self.left) {
            return Some(Next::Order(who, MediaOrder::Left));
        }
        if let Some(order) = self.record.take().or_else(|| self.keyframes.pop().map(RecordOrder::Keyframe)) {
            return Some(Next::Record(who, order));
        }
        if let Some(state) = self.state.take() {
            return Some(Next::Order(who, MediaOrder::State(state)));
        }
        if let Some(link) = self.overflowed.take() {
            return Some(Next::Overflowed(who, link));
        }
        if let Some((link, slots)) = self.slots.take() {
            return Some(Next::Order(who, MediaOrder::Slots { link, slots }));
        }
        let (link, number, signal) = self.signals.pop_front()?;
        self.bytes = self.bytes.saturating_sub(bytes_of(&signal));
        Some(Next::Order(who, MediaOrder::Signal { link, number, signal }))
    }
}

impl Pace {
    /// Until when a description of somebody waits.
    fn until(&self, who: Who, now: Instant) -> Option<Instant> {
        let burst = OFFER_EVERY * (OFFERS_AT_ONCE - 1);
        let of_who = self.of.get(&who).and_then(|next| next.checked_sub(burst));
        of_who.into_iter().chain(self.rests_until).max().filter(|until| *until > now)
    }

    fn spend(&mut self, who: Who, now: Instant) {
        if self.of.len() >= MANY {
            self.of.retain(|_, next| *next > now);
        }
        let next = self.of.entry(who).or_insert(now);
        *next = (*next).max(now) + OFFER_EVERY;
    }
}

fn bytes_of(signal: &Signal) -> usize {
    match signal {
        Signal::Offer { sdp, .. } | Signal::Answer { sdp } => sdp.as_str().len(),
        Signal::Candidate { candidate } => candidate.candidate.len(),
        Signal::EndOfCandidates => 0,
    }
}

#[cfg(test)]
mod tests {
    use protocol::{ParticipantId, RoomCode, Sdp};
    use uuid::Uuid;

    use super::*;
    use crate::clock;

    fn who(number: u128) -> Who {
        Who { room: RoomCode::from_random(1), participant: ParticipantId::new(Uuid::from_u128(number)) }
    }

    fn offer(number: u32, bytes: usize) -> MediaOrder {
        let signal = Signal::Offer {
            sdp: Sdp::new("x".repeat(bytes)).unwrap(),
            sections: protocol::SectionMap::default(),
        };
        MediaOrder::Signal { link: LinkId(0), number: SignalNumber(number), signal }
    }

    fn off() -> MediaState {
        MediaState::default()
    }

    #[test]
    fn who_floods_a_shard_loses_their_own_link_and_nobody_elses_turn() {
        let (orders, now) = (Orders::default(), clock::moment());
        for number in 0..100_000 {
            orders.tell(who(1), offer(number, 1_000));
        }
        orders.tell(who(2), offer(0, 1_000));
        assert_eq!(orders.next(now), Next::Overflowed(who(1), LinkId(0)));
        assert_eq!(orders.next(now), Next::Order(who(2), offer(0, 1_000)));
        assert_eq!(orders.next(now), Next::Nothing);
        assert!(orders.0.lock().queue.next(|_, _| Some(())).is_none(), "nothing of it is kept");
    }

    #[test]
    fn a_departure_and_the_last_state_are_never_lost() {
        let (orders, now) = (Orders::default(), clock::moment());
        for number in 0..1_000 {
            orders.tell(who(1), offer(number, 40_000));
        }
        orders.tell(who(1), MediaOrder::Left);
        orders.tell(who(1), MediaOrder::State(off()));
        orders.tell(who(1), offer(0, 10));
        assert_eq!(orders.next(now), Next::Order(who(1), MediaOrder::Left));
        assert_eq!(orders.next(now), Next::Order(who(1), MediaOrder::State(off())));
        assert_eq!(orders.next(now), Next::Order(who(1), offer(0, 10)));
        assert_eq!(orders.next(now), Next::Nothing);
    }

    #[test]
    fn descriptions_have_a_pace_for_each_and_others_do_not_wait_for_it() {
        let (orders, now) = (Orders::default(), clock::moment());
        for number in 0..20 {
            orders.tell(who(1), offer(number, 10));
        }
        for number in 0..OFFERS_AT_ONCE {
            assert_eq!(orders.next(now), Next::Order(who(1), offer(number, 10)));
        }
        let Next::Later(at) = orders.next(now) else { panic!("it may say no more now") };
        assert_eq!(at, now + OFFER_EVERY);
        orders.tell(who(2), offer(0, 10));
        assert_eq!(orders.next(now), Next::Order(who(2), offer(0, 10)));
        assert_eq!(orders.next(at), Next::Order(who(1), offer(OFFERS_AT_ONCE, 10)));
    }

    #[test]
    fn who_waits_for_a_turn_keeps_their_place_behind_nobody_who_came_later() {
        let (orders, now) = (Orders::default(), clock::moment());
        orders.spent(now, Duration::from_millis(5));
        for (number, order) in
            [(1, offer(0, 10)), (2, MediaOrder::State(off())), (2, offer(0, 10)), (3, offer(0, 10))]
        {
            orders.tell(who(number), order);
        }
        assert_eq!(orders.next(now), Next::Order(who(2), MediaOrder::State(off())));
        let Next::Later(at) = orders.next(now) else { panic!("descriptions rest now") };
        let order = [(); 3].map(|()| orders.next(at));
        assert_eq!(order, [1, 3, 2].map(|number| Next::Order(who(number), offer(0, 10))));
    }

    #[test]
    fn media_has_three_quarters_of_the_time_whoever_describes_what() {
        let (orders, now) = (Orders::default(), clock::moment());
        orders.tell(who(1), offer(0, 10));
        orders.tell(who(2), MediaOrder::State(off()));
        orders.spent(now, Duration::from_millis(5));
        assert_eq!(orders.next(now), Next::Order(who(2), MediaOrder::State(off())), "it takes no time");
        assert_eq!(orders.next(now), Next::Later(now + Duration::from_millis(15)));
        assert_eq!(orders.next(now + Duration::from_millis(15)), Next::Order(who(1), offer(0, 10)));
    }
}
