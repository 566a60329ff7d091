//! What a node knows by way of Redis: whether that is there and can be believed, and which nodes are.
//!
//! ```text
//!            an answer                         whole quiet time
//!   Away ───────────────▶ Quiet ─────────────────────────────────▶ Trusted
//!    ▲                      │ ▲                                       │ │
//!    └──────────────────────┘ └──── another identity answers ─────────┘ │
//!    ▲   an error, no answer in time                                    │
//!    └──────────────────────────────────────────────────────────────────┘
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{NodeAt, NodeId, NodeRecord, Question, RedisIdentity, Settings};

/// After an error Redis is asked again so soon.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// Whether Redis can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisContact {
    /// It does not answer.
    Away,
    /// It answers, and may have forgotten who has what: everybody announces themselves, and nobody takes anything.
    Quiet {
        /// Until then, by the time that has passed for the node.
        until: Duration,
    },
    /// Who is not in it is not there.
    Trusted,
}

/// What a node knows of Redis, and by way of it.
#[derive(Debug)]
pub(crate) struct RedisView {
    contact: RedisContact,
    identity: Option<RedisIdentity>,
    nodes: BTreeMap<NodeId, NodeRecord>,
    /// The renewal that is on its way, and since when.
    outstanding: Option<(Question, Duration)>,
    next_at: Duration,
    /// When the last renewal was sent that was answered.
    renewed_at: Option<Duration>,
    quiet: Duration,
    timeout: Duration,
    renew_each: Duration,
}

impl RedisView {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            contact: RedisContact::Away,
            identity: None,
            nodes: BTreeMap::new(),
            outstanding: None,
            next_at: Duration::ZERO,
            renewed_at: None,
            quiet: settings.quiet,
            timeout: settings.redis_timeout,
            renew_each: settings.renew_each,
        }
    }

    pub(crate) const fn contact(&self) -> RedisContact {
        self.contact
    }

    /// Whether an absent lease means that nobody has it.
    pub(crate) fn is_trusted(&self) -> bool {
        self.contact == RedisContact::Trusted
    }

    pub(crate) fn is_away(&self) -> bool {
        self.contact == RedisContact::Away
    }

    /// The nodes that were there at the last renewal, by what they said then.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &NodeRecord> {
        self.nodes.values()
    }

    pub(crate) fn node(&self, node: NodeId) -> Option<&NodeRecord> {
        self.nodes.get(&node)
    }

    /// Since when nobody is sure that this node's leases are there: they were last renewed that long ago.
    pub(crate) fn unrenewed_for(&self, now: Duration) -> Duration {
        self.renewed_at.map_or(now, |at| now.saturating_sub(at))
    }

    /// Whether a renewal is to be sent.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.outstanding.is_none() && now >= self.next_at
    }

    /// A renewal is sent now, of which one at a time is on its way.
    pub(crate) fn sent(&mut self, now: Duration, question: Question) {
        self.outstanding = Some((question, now));
        self.next_at = now + self.renew_each;
    }

    /// The next renewal is sent at once.
    pub(crate) fn hurry(&mut self, now: Duration) {
        self.next_at = self.next_at.min(now);
    }

    /// Takes the answer to a renewal. False if it is not the one that is waited for, or too old to be believed.
    pub(crate) fn answered(&mut self, now: Duration, question: Question, identity: RedisIdentity) -> bool {
        let Some((_, sent)) = self.outstanding.take_if(|(one, _)| *one == question) else { return false };
        if now.saturating_sub(sent) > self.timeout {
            self.lose(now);
            return false;
        }
        self.renewed_at = Some(sent);
        self.note_identity(now, identity);
        true
    }

    /// Another Redis than the one before, or the first since it was away, may have forgotten what was in it.
    pub(crate) fn note_identity(&mut self, now: Duration, identity: RedisIdentity) {
        if self.identity.replace(identity) != Some(identity) || self.is_away() {
            self.contact = RedisContact::Quiet { until: now + self.quiet };
            // Whoever has rooms says so at once.
            self.hurry(now);
        }
    }

    /// The nodes that have a record now.
    pub(crate) fn learn(&mut self, nodes: impl Iterator<Item = NodeRecord>) {
        self.nodes = nodes.map(|node| (node.at.node, node)).collect();
    }

    /// Where they are, without this one.
    pub(crate) fn others(&self, me: NodeId) -> Vec<NodeAt> {
        self.nodes().filter(|node| node.at.node != me).map(|node| node.at.clone()).collect()
    }

    /// A renewal has failed. False if it is not the one that is waited for.
    pub(crate) fn failed(&mut self, now: Duration, question: Question) -> bool {
        let is_waited_for = self.outstanding.take_if(|(one, _)| *one == question).is_some();
        if is_waited_for {
            self.lose(now);
        }
        is_waited_for
    }

    /// Redis does not answer.
    pub(crate) fn lose(&mut self, now: Duration) {
        self.contact = RedisContact::Away;
        self.next_at = self.next_at.min(now + ASK_AGAIN);
    }

    /// What time brings: a renewal that is not answered, a quiet time that is over.
    pub(crate) fn handle_timeout(&mut self, now: Duration) {
        if let Some((_, sent)) = self.outstanding
            && now.saturating_sub(sent) > self.timeout
        {
            self.outstanding = None;
            self.lose(now);
        }
        if let RedisContact::Quiet { until } = self.contact
            && now >= until
        {
            self.contact = RedisContact::Trusted;
        }
    }

    pub(crate) fn poll_timeout(&self) -> Duration {
        let renewal = match self.outstanding {
            Some((_, sent)) => sent + self.timeout + Duration::from_millis(1),
            None => self.next_at,
        };
        match self.contact {
            RedisContact::Quiet { until } => renewal.min(until),
            RedisContact::Away | RedisContact::Trusted => renewal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClusterTag;

    const FIRST: RedisIdentity = RedisIdentity(1);

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn view() -> RedisView {
        RedisView::new(&Settings::new(NodeId(1), ClusterTag([0; 16]), String::new()))
    }

    fn renew(view: &mut RedisView, millis: u64, identity: RedisIdentity) -> bool {
        view.sent(at(millis), Question(millis));
        view.answered(at(millis + 5), Question(millis), identity)
    }

    #[test]
    fn it_is_believed_after_a_whole_quiet_time() {
        let mut view = view();
        assert!(renew(&mut view, 0, FIRST));
        view.handle_timeout(at(4_004));
        assert!(!view.is_trusted());
        view.handle_timeout(at(4_005));
        assert!(view.is_trusted());
    }

    #[test]
    fn one_that_has_started_anew_is_noticed_though_the_connection_never_broke() {
        let mut view = view();
        renew(&mut view, 0, FIRST);
        view.handle_timeout(at(5_000));
        view.note_identity(at(5_100), RedisIdentity(2));
        assert_eq!(view.contact(), RedisContact::Quiet { until: at(9_100) });
        assert!(view.is_due(at(5_100)), "owners announce themselves at once");
    }

    #[test]
    fn an_answer_that_was_on_its_way_for_long_is_not_believed() {
        let mut view = view();
        renew(&mut view, 0, FIRST);
        view.handle_timeout(at(5_000));
        view.sent(at(5_000), Question(5));
        assert!(!view.answered(at(6_200), Question(5), FIRST));
        assert!(view.is_away() && !view.answered(at(6_200), Question(4), FIRST));
        assert_eq!(view.unrenewed_for(at(6_200)), at(6_200));
    }
}
