//! Who is large in the speaker view. They stay until they are silent *and* somebody else has spoken for a while: a cough moves
//! nothing, nor does a pause.
//!
//! ```text
//!             somebody else has spoken for SPEAKS_AFTER, and the current one is silent or gone
//!   Nobody ──────────────────────────────► Current { participant } ◄─┐
//!      ▲                                        │      └─────────────┘
//!      └──────────── gone, nobody speaks ───────┘
//! ```
//!
//! | timer | what is due |
//! | --- | --- |
//! | `SPEAKS_AFTER` | somebody who has spoken for so long may be shown |

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::ParticipantId;

/// How long somebody has to speak to be shown for it. Shorter, and coughs move tiles; longer, and answers are not seen.
const SPEAKS_AFTER: Duration = Duration::from_secs(1);

/// Who speaks, who spoke, and who is in the spotlight.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spotlight {
    speaking_since: BTreeMap<ParticipantId, Duration>,
    last_spoke: BTreeMap<ParticipantId, Duration>,
    current: Option<ParticipantId>,
}

impl Spotlight {
    /// Whether these are all who speak.
    pub(crate) fn is_speaking(&self, speakers: &[ParticipantId]) -> bool {
        speakers.len() == self.speaking_since.len()
            && speakers.iter().all(|id| self.speaking_since.contains_key(id))
    }

    /// Says who speaks now, of all.
    pub(crate) fn speaking(&mut self, now: Duration, speakers: &[ParticipantId]) {
        self.speaking_since.retain(|id, _| speakers.contains(id));
        for id in speakers {
            self.speaking_since.entry(*id).or_insert(now);
            self.last_spoke.insert(*id, now);
        }
    }

    /// Forgets who is not there any more.
    pub(crate) fn retain(&mut self, is_there: impl Fn(ParticipantId) -> bool) {
        self.speaking_since.retain(|id, _| is_there(*id));
        self.last_spoke.retain(|id, _| is_there(*id));
        self.current = self.current.filter(|id| is_there(*id));
    }

    /// Decides who is in the spotlight; `among` are those who may be, in their order.
    pub(crate) fn settle(&mut self, now: Duration, among: &[ParticipantId]) {
        let is_held = self.current.is_some_and(|id| self.speaking_since.contains_key(&id));
        let next = self.speakers(now).find(|id| among.contains(id) && Some(*id) != self.current);
        if !is_held {
            self.current = next.or(self.current).or_else(|| among.first().copied());
        }
    }

    pub(crate) fn current(&self) -> Option<ParticipantId> {
        self.current
    }

    /// Who has spoken long enough to be shown, who began first before others.
    pub(crate) fn speakers(&self, now: Duration) -> impl Iterator<Item = ParticipantId> {
        let spoken = self.speaking_since.iter().filter(|(_, since)| now >= **since + SPEAKS_AFTER);
        let mut spoken: Vec<_> = spoken.map(|(id, since)| (*since, *id)).collect();
        spoken.sort_unstable();
        spoken.into_iter().map(|(_, id)| id)
    }

    /// How much somebody is needed on the screen: who speaks most, then who spoke last.
    pub(crate) fn worth(&self, id: ParticipantId) -> (bool, Option<Duration>) {
        (self.speaking_since.contains_key(&id), self.last_spoke.get(&id).copied())
    }

    /// When somebody has spoken long enough.
    pub(crate) fn poll_timeout(&self, now: Duration) -> Option<Duration> {
        self.speaking_since.values().map(|since| *since + SPEAKS_AFTER).filter(|at| *at > now).min()
    }
}
